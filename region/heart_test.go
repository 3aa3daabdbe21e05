package region

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
)

// beatKey is a key that a heart may write.
var beatKey = heartbeat.Key("aafailover", 0, "us")

// oneBeat writes a key and reads it.
func oneBeat() *heartbeat.Batch {
	return &heartbeat.Batch{
		Writes: []heartbeat.Write{{Key: beatKey, Value: "v", Expiry: time.Minute}},
		Reads:  []heartbeat.Read{{Key: beatKey}},
	}
}

// exchangeOnce connects to the region and exchanges a batch with it.
func exchangeOnce(t *testing.T, n *memnet.Network, batch *heartbeat.Batch) error {
	t.Helper()
	session, err := NewHeart(us, Options{Dial: n.Dial}).Connect(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	return session.Exchange(ctx, batch)
}

// A region that must not be written is not, whatever a batch says.
func TestAReadingHeartSendsNoWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.says("GET", "$1\r\nv\r\n")
		h := NewReadingHeart(us, Options{Dial: n.Dial})
		exchange := func(batch *heartbeat.Batch) error {
			session, err := h.Connect(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			return session.Exchange(t.Context(), batch)
		}
		look := &heartbeat.Batch{Reads: oneBeat().Reads}
		if err := exchange(look); err != nil || look.Reads[0].Value != "v" {
			t.Errorf("%+v, %v", look, err)
		}
		if err := exchange(oneBeat()); !errors.Is(err, errForbidden) || f.received("SET") > 0 {
			t.Errorf("%v, sent: %q", err, f.log)
		}
	})
}

func TestHeartTakesTheAnswerToAWrite(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		want         heartbeat.Outcome
		cause        probe.Cause
		lost         bool // the connection is
	}{
		{"OK", "+OK\r\n", heartbeat.Acknowledged, probe.NoCause, false},
		{"read-only", "-READONLY You can't write against a read only replica.\r\n", heartbeat.Rejected, probe.ReadOnly, false},
		{"out of memory", "-OOM command not allowed when used memory > 'maxmemory'.\r\n", heartbeat.Rejected, probe.OutOfMemory, false},
		{"too few replicas", "-NOREPLICAS Not enough good replicas to write.\r\n", heartbeat.Rejected, probe.NoReplicas, false},
		{"the slot moved", "-MOVED 0 h:1\r\n", heartbeat.Rejected, probe.Moved, false},
		{"an error that a proxy gives for a time-out", "-ERR request timed out\r\n", heartbeat.Indeterminate, probe.ServerRefused, false},
		{"something else than what was asked", ":1\r\n", heartbeat.Indeterminate, probe.NoCause, true},
		{"silence", "", heartbeat.Indeterminate, probe.NoCause, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				f.instead(func(args []string) (string, bool) {
					switch args[0] {
					case "SET":
						return test.answer, true
					case "GET":
						if test.answer == "" {
							return "", true
						}
						return "$1\r\nv\r\n", true
					}
					return "", false
				})
				batch := oneBeat()
				err := exchangeOnce(t, &n, batch)
				w, r := batch.Writes[0], batch.Reads[0]
				if w.Outcome != test.want || w.Cause != test.cause || (w.Err == nil) != (test.cause == probe.NoCause) || (err != nil) != test.lost {
					t.Errorf("%+v, %v", w, err)
				}
				if got := r.Outcome == heartbeat.Acknowledged && r.Value == "v"; got == test.lost {
					t.Errorf("%+v", r)
				}
				if f.received("SET "+beatKey+" v EX 60") != 1 || test.answer != "" && f.received("GET "+beatKey) != 1 {
					t.Errorf("%q", f.log)
				}
			})
		})
	}
}

