package tui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// began is when everything in the fixtures begins.
var began = time.Date(2026, 3, 1, 14, 2, 0, 0, time.UTC)

func at(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }

// observed is what is known of regions in which nothing is wrong, half a minute after the start.
func observed(shards int, names ...string) *probe.Snapshot {
	s := &probe.Snapshot{At: at(31), Started: began, Verdict: probe.Healthy, Since: at(1), Coverage: true, Symmetric: true, Settled: true, Observer: "k3x9",
		Policy: probe.DefaultPolicy(), Sentence: fmt.Sprintf("%s and %s are available and all %d links are up", strings.Join(names[:len(names)-1], ", "), names[len(names)-1], len(names)*(len(names)-1))}
	cover := slots.Spread(shards)
	for i, name := range names {
		r := probe.Region{Name: name, Source: slots.ClusterSlots, State: probe.RegionAvailable, Since: at(1), Writes: probe.WritesUnproven,
			FailbackReady: probe.ReadyUnproven, FailbackMissing: []string{"no write was tried"}}
		for k, owned := range slots.Even(shards) {
			r.Shards = append(r.Shards, probe.Shard{ID: fmt.Sprint(name, k), Address: fmt.Sprintf("10.%d.1.%d:6379", i, k+11), Slots: owned, State: probe.RegionAvailable, Since: at(1), LastAnswer: s.At})
		}
		s.Regions = append(s.Regions, r)
		for k, to := range names {
			trip := time.Duration(70*(i+k)+8) * time.Millisecond
			if i == k {
				trip = time.Duration(400+78_000*i) * time.Microsecond
			}
			l := probe.Link{From: name, To: to, State: probe.LinkUp, Since: at(1), LastUp: s.At, Deadline: 420 * time.Millisecond, RTT: probe.RTT{P50: trip, P99: trip + trip/8, Max: 2 * trip}}
			for n := range 64 {
				took := trip + trip*time.Duration(n*n%7)/16
				l.Rounds = append(l.Rounds, probe.Round{At: at(float64(n) / 4), Delivered: uint32(shards), P50: took, Max: took})
			}
			l.Rounds[63] = probe.Round{At: at(16), Waiting: uint32(shards)}
			for shard, slot := range cover {
				l.Cells = append(l.Cells, probe.Cell{Slot: slot, Channel: slots.Channel("aafailover", slot, name), FromShard: shard, ToShard: shard, State: probe.LinkUp, Since: at(1),
					Sent: 120, Delivered: 119, Waiting: 1, RTT: l.RTT, LastUp: s.At, LastDelivered: s.At})
			}
			s.Links = append(s.Links, l)
		}
	}
	return s
}

// cutCell makes a link deliver nothing on one shard since a moment.
func cutCell(s *probe.Snapshot, from, to string, shard int, since float64) {
	l := s.Link(from, to)
	l.State, l.Since, l.LastUp = probe.LinkDown, at(since), at(since-3)
	c := &l.Cells[shard]
	c.State, c.Since, c.Delivered, c.Overdue, c.LastUp = probe.LinkDown, at(since), 58, 61, at(since-3)
	for n := 56; n < 63; n++ {
		r := &l.Rounds[n]
		r.Missing, r.Delivered = 1, r.Delivered-1
		if r.Delivered == 0 {
			r.P50 = 0
		}
	}
}

