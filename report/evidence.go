package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/check"
	pack "github.com/aafailover/aafailover/evidence"
	"github.com/aafailover/aafailover/internal/words"
)

// The schemas of documents in evidence that no other command prints.
const (
	ServersSchema       = "aafailover.servers/v1"
	ConfigurationSchema = "aafailover.configuration/v1"
	MachineSchema       = "aafailover.machine/v1"
)

// EvidenceText writes what is in evidence, and what is missing.
func EvidenceText(w io.Writer, style Style, m pack.Manifest) error {
	rows := convert(m.Files, func(f pack.ManifestFile) []string {
		return []string{words.Clean(f.Name), words.Bytes(float64(f.Bytes)), f.About}
	})
	columns := append(left("file"), right("size")...)
	text, err := style.table(append(columns, prose("")), rows)
	if err != nil {
		return err
	}
	var out strings.Builder
	out.WriteString(text)
	for _, g := range m.Gaps {
		fmt.Fprintf(&out, "missing: %s: %s\n", words.Clean(g.What), words.Clean(g.Why))
	}
	_, err = io.WriteString(w, out.String())
	return err
}

// ServersDocument is what the servers of the regions are.
type ServersDocument struct {
	Schema  string          `json:"schema"`
	At      Timestamp       `json:"at"`
	Servers []AskedDocument `json:"servers"`
}

// AskedDocument is one server. What it did not tell is null.
type AskedDocument struct {
	Region     string        `json:"region"`
	Shard      int           `json:"shard"` // index in its region; of a replica that of its primary
	Address    string        `json:"address"`
	Error      string        `json:"error"` // why it could not be asked; "": it could
	Name       *string       `json:"name"`
	Version    *string       `json:"version"`
	Enterprise *string       `json:"enterprise"`
	Mode       *string       `json:"mode"`
	Role       *string       `json:"role"`
	Uptime     *Milliseconds `json:"uptime_ms"`
	Memory     *int64        `json:"used_bytes"`
	Modules    []string      `json:"modules"`
}

// NewServersDocument makes the document.
func NewServersDocument(f *check.Facts) ServersDocument {
	d := ServersDocument{Schema: ServersSchema, At: Timestamp(f.At), Servers: []AskedDocument{}}
	for _, r := range f.Regions {
		if r.Unreachable != "" {
			d.Servers = append(d.Servers, AskedDocument{Region: r.Name, Address: r.Address, Error: words.Said(r.Unreachable), Modules: []string{}})
		}
		for _, s := range r.Servers {
			d.Servers = append(d.Servers, askedDocument(r.Name, s))
		}
	}
	return d
}

func askedDocument(region string, s check.Server) AskedDocument {
	v := s.Vitals
	one := AskedDocument{Region: region, Shard: s.Shard, Address: s.Address, Error: words.Said(s.Failed), Name: v.Name.Pointer(), Version: v.Version.Pointer(),
		Enterprise: v.Enterprise.Pointer(), Mode: v.Mode.Pointer(), Uptime: milliseconds(v.Uptime.Pointer()), Memory: v.Memory.Used.Pointer(), Modules: []string{}}
	if role := v.Replication.Role.Pointer(); role != nil {
		text := string(*role)
		one.Role = &text
	}
	for _, m := range v.Modules.Value {
		one.Modules = append(one.Modules, m.Name+" "+m.Version)
	}
	return one
}

// ConfigurationDocument is what was configured.
type ConfigurationDocument struct {
	Schema   string               `json:"schema"`
	Command  []string             `json:"command"` // without passwords and command lines of the user's
	File     string               `json:"file"`    // ""
	Lab      bool                 `json:"lab"`
	Settings []SettingDocument    `json:"settings"` // of the file and of the environment
	Regions  []ConfiguredDocument `json:"regions"`
}

// SettingDocument is one setting, by the name of its flag.
type SettingDocument struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Place string `json:"place"` // FILE:LINE:COLUMN, or "environment"
}

// ConfiguredDocument is a region as it was configured.
type ConfiguredDocument struct {
	Name        string `json:"name"`
	URL         string `json:"url"`           // without its password
	Password    string `json:"password_from"` // "none", "redacted", "from file PATH", "from variable NAME", "from a command"
	API         string `json:"api_url"`       // ""
	APIPassword string `json:"api_password_from"`
	Shards      int    `json:"shards"` // 0: not said
	Insecure    bool   `json:"insecure"`
	Place       string `json:"place"`
}

// HereDocument is the machine that the program runs on. What could not be read is "" or 0.
type HereDocument struct {
	Schema       string `json:"schema"`
	OS           string `json:"os"`
	Arch         string `json:"arch"`
	System       string `json:"system"`
	Kernel       string `json:"kernel"`
	CPUs         int    `json:"cpus"`
	Memory       uint64 `json:"memory_bytes"`
	MemoryLimit  uint64 `json:"memory_limit_bytes"` // 0: none
	OpenFiles    uint64 `json:"open_files"`
	Synchronised *bool  `json:"clock_synchronised"` // null: the kernel does not tell
	Zone         string `json:"time_zone"`
	ZoneOffset   int    `json:"time_zone_offset_s"`
}
