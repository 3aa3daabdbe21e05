package recorder_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aafailover/aafailover/recorder"
)

func TestRepeats(t *testing.T) {
	for _, test := range []struct {
		what     string
		history  []act
		repeats  []string // "sent of the later: sent of the earlier"
		doubtful int
	}{
		{"a write after one that succeeded is none", []act{{1, 0, 1, "INCR n", ":1"}, {1, 2, 3, "INCR n", ":2"}}, nil, 0},
		{"a write after one that was never answered", []act{{1, 0, 1, "SET k v", ""}, {2, 5, 6, "SET k v", "+OK"}}, []string{"5: 0"}, 0},
		{"whatever its case", []act{{1, 0, 1, "set k v", ""}, {2, 5, 6, "SET k v", "+OK"}}, []string{"5: 0"}, 0},
		{"after one that was refused", []act{{1, 0, 1, "INCR n", "-READONLY"}, {2, 5, 6, "INCR n", ":1"}}, []string{"5: 0"}, 0},
		{"after an error that leaves it open", []act{{1, 0, 1, "INCR n", "-ERR no reply in time"}, {2, 5, 6, "INCR n", ":1"}}, []string{"5: 0"}, 1},
		{"after one that leaves it open, it counts twice", []act{{1, 0, 1, "INCR n", ""}, {2, 5, 6, "INCR n", ":1"}}, []string{"5: 0"}, 1},
		{"unless it is refused itself", []act{{1, 0, 1, "INCR n", ""}, {2, 5, 6, "INCR n", "-READONLY"}}, []string{"5: 0"}, 0},
		{"each is repeated once", []act{{1, 0, 1, "INCR n", ""}, {2, 5, 6, "INCR n", ":1"}, {2, 7, 8, "INCR n", ":2"}}, []string{"5: 0"}, 1},
		{"until it works", []act{{1, 0, 1, "LPUSH l v", ""}, {2, 5, 6, "LPUSH l v", ""}, {2, 7, 8, "LPUSH l v", ":2"}}, []string{"5: 0", "7: 5"}, 2},
		{"another value is another write", []act{{1, 0, 1, "SET k v", ""}, {2, 5, 6, "SET k w", "+OK"}}, nil, 0},
		{"so are other options", []act{{1, 0, 1, "SET k v", ""}, {2, 5, 6, "SET k v NX", "+OK"}}, nil, 0},
		{"what a node redirects is not repeated", []act{{1, 0, 1, "SET k v", "-MOVED 12 h:1"}, {2, 5, 6, "SET k v", "+OK"}}, nil, 0},
		{"a pipeline that breaks and is sent again", []act{
			{1, 0, 9, "INCR n", ""}, {1, 1, 9, "INCR n", ""}, {2, 10, 11, "INCR n", ":1"}, {2, 10, 11, "INCR n", ":2"}},
			[]string{"10: 0", "10: 1"}, 2},
		{"two that fail at the same time repeat nothing", []act{{1, 0, 9, "INCR n", ""}, {2, 1, 9, "INCR n", ""}}, nil, 0},
		{"what was not answered for a second is repeated before it ends", []act{{1, 0, 0, "INCR n", ""}, {2, 999, 0, "INCR n", ""}}, nil, 0},
		{"entries of a stream", []act{{1, 0, 1, "XADD s * f v", ""}, {2, 5, 6, "XADD s * f v", "$3|5-1"}}, []string{"5: 0"}, 1},
		{"fields", []act{{1, 0, 1, "HSET h f v g w", ""}, {2, 5, 6, "HSET h f v g w", ":2"}}, []string{"5: 0", "5: 0"}, 0},
		{"members of a sorted set that are given a score", []act{{1, 0, 1, "ZADD z 1 m", ""}, {2, 5, 6, "ZADD z 1 m", ":1"}}, []string{"5: 0"}, 0},
		{"members of a sorted set that are added to", []act{{1, 0, 1, "ZADD z INCR 1 m", ""}, {2, 5, 6, "ZADD z INCR 1 m", "$1|1"}}, []string{"5: 0"}, 1},
		{"a key that has many other writes", append(many(40), act{1, 500, 501, "SET k v", ""}, act{1, 502, 503, "SET k v", "+OK"}), []string{"502: 500"}, 0},
	} {
		t.Run(test.what, func(t *testing.T) {
			l := newLog(t, nil)
			play(l, test.history)
			got, doubtful := repeatsOf(l)
			if !slices.Equal(got, test.repeats) || doubtful != test.doubtful {
				t.Errorf("%v, %d of them doubtful; want %v, %d", got, doubtful, test.repeats, test.doubtful)
			}
		})
	}
}

// many are writes of one key, all of which succeed.
func many(n int) []act {
	var history []act
	for i := range n {
		history = append(history, act{1, 2 * i, 2*i + 1, fmt.Sprintf("SET k %d", i), "+OK"})
	}
	return history
}

// repeatsOf are the repeats, "sent of the later: sent of the earlier", and how many are doubtful.
func repeatsOf(l *recorder.Log) (repeats []string, doubtful int) {
	for w := range l.Writes() {
		if w.Repeats != recorder.NoWrite {
			repeats = append(repeats, fmt.Sprintf("%d: %d", w.Sent.Milliseconds(), l.Write(w.Repeats).Sent.Milliseconds()))
		}
		if w.Doubtful {
			doubtful++
		}
	}
	slices.Sort(repeats)
	return repeats, doubtful
}

// A service that sends a write again on one connection can be faster than the proxy, which learns of the other's end, or notes
// that the error has gone out, on another goroutine.
func TestRepeatsThatOvertakeTheirFailure(t *testing.T) {
	for _, test := range []struct {
		what  string
		first func(c line, o recorder.Operation)
		sent  int
		want  []string
	}{
		{"sent after the region answered with an error", func(c line, o recorder.Operation) {
			c.Answered(o, replyOf("-READONLY"), ms(10))
			c.Delivered(o, ms(12))
		}, 11, []string{"11: 0"}},
		{"sent before the region answered", func(c line, o recorder.Operation) {
			c.Answered(o, replyOf("-READONLY"), ms(10))
			c.Delivered(o, ms(12))
		}, 9, nil},
		{"sent in the moment in which the connection ended", func(c line, o recorder.Operation) { c.Abandoned(o, ms(11)) }, 11, []string{"11: 0"}},
		{"sent before the connection ended", func(c line, o recorder.Operation) { c.Abandoned(o, ms(12)) }, 11, nil},
		{"sent more than a second later", func(c line, o recorder.Operation) { c.Abandoned(o, ms(2000)) }, 1000, []string{"1000: 0"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			l := newLog(t, nil)
			a, b := open(l, us), open(l, us)
			first := a.sends(0, "INCR n")
			second := b.sends(test.sent, "INCR n")
			test.first(a, first)
			b.Answered(second, replyOf(":1"), ms(test.sent+1))
			b.Delivered(second, ms(test.sent+1))
			if got, _ := repeatsOf(l); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