// The states that are looked at.
var probeStates = []struct {
	name string
	snap func() *probe.Snapshot
}{
	{"healthy", func() *probe.Snapshot { return observed(3, "us", "eu", "ap") }},
	{"down", func() *probe.Snapshot {
		s := observed(3, "us", "eu", "ap")
		cutCell(s, "us", "eu", 1, 7)
		s.Verdict, s.Since, s.Sentence = probe.ReplicationFailure, at(7), "us→eu is down on shard 2 (slots 5461-10922) since 14:02:07"
		s.Findings = []probe.Finding{{Kind: probe.FindingLink, Severity: probe.Failure, Verdict: s.Verdict, From: "us", To: "eu", Since: s.Since, Text: s.Sentence}}
		for i := range 2 {
			s.Regions[i].FailbackReady, s.Regions[i].FailbackMissing = probe.ReadyNo, []string{"us→eu is down on shard 2", "no write was tried"}
		}
		return s
	}},
	{"degraded", func() *probe.Snapshot {
		s := observed(3, "us", "東京", "ap-southeast-1")
		l := s.Link("us", "東京")
		l.State, l.Since = probe.LinkLate, at(12)
		l.RTT.P50, l.RTT.P99 = 460*time.Millisecond, 2*time.Second
		for n := 40; n < 63; n++ {
			l.Rounds[n].Late, l.Rounds[n].Delivered, l.Rounds[n].P50 = 3, 0, 460*time.Millisecond
		}
		for i := range l.Cells {
			c := &l.Cells[i]
			c.State, c.Since, c.Late, c.Delivered, c.RTT = probe.LinkLate, at(12), 48, 71, l.RTT
		}
		s.Verdict, s.Since, s.Sentence = probe.Degraded, at(12), "us→東京 delivers late since 14:02:12"
		s.Findings = []probe.Finding{{Kind: probe.FindingLink, Severity: probe.Warning, Verdict: s.Verdict, From: "us", To: "東京", Since: s.Since, Text: s.Sentence}}
		return s
	}},
	{"unobservable", func() *probe.Snapshot {
		s := observed(3, "us", "eu", "ap")
		s.Verdict, s.Since, s.Sentence = probe.Unobservable, at(20), "no region answers since 14:02:20: it is this observer that is cut off; before that all was well"
		s.Findings = []probe.Finding{{Kind: probe.FindingObserver, Severity: probe.Failure, Verdict: s.Verdict, Since: s.Since, Text: s.Sentence}}
		for i := range s.Regions {
			r := &s.Regions[i]
			r.State, r.Since, r.Cause, r.Detail = probe.RegionUnobservable, at(20), probe.Timeout, "read tcp: i/o timeout"
			r.FailbackMissing = []string{r.Name + " is unobservable (timeout)", "no write was tried"}
		}
		for i := range s.Links {
			l := &s.Links[i]
			l.State, l.Since = probe.LinkUnknown, at(20)
			for n := 50; n < 64; n++ {
				l.Rounds[n] = probe.Round{NoEvidence: 3}
			}
			for k := range l.Cells {
				c := &l.Cells[k]
				c.State, c.Since, c.Delivered, c.NoEvidence = probe.LinkUnknown, at(20), 80, 39
			}
		}
		return s
	}},
	{"256_shards", func() *probe.Snapshot {
		s := observed(256, "us", "eu", "ap", "sa", "af")
		cutCell(s, "us", "eu", 76, 7)
		late := &s.Link("us", "eu").Cells[130]
		late.State, late.Since, late.Late = probe.LinkLate, at(9), 12
		s.Link("us", "eu").Cells[200].RTT.P50 *= 4
		s.Verdict, s.Since, s.Sentence = probe.ReplicationFailure, at(7), "us→eu is down on shard 77 (slots 4864-4927) since 14:02:07; us→eu is late on shard 131 (slots 8320-8383) since 14:02:09; and 3 more findings"
		for i := range 5 {
			s.Findings = append(s.Findings, probe.Finding{Kind: probe.FindingLink, Severity: probe.Failure, Verdict: s.Verdict, From: "us", To: "eu", Since: s.Since, Text: fmt.Sprintf("us→eu is down on shard %d", 77+i)})
		}
		return s
	}},
}

// happened are some events, those of 200 cells at once among them.
func happened() []probe.Event {
	events := []probe.Event{
		{At: at(0), Kind: probe.EventStart, Shard: -1, Slot: -1, Detail: "3 regions, 3 slots, a message each every 250ms, deadline 1s"},
		{At: at(1), Kind: probe.EventVerdict, Shard: -1, Slot: -1, State: "healthy", Detail: "us, eu and ap are available and all 6 links are up"},
	}
	for slot := range 200 {
		events = append(events, probe.Event{At: at(7), Kind: probe.EventCell, From: "us", To: "eu", Shard: -1, Slot: slot, Was: "up", State: "down", Detail: "last delivered 14:02:04.311, 7 messages overdue"})
	}
	return append(events,
		probe.Event{At: at(7), Kind: probe.EventLink, From: "us", To: "eu", Shard: -1, Slot: -1, Was: "up", State: "down", Detail: "1 of 3 cells"},
		probe.Event{At: at(8), Kind: probe.EventLink, From: "us", To: "ap", Shard: -1, Slot: -1, Was: "up", State: "unknown", Detail: "left out"},
		probe.Event{At: at(9), Kind: probe.EventRegion, Region: "eu", Shard: -1, Slot: -1, Was: "available", State: "impaired", Cause: probe.Loading})
}

// opened is a dashboard of a size on which a snapshot is shown, at half a minute after the start.
func opened(s *probe.Snapshot, width, height int) *Probe {
	m := NewProbe(ProbeConfig{Feed: new(Feed[probe.Snapshot]), Title: "built-in lab",
		Advice: func(*probe.Snapshot) string { return "Fail over? No: us is usable." }})
	if s != nil {
		m.config.Feed.Put(s)
	}
	for _, e := range happened() {
		m.config.Feed.Event(e)
	}
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(tickMsg(at(31)))
	return m
}

// press types keys by their names, and returns the command of the last one.
func press(m *Probe, names ...string) tea.Cmd {
	var cmd tea.Cmd
	for _, name := range names {
		_, cmd = m.Update(keyNamed(name))
	}
	return cmd
}

// keyNamed is the message of a key.
func keyNamed(name string) tea.KeyMsg {
	for _, kind := range []tea.KeyType{tea.KeyUp, tea.KeyDown, tea.KeyLeft, tea.KeyRight, tea.KeyEnter, tea.KeyEsc, tea.KeyTab, tea.KeyShiftTab, tea.KeyBackspace,
		tea.KeyPgUp, tea.KeyPgDown, tea.KeyHome, tea.KeyEnd, tea.KeyCtrlC, tea.KeySpace} {
		if k := (tea.KeyMsg{Type: kind}); k.String() == name {
			if kind == tea.KeySpace {
				k.Runes = []rune{' '}
			}
			return k
		}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}
