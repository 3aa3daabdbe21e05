package resp_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/resp"
)

var errMore = errors.New("more has to come")

// scanned reads values as a Reader does, of a wire that a Scanner gets in pieces.
type scanned struct {
	scanner resp.Scanner
	wire    []byte
	size    func() int // of the next piece
	piece   []byte
}

func (s *scanned) next() (resp.Part, error) {
	for {
		if len(s.piece) == 0 {
			if len(s.wire) == 0 {
				return resp.Part{}, errMore
			}
			n := min(s.size(), len(s.wire))
			s.piece, s.wire = bytes.Clone(s.wire[:n]), s.wire[n:]
		}
		p, n, err := s.scanner.Next(s.piece)
		if err != nil {
			return p, err
		}
		p.Text = bytes.Clone(p.Text)
		clear(s.piece[:n]) // parts must not be of what was pushed earlier
		s.piece = s.piece[n:]
		if p.Kind != 0 || p.Done || len(p.Text) > 0 {
			return p, nil
		}
	}
}

func (s *scanned) value() (resp.Value, error) {
	p, err := s.next()
	if err != nil {
		return resp.Value{}, err
	}
	v := resp.Value{Kind: p.Kind, Str: string(p.Text)}
	switch p.Kind {
	case resp.Null:
		return resp.Value{Kind: resp.Null}, nil
	case resp.Integer, resp.Bool:
		return resp.Value{Kind: p.Kind, Int: p.N}, nil
	case resp.Array, resp.Set, resp.Push, resp.Map, resp.Attribute:
		v.Elems = []resp.Value{}
		for range p.N {
			e, err := s.value()
			if err != nil {
				return v, err
			}
			v.Elems = append(v.Elems, e)
		}
		if p.Kind == resp.Attribute {
			return s.value()
		}
		return v, nil
	}
	text := bytes.NewBuffer(p.Text)
	for done := p.Done; !done; {
		more, err := s.next()
		if err != nil {
			return v, err
		}
		if more.Kind != 0 {
			return v, errors.New("a head in the midst of a string")
		}
		text.Write(more.Text)
		done = more.Done
	}
	v.Str = text.String()
	if int64(len(v.Str)) != p.N {
		return v, errors.New("a string of another length than was said")
	}
	if v.Kind == resp.Verbatim && len(v.Str) >= 4 && v.Str[3] == ':' {
		v.Str = v.Str[4:]
	}
	return v, nil
}

// What a Scanner makes of a wire that comes in pieces of any size is what a Reader reads of it.
func FuzzScanner(f *testing.F) {
	seeds(f)
	for _, wire := range []string{
		"|1\r\n+ttl\r\n:5\r\n+OK\r\n:1\r\n", "$5\r\nhello\r\n=7\r\ntxt:abc\r\n", "*2\r\n$0\r\n\r\n~1\r\n#t\r\n", "-MOVED 1 a:1\r\n%1\r\n+a\r\n_\r\n",
		"$1\r\nab\r\n", "+" + strings.Repeat("x", 70<<10) + "\r\n", ":1x\r\n", "#x\r\n", "?\r\n", "$-2\r\n", "$9223372036854775807\r\n",
	} {
		f.Add([]byte(wire))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		if bytes.Count(wire, []byte("\n"))+1 < 1<<16 { // below the limits on elements of a Reader only lengths differ
			scanLike(t, wire, func() int { return len(wire) })
			scanLike(t, wire, func() int { return 1 })
			random := rand.New(rand.NewPCG(uint64(len(wire)), 1)) //nolint:gosec // what is repeatable is not to be secret
			scanLike(t, wire, func() int { return 1 + random.IntN(12) })
		}
	})
}

func scanLike(t *testing.T, wire []byte, size func() int) {
	t.Helper()
	s := &scanned{wire: wire, size: size}
	r := resp.NewReaderLimits(bytes.NewReader(wire), resp.Limits{Bulk: 1 << 40, Elems: 1 << 40, Depth: 1 << 20})
	for {
		want, readErr := r.ReadValue()
		got, scanErr := s.value()
		if readErr != nil || scanErr != nil {
			var wrong *resp.ProtocolError
			if errors.As(readErr, &wrong) && scanErr == nil {
				t.Fatalf("%q: read %v, scanned %v", wire, readErr, got)
			}
			if errors.As(scanErr, &wrong) && readErr == nil {
				t.Fatalf("%q: scanned %v, read %v", wire, scanErr, want)
			}
			if readErr == nil || scanErr == nil {
				t.Fatalf("%q: scanned %v, %v; read %v, %v", wire, got, scanErr, want, readErr)
			}
			return
		}
		if !reflect.DeepEqual(want, got) { // cmp takes twice as long for each level of nesting
			t.Fatalf("%q: read %v, scanned %v", wire, want, got)
		}
	}
}

func TestScannerHoldsNoMoreThanALine(t *testing.T) {
	var s resp.Scanner
	long := bytes.Repeat([]byte("x"), 1<<20)
	p, n, err := s.Next(append([]byte("$1073741824\r\n"), long...))
	if err != nil || p.Kind != resp.Bulk || p.N != 1<<30 || n != 13+len(long) || len(p.Text) != len(long) {
		t.Fatalf("%c %d, %d bytes of %d taken: %v", p.Kind, p.N, len(p.Text), n, err)
	}
	if n := allocated(func() {
		for range 100 {
			if _, _, err := s.Next(long); err != nil {
				t.Fatal(err)
			}
		}
	}); n > 1<<16 || len(s.Held()) > 0 {
		t.Errorf("%d bytes for a string that is only looked at", n)
	}
	var line resp.Scanner
	if _, _, err := line.Next(long); err == nil {
		t.Error("a line without an end was taken")
	}
}

func TestScannerDoesNotAllocate(t *testing.T) {
	wire := append(resp.AppendCommand(nil, "SET", "key", strings.Repeat("x", 100)), "+OK\r\n:1\r\n$-1\r\n"...)
	var s resp.Scanner
	if n := testing.AllocsPerRun(5000, func() {
		for _, cut := range []int{7, 30, len(wire)} {
			for _, b := range [][]byte{wire[:cut], wire[cut:]} {
				for len(b) > 0 {
					_, n, err := s.Next(b)
					if err != nil {
						t.Fatal(err)
					}
					b = b[n:]
				}
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
