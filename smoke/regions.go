package smoke

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// sharding answers whether all regions are sharded equally. That they are not costs channels, and no more: it is a warning, as it
// is to `check`. Where it is not known, the verdict says that the coverage is unproven.
func sharding(seen Seen) Answer {
	a := Answer{Subject: Sharding, Outcome: Untold}
	var untold, unproven []string
	for _, m := range seen.Maps {
		switch {
		case len(m.Shards) == 0:
			untold = append(untold, words.Clean(m.Region))
		case !m.Proven():
			unproven = append(unproven, words.Clean(m.Region))
		}
	}
	switch {
	case len(seen.Maps) == 0:
		a.Text = "no region was asked"
	case required(seen):
		a.Outcome, a.Text = Failed, findingTexts(seen.Snapshot, Sharding)
		a.Advice = toldHow
	case len(untold) > 0:
		a.Text = words.Enumerate(untold) + " did not tell"
	case len(unproven) > 0:
		a.Text = fmt.Sprintf("%s does not tell its shards: that every shard is tried is unproven", words.Enumerate(unproven))
		if len(unproven) > 1 {
			a.Text = fmt.Sprintf("%s do not tell their shards: that every shard is tried is unproven", words.Enumerate(unproven))
		}
		a.Advice = toldHow
	case len(seen.Maps) == 1:
		a.Outcome, a.Text = Passed, shardsOf(seen.Maps)
	case slots.Equal(seen.Maps...):
		a.Outcome, a.Text = Passed, shardsOf(seen.Maps)+", equal"
	default:
		a.Outcome, a.Text = Warned, "not equal: "+each(seen.Maps)
		a.Advice = "equal sharding takes the fewest channels; `aafailover slots` shows who owns what"
	}
	return a
}

// toldHow is how the sharding of a region becomes known.
const toldHow = "switch on the OSS Cluster API of the database, or give --shards N where it is an even split"

// required tells whether the probe was asked to make it a finding that the sharding is not known.
func required(seen Seen) bool {
	return seen.Snapshot != nil && findingTexts(seen.Snapshot, Sharding) != ""
}

func shardsOf(maps []slots.Map) string {
	var names []string
	for _, m := range maps {
		names = append(names, words.Clean(m.Region))
	}
	return fmt.Sprintf("%s in %s", words.Count(len(maps[0].Shards), "shard"), words.Enumerate(names))
}

func each(maps []slots.Map) string {
	var parts []string
	for _, m := range maps {
		parts = append(parts, fmt.Sprintf("%s has %s", words.Clean(m.Region), words.Count(len(m.Shards), "shard")))
	}
	return words.Enumerate(parts)
}

// subjectOf is what a finding of the probe is told under.
func subjectOf(f probe.Finding) Subject {
	switch f.Kind {
	case probe.FindingObserver, probe.FindingRegion, probe.FindingShard, probe.FindingReturning, probe.FindingWrites:
		return Regions
	case probe.FindingCoverage:
		return Sharding
	}
	if f.From != "" && f.From == f.To {
		return Regions // a loop is within a region
	}
	return Links
}

// mostFindings bounds the findings that an answer spells out.
const mostFindings = 2

// findingTexts puts the findings on a subject into words, the worst first; "" where there are none.
func findingTexts(s *probe.Snapshot, of Subject) string {
	var texts []string
	for _, f := range s.Findings {
		if subjectOf(f) == of {
			texts = append(texts, f.Text)
		}
	}
	return first(texts)
}

// first joins the first of some texts, and counts the others.
func first(texts []string) string {
	var said []string
	for _, text := range texts[:min(len(texts), mostFindings)] {
		said = append(said, words.Said(text))
	}
	if more := len(texts) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(said, "; ")
}

// nothingTried is the answer on a subject of which nothing was tried.
func nothingTried(of Subject, seen Seen) Answer {
	return Answer{Subject: of, Outcome: Untold, Text: "nothing was tried: " + words.Said(seen.Why), Needed: true}
}

// regions answers whether all regions can be used.
func regions(seen Seen) Answer {
	s := seen.Snapshot
	if s == nil {
		a := nothingTried(Regions, seen)
		if len(seen.Errors) > 0 {
			a.Text += ": " + first(seen.Errors)
		}
		return a
	}
	a := Answer{Subject: Regions, Outcome: Passed, Needed: true}
	available, unknown := 0, 0
	for i := range s.Regions {
		switch s.Regions[i].State {
		case probe.RegionAvailable:
			available++
		case probe.RegionUnobservable:
			unknown++
		}
	}
	a.Text = fmt.Sprintf("%d of %d available", available, len(s.Regions))
	found := findingTexts(s, Regions)
	if found != "" {
		a.Text += ": " + found
	}
	switch {
	case s.Verdict == probe.Unobservable, found == "" && unknown > 0:
		a.Outcome = Untold
	case found != "":
		a.Outcome = Failed
	}
	return a
}

// links answers whether all links carry messages.
func links(seen Seen) Answer {
	s := seen.Snapshot
	if s == nil {
		return nothingTried(Links, seen)
	}
	a := Answer{Subject: Links, Outcome: Passed, Needed: true}
	all, up, unknown := 0, 0, 0
	for i := range s.Links {
		l := &s.Links[i]
		if l.Loop() {
			continue
		}
		all++
		switch l.State {
		case probe.LinkUp:
			up++
		case probe.LinkUnknown:
			unknown++
		}
	}
	a.Text = fmt.Sprintf("%d of %d up", up, all)
	if all == 0 {
		a.Text = "there is one region, and so no link"
	}
	found := findingTexts(s, Links)
	switch {
	case found != "":
		a.Outcome, a.Text = Failed, a.Text+": "+found
		a.Advice = "`aafailover probe` shows each shard of each link; what replicates is for the deployment to mend, no failover does"
	case unknown > 0:
		a.Outcome, a.Text = Untold, fmt.Sprintf("%s, and of %d nothing is known", a.Text, unknown)
	}
	return a
}
