package main

import "fmt"

// colour is a colour of the screen. The zero one is that of the terminal itself.
type colour struct {
	set              bool
	red, green, blue uint8
}

func rgb(all uint32) colour {
	return colour{set: true, red: uint8(all >> 16), green: uint8(all >> 8), blue: uint8(all)}
}

// String is the colour in SVG.
func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.red, c.green, c.blue) }

// The card is dark, with an edge, so that it stands out from a light page and from a dark one.
var (
	paperOfCard = rgb(0x161b22)
	edgeOfCard  = rgb(0x484f58)
	inkOfCard   = rgb(0xe6edf3)
)

// named are the 16 colours of a terminal that a theme can choose: those chosen here can be read on the card, black
// apart.
var named = [16]colour{
	rgb(0x484f58), rgb(0xff7b72), rgb(0x3fb950), rgb(0xd29922), rgb(0x58a6ff), rgb(0xbc8cff), rgb(0x39c5cf), rgb(0xb1bac4),
	rgb(0x8b949e), rgb(0xffa198), rgb(0x56d364), rgb(0xe3b341), rgb(0x79c0ff), rgb(0xd2a8ff), rgb(0x56d4dd), rgb(0xffffff),
}

// indexed is one of 256 colours: 16 named ones, a cube of 6 x 6 x 6, and 24 greys, as xterm has them.
func indexed(n int) colour {
	const cube, greys = 16, 232
	switch {
	case n < cube:
		return named[n]
	case n < greys:
		level := func(step int) uint32 {
			if step == 0 {
				return 0
			}
			return uint32(55 + 40*step)
		}
		n -= cube
		return rgb(level(n/36)<<16 | level(n/6%6)<<8 | level(n%6))
	}
	grey := uint32(8 + 10*(n-greys))
	return rgb(grey<<16 | grey<<8 | grey)
}

// towards is a colour on the way to another: 0 is this one, 1 the other.
func (c colour) towards(other colour, share float64) colour {
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*share + 0.5) }
	return colour{set: true, red: mix(c.red, other.red), green: mix(c.green, other.green), blue: mix(c.blue, other.blue)}
}

// fainter is how much of the way to the paper faint text is.
const fainter = 0.35

// colours are the ink and the paper that a style comes to on the card.
func (s style) colours() (ink, paper colour) {
	ink, paper = inkOfCard, paperOfCard
	if s.ink.set {
		ink = s.ink
	}
	if s.paper.set {
		paper = s.paper
	}
	if s.reverse {
		ink, paper = paper, ink
	}
	if s.faint {
		ink = ink.towards(paper, fainter)
	}
	if s.hidden {
		ink = paper
	}
	return ink, paper
}
