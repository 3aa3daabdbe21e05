package smoke

import (
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// conclude makes the verdict: what the probe says, and what was asked for beside it.
func conclude(seen Seen, answers []Answer) (Verdict, string) {
	s := seen.Snapshot
	if s == nil {
		return Inconclusive, "nothing could be observed: " + words.Said(seen.Why)
	}
	if s.Verdict == probe.Unobservable {
		return Inconclusive, words.Said(s.Sentence)
	}
	if s.Verdict != probe.Healthy {
		return Fail, words.Plain(s.Verdict) + ": " + words.Said(s.Sentence)
	}
	about := func(such func(Answer) bool) (string, bool) {
		i := slices.IndexFunc(answers, such)
		if i < 0 {
			return "", false
		}
		return words.Plain(answers[i].Subject) + ": " + answers[i].Text, true
	}
	if text, found := about(func(a Answer) bool { return a.Outcome == Failed }); found {
		return Fail, text
	}
	if text, found := about(func(a Answer) bool { return a.Needed && a.Outcome == Untold }); found {
		return Inconclusive, text
	}
	return Pass, words.Plain(s.Verdict) + ": " + words.Said(s.Sentence)
}

// roundTrips is how many round trips of each link a limit is judged by, unless there is no time for them: one that was slow by
// chance should not be half of them.
const roundTrips = 20

// Enough tells whether the probe can end: more would not change what is said. What is broken is known once everything has settled;
// what is healthy is watched for as long as it takes to be ready for a failback, and until there is something to hold the limits
// against.
func (q Question) Enough(s *probe.Snapshot) bool {
	switch {
	case !s.Settled || s.Paused || s.Verdict == probe.Unobservable:
		return false
	case s.Verdict != probe.Healthy:
		return true
	case !lasting(s):
		return false
	}
	if len(q.Limits) > 0 && slices.ContainsFunc(s.Links, func(l probe.Link) bool { return delivered(l) < roundTrips }) {
		return false
	}
	return !q.Failback || !slices.ContainsFunc(s.Regions, func(r probe.Region) bool { return r.FailbackReady != probe.ReadyYes })
}

// delivered counts the round trips of a link.
func delivered(l probe.Link) uint64 {
	n := uint64(0)
	for i := range l.Cells {
		n += l.Cells[i].Delivered + l.Cells[i].Late
	}
	return n
}

// lasting tells whether all that is up has been for as long as the policy asks before a failback.
func lasting(s *probe.Snapshot) bool {
	newest := s.Started
	note := func(t time.Time) {
		if t.After(newest) {
			newest = t
		}
	}
	for i := range s.Regions {
		for k := range s.Regions[i].Shards {
			h := &s.Regions[i].Shards[k]
			note(h.Since)
			note(h.Connected)
		}
	}
	for i := range s.Links {
		for k := range s.Links[i].Cells {
			note(s.Links[i].Cells[k].Since)
		}
	}
	return s.At.Sub(newest) >= s.Policy.UpFor
}
