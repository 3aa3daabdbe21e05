package report

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// vitals writes what the servers say of themselves, what that explains, and what was
// wrong with this machine.
func (p *probePage) vitals(v *Vitals) {
	if v == nil {
		return
	}
	lines := ServerLines(v.Shards)
	rows := convert(lines[:min(len(lines), mostRows)], func(l ServerLine) []string {
		return []string{l.Name, l.Role, l.Version, l.Memory, l.Disk, l.Replication}
	})
	p.table(append(left("server", "role", "version", "memory", "disk"), prose("replication")), rows)
	if more := len(lines) - mostRows; more > 0 {
		fmt.Fprintf(&p.out, " and %d more, all in -o json\n", more)
	}
	remarks := VitalsRemarks(p.snap, v.Shards, p.style.clock)
	for _, r := range remarks[:min(len(remarks), mostRows)] {
		p.remark(r.Subject + ": " + r.Text)
	}
	if more := len(remarks) - mostRows; more > 0 {
		fmt.Fprintf(&p.out, " and %d more, all in -o json\n", more)
	}
	for _, text := range v.Machine.Notable() {
		p.remark(text)
	}
	if len(v.Machine.Unknown) > 0 {
		p.out.WriteString(p.style.wrap("Of this machine could not be read: "+words.Enumerate(v.Machine.Unknown)+".", 1) + "\n")
	}
	if text := NotToldText(v.Shards); text != "" {
		p.out.WriteString(p.style.wrap(text, 1) + "\n")
	}
	p.out.WriteString(p.style.faint(p.style.wrap("What servers say of themselves explains the verdict, and does not make it.", 1)) + "\n")
}

// remark writes something that is worth reading, behind a symbol.
func (p *probePage) remark(text string) {
	p.out.WriteString(" " + p.style.paint(tone.Poor.Symbol(), tone.Poor) + " " + strings.TrimLeft(p.style.wrap(words.Clean(text), 3), " ") + "\n")
}
