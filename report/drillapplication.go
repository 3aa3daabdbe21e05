package report

import (
	"fmt"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
)

// ApplicationDocument is how the application of a drill behaved, and what that came to.
type ApplicationDocument struct {
	Arrival       drill.Arrival `json:"arrival"`
	Pipeline      int           `json:"pipeline"`
	Keys          int           `json:"keys"`    // its limit; 0 for none
	Retries       int           `json:"retries"` // of one operation, at the most
	BackoffMin    Milliseconds  `json:"backoff_min_ms"`
	BackoffMax    Milliseconds  `json:"backoff_max_ms"`
	Idempotent    bool          `json:"idempotent"`
	Fencing       drill.Fencing `json:"fencing"`
	Wait          int           `json:"wait"`
	ReadOwnWrites float64       `json:"read_own_writes"`

	Operations      int              `json:"operations"`
	Retried         int              `json:"retried"`  // of the operations
	Attempts        int              `json:"attempts"` // of all operations together
	OutOfKeys       bool             `json:"out_of_keys"`
	KnownByFencing  int              `json:"known_by_fencing"`
	FewReplicas     int              `json:"few_replicas"`
	Duplicates      int              `json:"duplicates"`
	DuplicatesKnown bool             `json:"duplicates_known"` // false after a resume: which attempts were of one operation is not on disk
	Unexpected      int              `json:"unexpected"`
	OwnReads        OwnReadsDocument `json:"own_reads"`
}

// OwnReadsDocument counts the looks of the application for its own latest write: see [drill.OwnReads].
type OwnReadsDocument struct {
	Checked int          `json:"checked"`
	Failed  int          `json:"failed"`
	Unseen  int          `json:"unseen"`
	Writes  int          `json:"writes"`
	Still   int          `json:"still"`
	Longest Milliseconds `json:"longest_ms"`
}

// UnclearDocument is what became of the indeterminate writes. Applied, not applied and unknown are all of them.
type UnclearDocument struct {
	Applied    int            `json:"applied"`
	In         map[string]int `json:"in"` // of the applied, how many are in each region at the end
	NotApplied int            `json:"not_applied"`
	Unknown    int            `json:"unknown"`
}

// ExposedDocument is what a failover to a region would have missed where the application stayed.
type ExposedDocument struct {
	Region string       `json:"region"`
	At     Timestamp    `json:"at"`
	Count  int          `json:"count"`
	Oldest Milliseconds `json:"oldest_ms"`
	Unread int          `json:"unread"`
}

func applicationDocument(a drill.Application) ApplicationDocument {
	m := a.Manners
	if m.Arrival == "" {
		m.Arrival = drill.Poisson
	}
	if m.Fencing == "" {
		m.Fencing = drill.NoFencing
	}
	return ApplicationDocument{
		Arrival: m.Arrival, Pipeline: max(m.Pipeline, 1), Keys: m.Keys, Retries: m.Retry.Limit,
		BackoffMin: Milliseconds(m.Retry.Least), BackoffMax: Milliseconds(m.Retry.Most), Idempotent: !m.Retry.Fresh,
		Fencing: m.Fencing, Wait: m.Replicas, ReadOwnWrites: finite(m.ReadOwn),
		Operations: a.Operations, Retried: a.Retried, Attempts: a.Operations + a.Retries, OutOfKeys: a.OutOfKeys,
		KnownByFencing: a.KnownByFencing, FewReplicas: a.FewReplicas, Duplicates: a.Duplicates, DuplicatesKnown: !a.Forgotten, Unexpected: a.Unexpected,
		OwnReads: OwnReadsDocument{Checked: a.OwnReads.Checked, Failed: a.OwnReads.Failed, Unseen: a.OwnReads.Unseen,
			Writes: a.OwnReads.Writes, Still: a.OwnReads.Still, Longest: Milliseconds(a.OwnReads.Longest)},
	}
}

func unclearDocument(v drillView) UnclearDocument {
	u := v.Unclear
	d := UnclearDocument{Applied: u.Applied, In: make(map[string]int), NotApplied: u.NotApplied, Unknown: u.Unknown}
	for i, n := range u.In {
		if n > 0 {
			d.In[v.region(i)] = n
		}
	}
	return d
}

func exposedDocuments(v drillView) []ExposedDocument {
	return convert(v.Exposed, func(x drill.Exposed) ExposedDocument {
		return ExposedDocument{Region: v.region(x.Region), At: v.timestamp(x.At), Count: x.Count, Oldest: Milliseconds(x.Oldest), Unread: x.Unread}
	})
}

// application writes what the manners of the application came to, as far as there is anything to tell.
func (p *drillPage) application() {
	a := p.Application
	if a.Retries > 0 {
		text := fmt.Sprintf("%s of %s tried again, %s more attempts", words.Thousands(a.Retried), words.Count(a.Operations, "operation"), words.Thousands(a.Retries))
		if a.Forgotten {
			text += "; how many are there more than once is not known after a resume"
		} else if a.Manners.Retry.Fresh {
			text += fmt.Sprintf("; %s there more than once", words.Thousands(a.Duplicates))
		}
		if a.KnownByFencing > 0 {
			text += fmt.Sprintf("; %s found applied by fencing", words.Thousands(a.KnownByFencing))
		}
		p.line("retries", text)
	}
	if a.FewReplicas > 0 {
		p.line("replicas", fmt.Sprintf("%s acknowledged, but confirmed by fewer than %s in time", words.Count(a.FewReplicas, "write"), words.Count(a.Manners.Replicas, "replica")))
	}
	if own := a.OwnReads; own.Checked+own.Failed > 0 {
		text := fmt.Sprintf("%s by the application for its latest write, %s in vain", words.Count(own.Checked, "look"), words.Thousands(own.Unseen))
		if own.Writes > 0 {
			text += fmt.Sprintf(": %s not seen for up to %s", words.Count(own.Writes, "write"), words.Rough(own.Longest))
		}
		if own.Still > 0 {
			text += fmt.Sprintf(", %s of them not seen again", words.Thousands(own.Still))
		}
		p.line("own reads", text)
	}
	if a.OutOfKeys {
		p.line("keys", fmt.Sprintf("the limit of %s was reached: the application wrote nothing more", words.Thousands(a.Manners.Keys)))
	}
	if a.Unexpected > 0 {
		p.line("strangers", words.Count(a.Unexpected, "key")+" of this run that it never wrote, or that were rejected")
	}
	for _, x := range p.Exposed {
		if x.Count > 0 {
			p.line("exposed", fmt.Sprintf("a failover to %s just before the fault was undone would have missed %s, the oldest %s old",
				words.Clean(p.region(x.Region)), words.Count(x.Count, "write"), words.Rough(x.Oldest)))
		}
	}
}
