package region

import (
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/vitals"
)

// Whoever reads servers can send what only reads, and of the settings those that are
// named.
func TestReadingServers(t *testing.T) {
	for command, want := range map[string]bool{
		"INFO": true, "info": true, "ROLE": true, "LATENCY LATEST": true, "latency latest": true, "PING": true, "AUTH u p": true,
		"CONFIG GET appendonly": true, "config get repl-backlog-size": true,
		"INFO all": false, "INFO commandstats": false, "ROLE x": false, "LATENCY RESET": false, "LATENCY": false, "LATENCY HISTORY fork": false,
		"CONFIG GET requirepass": false, "CONFIG GET *": false, "CONFIG GET appendonly requirepass": false, "CONFIG GET": false,
		"CONFIG SET appendonly no": false, "CONFIG RESETSTAT": false, "CONFIG REWRITE": false, "CONFIG": false,
		"PUBLISH " + k + " m": false, "SUBSCRIBE " + k: false, "GET " + k: false, "SET " + k + " v EX 1": false, "REPLICAOF no one": false,
		"CLUSTER SLOTS": false, "SELECT 1": false, "MONITOR": false,
	} {
		var args [][]byte
		for _, arg := range strings.Fields(command) {
			args = append(args, []byte(arg))
		}
		if err := newList("aafailover", readRules.Get()).check(args); (err == nil) != want {
			t.Errorf("%s: %v", command, err)
		}
	}
	for _, list := range []*list{observing("aafailover"), writing("aafailover"), inspecting("aafailover")} {
		for _, command := range []string{"INFO", "ROLE", "LATENCY LATEST", "CONFIG GET appendonly"} {
			var args [][]byte
			for _, arg := range strings.Fields(command) {
				args = append(args, []byte(arg))
			}
			if list.check(args) == nil {
				t.Errorf("%s can be sent by who does not read servers", command)
			}
		}
	}
}

// What a refusal means decides whether it is asked again.
func TestRefusalsOfWhatIsRead(t *testing.T) {
	for _, row := range []struct {
		name, reply string
		want        vitals.Outcome
	}{
		{"the user may not", "NOPERM this user has no permissions to run the 'info' command", vitals.Denied},
		{"an old server, or one that hides it", "ERR unknown command 'LATENCY', with args beginning with: 'LATEST' ", vitals.Unserved},
		{"a service that does not offer it", "ERR command is not allowed", vitals.Unserved},
		{"a script keeps it busy", "BUSY Redis is busy running a script.", vitals.NotAtTimes},
		{"it loads", "LOADING Redis is loading the dataset in memory", vitals.NotAtTimes},
	} {
		if got := refusedAs(row.reply); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}

// A reader's refusals name the command and the rule that is missing.
func TestARefusedReadingSaysWhatToGrant(t *testing.T) {
	door := newDoor(at2("us", "us.example:6379"), Options{})
	for _, row := range []struct{ name, reply, hint string }{
		{"the user may not", "NOPERM no permissions to run the 'info' command", "to have it told: ACL SETUSER default +info +role +latency|latest +config|get"},
		{"the server has no such command", "ERR unknown command 'INFO'", "this server does not have it: what it would tell stays unknown"},
	} {
		err := door.fail("us.example:6379", readingVitals+" (INFO)", resp.ServerError(row.reply))
		if want := "us (us.example:6379): read its vitals (INFO): " + row.reply; err.Error() != want {
			t.Errorf("%s: %v, want %s", row.name, err, want)
		}
		if got := hint.Of(err); !slices.Equal(got, []string{row.hint}) {
			t.Errorf("%s: the hints are %q", row.name, got)
		}
	}
}