func TestHeartTakesTheAnswerToARead(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		want         heartbeat.Outcome
		value        string
		text         string // of the error of the read
		lost         string // of that of the connection
	}{
		{"a value", "$3\r\nabc\r\n", heartbeat.Acknowledged, "abc", "", ""},
		{"no such key", "$-1\r\n", heartbeat.Acknowledged, "", "", ""},
		{"no permission", "-NOPERM no\r\n", heartbeat.Rejected, "", "us (us.example:6379): read: NOPERM no", ""},
		{"not a string", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", heartbeat.Rejected, "",
			"us (us.example:6379): read: WRONGTYPE Operation against a key holding the wrong kind of value", ""},
		{"a number", ":1\r\n", heartbeat.Indeterminate, "", "", `us (us.example:6379): write and read heartbeat keys: not the Redis protocol: GET is answered with a value of kind ":"`},
		{"silence", "", heartbeat.Indeterminate, "", "", "us (us.example:6379): write and read heartbeat keys: no answer in time"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				inMemory(t, &n, at).says("GET", test.answer)
				batch := oneBeat()
				err := exchangeOnce(t, &n, batch)
				r := batch.Reads[0]
				if r.Outcome != test.want || r.Value != test.value || text(r.Err) != test.text || text(err) != test.lost {
					t.Errorf("%+v, %v", r, err)
				}
				if batch.Writes[0].Outcome != heartbeat.Acknowledged {
					t.Errorf("the write was answered, and is %+v", batch.Writes[0])
				}
			})
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestHeartSelectsTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.says("SELECT", "+OK\r\n")
		third := us
		third.Database = 3
		h := NewHeart(third, Options{Dial: n.Dial})
		session, err := h.Connect(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		if f.received("SELECT 3") != 1 {
			t.Errorf("%q", f.log)
		}
		f.says("SELECT", "-ERR DB index is out of range\r\n")
		if _, err := h.Connect(t.Context(), at); text(err) != "us (us.example:6379): select the database: ERR DB index is out of range" {
			t.Error(err)
		}
	})
}

// Accounts are locked by attempts that cannot succeed.
func TestHeartDoesNotPressWhoRefusesTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.says("PING", "-NOAUTH Authentication required.\r\n")
		h := NewHeart(us, Options{Dial: n.Dial})
		for range 5 {
			if _, err := h.Connect(t.Context(), at); CauseOf(err) != probe.Authentication {
				t.Error(err)
			}
		}
		if f.received("PING") != 1 {
			t.Errorf("asked %d times within a moment", f.received("PING"))
		}
		time.Sleep(deniedPause)
		f.instead(nil)
		session, err := h.Connect(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		_ = session.Close()
	})
}

// A context that ends breaks an exchange off at once, and what it says is not the region's fault.
func TestHeartEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		inMemory(t, &n, at).says("GET", "")
		session, err := NewHeart(us, Options{Dial: n.Dial}).Connect(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		err = session.Exchange(ctx, oneBeat())
		if !errors.Is(err, context.Canceled) || CauseOf(err) != probe.NoCause || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// Nothing but keys under the prefix, with an expiry, gets out, whatever a batch says.
func TestHeartSendsNothingElse(t *testing.T) {
	for name, batch := range map[string]heartbeat.Batch{
		"a foreign key to write": {Writes: []heartbeat.Write{{Key: "users:{1}", Expiry: time.Minute}}},
		"a key that stays":       {Writes: []heartbeat.Write{{Key: beatKey}}},
		"a foreign key to read":  {Reads: []heartbeat.Read{{Key: "users:{1}"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				if err := exchangeOnce(t, &n, &batch); !errors.Is(err, errForbidden) {
					t.Errorf("%v", err)
				}
				if f.received("SET")+f.received("GET") != 0 {
					t.Errorf("%q", f.log)
				}
			})
		})
	}
}

// A full batch gets through buffers of any size, however many answers come together.
func TestHeartOfManyKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.says("GET", fmt.Sprintf("$100\r\n%s\r\n", strings.Repeat("x", 100)))
		batch := &heartbeat.Batch{}
		for slot := range 100 {
			key := heartbeat.Key("aafailover", slot, "us")
			batch.Writes = append(batch.Writes, heartbeat.Write{Key: key, Value: "v", Expiry: time.Minute})
			batch.Reads = append(batch.Reads, heartbeat.Read{Key: key})
		}
		if err := exchangeOnce(t, &n, batch); err != nil {
			t.Fatal(err)
		}
		for i := range batch.Reads {
			if len(batch.Reads[i].Value) != 100 || batch.Writes[i].Outcome != heartbeat.Acknowledged {
				t.Fatalf("key %d: %+v, %+v", i, batch.Writes[i], batch.Reads[i])
			}
		}
	})
}
