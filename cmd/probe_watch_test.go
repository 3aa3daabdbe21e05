package cmd_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/cmd"
	"github.com/aafailover/aafailover/lab"
)

// aLab starts a lab with a control that nobody finds by itself.
func aLab(t *testing.T) (*lab.Lab, string) {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: 2}, {Name: "eu", Shards: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	control, err := lab.Serve(t.Context(), l, lab.ControlConfig{Dir: t.TempDir() + "/labs"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = control.Close()
		_ = l.Close()
	})
	return l, control.Address()
}

func inject(t *testing.T, l *lab.Lab, f lab.Fault) {
	t.Helper()
	if err := l.Inject(t.Context(), f); err != nil {
		t.Error(err)
	}
}

// await waits until text has been written after the last of what is named first; "" is the beginning.
func (w *watched) await(t *testing.T, after, text string) {
	t.Helper()
	deadline := time.NewTimer(longest)
	defer deadline.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		all := w.String()
		at := 0
		if after != "" {
			at = strings.LastIndex(all, after)
		}
		if at >= 0 && strings.Contains(all[at:], text) {
			return
		}
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatalf("%q is not written after %q:\n%s", text, after, all)
		}
	}
}

func TestARegionThatWasDownAtTheStartIsObservedByItsShardsOnceItIsThere(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		down []string
		told string // the verdict before
	}{
		{"one of two", []string{"eu"}, `"state":"remote_failure"`},
		{"all of them", []string{"us", "eu"}, `"kind":"start"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l, control := aLab(t)
			for _, name := range row.down {
				inject(t, l, lab.Fault{Kind: lab.Kill, Region: name})
			}
			ctx, cancel := context.WithTimeout(t.Context(), longest)
			defer cancel()
			var stdout, stderr watched
			code := make(chan int, 1)
			go func() {
				code <- cmd.Run(ctx, cmd.Process{Args: []string{"probe", "--lab", "--control", control, "-o", "ndjson"},
					Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr})
			}()
			stdout.await(t, "", row.told)
			for _, name := range row.down {
				inject(t, l, lab.Fault{Kind: lab.Begin, Region: name})
			}
			for _, name := range row.down {
				stdout.await(t, "", name+" tells its 2 shards (cluster-slots)")
			}
			// One shard alone is seen to fail, and to come back.
			inject(t, l, lab.Fault{Kind: lab.Kill, Region: "eu", Shard: 2})
			stdout.await(t, `"kind":"topology"`, `"kind":"shard"`)
			inject(t, l, lab.Fault{Kind: lab.Begin, Region: "eu", Shard: 2})
			stdout.await(t, `"kind":"shard"`, `"state":"healthy"`)
			cancel()
			if got := <-code; got != 130 {
				t.Errorf("exit code %d\n%s", got, stderr.String())
			}
			lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
			var document struct {
				Coverage string
				Verdict  string
				Regions  []struct{ Shards []any }
				Events   []struct{ Kind string }
			}
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &document); err != nil {
				t.Fatal(err)
			}
			if document.Coverage != "proven" || len(document.Regions) != 2 || len(document.Regions[1].Shards) != 2 || document.Verdict != "healthy" {
				t.Errorf("the last line: %s", lines[len(lines)-1])
			}
			count := map[string]int{}
			for _, e := range document.Events {
				count[e.Kind]++
			}
			if count["start"] != 1 || count["end"] != 1 || count["topology"] < 1 || count["topology"] > len(row.down) {
				t.Errorf("events: %v", count)
			}
			if strings.Count(stderr.String(), "this will open") != 1 {
				t.Errorf("stderr: %s", stderr.String())
			}
		})
	}
}
