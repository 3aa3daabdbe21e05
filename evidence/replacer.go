package evidence

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/redact"
)

// Hide is what is hidden in a bundle, beside what looks like a secret.
type Hide struct {
	// Secrets are those that are known by value. Those of fewer than 4 bytes are not looked for.
	Secrets []string
	// Hosts says that host names and IP addresses are hidden; Addresses are some that are known: hosts, or host:port.
	Hosts     bool
	Addresses []string
	// Regions are the names of the regions, which stay unless Names says that they are hidden too.
	Regions []string
	Names   bool
	// Keep are further words that stay, though they look like the name of a host.
	Keep []string
}

var (
	// ErrSecret says that a secret is still in what was to be packed.
	ErrSecret = errors.New("a secret is left in it")
	// ErrHost says that the name or address of a host is.
	ErrHost = errors.New("a host is left in it")
)

// Replacer replaces what is hidden. The same host gets the same pseudonym in all texts that one Replacer is given, by the
// order in which it meets them.
type Replacer struct {
	hide    Hide
	secrets secrets
	hosts   *hosts
	regions map[string]string // pseudonyms by name
	names   []string          // of regions, the longest first
}

// NewReplacer makes one.
func NewReplacer(h Hide) *Replacer {
	r := &Replacer{hide: h, secrets: newSecrets(h.Secrets), regions: map[string]string{}}
	keep := slices.Clone(h.Keep)
	if !h.Names {
		keep = append(keep, h.Regions...)
	}
	r.hosts = newHosts(keep)
	for _, address := range h.Addresses {
		r.hosts.know(hostOf(address))
	}
	for i, name := range h.Regions {
		r.regions[name] = fmt.Sprintf("region-%d", i+1)
	}
	r.names = slices.Clone(h.Regions)
	slices.SortFunc(r.names, func(a, b string) int { return len(b) - len(a) })
	return r
}

// Learn takes note of the hosts of a text that looks like any other word where it stands alone: give it all texts before the
// first is replaced.
func (r *Replacer) Learn(text string) {
	if r.hide.Hosts {
		r.hosts.learn(text)
	}
}

// rounds bounds how often a text is gone through until nothing changes; two suffice but for texts that are made to
// have no end.
const rounds = 8

// Text returns a text with everything replaced that is to be. What it returns it leaves as it is, and that is at most 16 times
// as long, since the pseudonym of the shortest host is so much longer.
func (r *Replacer) Text(text string) string {
	for range rounds {
		before := text
		text = r.secrets.replace(redact.Text(r.secrets.replace(text)))
		if r.hide.Hosts {
			text = r.hosts.hide(text)
		}
		if r.hide.Names {
			text = r.hideNames(text)
		}
		if text == before {
			return text
		}
	}
	return redact.Hidden
}

// hideNames puts pseudonyms in the place of the names of regions, also where these are parts of words, as in us-1.
func (r *Replacer) hideNames(text string) string {
	var out strings.Builder
	at := 0
	for _, found := range anyPseudonym.Get().FindAllStringIndex(text, -1) {
		out.WriteString(r.hideNamesIn(text[at:found[0]]) + text[found[0]:found[1]])
		at = found[1]
	}
	return out.String() + r.hideNamesIn(text[at:])
}

func (r *Replacer) hideNamesIn(text string) string {
	for _, name := range r.names {
		if i := wordIndex(text, name); i >= 0 {
			return r.hideNamesIn(text[:i]) + r.regions[name] + r.hideNamesIn(text[i+len(name):])
		}
	}
	return text
}

// Check is an error where bytes that were made of replaced texts still hold what was to be hidden: ErrSecret or ErrHost.
func (r *Replacer) Check(text string) error {
	if r.secrets.in(text) {
		return ErrSecret
	}
	if r.hide.Hosts {
		return r.hosts.left(text)
	}
	return nil
}
