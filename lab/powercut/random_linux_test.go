package powercut_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/lab/powercut"
)

// disk is a second opinion about what a power cut leaves: a disk in memory, with the rules of the package comment written
// down again, and no code of the package.
type disk struct {
	files   map[string]*model // by letter
	live    map[string]string // letter by path; "/" for a folder
	ordered map[string]string
	strict  map[string]map[string]string // the same, by folder ("." or "d") and name
}

// model is a file.
type model struct {
	size, durable int
	known         bool // to the disk
}

func newDisk() *disk {
	return &disk{files: map[string]*model{}, live: map[string]string{}, ordered: map[string]string{}, strict: map[string]map[string]string{}}
}

// below are the names in a folder.
func (d *disk) below(folder string) map[string]string {
	in := map[string]string{}
	for path, leads := range d.live {
		dir, name, nested := strings.Cut(path, "/")
		if !nested {
			dir, name = ".", path
		}
		if dir == folder {
			in[name] = leads
		}
	}
	return in
}

// names tells whether a name leads to a file, now or after a power cut.
func (d *disk) names(file string) bool {
	for _, m := range append(slices.Collect(maps.Values(d.strict)), d.live, d.ordered) {
		if slices.Contains(slices.Collect(maps.Values(m)), file) {
			return true
		}
	}
	return false
}

// do is what a step does to the disk.
func (d *disk) do(step string) {
	words := strings.Fields(step)
	switch words[0] {
	case "mkdir":
		d.live[words[1]] = "/"
	case "create":
		d.files[words[1]] = &model{}
		d.live[words[2]] = words[1]
	case "write":
		var n int
		_, _ = fmt.Sscan(words[2], &n)
		d.files[words[1]].size += n
	case "fsync", "fdatasync":
		f := d.files[words[1]]
		if !d.names(words[1]) {
			return // neither now nor after a power cut does a name lead to it
		}
		if !f.known || f.size > f.durable {
			d.ordered = maps.Clone(d.live)
		}
		f.durable, f.known = f.size, true
	case "ftruncate":
		f := d.files[words[1]]
		_, _ = fmt.Sscan(words[2], &f.size)
		f.durable = min(f.durable, f.size)
	case "rename":
		d.live[words[2]] = d.live[words[1]]
		delete(d.live, words[1])
	case "remove":
		delete(d.live, words[1])
	case "fsyncdir":
		in := d.below(words[1])
		before := (&disk{live: d.ordered}).below(words[1])
		if words[1] == "d" && d.ordered["d"] == "" || !maps.Equal(in, before) {
			d.ordered = maps.Clone(d.live)
		}
		d.strict[words[1]] = in
	}
}

// left is what a power cut leaves.
func (d *disk) left(n powercut.Names) map[string]string {
	names := maps.Clone(d.ordered)
	if n == powercut.Strict {
		names = maps.Clone(d.strict["."])
		if names["d"] != "" {
			for name, leads := range d.strict["d"] {
				names["d/"+name] = leads
			}
		}
	}
	content := map[string]string{}
	for path, leads := range names {
		switch f := d.files[leads]; {
		case leads == "/":
			content[path+"/"] = ""
		case f.durable == 0:
			content[path] = ""
		default:
			content[path] = fmt.Sprint(f.durable, leads)
		}
	}
	return content
}

// randomScript is a script in which every step succeeds.
func randomScript(random *rand.Rand) (steps []string, d *disk) {
	d = newDisk()
	step := func(format string, args ...any) {
		steps = append(steps, fmt.Sprintf(format, args...))
		d.do(steps[len(steps)-1])
	}
	step("fsyncdir .")
	pick := func(from []string) string { slices.Sort(from); return from[random.IntN(len(from))] }
	paths := []string{"p", "q", "r", "d/p", "d/q"}
	free := func() []string {
		return slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
			return d.live[p] != "" || strings.HasPrefix(p, "d/") && d.live["d"] == ""
		})
	}
	for range 30 {
		var named []string
		for path, leads := range d.live {
			if leads != "/" {
				named = append(named, path)
			}
		}
		open := slices.Collect(maps.Keys(d.files))
		switch what := random.IntN(10); {
		case len(open) == 0 || what == 0 && len(free()) > 0 && len(open) < 26:
			step("create %c %s", 'a'+len(open), pick(free()))
		case what == 1 && d.live["d"] == "":
			step("mkdir d")
		case what == 2 && d.live["d"] != "":
			step("fsyncdir d")
		case what == 3:
			step("fsyncdir .")
		case what == 4 && len(named) > 0:
			if to := pick(paths); !strings.HasPrefix(to, "d/") || d.live["d"] != "" {
				if from := pick(named); from != to {
					step("rename %s %s", from, to)
				}
			}
		case what == 5 && len(named) > 0 && random.IntN(2) == 0:
			step("remove %s", pick(named))
		case what == 6:
			file := pick(open)
			step("ftruncate %s %d", file, random.IntN(d.files[file].size+1))
		case what <= 8:
			step("write %s %d", pick(open), 1+random.IntN(9))
		default:
			step("%s %s", pick([]string{"fsync", "fdatasync"}), pick(open))
		}
	}
	return steps, d
}

// Any order of writes, fsyncs and changes of names leaves what a model of a disk says.
func TestACutLeavesWhatAModelOfADiskSays(t *testing.T) {
	t.Parallel()
	for range 25 {
		seed := rand.Uint64()
		steps, d := randomScript(rand.New(rand.NewPCG(seed, 0)))
		for _, n := range []powercut.Names{powercut.Ordered, powercut.Strict} {
			t.Run(fmt.Sprintf("seed %d %d", seed, n), func(t *testing.T) {
				t.Parallel()
				w := newWitness(t)
				after(t, w, steps...)
				cut(t, w, n)
				if diff := cmp.Diff(d.left(n), found(t, w.Folder)); diff != "" {
					t.Errorf("%s\n%s", strings.Join(steps, "\n"), diff)
				}
			})
		}
	}
}
