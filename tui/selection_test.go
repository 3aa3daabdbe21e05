package tui

import "testing"

func TestASelectionIsNamed(t *testing.T) {
	for _, row := range []struct {
		why  string
		is   selection
		want string
		link bool
	}{
		{"nothing", selection{}, "", false},
		{"a region", selection{region: "us"}, "us", false},
		{"a shard of a region", selection{region: "us", shard: 2}, "us shard 2", false},
		{"a link", selection{from: "us", to: "eu"}, "us→eu", true},
		{"a shard of a link is one of its source", selection{from: "us", to: "eu", shard: 2}, "us→eu shard 2", true},
		{"a loop is its region", selection{from: "us", to: "us", shard: 1}, "us shard 1", false},
		{"what was named by somebody else does not move the cursor", selection{region: "u\x1b[Hs"}, "u�[Hs", false},
	} {
		if got := row.is.String(); got != row.want || row.is.isLink() != row.link {
			t.Errorf("%s: %q, a link: %t", row.why, got, row.is.isLink())
		}
	}
}
