package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab"
)

// LabReadyText writes where a lab that has just been started is, and how to use it.
func LabReadyText(w io.Writer, style Style, r LabReady) error {
	regions, err := style.table(left("region", "url", "shards"), convert(r.Status.Regions, func(region lab.RegionStatus) []string {
		return []string{words.Clean(region.Name), words.Clean(region.URL), strconv.Itoa(len(region.Shards))}
	}))
	if err != nil {
		return err
	}
	links := convert(r.Status.Links, func(l lab.LinkStatus) string {
		return fmt.Sprintf("%s %s", words.Link(l.From, l.To), delayText(l.Delay))
	})
	text := fmt.Sprintf("The lab is ready: %s.\n\n%s\n", words.Count(len(r.Status.Regions), "region"), regions)
	if len(links) > 0 {
		text += style.wrap("One-way delays: "+strings.Join(links, ", ")+".", 1) + "\n"
	}
	text += fmt.Sprintf(" Configuration: %s\n Control:       %s\n", words.Clean(r.Config), words.Clean(r.Control))
	if r.Status.Engine != "" {
		text += fmt.Sprintf(" Engine:        %s, in %s\n", words.Clean(r.Status.Engine), words.Clean(r.Status.Folder))
	}
	text += "\n"
	text += style.faint(style.wrap(usage(r.Status), 1)) + "\n"
	_, err = io.WriteString(w, text)
	return err
}

// LabEndedText says that a lab has ended, and which faults were made in it.
func LabEndedText(w io.Writer, log []string) error {
	text := "The lab has ended."
	if len(log) > 0 {
		text += " Done in it:\n " + strings.Join(log, "\n ")
	}
	_, err := io.WriteString(w, text+"\n")
	return err
}

// usage says what to do with a lab.
func usage(s lab.Status) string {
	fault := ""
	if len(s.Regions) > 1 {
		fault = fmt.Sprintf(", aafailover lab cut %s %s", words.Clean(s.Regions[0].Name), words.Clean(s.Regions[1].Name))
	}
	return "In another terminal: aafailover probe --lab, aafailover lab status" + fault + ". Ctrl-C ends the lab."
}

// LabStatusText writes a row for each shard and a row for each link.
func LabStatusText(w io.Writer, style Style, s lab.Status) error {
	var shards [][]string
	for _, r := range s.Regions {
		for _, shard := range r.Shards {
			shards = append(shards, []string{words.Clean(r.Name), strconv.Itoa(shard.Number), style.markedLab(shard.Word(), staleText(shard.Stale)),
				words.Thousands(shard.Keys), words.Thousands(shard.Clients), words.Thousands(shard.Offset), words.Bytes(float64(shard.Backlog)),
				words.Clean(shard.Address), strings.TrimPrefix(ranges(shard.Slots), "slots ")})
		}
	}
	columns := append(left("region"), right("shard")...)
	columns = append(append(columns, left("state")...), right("keys", "clients", "effects", "backlog")...)
	regions, err := style.table(append(append(columns, left("address")...), prose("slots")), shards)
	if err != nil {
		return err
	}
	regions = engineText(s) + regions
	if len(s.Links) == 0 {
		_, err = io.WriteString(w, regions)
		return err
	}
	columns = append(left("link", "state"), right("delay", "behind", "resumes", "full copies")...)
	links, err := style.table(columns, convert(s.Links, func(l lab.LinkStatus) []string { return linkRow(style, l) }))
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, regions+"\n"+links)
	return err
}

// engineText says what keeps the keys, if that are servers, and which of them have ended by themselves.
func engineText(s lab.Status) string {
	if s.Engine == "" {
		return ""
	}
	text := fmt.Sprintf(" Engine: %s, in %s\n", words.Clean(s.Engine), words.Clean(s.Folder))
	for _, r := range s.Regions {
		for _, shard := range r.Shards {
			if shard.Trouble != "" {
				text += fmt.Sprintf(" %s shard %d: %s\n", words.Clean(r.Name), shard.Number, words.Clean(shard.Trouble))
			}
		}
	}
	return text + "\n"
}

// linkRow adds up the streams of a link. A remark tells how many of them are as bad as it says.
func linkRow(style Style, l lab.LinkStatus) []string {
	total, alike := l.Total()
	remark := ""
	if alike < len(l.Streams) {
		remark = fmt.Sprintf(" %d/%d", alike, len(l.Streams))
	}
	return []string{words.Link(l.From, l.To), style.markedLab(l.State.String(), remark), delayText(l.Delay),
		words.Thousands(total.Behind), words.Thousands(total.Resumes), words.Thousands(total.FullCopies)}
}

// markedLab is marked for the words of the lab, which has states that no probe sees: all of them are poor.
func (s Style) markedLab(state, remark string) string {
	if tone.Of(state) != tone.Unknown {
		return s.marked(state, remark)
	}
	return s.paint(tone.Poor.Symbol()+" "+state, tone.Poor) + remark
}

func staleText(stale bool) string {
	if stale {
		return ", stale"
	}
	return ""
}

func delayText(milliseconds float64) string {
	return words.Rough(time.Duration(finite(milliseconds) * float64(time.Millisecond)))
}
