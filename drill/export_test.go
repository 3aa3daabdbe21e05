package drill

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Mistakes are the wrong turns of the analysis that tests switch on.
type Mistakes = mistakes

// The deliberate mistakes, each by its name.
var DeliberateMistakes = map[string]Mistakes{
	"the cut-over is off by one":   {cutOverOffByOne: true},
	"late is counted as lost":      {lateIsLost: true},
	"the missing fence is ignored": {fenceIgnored: true},
}

// The mistakes that random drills hardly ever bring to light, each with a drill of
// its own.
var (
	OneRoundOfFences = Mistakes{oneRound: true}
	TrustsOldProof   = Mistakes{trustsOldProof: true}
)

// RunMistaken is Run with a mistake in the analysis.
func RunMistaken(ctx context.Context, c Config, wrong Mistakes) (*Record, error) {
	return runWith(ctx, c, wrong)
}

// AnalyseMistaken is Analyse with a mistake in it.
func AnalyseMistaken(e Evidence, wrong Mistakes) []Missed { return analyse(e, wrong) }

// Mark adds marks to a write.
func Mark(l *Ledger, n int, marks uint16) { l.set(n, mark(marks)) }

// Marks returns the marks of a write.
func Marks(l *Ledger, n int) uint16 { return uint16(l.at(n).marks()) }

// SelectMissing returns the acknowledged writes that were missing at the cut-over.
func SelectMissing(l *Ledger) []int {
	return l.selectWrites(func(e Entry, m mark) bool { return e.Outcome == Acknowledged && m&missing != 0 })
}

// ReadBack looks in a region for every write of a ledger, as a drill does, and returns
// how many it found.
func ReadBack(ctx context.Context, c Config, l *Ledger, region int) (found int) {
	r := &run{Config: c, start: time.Now(), ledger: l}
	ns := l.selectWrites(func(Entry, mark) bool { return true })
	r.lookFor(ctx, region, ns, func(one Reading) {
		if one.Found {
			found++
		}
	})
	return found
}

// LedgerOn returns a ledger on a disk that is full.
func LedgerOn(head Head, full error) *Ledger { return newLedger(head, fullDisk{full}) }

type fullDisk struct{ err error }

func (d fullDisk) Grow() ([]uint32, error) { return nil, d.err }
func (fullDisk) Close() error              { return nil }

// Judge is judge.
var Judge = judge

// Lock is lock, as two drills use it.
type Lock struct{ *lock }

// NewLock is newLock.
func NewLock(places []LockPlace, run string) Lock {
	names := make([]string, len(places))
	for i := range names {
		names[i] = string(rune('a' + i))
	}
	return Lock{newLock(places, names, "aafailover", run, "somebody")}
}

// Acquire is acquire.
func (l Lock) Acquire(ctx context.Context, agree time.Duration) error { return l.acquire(ctx, agree) }

// Keep is keep.
func (l Lock) Keep(ctx context.Context, lost func(error)) { l.keep(ctx, lost) }

// Release is release.
func (l Lock) Release(ctx context.Context) { l.release(ctx) }

// Alarm is alarm.
type Alarm struct{ *alarm }

// NewAlarm is newAlarm.
func NewAlarm(conditions []Condition, rate float64, trip func(error)) Alarm {
	return Alarm{newAlarm(conditions, rate, trip)}
}

// Attend is attend.
func (a Alarm) Attend(region int) { a.attend(region) }

// Note is note.
func (a Alarm) Note(e Entry) { a.note(e) }

// CleanUp is what a drill does at its end. It returns what is said of it.
func CleanUp(ctx context.Context, c Config, l *Ledger) []probe.Event {
	r := &run{Config: c, start: time.Now(), ledger: l, record: new(Record)}
	r.Cover = l.Head().Slots
	r.cleanUp(ctx)
	return r.record.Events
}

// PaceOf counts the writes of a ledger by stretches.
func PaceOf(l *Ledger, regions int) Pace { return l.pace(regions) }
