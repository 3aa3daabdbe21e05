package recorder_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/recorder"
)

// act is one command of a history, on a connection of its own unless others have the same number.
type act struct {
	on          int    // connection
	sent, ended int    // ms; ended 0: it is in flight at the end
	text        string // of the command
	reply       string // as it stands on the wire; "": none ever came
}

// A read that is sent at 100 ms and delivered at 110 ms, after what else has happened.
func TestReadsAreJudgedByWhatWasAcknowledged(t *testing.T) {
	for _, test := range []struct {
		what       string
		history    []act
		read       string
		reply      string
		want       recorder.Verdict
		unrecorded bool // the read is of an item that nobody wrote
	}{
		{"what was written last", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "SET k b", "+OK"}},
			"GET k", "$1|b", recorder.Current, false},
		{"what was there before", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "SET k b", "+OK"}},
			"GET k", "$1|a", recorder.Older, false},
		{"nothing", []act{{1, 0, 1, "SET k a", "+OK"}},
			"GET k", "$-1", recorder.Missing, false},
		{"what nobody wrote", []act{{1, 0, 1, "SET k a", "+OK"}},
			"GET k", "$1|z", recorder.Foreign, false},
		{"a key that nobody wrote", []act{{1, 0, 1, "SET k a", "+OK"}},
			"GET other", "$-1", recorder.Unjudged, true},
		{"a key whose only write was refused", []act{{1, 0, 1, "SET k a", "-OOM command not allowed"}},
			"GET k", "$-1", recorder.Unjudged, false},
		{"what an error was given for was not written", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "SET k b", "-OOM command not allowed"}},
			"GET k", "$1|a", recorder.Current, false},
		{"a write whose condition was not met wrote nothing", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "SET k b NX", "$-1"}},
			"GET k", "$1|a", recorder.Current, false},

		{"what is in flight", []act{{1, 0, 1, "SET k a", "+OK"}, {2, 90, 0, "SET k b", ""}},
			"GET k", "$1|b", recorder.Newer, false},
		{"what is in flight need not be there", []act{{1, 0, 1, "SET k a", "+OK"}, {2, 90, 0, "SET k b", ""}},
			"GET k", "$1|a", recorder.Current, false},
		{"what was acknowledged while the read was under way", []act{{1, 0, 1, "SET k a", "+OK"}, {2, 90, 105, "SET k b", "+OK"}},
			"GET k", "$1|b", recorder.Newer, false},
		{"and what was there before that", []act{{1, 0, 1, "SET k a", "+OK"}, {2, 90, 105, "SET k b", "+OK"}},
			"GET k", "$1|a", recorder.Current, false},
		{"a write that was never answered may be there", []act{{1, 0, 1, "SET k a", "+OK"}, {2, 2, 3, "SET k b", ""}},
			"GET k", "$1|b", recorder.Newer, false},
		{"it may even come after a later one", []act{{1, 0, 1, "SET k a", "+OK"}, {2, 2, 3, "SET k b", ""}, {1, 4, 5, "SET k c", "+OK"}},
			"GET k", "$1|b", recorder.Newer, false},
		{"an error that leaves it open", []act{{1, 0, 1, "SET k a", "+OK"}, {2, 2, 3, "SET k b", "-ERR no reply in time"}},
			"GET k", "$1|b", recorder.Newer, false},
		{"a script had written before it came upon an error", []act{{1, 0, 1, "SET k a", "+OK"},
			{1, 2, 3, "EVAL redis.call('set',KEYS[1],'b');redis.call('lpush',KEYS[1],'c') 1 k", "-WRONGTYPE Operation against a key script: 9684c43b, on @user_script:1."}},
			"GET k", "$1|b", recorder.Unjudged, false},
		{"that was carried out before the error, or never", []act{{2, 2, 3, "SET k b", "-ERR no reply in time"}, {1, 4, 5, "SET k c", "+OK"}},
			"GET k", "$1|b", recorder.Older, false},

		{"either of two that were in flight at once", []act{{1, 0, 10, "SET k a", "+OK"}, {2, 5, 8, "SET k b", "+OK"}},
			"GET k", "$1|a", recorder.Current, false},
		{"the other of the two", []act{{1, 0, 10, "SET k a", "+OK"}, {2, 5, 8, "SET k b", "+OK"}},
			"GET k", "$1|b", recorder.Current, false},
		{"both are over once another was sent", []act{{1, 0, 10, "SET k a", "+OK"}, {2, 5, 8, "SET k b", "+OK"}, {2, 20, 21, "SET k c", "+OK"}},
			"GET k", "$1|b", recorder.Older, false},
		{"a write in the same moment in which another ended", []act{{1, 0, 10, "SET k a", "+OK"}, {2, 10, 11, "SET k b", "+OK"}},
			"GET k", "$1|a", recorder.Current, false},

		{"what was deleted is gone", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "DEL k", ":1"}},
			"GET k", "$-1", recorder.Gone, false},
		{"what was deleted is back", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "DEL k", ":1"}},
			"GET k", "$1|a", recorder.Older, false},
		{"what was fetched and deleted at once", []act{{1, 0, 1, "SET k a", "+OK"}},
			"GETDEL k", "$-1", recorder.Missing, false},

		{"what has expired", []act{{1, 0, 1, "SET k a PX 105", "+OK"}},
			"GET k", "$-1", recorder.Gone, false},
		{"what has not expired yet", []act{{1, 0, 1, "SET k a PX 200", "+OK"}},
			"GET k", "$-1", recorder.Missing, false},
		{"an expiry that came later", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "PEXPIRE k 50", ":1"}},
			"GET k", "$-1", recorder.Gone, false},
		{"an expiry that was not set", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "PEXPIRE k 50 XX", ":0"}},
			"GET k", "$-1", recorder.Missing, false},
		{"an expiry that a write took away", []act{{1, 0, 1, "SET k a PX 50", "+OK"}, {1, 2, 3, "SET k b", "+OK"}},
			"GET k", "$-1", recorder.Missing, false},
		{"an expiry that a write kept", []act{{1, 0, 1, "SET k a PX 50", "+OK"}, {1, 2, 3, "SET k b KEEPTTL", "+OK"}},
			"GET k", "$-1", recorder.Gone, false},
		{"an expiry that was taken away", []act{{1, 0, 1, "SET k a PX 50", "+OK"}, {1, 2, 3, "PERSIST k", ":1"}},
			"GET k", "$-1", recorder.Missing, false},
		{"an expiry that may have been taken away", []act{{1, 0, 1, "SET k a PX 50", "+OK"}, {1, 2, 3, "PERSIST k", ""}},
			"GET k", "$-1", recorder.Gone, false},
		{"an expiry by the server's clock", []act{{1, 0, 1, "SET k a PXAT 1772366400020", "+OK"}},
			"GET k", "$-1", recorder.Gone, false},
		{"an expiry by the server's clock that is far away", []act{{1, 0, 1, "SET k a PXAT 1772366500000", "+OK"}},
			"GET k", "$-1", recorder.Missing, false},

		{"a counter", []act{{1, 0, 1, "INCR k", ":1"}, {1, 2, 3, "INCR k", ":2"}},
			"GET k", "$1|2", recorder.Current, false},
		{"a counter that has lost one", []act{{1, 0, 1, "INCR k", ":1"}, {1, 2, 3, "INCR k", ":2"}},
			"GET k", "$1|1", recorder.Older, false},
		{"a counter while it counts", []act{{1, 0, 1, "INCR k", ":1"}, {2, 2, 0, "INCR k", ""}},
			"GET k", "$1|7", recorder.Newer, false},

		{"a field", []act{{1, 0, 1, "HSET h f a g b", ":2"}},
			"HGET h f", "$1|a", recorder.Current, false},
		{"a field that is not there", []act{{1, 0, 1, "HSET h f a g b", ":2"}},
			"HGET h g", "$-1", recorder.Missing, false},
		{"a field of a hash that was deleted", []act{{1, 0, 1, "HSET h f a", ":1"}, {1, 2, 3, "DEL h", ":1"}},
			"HGET h f", "$-1", recorder.Gone, false},
		{"a field that is still there although its hash was deleted", []act{{1, 0, 1, "HSET h f a", ":1"}, {1, 2, 3, "DEL h", ":1"}},
			"HGET h f", "$1|a", recorder.Older, false},
		{"a field of a hash that a string took the place of", []act{{1, 0, 1, "HSET h f a", ":1"}, {1, 2, 3, "SET h s", "+OK"}},
			"HEXISTS h f", ":0", recorder.Gone, false},
		{"a field of a hash that expired", []act{{1, 0, 1, "HSET h f a", ":1"}, {1, 2, 3, "PEXPIRE h 50", ":1"}},
			"HGET h f", "$-1", recorder.Gone, false},
		{"a field of a hash that something was done to", []act{{1, 0, 1, "HSET h f a", ":1"}, {1, 2, 3, "RENAME x h", "+OK"}},
			"HGET h f", "$-1", recorder.Unjudged, false},
		{"a hash of which a field was written is there", []act{{1, 0, 1, "DEL h", ":1"}, {1, 2, 3, "HSET h f a", ":1"}},
			"EXISTS h", ":1", recorder.Current, false},
		{"a hash that is gone although a field was written: it may have been its last", []act{{1, 0, 1, "DEL h", ":0"}, {1, 2, 3, "HSET h f a", ":1"}},
			"EXISTS h", ":0", recorder.Unjudged, false},
		{"a hash that is there although it was deleted", []act{{1, 0, 1, "HSET h f a", ":1"}, {1, 2, 3, "DEL h", ":1"}},
			"EXISTS h", ":1", recorder.Older, false},
		{"unless a field of it was left open", []act{{1, 0, 1, "HSET h f a", ":1"}, {2, 2, 3, "HSET h g a", ""}, {1, 4, 5, "HSET h f b", ":1"}, {1, 6, 7, "DEL h", ":1"}},
			"EXISTS h", ":1", recorder.Unjudged, false},

		{"a member that was removed", []act{{1, 0, 1, "SADD s m", ":1"}, {1, 2, 3, "SREM s m", ":1"}},
			"SISMEMBER s m", ":1", recorder.Older, false},
		{"a member among several", []act{{1, 0, 1, "SADD s m", ":1"}},
			"SMISMEMBER s x m", "*2|:0|:0", recorder.Missing, false},
		{"a member of a set of which some were taken", []act{{1, 0, 1, "SADD s m", ":1"}, {1, 2, 3, "SPOP s", "$1|n"}},
			"SISMEMBER s m", ":0", recorder.Unjudged, false},
		{"unless there was none to be taken", []act{{1, 0, 1, "SADD s m", ":1"}, {1, 2, 3, "SPOP s", "$-1"}},
			"SISMEMBER s m", ":0", recorder.Missing, false},
		{"a score in other words", []act{{1, 0, 1, "ZADD z 1.50 m", ":1"}},
			"ZSCORE z m", ",1.5", recorder.Current, false},
		{"an older score", []act{{1, 0, 1, "ZADD z 1 m", ":1"}, {1, 2, 3, "ZINCRBY z 1 m", "$1|2"}},
			"ZMSCORE z m", "*1|$1|1", recorder.Older, false},

		{"several keys at once", []act{{1, 0, 1, "MSET x 1 k a", "+OK"}},
			"MGET other k", "*2|$-1|$-1", recorder.Missing, false},
		{"a list cannot be judged", []act{{1, 0, 1, "LPUSH k a", ":1"}},
			"EXISTS k", ":0", recorder.Unjudged, false},
		{"a string that a script may have changed", []act{{1, 0, 1, "SET k a", "+OK"}, {1, 2, 3, "EVAL s 1 k", "+OK"}},
			"GET k", "$1|z", recorder.Unjudged, false},
		{"everything was deleted", []act{{1, 0, 1, "SET k a", "+OK"}, {2, 2, 3, "FLUSHALL", "+OK"}},
			"GET k", "$-1", recorder.Unjudged, false},
		{"and written again", []act{{2, 2, 3, "FLUSHALL", "+OK"}, {1, 4, 5, "SET k a", "+OK"}},
			"GET k", "$-1", recorder.Missing, false},
		{"everything may yet be deleted", []act{{2, 2, 3, "FLUSHALL", ""}, {1, 4, 5, "SET k a", "+OK"}},
			"GET k", "$-1", recorder.Unjudged, false},
	} {
		t.Run(test.what, func(t *testing.T) {
			l := newLog(t, nil)
			play(l, test.history)
			open(l, eu).does(100, 110, test.read, test.reply)
			got := l.Reads()
			if test.unrecorded {
				if len(got) != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			want := recorder.Reads{Region: eu, Verdict: test.want, Count: 1, First: ms(110), Last: ms(110)}
			if len(got) != 1 || got[0] != want {
				t.Errorf("%+v, want %+v", got, want)
			}
			if bad := l.BadReads(); (len(bad) == 1) != test.want.Bad() {
				t.Errorf("bad reads: %+v", bad)
			}
		})
	}
}

