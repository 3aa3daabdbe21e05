package durability_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/redisconf"
)

func parse(t *testing.T, text string) redisconf.Config {
	t.Helper()
	c, err := redisconf.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPromised(t *testing.T) {
	const unbounded = -1
	alone := func(crash durability.Crash) durability.Circumstances {
		return durability.Circumstances{Crash: crash, Recovery: durability.Restarted, Rate: 1000}
	}
	promoted := func(replicas, wait int) durability.Circumstances {
		return durability.Circumstances{Crash: durability.PowerCut, Recovery: durability.Promoted, Rate: 1000, Replicas: replicas, Wait: wait}
	}
	slowly := alone(durability.Kill)
	slowly.Rate = 1
	for _, test := range []struct {
		name, settings string
		circumstances  durability.Circumstances
		want           time.Duration // -1: unbounded
	}{
		{"nothing on disk sets no bound", "save \"\"\nappendonly no", alone(durability.Kill), unbounded},
		{"an fsync before each answer loses nothing", "appendonly yes\nappendfsync always", alone(durability.PowerCut), 0},
		{"an fsync each second loses a second", "appendonly yes\nappendfsync everysec", alone(durability.PowerCut), time.Second},
		{"the second is not promised away by a SIGKILL: writing can lag behind", "appendonly yes\nappendfsync everysec", alone(durability.Kill), time.Second},
		{"each second is the default", "appendonly yes", alone(durability.PowerCut), time.Second},
		{"without fsync the kernel keeps what a killed process wrote", "appendonly yes\nappendfsync no", alone(durability.Kill), 0},
		{"without fsync a power cut takes what it likes", "appendonly yes\nappendfsync no", alone(durability.PowerCut), unbounded},
		{"the names and values of settings are in any case", "APPENDONLY YES\nAppendFsync Always", alone(durability.PowerCut), 0},
		{"no fsync while a child saves is half a minute", "appendonly yes\nappendfsync always\nno-appendfsync-on-rewrite yes", alone(durability.PowerCut), 30 * time.Second},
		{"which a killed process does not notice", "appendonly yes\nappendfsync always\nno-appendfsync-on-rewrite yes", alone(durability.Kill), 0},
		{"of an AOF and snapshots the AOF is read", "appendonly yes\nappendfsync always\nsave 3600 1", alone(durability.PowerCut), 0},
		{"without any settings: the default save points at this rate", "", alone(durability.Kill), time.Minute},
		{"the same at one write a second: a hundred changes come before five minutes are over", "", slowly, 5 * time.Minute},
		{"a save point waits for its changes", "save 1 5000", alone(durability.Kill), 5 * time.Second},
		{"and for its seconds", "save 2 1", alone(durability.Kill), 2 * time.Second},
		{"the nearest save point counts", "save 3600 1\nsave 10 1", alone(durability.Kill), 10 * time.Second},
		{"a replica has what it has got", "min-replicas-to-write 0", promoted(1, 0), unbounded},
		{"WAIT 0 asks for nothing", "", promoted(1, 0), unbounded},
		{"what one replica confirmed is on one", "", promoted(1, 1), 0},
		{"what one of two confirmed is on the one with more data", "", promoted(2, 1), 0},
		{"more replicas than there are cannot confirm", "", promoted(1, 2), unbounded},
		{"writes are refused without a replica that is near", "min-replicas-to-write 1\nmin-replicas-max-lag 3", promoted(1, 0), 3 * time.Second},
		{"by the old names, too", "min-slaves-to-write 1\nmin-slaves-max-lag 3", promoted(1, 0), 3 * time.Second},
		{"how near is ten seconds by default", "min-replicas-to-write 1", promoted(1, 0), 10 * time.Second},
		{"a lag of 0 turns that off", "min-replicas-to-write 1\nmin-replicas-max-lag 0", promoted(1, 0), unbounded},
		{"WAIT promises nothing of a server that starts again", "appendonly yes",
			durability.Circumstances{Crash: durability.PowerCut, Recovery: durability.Restarted, Rate: 1000, Replicas: 1, Wait: 1}, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := durability.Promised(durability.SettingsOf(parse(t, test.settings)), test.circumstances)
			if got.Because == "" {
				t.Error("it does not say why")
			}
			if want := test.want == unbounded; got.Unbounded != want || !want && got.RPO != test.want || want && got.RPO != 0 {
				t.Errorf("promised %+v, want %v", got, test.want)
			}
			word := map[bool]string{true: "bounded", false: "none"}[got.RPO > 0]
			if got.Unbounded {
				word = "unbounded"
			}
			if got.Word() != word {
				t.Errorf("%+v is called %q", got, got.Word())
			}
			if met := got.Meets(time.Second); met != (!got.Unbounded && got.RPO <= time.Second) {
				t.Errorf("%+v meets a second: %v", got, met)
			}
		})
	}
}

// Every profile promises what it says of itself.
func TestTheProfilesPromise(t *testing.T) {
	for name, want := range map[string]time.Duration{redisconf.Balanced: time.Second, redisconf.MaxDurability: 0, redisconf.LowLatency: time.Hour} {
		c, err := redisconf.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := durability.Promised(durability.SettingsOf(c), durability.Circumstances{Crash: durability.PowerCut, Recovery: durability.Restarted, Rate: 1000})
		if got.Unbounded || got.RPO != want {
			t.Errorf("%s promises %+v, want %v", name, got, want)
		}
	}
}

// How names survive a power cut is a model, and it is named.
func TestPowerCutsNameTheirModel(t *testing.T) {
	if text := durability.PowerCuts(); !strings.Contains(text, "names survive with the next fsync of any file, as on ext4 and XFS") {
		t.Errorf("%s", text)
	}
}
