package host

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestWhetherAClockFollowsATimeService(t *testing.T) {
	for _, row := range []struct {
		name   string
		state  int
		status int32
		want   bool
	}{
		{"a daemon steers it", unix.TIME_OK, unix.STA_PLL, true},
		{"and a leap second is near", unix.TIME_INS, unix.STA_PLL | unix.STA_INS, true},
		{"nobody ever did", unix.TIME_ERROR, unix.STA_UNSYNC, false},
		{"the daemon has given up", unix.TIME_OK, unix.STA_PLL | unix.STA_UNSYNC, false},
		{"a signal that it follows is lost", unix.TIME_ERROR, unix.STA_PLL | unix.STA_PPSFREQ, false},
	} {
		if got := follows(row.state, row.status); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}
