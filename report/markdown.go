package report

import (
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// Markdown is what the summaries of jobs and the comments of pull requests take: that of GitHub, with tables. Much of what
// stands in it was said by a server, so all of it is text until something here makes it more.

// mdText is text on one line, of which nothing is taken for Markdown or HTML.
func mdText(text string) string {
	const special = "\\`*_[]|~"
	var out strings.Builder
	for i, r := range words.Clean(text) {
		switch {
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '&':
			out.WriteString("&amp;")
		case strings.ContainsRune(special, r), i == 0 && strings.ContainsRune("#+-=", r):
			out.WriteString(`\` + string(r))
		case r == '@':
			out.WriteString("&#64;") // nobody is called by what a server is called
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// mdCode is text on one line that is to be copied: what cells of tables are parted by is the only thing that cannot stand
// in it as it is, and GitHub takes the backslash before it away.
func mdCode(text string) string {
	text = strings.ReplaceAll(words.Clean(text), "|", `\|`)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// mdLines puts lines below one another within a cell.
func mdLines(lines []string) string { return strings.Join(lines, "<br>") }

// mdTable is a table; its cells are Markdown.
func mdTable(head []string, rows [][]string) string {
	var out strings.Builder
	line := func(cells []string) { out.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	out.WriteString("|" + strings.Repeat(" --- |", len(head)) + "\n")
	for _, row := range rows {
		line(row)
	}
	return out.String()
}

// mdFolded is a part that is opened by whoever wants to see it. The title is text.
func mdFolded(title, body string) string {
	return "<details><summary>" + mdText(title) + "</summary>\n\n" + strings.TrimRight(body, "\n") + "\n\n</details>\n"
}
