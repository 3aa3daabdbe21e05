package promotion_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
)

// at is a moment so many milliseconds after the start.
func at(ms int) *drill.Moment {
	m := drill.Moment(ms) * time.Millisecond
	return &m
}

func TestTheTimeToRecoverIsCutWhereItWasObserved(t *testing.T) {
	const unknown = -1
	for _, c := range []struct {
		name                                                string
		m                                                   promotion.Moments
		none                                                bool
		detection, election, redirection, notKnown, inTotal int
	}{
		{name: "every moment was observed",
			m:         promotion.Moments{Fault: at(1000), Detected: at(2100), Promoted: at(2600), CutOver: at(2650)},
			detection: 1100, election: 500, redirection: 50, inTotal: 1650},
		{name: "nobody saw who held the primary down, so that neither detection nor election is known",
			m:         promotion.Moments{Fault: at(1000), Promoted: at(2600), CutOver: at(2650)},
			detection: unknown, election: unknown, redirection: 50, notKnown: 1600, inTotal: 1650},
		{name: "nobody saw the promotion",
			m:         promotion.Moments{Fault: at(1000), Detected: at(2100), CutOver: at(2650)},
			detection: 1100, election: unknown, redirection: unknown, notKnown: 550, inTotal: 1650},
		{name: "nothing was observed but the application",
			m:         promotion.Moments{Fault: at(1000), CutOver: at(2650)},
			detection: unknown, election: unknown, redirection: unknown, notKnown: 1650, inTotal: 1650},
		{name: "the application knew of the new primary before the drill did",
			m:         promotion.Moments{Fault: at(1000), Detected: at(2100), Promoted: at(2700), CutOver: at(2650)},
			detection: 1100, election: 550, redirection: 0, inTotal: 1650},
		{name: "the drill heard last who held the primary down",
			m:         promotion.Moments{Fault: at(1000), Detected: at(2680), Promoted: at(2600), CutOver: at(2650)},
			detection: 1600, election: 0, redirection: 50, inTotal: 1650},
		{name: "the application did not get to a new primary", none: true,
			m: promotion.Moments{Fault: at(1000), Detected: at(2100), Promoted: at(2600)}},
		{name: "nothing was broken", none: true, m: promotion.Moments{CutOver: at(5)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, ok := c.m.Parts()
			if ok == c.none {
				t.Fatalf("a time to recover: %v", ok)
			}
			if c.none {
				return
			}
			for _, part := range []struct {
				name string
				got  *time.Duration
				want int
			}{{"detection", p.Detection, c.detection}, {"election", p.Election, c.election}, {"redirection", p.Redirection, c.redirection},
				{"unknown", &p.Unknown, c.notKnown}, {"total", &p.Total, c.inTotal}} {
				got := unknown
				if part.got != nil {
					got = int(part.got.Milliseconds())
				}
				if got != part.want {
					t.Errorf("%s: %d ms, want %d", part.name, got, part.want)
				}
			}
		})
	}
}

// Whatever was observed and in whatever order, the parts are not negative and add up to the total.
func TestThePartsAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	moment := func() *drill.Moment {
		if random.IntN(3) == 0 {
			return nil
		}
		return at(random.IntN(5000))
	}
	for range 10_000 {
		m := promotion.Moments{Fault: at(random.IntN(3000)), Detected: moment(), Promoted: moment(), CutOver: at(random.IntN(5000))}
		p, ok := m.Parts()
		if !ok {
			t.Fatalf("%+v has no parts", m)
		}
		sum := p.Unknown
		for _, part := range []*time.Duration{p.Detection, p.Election, p.Redirection} {
			if part == nil {
				continue
			}
			if *part < 0 {
				t.Fatalf("a part of %v is negative: %+v", m, p)
			}
			sum += *part
		}
		if sum != p.Total || p.Unknown < 0 || p.Total < 0 {
			t.Fatalf("%v: the parts add up to %v, the total is %v", m, sum, p.Total)
		}
	}
}
