package drill_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
)

// diary is what the application of a drill did and what was done to its regions,
// noted outside the drill: the tests compare the drill's report with this and with
// the lab's truth, and never with the drill's own ledger.
type diary struct {
	keep bool // delete nothing

	mu       sync.Mutex
	writes   []write
	reads    []look
	connects map[string][]time.Time // to each region
	deeds    []deed

	byNumber map[int]*write   // by the number with which the key ends
	byKey    map[string][]int // by region and key: the indexes of the looks at it, in order
	acked    map[string][]int // by region: the indexes of the writes that it acknowledged
}

type write struct {
	region       string
	key          string
	began, ended time.Time
	err          error
}

// look is one successful Read.
type look struct {
	region       string
	keys         []string // asked for
	began, ended time.Time
	written      int // how many writes the diary had when it began: what happens in one moment has an order all the same
}

// deed is something that the drill was about to do to the regions: an action of its
// scenario, or a heal.
type deed struct {
	at     time.Time
	action drill.Action // without a kind for a heal
	heal   bool
	before lab.Status // for a heal
}

// touches tells whether a deed is about a region, or about replication to or from
// it.
func (d deed) touches(region string) bool {
	return d.action.Region == region || d.action.From == region || d.action.To == region
}

// broken is when the first action from a moment on was about to be made.
func (d *diary) broken(from time.Time) time.Time {
	for _, one := range d.deeds {
		if !one.at.Before(from) {
			return one.at
		}
	}
	return time.Time{}
}

// healed is when something that had been done to a region was first about to be
// undone since it was broken last, up to a moment; the zero time if nothing was.
func (d *diary) healed(region string, until time.Time) (at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	away := false
	for _, one := range d.deeds {
		switch {
		case one.at.After(until):
			return at
		case one.heal:
			if away {
				away, at = false, earliest(at, one.at)
			}
		case !one.touches(region):
		case one.action.Kind.Undoes():
			away, at = false, earliest(at, one.at)
		default:
			away, at = true, time.Time{}
		}
	}
	return at
}

// earliest is the first of two times that come one after the other, unless it is none.
func earliest(first, then time.Time) time.Time {
	if first.IsZero() {
		return then
	}
	return first
}

// brokenAfter tells whether something was done to a region after a moment.
func (d *diary) brokenAfter(region string, from time.Time) bool {
	return slices.ContainsFunc(d.deeds, func(one deed) bool {
		return one.at.After(from) && !one.heal && one.touches(region) && !one.action.Kind.Undoes()
	})
}

func (d *diary) note(one deed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.at = time.Now()
	d.deeds = append(d.deeds, one)
}

// spy is a Store that notes in a diary what is asked of it.
type spy struct {
	drill.Store
	region string
	diary  *diary
}

func (s *spy) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	began := time.Now()
	err := s.Store.Write(ctx, key, value, expiry)
	ended := time.Now()
	s.diary.mu.Lock()
	defer s.diary.mu.Unlock()
	s.diary.writes = append(s.diary.writes, write{s.region, key, began, ended, err})
	return err
}

func (s *spy) Read(ctx context.Context, keys []string) ([]bool, error) {
	s.diary.mu.Lock()
	began, written := time.Now(), len(s.diary.writes)
	s.diary.mu.Unlock()
	found, err := s.Store.Read(ctx, keys)
	if err == nil {
		s.diary.mu.Lock()
		defer s.diary.mu.Unlock()
		s.diary.reads = append(s.diary.reads, look{s.region, keys, began, time.Now(), written})
	}
	return found, err
}

func (s *spy) Connect(ctx context.Context) error {
	s.diary.mu.Lock()
	s.diary.connects[s.region] = append(s.diary.connects[s.region], time.Now())
	s.diary.mu.Unlock()
	return s.Store.Connect(ctx)
}

// Delete does nothing while the diary says to keep everything.
func (s *spy) Delete(ctx context.Context, keys []string) error {
	if s.diary.keep {
		return nil
	}
	return s.Store.Delete(ctx, keys)
}

// close makes the indexes once the drill has ended.
func (d *diary) close() {
	d.byNumber, d.byKey, d.acked = make(map[int]*write), make(map[string][]int), make(map[string][]int)
	for i := range d.writes {
		w := &d.writes[i]
		n, _ := strconv.Atoi(w.key[strings.LastIndexByte(w.key, ':')+1:])
		d.byNumber[n] = w
		if w.err == nil {
			d.acked[w.region] = append(d.acked[w.region], i)
		}
	}
	slices.SortStableFunc(d.reads, func(a, b look) int { return cmp.Or(a.began.Compare(b.began), a.written-b.written) })
	for i, l := range d.reads {
		for _, key := range l.keys {
			d.byKey[l.region+key] = append(d.byKey[l.region+key], i)
		}
	}
}

// acknowledgedIn returns the writes that a region acknowledged, in the order of
// the diary.
func (d *diary) acknowledgedIn(region string) []write {
	var acknowledged []write
	for _, w := range d.writes {
		if w.region == region && w.err == nil {
			acknowledged = append(acknowledged, w)
		}
	}
	return acknowledged
}

// looksAt returns the looks for a key in a region that began at or after a moment,
// in their order.
func (d *diary) looksAt(region, key string, from time.Time) []look {
	var looks []look
	for _, i := range d.byKey[region+key] {
		if l := d.reads[i]; !l.began.Before(from) {
			looks = append(looks, l)
		}
	}
	return looks
}

// looksAfter returns the looks for a key in a region that began after a write had
// been noted, in their order.
func (d *diary) looksAfter(region, key string, write int) []look {
	return slices.DeleteFunc(d.looksAt(region, key, time.Time{}), func(l look) bool { return l.written <= write })
}

// cutOver returns which write was the cut-over to a region that is reported for a
// moment: the first that the region acknowledged after the application had last
// connected to it; false if there is none.
func (d *diary) cutOver(region string, reported time.Time) (int, bool) {
	var connected time.Time
	for _, c := range d.connects[region] {
		if !c.After(reported) {
			connected = c
		}
	}
	for _, i := range d.acked[region] {
		if !d.writes[i].began.Before(connected) {
			return i, true
		}
	}
	return 0, false
}

// attempted counts the writes of which a byte may have left.
func (d *diary) attempted() int {
	n := 0
	for _, w := range d.writes {
		if !errors.Is(w.err, drill.ErrUnsent) {
			n++
		}
	}
	return n
}
