package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// say prints. Who has closed the terminal is told nothing.
func say(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }

// cells are the columns of a line: what, ours, the peer, what the aim is about, the aim, and whether it was reached.
func (r result) cells() []string {
	peer, by := "", ""
	if r.Peer != "" {
		peer = r.Theirs.text(r.Unit)
		by = r.Ratio.text("") + " times"
		if strings.HasSuffix(r.Aim, " more") {
			by = r.Excess.text(r.Unit) + " more"
		}
	}
	reached := ""
	switch {
	case r.Aim == "":
	case r.Reached:
		reached = "reached"
	default:
		reached = "MISSED"
	}
	return []string{r.What, r.Ours.text(r.Unit), peer, by, r.Aim, reached}
}

// print writes the table of an experiment for a terminal.
func (m measured) print(out io.Writer) {
	say(out, "\n%s: %s (%d repetitions)\n", m.Name, m.Title, m.Runs)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, r := range m.Lines {
		say(w, "  %s\n", strings.Join(r.cells(), "\t"))
	}
	_ = w.Flush() // to a terminal: nobody is left to tell
}

// markdown is the table of an experiment in the document, with the command that makes it.
func (m measured) markdown() string {
	var b strings.Builder
	peers := peersOf(m)
	header := []string{"", "aafailover", strings.Join(peers, ", "), "", "aim", ""}
	if len(peers) > 1 {
		header[2] = "the peer"
	}
	fmt.Fprintf(&b, "%s:\n\n", m.Title)
	rows := [][]string{header, {"---", "---", "---", "---", "---", "---"}}
	for _, r := range m.Lines {
		cells := r.cells()
		if len(peers) > 1 && r.Peer != "" {
			cells[2] += " " + r.Peer
		}
		if !r.Reached {
			cells[5] = "**missed**"
		}
		rows = append(rows, cells)
	}
	for _, row := range withoutEmpty(rows) {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintf(&b, "\n`make bench-peers PEERS='-only %s'`, median (least to most) of %d repetitions, %s, commit %s, on %s.\n",
		m.Name, m.Runs, m.At.Format("2006-01-02"), m.Commit, m.Machine)
	for _, note := range m.Notes {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(note))
	}
	return b.String()
}

// peersOf are what the lines are set beside, each once.
func peersOf(m measured) []string {
	var all []string
	seen := map[string]bool{}
	for _, r := range m.Lines {
		if r.Peer != "" && !seen[r.Peer] {
			seen[r.Peer] = true
			all = append(all, r.Peer)
		}
	}
	return all
}

// withoutEmpty leaves out the columns that are empty in every row below the two of the header.
func withoutEmpty(rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for column := range rows[0] {
		used := false
		for _, row := range rows[2:] {
			used = used || row[column] != ""
		}
		if !used {
			continue
		}
		for i, row := range rows {
			out[i] = append(out[i], row[column])
		}
	}
	return out
}
