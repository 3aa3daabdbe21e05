package region

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// noting is a party that notes what it takes.
type noting struct {
	party
	taken []string
	fails string // what it refuses
}

var errTaken = errors.New("not taken")

func (n *noting) take(_ *conn, kind resp.Kind, parts [][]byte, _ time.Time) error {
	value := string(kind)
	for _, part := range parts {
		value += " " + string(part)
	}
	n.taken = append(n.taken, value)
	if value == n.fails {
		return errTaken
	}
	return nil
}

// Where the pieces of a stream are cut is chance: the values are the same.
func TestPiecesOfAStreamMakeTheSameValues(t *testing.T) {
	var stream []byte
	stream = resp.AppendCommand(stream, "message", "aafailover:{0}:us", "hello\r\n")
	stream = resp.AppendInt(stream, 3)
	stream = resp.AppendSimple(stream, "PONG")
	stream = resp.AppendError(stream, "LOADING Redis is loading")
	stream = resp.AppendCommand(stream, "message", k, strings.Repeat("long ", 2000)) // more than a decoder's buffer
	stream = resp.AppendCommand(stream, "pong", "")
	want := &noting{}
	c := conn{replies: resp.NewReader(strings.NewReader(string(stream)))}
	_ = c.read(want)
	if len(want.taken) != 6 {
		t.Fatalf("%d values: %q", len(want.taken), want.taken)
	}
	for _, size := range []int{1, 2, 3, 7, 100, 4096, len(stream)} {
		for first := range min(size, len(stream)) {
			got, m, d := &noting{}, new(movedConn), newDecoder()
			pieces := [][]byte{stream[:first]}
			pieces = slices.AppendSeq(pieces, slices.Chunk(stream[first:], size))
			for _, piece := range pieces {
				if err := m.receive(d, got, slices.Clone(piece), time.Now()); err != nil {
					t.Fatalf("pieces of %d after %d: %v", size, first, err)
				}
			}
			if !slices.Equal(got.taken, want.taken) {
				t.Fatalf("pieces of %d after %d: %q, want %q", size, first, got.taken, want.taken)
			}
			if m.held != nil {
				t.Fatalf("pieces of %d after %d: %q is kept", size, first, m.held)
			}
		}
	}
}

// One decoder serves all connections, of which one has a beginning while another has something whole.
func TestConnectionsDoNotMixWhatIsIncomplete(t *testing.T) {
	d := newDecoder()
	one, other := &noting{}, &noting{}
	oneConn, otherConn := new(movedConn), new(movedConn)
	for _, step := range []struct {
		m     *movedConn
		p     *noting
		piece string
	}{{oneConn, one, "*2\r\n$4\r\npo"}, {otherConn, other, ":1\r\n+OK"}, {oneConn, one, "ng\r\n$0\r\n"}, {otherConn, other, "\r\n"}, {oneConn, one, "\r\n"}} {
		if err := step.m.receive(d, step.p, []byte(step.piece), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"* pong "}; !slices.Equal(one.taken, want) {
		t.Errorf("%q, want %q", one.taken, want)
	}
	if want := []string{": 1", "+ OK"}; !slices.Equal(other.taken, want) {
		t.Errorf("%q, want %q", other.taken, want)
	}
}

// Of a long string, each piece but the last is only kept: a server that sends one byte by byte takes no time of the others.
func TestALongStringIsLookedAtWhenAllOfItHasCome(t *testing.T) {
	const long = 1 << 20
	text := strings.Repeat("x", long)
	wire := resp.AppendBulk(nil, text)
	head := len(wire) - long - len("\r\n")
	for _, first := range []int{head, head + 1, len(wire) - 2, len(wire) - 1} {
		m, d, got := new(movedConn), newDecoder(), &noting{}
		if err := m.receive(d, got, wire[:first], time.Now()); err != nil {
			t.Fatal(err)
		}
		for piece := range slices.Chunk(wire[first:len(wire)-1], 100) {
			if err := m.receive(decoder{}, got, piece, time.Now()); err != nil { // with nothing to decode by
				t.Fatal(err)
			}
		}
		if err := m.receive(d, got, wire[len(wire)-1:], time.Now()); err != nil {
			t.Fatal(err)
		}
		if len(got.taken) != 1 || got.taken[0] != "$ "+text || m.held != nil {
			t.Errorf("first %d bytes: %d values", first, len(got.taken))
		}
	}
}

func TestWhatEndsAConnectionThatTheIntakeReads(t *testing.T) {
	for _, test := range []struct {
		name, piece string
		fails       string
		taken       int
		want        error
	}{
		{"what is no value", ":1\r\nhello\r\n", "", 1, new(resp.ProtocolError)},
		{"a line without an end", ":1\r\n+" + strings.Repeat("x", 70<<10), "", 1, new(resp.ProtocolError)},
		{"more parts than anything has that is asked for", "*1025\r\n", "", 0, new(resp.ProtocolError)},
		{"a string longer than anything that is asked for", "$2000000\r\n", "", 0, new(resp.ProtocolError)},
		{"a value that is refused", ":1\r\n:2\r\n:3\r\n", ": 2", 2, errTaken},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &noting{fails: test.fails}
			err := new(movedConn).receive(newDecoder(), p, []byte(test.piece), time.Now())
			if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", test.want) {
				t.Errorf("%v, want a %T", err, test.want)
			}
			if len(p.taken) != test.taken {
				t.Errorf("taken %q, want %d", p.taken, test.taken)
			}
		})
	}
}

func TestReceivingAMessageAllocatesNothing(t *testing.T) {
	wire := resp.AppendCommand(nil, "message", k, strings.Repeat("x", 64))
	s := &subscriber{line: &line{}, words: &classicWords, sink: &nowhere{}}
	m, d := &movedConn{conn: &conn{}}, newDecoder()
	now := time.Now()
	if got := testing.AllocsPerRun(100, func() {
		if err := m.receive(d, s, wire, now); err != nil {
			t.Fatal(err)
		}
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// A region of many shards of which some hang is tried all the same, and soon.
func TestThoseThatHangDoNotHoldUpTheOthers(t *testing.T) {
	f := newThrong(2)
	for range 2 {
		f.enter(t.Context())
	}
	began := time.Now()
	f.enter(t.Context()) // nobody leaves
	if took := time.Since(began); took < longestStart {
		t.Errorf("let in after %v, though there was no room", took)
	}
	left := f.leave()
	left()
	left() // counts once
	f.enter(t.Context())
	if got := len(f.inside); got != 2 {
		t.Errorf("%d inside", got)
	}
}

// What comes in one piece with the confirmation was read before the connection is the intake's.
func TestAMessageThatComesWithTheSubscriptionIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := serve(t, l)
	confirmation := resp.AppendInt(resp.AppendBulk(resp.AppendBulk(resp.AppendArrayLen(nil, 3), "subscribe"), k), 1)
	f.says("SUBSCRIBE", string(resp.AppendCommand(confirmation, "message", k, "at once")))
	address := l.Addr().String()
	sink := newRecorder()
	running(t, NewEndpoint(at2("us", address), one(address), Options{}), [][]string{{k}}, sink)
	sink.await(t, "0 subscribe opened", "0 "+k+": at once")
}
