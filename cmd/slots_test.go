package cmd_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// TestTheTableAgreesWithRedisOnEveryRow asks a real redis-server for the slot of all 16384 keys.
func TestTheTableAgreesWithRedisOnEveryRow(t *testing.T) {
	t.Parallel()
	o := run(t, nil, "slots", "table", "-o", "csv")
	if o.code != 0 {
		t.Fatalf("exit code %d: %s", o.code, o.stderr)
	}
	rows := strings.Split(strings.TrimSuffix(o.stdout, "\n"), "\n")
	if rows[0] != "slot,key" || len(rows) != 1+slots.Count {
		t.Fatalf("%d rows, the first is %q", len(rows), rows[0])
	}
	keys := make([]string, slots.Count)
	for i, row := range rows[1:] {
		slot, key, _ := strings.Cut(row, ",")
		if slot != strconv.Itoa(i) {
			t.Fatalf("row %d: %s", i, row)
		}
		keys[i] = key
	}
	for slot, answer := range keySlots(t, redistest.Cluster(t, 1)[0], keys) {
		if answer != slot {
			t.Errorf("the key %s of slot %d is in slot %d by the word of redis-server", keys[slot], slot, answer)
		}
	}
	var document struct{ Keys []struct{ Key string } }
	if err := json.Unmarshal([]byte(run(t, nil, "slots", "table", "-o", "json").stdout), &document); err != nil {
		t.Fatal(err)
	}
	for slot, row := range document.Keys {
		if row.Key != keys[slot] {
			t.Errorf("slot %d: %s in JSON, %s in CSV", slot, row.Key, keys[slot])
		}
	}
	if len(document.Keys) != slots.Count {
		t.Errorf("%d rows in JSON", len(document.Keys))
	}
}

// keySlots asks a server for the slot of each key, all in one pipeline.
func keySlots(t *testing.T, address string, keys []string) []int {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(longest)); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(c)
		for _, key := range keys {
			_, _ = w.Write(resp.AppendCommand(nil, "CLUSTER", "KEYSLOT", key))
		}
		failed <- w.Flush() // the first error of all
	}()
	replies, answers := resp.NewReader(c), make([]int, len(keys))
	for i, key := range keys {
		v, err := replies.ReadValue()
		if err != nil || v.Kind != resp.Integer {
			t.Fatalf("CLUSTER KEYSLOT %s: %v %v", key, v, err)
		}
		answers[i] = int(v.Int)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return answers
}

// TestEveryShardOfARealClusterHasItsChannel checks the document of `slots` by what the cluster itself says.
func TestEveryShardOfARealClusterHasItsChannel(t *testing.T) {
	t.Parallel()
	const n = 3
	us, eu := redistest.Cluster(t, n), redistest.Cluster(t, n)
	o := run(t, nil, "slots", "-o", "json", "--region", "us="+urlOf(us[1]), "--region", "eu="+urlOf(eu[2]))
	if o.code != 0 {
		t.Fatalf("exit code %d: %s", o.code, o.stderr)
	}
	var document struct {
		Schema, Deployment, Coverage string
		Symmetric                    bool
		Regions                      []struct {
			Name, Source string
			Shards       []struct {
				ID, Address string
				Slots       [][2]int
			}
		}
		Channels []struct {
			Slot          int
			Key           string
			Names, Shards map[string]string
		}
	}
	if err := json.Unmarshal([]byte(o.stdout), &document); err != nil {
		t.Fatal(err)
	}
	if document.Schema != "aafailover.slots/v1" || document.Deployment != "given" || document.Coverage != "proven" || !document.Symmetric {
		t.Errorf("the head of the document: %+v", document)
	}
	if len(document.Regions) != 2 || len(document.Channels) != n {
		t.Fatalf("%d regions, %d channels", len(document.Regions), len(document.Channels))
	}
	for i, nodes := range [][]string{us, eu} {
		r := document.Regions[i]
		owner := make(map[string]string) // address by id
		for _, shard := range r.Shards {
			owner[shard.ID] = shard.Address
		}
		if r.Source != "cluster-slots" || len(r.Shards) != n {
			t.Errorf("%s: %d shards from %s", r.Name, len(r.Shards), r.Source)
		}
		for _, channel := range document.Channels {
			name := channel.Names[r.Name]
			if want := fmt.Sprintf("aafailover:{%s}:%s", channel.Key, r.Name); name != want {
				t.Errorf("the channel of slot %d is %s, want %s", channel.Slot, name, want)
			}
			if got := keySlots(t, nodes[0], []string{name})[0]; got != channel.Slot {
				t.Errorf("%s is in slot %d by the word of the cluster, want %d", name, got, channel.Slot)
			}
			if address := channel.Shards[r.Name]; !serves(t, address, channel.Slot) && !serves(t, owner[address], channel.Slot) {
				t.Errorf("%s does not own slot %d", address, channel.Slot)
			}
		}
	}
}

// serves tells whether a node of a cluster owns a slot: others answer a read with MOVED.
func serves(t *testing.T, address string, slot int) bool {
	t.Helper()
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	if err != nil {
		return false
	}
	defer c.Close()
	if _, err := c.Write(resp.AppendCommand(nil, "GET", slots.Key(slot))); err != nil {
		t.Fatal(err)
	}
	v, err := resp.NewReader(c).ReadValue()
	return err == nil && v.Err() == nil
}
