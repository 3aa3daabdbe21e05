package survey

import (
	"testing"
	"time"
)

func TestHowSoonARegionIsAskedForAReason(t *testing.T) {
	const every = 10 * time.Second
	type prompt struct {
		after time.Duration // since the asking before; the region is asked at once
		news  bool
		want  time.Duration
	}
	repeated := func(n int, p prompt) []prompt {
		all := make([]prompt, n)
		for i := range all {
			all[i] = p
		}
		return all
	}
	join := func(lists ...[]prompt) (all []prompt) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for _, row := range []struct {
		name    string
		atOnce  int
		prompts []prompt
	}{
		{"what lasts is a reason once a second, for a minute, and then none", 0,
			join(repeated(60, prompt{time.Second, false, soonest}), repeated(1000, prompt{every, false, every}))},
		{"what happens in a moment is a reason at once, a few times", 5,
			join(repeated(5, prompt{50 * time.Millisecond, false, least}), repeated(55, prompt{time.Second, false, soonest}), repeated(1000, prompt{time.Second, false, every}))},
		{"what is followed by news never wears out", 5, repeated(1000, prompt{50 * time.Millisecond, true, least})},
		{"news make up for what was in vain", 1, []prompt{{time.Second, false, least}, {time.Second, true, soonest}, {time.Second, false, least}}},
		{"so does a turn in which there was no reason", 1, []prompt{{time.Second, false, least}, {2*every - 1, false, soonest}, {2 * every, false, least}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, at := prompts{every: every, atOnce: row.atOnce}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for i, next := range row.prompts {
				at = at.Add(next.after)
				if got := p.prompt(at); got != next.want {
					t.Fatalf("prompt %d: after %v, want %v", i+1, got, next.want)
				}
				p.asked(next.news)
			}
		})
	}
}

func TestAnAskingInItsTurnIsNotInVain(t *testing.T) {
	p := prompts{every: time.Second, atOnce: 1}
	for range 10 {
		p.asked(false)
	}
	if got := p.prompt(time.Now()); got != least {
		t.Errorf("after %v", got)
	}
}
