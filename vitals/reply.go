package vitals

import (
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// Command is what a server is asked.
type Command uint8

// The commands, in the order in which they are sent.
const (
	Info          Command = iota // INFO
	AskRole                      // ROLE
	LatencyLatest                // LATENCY LATEST
	ConfigGet                    // CONFIG GET, once for each of SettingNames
	commands                     // their number
)

// Commands are all of them.
func Commands() []Command { return []Command{Info, AskRole, LatencyLatest, ConfigGet} }

// String is what is sent, without arguments.
func (c Command) String() string {
	return [...]string{"INFO", "ROLE", "LATENCY LATEST", "CONFIG GET"}[c]
}

// Outcome is what became of a command.
type Outcome uint8

// The outcomes.
const (
	Answered   Outcome = iota
	Denied             // the user may not send it: it is not sent again
	Unserved           // the server does not have it: it is not sent again
	NotAtTimes         // not at present, such as while a script keeps the server busy
)

// Reply is what a server answered to a command.
type Reply struct {
	Command Command
	Setting string // that was asked for, of ConfigGet
	Value   resp.Value
	Outcome Outcome
	Err     error // unless it was answered: for people, with a hint where there is something to do
}

// Parse makes of the replies what the server said. A command that is missing among
// them, and a field that its reply lacks, are unknown.
func Parse(at time.Time, replies []Reply) Server {
	s := Server{At: at, Settings: make(map[string]Field[string])}
	for _, name := range SettingNames() {
		s.Settings[name] = Field[string]{}
	}
	in := lines{}
	var role resp.Value
	for _, r := range replies {
		denied := r.Outcome == Denied
		if denied && !slices.Contains(s.Denied, r.Command) {
			s.Denied = append(s.Denied, r.Command)
		}
		if r.Outcome == Unserved && r.Command != ConfigGet { // of which a server may lack some names only
			s.Lacks = append(s.Lacks, r.Command)
		}
		switch {
		case r.Command == Info && denied:
			in.missing = NotAllowed
		case r.Command == LatencyLatest && denied:
			s.Spikes.Standing = NotAllowed
		case r.Command == ConfigGet && denied:
			s.Settings[r.Setting] = Field[string]{Standing: NotAllowed}
		case r.Outcome != Answered:
		case r.Command == Info:
			in = linesOf(r.Value.Str)
		case r.Command == AskRole:
			role = r.Value
		case r.Command == LatencyLatest:
			s.Spikes = spikesOf(r.Value)
		case r.Command == ConfigGet:
			s.Settings[r.Setting] = settingOf(r.Setting, r.Value)
		}
	}
	s.fill(in)
	s.Replication.complete(role)
	return s
}

// settingOf takes the reply to CONFIG GET of one name: nothing where the server has no
// such setting.
func settingOf(name string, v resp.Value) Field[string] {
	if len(v.Elems) == 2 && strings.EqualFold(v.Elems[0].Str, name) && slices.Contains([]resp.Kind{resp.Bulk, resp.SimpleString}, v.Elems[1].Kind) {
		return FieldOf(v.Elems[1].Str)
	}
	return Field[string]{}
}

// spikesOf takes the reply to LATENCY LATEST: of each event its name, when it was, and
// how many milliseconds it and the longest one took.
func spikesOf(v resp.Value) Field[[]Spike] {
	if v.Kind != resp.Array {
		return Field[[]Spike]{}
	}
	spikes := []Spike{}
	for _, e := range v.Elems {
		if len(e.Elems) < 4 {
			return Field[[]Spike]{}
		}
		took, most := e.Elems[2].Int, e.Elems[3].Int
		if !soundSeconds(e.Elems[1].Int) || !soundSeconds(took) || !soundSeconds(most) {
			return Field[[]Spike]{}
		}
		spikes = append(spikes, Spike{Event: e.Elems[0].Str, At: time.Unix(e.Elems[1].Int, 0).UTC(),
			Took: time.Duration(took) * time.Millisecond, Max: time.Duration(most) * time.Millisecond})
	}
	return FieldOf(spikes)
}

// complete adds from the reply to ROLE what INFO has not told.
//
//	master  OFFSET  [[IP, PORT, OFFSET]…]
//	slave   HOST  PORT  connect|connecting|sync|connected  OFFSET
func (r *Replication) complete(v resp.Value) {
	if len(v.Elems) == 0 {
		return
	}
	switch role := v.Elems[0].Str; {
	case role == "master" && len(v.Elems) >= 3:
		r.Role = r.Role.or(FieldOf(Primary))
		r.Offset = r.Offset.or(FieldOf(v.Elems[1].Int))
	case role == "slave" && len(v.Elems) >= 5:
		r.Role = r.Role.or(FieldOf(Replica))
		r.LinkUp = r.LinkUp.or(FieldOf(v.Elems[3].Str == "connected"))
		r.Syncing = r.Syncing.or(FieldOf(v.Elems[3].Str == "sync"))
		r.Offset = r.Offset.or(FieldOf(v.Elems[4].Int))
		r.PrimaryAddress = r.PrimaryAddress.or(FieldOf(join(v.Elems[1].Str, v.Elems[2])))
	}
}