// play enters a history: what begins earlier first, and what ends earlier.
func play(l *recorder.Log, history []act) {
	lines := make(map[int]line)
	begun := make([]recorder.Operation, len(history))
	for at := range 1000 {
		for i, a := range history {
			if a.sent != at {
				continue
			}
			if _, ok := lines[a.on]; !ok {
				lines[a.on] = open(l, us)
			}
			begun[i] = lines[a.on].sends(at, a.text)
		}
		for i, a := range history {
			switch {
			case a.ended != at || a.ended == 0:
			case a.reply == "":
				lines[a.on].Abandoned(begun[i], ms(at))
			default:
				lines[a.on].Answered(begun[i], replyOf(a.reply), ms(at))
				lines[a.on].Delivered(begun[i], ms(at))
			}
		}
	}
}

// An error tells nothing of the item.
func TestReadsThatFailAreNotJudged(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	a.does(0, 1, "SET k v", "+OK")
	a.does(2, 3, "GET k", "-LOADING Redis is loading the dataset in memory")
	a.gives(4, 5, "GET k")
	if got := l.Reads(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestEntriesOfStreams(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	a.does(0, 1, "XADD s * f v", "$3|5-1")
	a.does(2, 3, "XADD s * f w", "$3|5-2")
	a.gives(4, 5, "XADD s * f x")
	a.does(6, 7, "XADD s NOMKSTREAM * f y", "$-1")
	a.does(8, 9, "XDEL s 5-1", ":1")
	a.does(10, 11, "XADD capped MAXLEN 1 * f a", "$3|1-1")
	a.does(12, 13, "XADD capped MAXLEN 1 * f b", "$3|1-2")
	absent := commands.State{Kind: commands.Absent}
	for _, test := range []struct {
		key, id string
		want    recorder.Verdict
	}{
		{"s", "5-1", recorder.Gone},          // it was deleted
		{"s", "5-2", recorder.Missing},       // nothing was done to it
		{"capped", "1-1", recorder.Unjudged}, // it may have made place for the next
		{"capped", "1-2", recorder.Missing},  // it may not
	} {
		if got := l.Judge(itemOf(t, l, test.key, test.id), absent, ms(20), ms(21)); got != test.want {
			t.Errorf("%s %s is absent: %v, want %v", test.key, test.id, got, test.want)
		}
	}
	nameless := 0
	for w := range l.Writes() {
		if w.Item == recorder.NoItem {
			nameless++
		}
	}
	if nameless != 2 {
		t.Errorf("%d writes of entries that nobody knows, want 2: one that was not answered, and one that was none", nameless)
	}
}

// An entry that was deleted before it is known that it is there is not judged.
func TestAnEntryThatWasDeletedBefore(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	a.does(0, 1, "XDEL s 5-1", ":0")
	a.does(2, 3, "XADD s * f v", "$3|5-1")
	item := itemOf(t, l, "s", "5-1")
	if got := l.Judge(item, commands.State{Kind: commands.Absent}, ms(5), ms(6)); got != recorder.Unjudged || l.Item(item).Followed {
		t.Errorf("%v, followed %v", got, l.Item(item).Followed)
	}
}

func TestVerdictsHaveNames(t *testing.T) {
	seen := make(map[string]bool)
	for v := recorder.Unjudged; v <= recorder.Missing; v++ {
		if seen[v.String()] || strings.TrimSpace(v.String()) == "" {
			t.Errorf("verdict %d is %q", v, v)
		}
		seen[v.String()] = true
	}
}
