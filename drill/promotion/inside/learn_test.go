package inside

import (
	"slices"
	"testing"
)

// A node that the seed does not know to be a replica yet is not taken for none at all: it may be the one that is promoted.
func TestWhichNodesAreNoShards(t *testing.T) {
	ids := []string{"primary", "replica"}
	for _, row := range []struct {
		name, line string
		want       []string
	}{
		{"a primary", "primary 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383", nil},
		{"its replica", "replica 10.0.0.2:6379@16379 slave primary 0 0 1 connected", nil},
		{"one that is called a primary and owns nothing", "new 10.0.0.3:6379@16379,host master - 0 0 0 connected", []string{"10.0.0.3:6379"}},
		{"one that was just met", "new 10.0.0.3:6379@16379 handshake - 0 0 0 connected", []string{"10.0.0.3:6379"}},
		{"one that is gone", "old 10.0.0.4:6379@16379 master,fail - 0 0 1 disconnected", nil},
		{"one that is gone, and where it was is forgotten", "old :0@0 master,fail,noaddr - 0 0 1 disconnected", nil},
		{"no line", "", nil},
	} {
		if got := unownedIn(row.line+"\n", ids); !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
