package host_test

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aafailover/aafailover/vitals/host"
)

// machine is what the files of a machine hold, by path.
type machine map[string]string

// quiet is a machine, by files that were read from one.
func quiet() machine {
	return machine{
		"proc/stat":      "cpu  1000 0 1000 8000 100 0 50 20 0 0\ncpu0 1000 0 1000 8000 100 0 50 20 0 0\nintr 1 2 3\n",
		"proc/diskstats": "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n 254       0 vda 100 0 800 50 200 7 4000 300 0 1000 350 0 0 0 0 40 90\n",
		"proc/net/dev": "Inter-|   Receive                                                |  Transmit\n" +
			" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
			"    lo: 1000 10    0    0    0     0          0         0 1000 10    0    0    0     0       0          0\n" +
			"  eth0:5000 50    1    2    0     0          0         0 700 7    3    4    0     0       0          0\n",
		"proc/net/snmp":        "Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm OutSegs RetransSegs\nTcp: 1 1000 10\nUdp: InDatagrams\nUdp: 3\n",
		"proc/pressure/cpu":    "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
		"proc/pressure/io":     "some avg10=0.00 avg60=0.07 avg300=0.72 total=2000000\nfull avg10=0.00 avg60=0.00 avg300=0.42 total=1000000\n",
		"proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000\n",
	}
}

