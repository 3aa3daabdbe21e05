package matrix_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/probe"
)

// evidence says in which ways what a snapshot says of writes, keys and readiness is not what is expected, one line each.
// Without a dataset only what the file names is expected, and nobody is ever ready: nothing was written.
func (e *expectation) evidence(sc *scenario, s *probe.Snapshot) []string {
	var all []string
	for i := range s.Regions {
		r := &s.Regions[i]
		if want, ok := e.wantWrites(sc, r.Name); ok && (r.Writes != want.State || e.cause(r.WritesCause.String()) != want.Cause) {
			all = append(all, fmt.Sprintf("writes of %s: got %s %s, want %s %s", r.Name, r.Writes, r.WritesCause, want.State, want.Cause))
		}
		want, ok := e.wantFailback(sc, s, r.Name)
		if excused := want == probe.ReadyYes && e.wasOnItsWay(r); ok && r.FailbackReady != want && !excused {
			all = append(all, fmt.Sprintf("failback to %s: got %s %q, want %s", r.Name, r.FailbackReady, r.FailbackMissing, want))
		}
	}
	if sc.Dataset {
		for i := range s.Links {
			all = append(all, e.keysOf(&s.Links[i])...)
		}
	}
	return all
}

// wantWrites is what is expected of the writes to a region; false when nothing is. With a dataset, a region that is available
// takes writes, and of one that is down nothing is known.
func (e *expectation) wantWrites(sc *scenario, name string) (writesState, bool) {
	want, named := e.Writes[name]
	switch r, bad := e.Regions[name]; {
	case named:
		return want, true
	case !sc.Dataset:
		return want, false
	case !bad:
		return writesState{State: probe.WritesProven}, true
	case r.State == probe.RegionDown && len(r.Shards) == 0 && r.silent():
		return writesState{State: probe.WritesUnproven}, true
	}
	return want, false
}

// silent tells whether a region that is down does not answer at all: one that is loading answers a write with an error.
func (r regionState) silent() bool {
	return slices.Contains([]string{"refused", "timeout", "reset"}, r.Cause)
}

// wantFailback is what is expected of the readiness of a region; false when nothing is. With a dataset, a region is ready unless
// it, or a link between it and a region that is not down, or its writes, are expected not to be well.
func (e *expectation) wantFailback(sc *scenario, s *probe.Snapshot, name string) (probe.Readiness, bool) {
	if want, named := e.Failback[name]; named {
		return want, true
	}
	if !sc.Dataset {
		return "", false
	}
	want := probe.ReadyYes
	worse := func(r probe.Readiness) {
		if want != probe.ReadyNo {
			want = r
		}
	}
	switch r, bad := e.Regions[name]; {
	case bad && r.State == probe.RegionUnobservable:
		return probe.ReadyUnproven, true
	case bad:
		return probe.ReadyNo, true
	case e.Writes[name].State == probe.WritesRefused:
		return probe.ReadyNo, true
	}
	for i := range s.Links {
		l := &s.Links[i]
		other := l.To
		if other == name {
			other = l.From
		}
		if l.From != name && l.To != name || e.Regions[other].State == probe.RegionDown {
			continue
		}
		switch state := e.link(l.From, l.To).State; state {
		case probe.LinkUp:
		case probe.LinkUnknown:
			if len(e.Regions[other].Shards) == 0 {
				worse(probe.ReadyUnproven)
			}
		default:
			worse(probe.ReadyNo)
		}
		if keys, _ := most(e.Keys, l.From, l.To); keys.State == probe.KeysMissing && l.To == name {
			worse(probe.ReadyNo)
		}
	}
	return want, true
}

// wasOnItsWay tells whether a region is not ready for nothing but keys that were written in a region that is down: by chance one
// was on its way when that died, and had arrived elsewhere.
func (e *expectation) wasOnItsWay(r *probe.Region) bool {
	return !slices.ContainsFunc(r.FailbackMissing, func(missing string) bool {
		words := strings.Fields(missing)
		return !strings.HasPrefix(missing, "keys written in ") || e.Regions[words[3]].State == ""
	})
}

// keysOf says how the keys of a link are not as expected. Those between regions that are available arrive where the link
// is up; of what was written in a region that is down, or is to be read in one, nothing is known.
func (e *expectation) keysOf(l *probe.Link) []string {
	if l.From == l.To {
		return nil
	}
	want, named := most(e.Keys, l.From, l.To)
	from, to := e.Regions[l.From], e.Regions[l.To]
	link := e.link(l.From, l.To)
	switch {
	case named:
	case from.State == "" && to.State == "" && e.Writes[l.From].State != probe.WritesRefused && link.State == probe.LinkUp:
		want.State = probe.KeysArriving
	case to.State == probe.RegionDown && len(to.Shards) == 0 && to.silent():
		want.State = probe.KeysUnproven
	default:
		return nil
	}
	number := cellNumber(l)
	var got, expected []string
	for i := range l.Cells {
		c := &l.Cells[i]
		state := want.State
		for _, name := range []string{shardNumber(c.FromShard), number(i)} {
			if other, ok := want.Shards[name]; ok {
				state = other
			}
		}
		got = append(got, number(i)+" "+string(c.Keys.State))
		expected = append(expected, number(i)+" "+string(state))
	}
	if slices.Equal(got, expected) {
		return nil
	}
	return []string{fmt.Sprintf("keys of %s->%s: got %s, want %s", l.From, l.To, strings.Join(got, ", "), strings.Join(expected, ", "))}
}

// said returns what a snapshot says of that which no snapshot may say.
func (n never) said(s *probe.Snapshot) []string {
	var all []string
	for name, state := range n.Failback {
		if s.Region(name).FailbackReady == state {
			all = append(all, fmt.Sprintf("failback to %s is %s", name, state))
		}
	}
	for name, state := range n.Writes {
		if s.Region(name).Writes == state {
			all = append(all, fmt.Sprintf("writes of %s are %s", name, state))
		}
	}
	return all
}
