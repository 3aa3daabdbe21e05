package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/vitals"
)

// servers are what those of us and eu say: eu replicates from us, and shard 2 of it is stalled. The first one tries to
// control the terminal.
func servers() []vitals.Shard {
	shard := func(region string, index int, info string) vitals.Shard {
		s := vitals.Parse(at(30), []vitals.Reply{{Command: vitals.Info, Value: resp.Value{Kind: resp.Bulk, Str: strings.ReplaceAll(info, " ", "\r\n")}}})
		var t vitals.Track
		t.Take(s)
		return vitals.Shard{Region: region, Index: index, ID: fmt.Sprint(index), Address: fmt.Sprintf("10.0.0.%d:6379", index), Last: &s, Remarks: t.Remarks()}
	}
	var all []vitals.Shard
	for i := range 3 {
		all = append(all, shard("us", i, fmt.Sprintf("redis_version:7.0.15 role:master master_replid:r%d used_memory:1000000 connected_slaves:0 rdb_last_bgsave_status:err", i)))
	}
	for i := range 3 {
		all = append(all, shard("eu", i, fmt.Sprintf("role:slave master_replid:r%d master_host:\x1b[31m10.0.0.9 master_port:6379 master_link_status:up master_last_io_seconds_ago:%d", i, 1+16*(i%2))))
	}
	return all
}

func TestProbePagesWithWhatTheServersSay(t *testing.T) {
	for _, page := range []struct {
		name string
		keys []string
	}{
		{"link_vitals", []string{"enter"}},
		{"region_vitals", []string{"shift+tab", "enter"}},
		{"replica_vitals", []string{"shift+tab", "down", "enter"}},
	} {
		t.Run(page.name, func(t *testing.T) {
			m := opened(probeStates[1].snap(), 100, 30)
			m.config.Servers = servers
			m.Update(tickMsg(at(31.5)))
			press(m, page.keys...)
			frame := m.View()
			if strings.ContainsRune(frame, '\x1b') {
				t.Error("a server controls the terminal")
			}
			same(t, "probe_page_"+page.name+".golden", frame+"\n")
		})
	}
}

// However small the screen is, what servers say fits.
func TestVitalsOnEveryScreen(t *testing.T) {
	for _, size := range [][2]int{{20, 5}, {40, 10}, {61, 17}, {80, 24}, {200, 60}} {
		for _, keys := range [][]string{{"enter"}, {"shift+tab", "enter"}, {"shift+tab", "down", "enter", "end"}} {
			m := opened(probeStates[1].snap(), size[0], size[1])
			m.config.Servers = servers
			m.Update(tickMsg(at(31.5)))
			press(m, keys...)
			within(t, m.View(), size[0], size[1])
		}
	}
}

// While the screen stands still, so does what the servers say.
func TestAPausedScreenKeepsWhatTheServersSaid(t *testing.T) {
	m := opened(probeStates[1].snap(), 100, 30)
	m.config.Servers = servers
	m.Update(tickMsg(at(31.5)))
	press(m, "shift+tab", "enter", "p")
	before := m.View()
	m.config.Servers = func() []vitals.Shard { return nil }
	m.Update(tickMsg(at(32)))
	if m.View() != before {
		t.Error("it moves")
	}
}
