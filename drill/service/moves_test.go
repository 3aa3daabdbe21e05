package service_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/recorder"
)

const (
	us = iota
	eu
	ap
)

const width = 100 * time.Millisecond

// ms is a moment, in milliseconds since the start.
func ms(n int) drill.Moment { return time.Duration(n) * time.Millisecond }

// traffic draws what regions were used for: a column is a step of 100 ms; w: a write was acknowledged, r: something else succeeded,
// x: something failed, o: a connection was opened. The first column is that of the start.
func traffic(rows ...string) (all []recorder.Traffic) {
	for _, row := range rows {
		t := recorder.Traffic{Width: width}
		for i, c := range row {
			s := recorder.Step{At: drill.Moment(i) * width, Commands: 1}
			switch c {
			case 'w':
				s.Succeeded, s.Writes = 1, 1
			case 'r':
				s.Succeeded = 1
			case 'x':
				s.Failed = 1
			case 'o':
				s.Opened = 1
			default:
				s.Commands = 0
			}
			t.Steps = append(t.Steps, s)
		}
		all = append(all, t)
	}
	return all
}

// What a service does is drawn: a column is 100 ms, and the fault comes with the sixth.
func TestWhereAServiceIs(t *testing.T) {
	for _, test := range []struct {
		name string
		rows []string
		want string // FROM>TO@MS, in milliseconds
	}{
		{"one that stays", []string{"wwwwwwwwww", ""}, ""},
		{"one that is lost, and never moves", []string{"wwwwwxxxxxxxxxxxxxxxxxxxxxx", ""}, ""},
		{"one that moves at once", []string{"wwwwwxxxxxxxxxxxxxxxx", ".........wwwwwwwwwwww"}, "0>1@900"},
		{"one that answers in the old region a little longer: a pool", []string{"wwwwwwwwwww..........", "........wwwwwwwwwwwww"}, "0>1@800"},
		{"one that comes home", []string{"wwwwwxxxxxxxxxxxxxxxxwwwwwwww", "........wwwwwwwwwwwww........"}, "0>1@800 1>0@2100"},
		{"one that comes home so soon that it looks like a pool", []string{"wwwwwxxx.wwwwwwwwwwwwwwwwww", "........w.................."}, "0>1@800 1>0@900"},
		{"one that goes on to a third region", []string{"wwwwwx..............", ".......wwwx.........", "............wwwwwwww"}, "0>1@700 1>2@1200"},
		{"one that uses the other region all the time for reads, and moves its writes", []string{"wwwwwxxxxxxxxxx", "rrrrrrrrrrwwwww"}, "0>1@1000"},
		{"one that writes to both all the time, and leaves the first", []string{"wwwwwxxxxxxxxxxxxxxxxx", "wwwwwwwwwwwwwwwwwwwwww"}, "0>1@500"},
		{"one that writes to both all the time, and goes on so", []string{"wwwwwwwwwwwwwwwwwwwwwwww", "wwwwwwwwwwwwwwwwwwwwwwww"}, ""},
		{"one that had tried the other region long before the fault, and moves", []string{"wwwwwxxxxxxxxxxxxxxxx", "w..............wwwwww"}, "0>1@1500"},
		{"one of which half stays: a shard is down", []string{"wwwwwwwwwwwwwwwwwwwwwww", ".........wwwwwwwwwwwwww"}, "0>1@900"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := service.Seen{Traffic: traffic(test.rows...), ByWrites: true, Fault: ms(500)}
			if got := drawn(s.Moves(ms(100 * len(test.rows[0])))); got != test.want {
				t.Errorf("it moves %q, want %q", got, test.want)
			}
		})
	}
}

func drawn(moves []service.Move) string {
	text := ""
	for i, m := range moves {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprintf("%d>%d@%d", m.From, m.To, m.At.Milliseconds())
	}
	return text
}

// A service that writes nothing moves with what it reads.
func TestWhereAServiceIsThatOnlyReads(t *testing.T) {
	s := service.Seen{Traffic: traffic("rrrrrxxxxxxxxxxxx", ".........rrrrrrrr"), Fault: ms(500)}
	if got := drawn(s.Moves(ms(1700))); got != "0>1@900" {
		t.Errorf("it moves %q", got)
	}
}

// Whatever happens, what was told of the moves stays: later traffic only adds to it. They follow each other in time and place.
func TestMovesAreOnlyEverAdded(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	total := 0
	const histories = 500 / racetest.Slowdown
	for range histories {
		rows := make([]string, 2+random.IntN(2))
		steps := 20 + random.IntN(60)
		at := 0
		for range steps {
			if random.IntN(8) == 0 {
				at = random.IntN(len(rows))
			}
			for r := range rows {
				used := r == at && random.IntN(10) > 0 || random.IntN(30) == 0
				rows[r] += string(map[bool]byte{true: 'w', false: '.'}[used])
			}
		}
		s := service.Seen{Traffic: traffic(rows...), ByWrites: true, Fault: ms(500)}
		var before []service.Move
		for until := ms(500); until <= ms(100*steps); until += ms(50) {
			// What is not over yet has not happened for whoever looks now.
			seen := s
			seen.Traffic = upTo(s.Traffic, until)
			moves := seen.Moves(until)
			if len(moves) < len(before) || !cmp.Equal(moves[:len(before)], before, cmpopts.EquateEmpty()) {
				t.Fatalf("at %v: %s, and before %s\n%q", until, drawn(moves), drawn(before), rows)
			}
			before = moves
		}
		total += len(before)
		for i, m := range before {
			from, since := us, s.Fault
			if i > 0 {
				from, since = before[i-1].To, before[i-1].At
			}
			if m.From != from || m.To == from || m.At < since {
				t.Fatalf("move %d of %s is none\n%q", i, drawn(before), rows)
			}
		}
	}
	if total < histories {
		t.Errorf("%d moves were made: too few to tell", total)
	}
}

// upTo is the traffic with the steps that had begun by a moment.
func upTo(all []recorder.Traffic, until drill.Moment) (cut []recorder.Traffic) {
	for _, t := range all {
		n := min(int(until/width), len(t.Steps))
		cut = append(cut, recorder.Traffic{Width: width, Steps: t.Steps[:n]})
	}
	return cut
}