// later is the same machine 10 s on.
func later() machine {
	return machine{
		"proc/stat": "cpu  1400 0 1100 8200 150 0 50 270 0 0\n",
		"proc/diskstats": "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n" +
			" 254       0 vda 100 0 800 50 300 7 4000 5300 0 6000 350 0 0 0 0 50 390\n",
		"proc/net/dev":         "  eth0: 6000 60    1    5    0     0          0         0 900 7    5    4    0     0       0          0\n    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0\n",
		"proc/net/snmp":        "Tcp: RtoAlgorithm OutSegs RetransSegs\nTcp: 1 2000 60\n",
		"proc/pressure/cpu":    "some avg10=0.00 avg60=0.00 avg300=0.00 total=6000000\n",
		"proc/pressure/io":     "some avg10=0.00 avg60=0.07 avg300=0.72 total=6000000\nfull avg10=0.00 avg60=0.00 avg300=0.42 total=3000000\n",
		"proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000\n",
	}
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func (m machine) read(at time.Time) (host.Sample, error) {
	files := make(fstest.MapFS)
	for path, content := range m {
		files[path] = &fstest.MapFile{Data: []byte(content)}
	}
	return host.ReadFS(files, at)
}

// mustRead reads a machine of which everything is readable.
func mustRead(t *testing.T, m machine, at time.Time) host.Sample {
	t.Helper()
	s, err := m.read(at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoadBetweenTwoReadings(t *testing.T) {
	load := host.Between(mustRead(t, quiet(), noon), mustRead(t, later(), noon.Add(10*time.Second)))
	again := 0.05
	want := host.Load{
		For: 10 * time.Second,
		CPU: &host.CPU{Busy: 0.5, Wait: 0.05, Steal: 0.25},
		Disks: []host.Disk{{
			Name: "vda", Writes: 100, WriteTime: 50 * time.Millisecond, Flushes: 10, FlushTime: 30 * time.Millisecond, Busy: 0.5,
		}},
		Interfaces:     []host.Interface{{Name: "eth0", Received: 1000, Sent: 200, Dropped: 3, Errors: 2}},
		Retransmitted:  &again,
		CPUPressure:    &host.Pressure{Some: 0.5},
		DiskPressure:   &host.Pressure{Some: 0.4, Full: 0.2},
		MemoryPressure: &host.Pressure{},
	}
	if diff := cmp.Diff(want, load, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	wantWords := []string{
		"the hypervisor took 25% of the CPU time of this machine",
		"vda of this machine took 30 ms for a flush",
		"vda of this machine took 50 ms for a write",
		"all tasks of this machine waited for its disks 20% of the time",
		"eth0 of this machine dropped 3 packets",
		"eth0 of this machine had 2 errors",
		"this machine sent 5% of its TCP segments again",
	}
	if diff := cmp.Diff(wantWords, load.Notable()); diff != "" {
		t.Error(diff)
	}
	if _, ok := load.Disk("loop0"); ok {
		t.Error("a disk that did nothing has a load")
	}
}

// What cannot be read is unknown, never zero.
func TestWhatIsNotReadableIsUnknown(t *testing.T) {
	whole := mustRead(t, quiet(), noon)
	for _, row := range []struct {
		name, path, content, unknown string
	}{
		{"no file of the CPUs", "proc/stat", "", "CPU time"},
		{"a line of the CPUs that is too short", "proc/stat", "cpu 1 2 3\n", "CPU time"},
		{"no disks told", "proc/diskstats", "", "disks"},
		{"a disk with a word for a number", "proc/diskstats", "7 0 loop0 0 0 0 x 0 0 0 0 0 0 0\n", "disks"},
		{"no interfaces told", "proc/net/dev", "", "network interfaces"},
		{"a network without TCP", "proc/net/snmp", "Ip: Forwarding\nIp: 1\n", "TCP"},
		{"a kernel without pressure", "proc/pressure/io", "", "pressure"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := later()
			if m[row.path] = row.content; row.content == "" {
				delete(m, row.path)
			}
			sample, err := m.read(noon.Add(time.Second))
			if err == nil || errors.Is(err, host.ErrUnreadable) || !strings.Contains(err.Error(), "/"+row.path) {
				t.Errorf("the error is %v, want one that names %s", err, row.path)
			}
			if got := host.Between(whole, sample).Unknown; !slices.Equal(got, []string{row.unknown}) {
				t.Errorf("unknown are %q, want %q", got, row.unknown)
			}
		})
	}
}

func TestASystemWithoutProcSaysSo(t *testing.T) {
	sample, err := machine{}.read(noon)
	if !errors.Is(err, host.ErrUnreadable) {
		t.Errorf("the error is %v", err)
	}
	load := host.Between(sample, sample)
	if load.CPU != nil || load.Notable() != nil || len(load.Unknown) != 5 {
		t.Errorf("something is known of it: %+v", load)
	}
}

func TestCountersThatBeginAnew(t *testing.T) {
	before := quiet()
	before["proc/diskstats"] = " 254 0 vda 100 0 800 50 200 7 4000 4294967290 0 4294967290 350 0 0 0 0 40 90\n 8 0 sda 9 0 9 9 9 9 9 9 0 9 9\n"
	after := later()
	after["proc/diskstats"] = " 254 0 vda 100 0 800 50 202 7 4000 4 0 4 350 0 0 0 0 40 90\n 8 0 sda 3 0 9 9 99 9 9 9 0 9 9\n"
	after["proc/net/dev"] = " eth0: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n"
	load := host.Between(mustRead(t, before, noon), mustRead(t, after, noon.Add(10*time.Second)))
	if d, ok := load.Disk("vda"); !ok || d.WriteTime != 5*time.Millisecond || d.Busy != 0.001 {
		t.Errorf("milliseconds that went past 32 bits: %+v", d)
	}
	if d, ok := load.Disk("sda"); ok {
		t.Errorf("a disk that was taken away and came anew has a load: %+v", d)
	}
	if len(load.Interfaces) != 0 {
		t.Errorf("an interface that came anew has a load: %+v", load.Interfaces)
	}
}

// FuzzRead holds that no content of the files stops a reading, and that shares stay
// shares.
func FuzzRead(f *testing.F) {
	for _, m := range []machine{quiet(), later()} {
		for _, path := range slices.Sorted(maps.Keys(m)) {
			f.Add(path, m[path])
		}
	}
	f.Add("proc/stat", "cpu 18446744073709551615 1 1 1 1 1 1 1\n")
	f.Fuzz(func(t *testing.T, path, content string) {
		if !fs.ValidPath(path) {
			return
		}
		a, _ := quiet().read(noon)
		m := quiet()
		m[path] = content
		b, _ := m.read(noon.Add(time.Second))
		load := host.Between(a, b)
		shares := map[string]float64{}
		if c := load.CPU; c != nil {
			shares["busy"], shares["wait"], shares["steal"] = c.Busy, c.Wait, c.Steal
		}
		if p := load.DiskPressure; p != nil {
			shares["some"], shares["full"] = p.Some, p.Full
		}
		for _, d := range load.Disks {
			shares[d.Name] = d.Busy
			if d.WriteTime < 0 || d.FlushTime < 0 {
				t.Errorf("%s took %v and %v", d.Name, d.WriteTime, d.FlushTime)
			}
		}
		for name, share := range shares {
			if !(share >= 0 && share <= 1) {
				t.Errorf("%s is %v", name, share)
			}
		}
		_ = load.Notable()
	})
}
