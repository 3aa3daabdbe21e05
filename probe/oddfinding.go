package probe

import (
	"fmt"
	"slices"
	"time"
)

// returning finds a region that was down, or a part of it, and answers again: until everything that leads to and from it
// is known, nobody can say what it is good for, and it is spoken of as before.
func (j *judgement) returning(index int) {
	r := &j.snap.Regions[index]
	var from time.Time
	var back []int
	for i := range r.Shards {
		if h := &r.Shards[i]; h.Returning && h.State != RegionDown {
			back = append(back, i)
			if h.Since.After(from) {
				from = h.Since
			}
		}
	}
	if len(back) == 0 {
		return
	}
	var links []string
	for i := range j.snap.Links {
		if l := &j.snap.Links[i]; (l.From == r.Name || l.To == r.Name) && l.proving() {
			links = append(links, arrow(l))
		}
	}
	text := fmt.Sprintf("%s answers again%s", r.Name, since(from))
	if len(links) > 0 {
		text += fmt.Sprintf(", but %s %s not proven yet", list(links), are(len(links)))
	}
	j.find(Finding{Kind: FindingReturning, Severity: Failure, Verdict: j.unusable(index), Region: r.Name, Since: from, Text: text})
}

// writes finds a region that refuses writes: whatever it carries, an application cannot use it; unless what is missing is a right
// of the user that wrote, which says nothing of other users.
func (j *judgement) writes(index int) {
	r := &j.snap.Regions[index]
	if r.Writes != WritesRefused || r.State == RegionDown || r.State == RegionUnobservable {
		return
	}
	f := Finding{Kind: FindingWrites, Severity: Failure, Verdict: j.unusable(index), Region: r.Name, Cause: r.WritesCause, Since: r.WritesSince,
		Text: fmt.Sprintf("%s refuses writes%s%s", r.Name, since(r.WritesSince), because(r.WritesCause))}
	if r.WritesCause == Permission || r.WritesCause == Authentication {
		f.Severity, f.Verdict = Warning, Degraded
		f.Text = fmt.Sprintf("%s refuses writes of this user%s%s", r.Name, since(r.WritesSince), because(r.WritesCause))
	}
	j.find(f)
}

// keys finds a link that carries messages, and keys not.
func (j *judgement) keys(l *Link) {
	missing := func(c Cell) bool { return c.State == LinkUp && c.Keys.State == KeysMissing }
	if l.Loop() || !slices.ContainsFunc(l.Cells, missing) {
		return
	}
	f := j.about(l, missing)
	f.Kind, f.Severity, f.Verdict, f.Since = FindingKeys, Failure, ReplicationFailure, time.Time{}
	f.Text = fmt.Sprintf("%s carries messages, but keys that are written in %s do not arrive in %s%s", arrow(l), l.From, l.To, j.where(l, &f))
	j.find(f)
}

// odd finds what somebody should look at, though nothing of the regions is broken.
func (j *judgement) odd() {
	for i := range j.snap.Regions {
		if r := &j.snap.Regions[i]; r.Forged.Count > 0 {
			j.find(Finding{Kind: FindingForged, Severity: Warning, Verdict: Healthy, Region: r.Name, Since: r.Forged.Since,
				Text: fmt.Sprintf("%s on the channels of %s %s of no observer%s: somebody else publishes there", counted(int(r.Forged.Count), "message"),
					r.Name, are(int(r.Forged.Count)), since(r.Forged.Since))})
		}
	}
	for i := range j.snap.Links {
		if l := &j.snap.Links[i]; l.Echoes.Count >= echoesTold {
			name := arrow(l)
			if l.Loop() {
				name = l.From
			}
			j.find(Finding{Kind: FindingEcho, Severity: Warning, Verdict: Healthy, From: l.From, To: l.To, Since: l.Echoes.Since,
				Text: fmt.Sprintf("%s delivers messages more than once: %d%s", name, l.Echoes.Count, since(l.Echoes.Since))})
		}
	}
}

// echoesTold is how many duplicates are worth a word: one may come from a connection that was made again.
const echoesTold = 3
