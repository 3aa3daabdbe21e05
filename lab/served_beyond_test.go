package lab

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/slots"
)

// say executes a command at a shard.
func (sh *shard) say(t *testing.T, words string) string {
	t.Helper()
	var args [][]byte
	for word := range strings.FieldsSeq(words) {
		args = append(args, []byte(word))
	}
	r, refusal := sh.keys.find(args)
	if refusal != "" {
		t.Fatalf("%s: %s", words, refusal)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	reply, err := sh.execute(nil, r, false)
	if err != nil {
		t.Fatalf("%s: %v", words, err)
	}
	return strings.TrimSpace(string(reply))
}

// A server that has gone back further than anybody remembers, or of which nobody knows how far, is believed key by key; and a
// shard that another one has given slots does not show keys of them that its server brings back.
func TestAServerIsBelievedThatHasGoneBackTooFar(t *testing.T) {
	for _, row := range []struct {
		says   string
		forget func(sh *shard, k *served)
	}{
		{"its journal does not reach back", func(sh *shard, k *served) {
			sh.mu.Lock()
			defer sh.mu.Unlock()
			k.journal.cut(k.journal.last(), sh)
		}},
		{"the server has lost its count", func(sh *shard, k *served) {
			sh.mu.Lock()
			defer sh.mu.Unlock()
			k.name = "another"
		}},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			program, err := process.Find(t.Context(), "redis-server")
			if err != nil {
				t.Fatal(err)
			}
			settings, err := redisconf.Parse("appendonly no\nsave \"\"")
			if err != nil {
				t.Fatal(err)
			}
			l, err := Start(t.Context(), Config{Regions: []RegionConfig{{Name: "us", Shards: 2}},
				Engine: &Engine{Binary: program, Settings: settings, Dir: t.TempDir()}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}()
			first, second := l.regions[0].shards()[0], l.regions[0].shards()[1]
			for _, words := range []string{"SET bar same", "SET {bar}older old", "RPUSH {bar}list a", "SET {b}moved 1", "INCR {bar}n", "SAVE",
				"SET {bar}older new", "RPUSH {bar}list b", "INCR {bar}n", "SET {bar}lost 1"} {
				first.say(t, words)
			}
			move := Fault{Kind: Move, Region: "us", Target: 2, Slots: slotsOf("{b}moved")}
			if err := l.Inject(t.Context(), move); err != nil {
				t.Fatal(err)
			}
			row.forget(first, first.keys.(*served))
			for _, f := range []Fault{{Kind: Kill, Region: "us", Shard: 1}, {Kind: Begin, Region: "us", Shard: 1}} {
				if err := l.Inject(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, words := range []string{"GET bar", "GET {bar}older", "LLEN {bar}list", "EXISTS {bar}lost", "EXISTS {bar}n"} {
				got = append(got, first.say(t, words))
			}
			got = append(got, first.say(t, "DBSIZE"), second.say(t, "DBSIZE"))
			if diff := cmp.Diff([]string{"$4\r\nsame", "$3\r\nold", ":1", ":0", ":0", ":3", ":1"}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func slotsOf(key string) []slots.Range {
	slot := slots.Of(key)
	return []slots.Range{{First: slot, Last: slot}}
}
