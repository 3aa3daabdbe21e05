package archive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// line is one line of the journal: when, what kind, and what belongs to that kind.
type line struct {
	At    time.Time         `json:"at"`
	Kind  string            `json:"kind"`
	Begin *Begin            `json:"begin,omitempty"`
	State *drill.Checkpoint `json:"state,omitempty"`
	Event *event            `json:"event,omitempty"`
	Fault *faultLine        `json:"fault,omitempty"`
	End   *Result           `json:"end,omitempty"`
}

// The kinds of lines. A reader leaves out kinds that it does not know.
const (
	kindBegin = "begin" // the first line: who, with what, on what
	kindState = "state" // how far the drill is: phases, moves
	kindEvent = "event" // something happened
	kindFault = "fault" // an action is about to be made, is made, or all were healed
	kindEnd   = "end"   // the result. A run that was resumed has another one
	kindClean = "clean" // nothing that it wrote is left
)

// event is a probe.Event as the journal writes it.
type event struct {
	At     time.Time       `json:"at"`
	Kind   probe.EventKind `json:"kind"`
	Region string          `json:"region,omitempty"`
	Shard  int             `json:"shard"`
	From   string          `json:"from,omitempty"`
	To     string          `json:"to,omitempty"`
	Slot   int             `json:"slot"`
	Was    string          `json:"was,omitempty"`
	State  string          `json:"state,omitempty"`
	Cause  probe.Cause     `json:"cause"`
	Detail string          `json:"detail,omitempty"`
}

// write appends a line with one call to the system: a process that is killed leaves at most one that is torn.
func (r *Run) write(l line) error {
	text, err := json.Marshal(l)
	if err == nil {
		_, err = r.journal.Write(append(text, '\n'))
	}
	return err
}

// journal is what the lines of a run tell.
type journal struct {
	begin *Begin
	trail drill.Trail
	end   *Result // the last; nil when the run did not come to its end
	clean bool    // nothing that it wrote is left
	torn  bool    // it does not end with a line
}

// longestLine bounds a line in bytes: the slot maps of 10 regions of 1000 shards are some 2 MB.
const longestLine = 16 << 20

// errJournal says that a file is not the journal of a run.
var errJournal = errors.New("not a journal of a drill")

// readJournal reads what a run has noted, whatever moment it was killed at. A line that was torn is left out.
func readJournal(path string) (journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return journal{}, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return parseJournal(f)
}

func parseJournal(from io.Reader) (journal, error) {
	var j journal
	lines := bufio.NewReaderSize(from, 64<<10)
	for {
		text, err := readLine(lines)
		j.torn = len(text) > 0 && !bytes.HasSuffix(text, []byte{'\n'})
		var l line
		if json.Unmarshal(text, &l) == nil {
			j.take(l)
		}
		switch {
		case errors.Is(err, io.EOF) && j.begin == nil:
			return j, errJournal
		case errors.Is(err, io.EOF):
			return j, nil
		case err != nil:
			return j, fmt.Errorf("read the journal: %w", err)
		}
	}
}

// readLine returns the next line with its end, and what of a line there is at the end of the file.
func readLine(from *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := from.ReadSlice('\n')
		if len(text)+len(part) > longestLine {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", errJournal, longestLine)
		}
		text = append(text, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}

func (j *journal) take(l line) {
	switch {
	case l.Kind == kindBegin && l.Begin != nil && j.begin == nil:
		j.begin = l.Begin
	case l.Kind == kindState && l.State != nil:
		j.trail.Last = *l.State
	case l.Kind == kindEvent && l.Event != nil:
		j.trail.Events = append(j.trail.Events, probe.Event(*l.Event))
	case l.Kind == kindFault && l.Fault != nil:
		j.takeFault(*l.Fault)
	case l.Kind == kindEnd && l.End != nil:
		j.end = l.End
	case l.Kind == kindClean:
		j.clean = true
		return // it is not how far the drill came
	default:
		return
	}
	if l.At.After(j.trail.At) {
		j.trail.At = l.At
	}
}

// takeFault takes an action for one that may be in force from before it is made until everything was healed. One that takes
// others back breaks nothing, and may not have been made.
func (j *journal) takeFault(f faultLine) {
	switch {
	case f.Action == nil:
		j.trail.Made = nil
	case !f.Made && !f.Action.Kind.Undoes():
		j.trail.Made = append(j.trail.Made, *f.Action)
	}
}
