package evidence

import (
	"fmt"
	"strings"
	"time"
)

// Schema is that of a Manifest.
const Schema = "aafailover.evidence/v1"

// Manifest is what is in a bundle, what is hidden in it, and what is not in it.
type Manifest struct {
	Schema     string         `json:"schema"`
	At         string         `json:"at"` // RFC 3339 with nanoseconds, UTC
	Program    Program        `json:"program"`
	Deployment string         `json:"deployment"` // "lab", "given"; "" where only files were packed
	Hidden     Hidden         `json:"hidden"`
	Files      []ManifestFile `json:"files"` // but for the manifest itself and the note for people
	Gaps       []Gap          `json:"gaps"`
}

// Hidden is what is replaced in a bundle.
type Hidden struct {
	// Secrets are how many were known by value and looked for in every file, in each way to write them; Short how many were
	// too short for that. What looks like a secret is replaced in any case.
	Secrets int  `json:"secrets"`
	Short   int  `json:"short_secrets"`
	Hosts   bool `json:"hosts"`
	Names   bool `json:"names"`
}

// ManifestFile is one file.
type ManifestFile struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
	About  string `json:"about"`
}

func newManifest(b Bundle, h Hide) Manifest {
	m := Manifest{Schema: Schema, At: b.At.UTC().Format(time.RFC3339Nano), Program: b.Program, Deployment: b.Deployment,
		Hidden: Hidden{Hosts: h.Hosts, Names: h.Names}, Files: []ManifestFile{}, Gaps: append([]Gap{}, b.Gaps...)}
	for _, secret := range h.Secrets {
		switch {
		case len(secret) >= leastSecret:
			m.Hidden.Secrets++
		case secret != "":
			m.Hidden.Short++
		}
	}
	return m
}

// note tells people what they have before them.
func (m Manifest) note() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Evidence of aafailover %s, as of %s.\n\n", m.Program.Version, m.At)
	out.WriteString("Passwords and other secrets are replaced by …")
	if m.Hidden.Hosts {
		out.WriteString(", host names and IP addresses by host-1, host-2 and so on, the same in all files")
	}
	if m.Hidden.Names {
		out.WriteString(", names of regions by region-1 and so on")
	}
	out.WriteString(".\nLook through it before you send it on. manifest.json has the SHA-256 of each file.\n\n")
	for _, f := range m.Files {
		fmt.Fprintf(&out, "%-28s %s\n", f.Name, f.About)
	}
	if len(m.Gaps) > 0 {
		out.WriteString("\nNot in it:\n\n")
	}
	for _, g := range m.Gaps {
		fmt.Fprintf(&out, "%s: %s\n", g.What, g.Why)
	}
	return out.String()
}
