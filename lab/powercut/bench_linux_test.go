package powercut_test

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// BenchmarkSet is what the witness costs: every SET is sent to a server without one and to one with it, in turn, so that whatever
// else the machine does meets both. Reported are the latencies in microseconds.
func BenchmarkSet(b *testing.B) {
	for _, policy := range []string{"always", "everysec"} {
		b.Run(policy, func(b *testing.B) {
			settings := []string{"--appendonly", "yes", "--appendfsync", policy}
			alone, witnessed := newWitness(b), newWitness(b)
			plain := newStopwatch(b, redisUnder(b, alone, []string{"env"}, settings...).Addr)
			under := newStopwatch(b, redisUnder(b, witnessed, witnessed.Wrap(), settings...).Addr)
			for b.Loop() {
				plain.set(b)
				under.set(b)
			}
			for name, at := range map[string]float64{"p50": 0.5, "p99": 0.99} {
				b.ReportMetric(plain.quantile(at), name+"-plain-µs")
				b.ReportMetric(under.quantile(at), name+"-witnessed-µs")
			}
			b.ReportMetric(under.quantile(0.5)/plain.quantile(0.5), "p50-ratio")
			b.ReportMetric(under.quantile(0.99)/plain.quantile(0.99), "p99-ratio")
		})
	}
}

// stopwatch measures SETs over one connection.
type stopwatch struct {
	conn    net.Conn
	replies *resp.Reader
	took    []time.Duration
}

func newStopwatch(b *testing.B, addr string) *stopwatch {
	b.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return &stopwatch{conn: c, replies: resp.NewReader(c)}
}

func (s *stopwatch) set(b *testing.B) {
	began := time.Now()
	if _, err := s.conn.Write(resp.AppendCommand(nil, "SET", "key", "value")); err != nil {
		b.Fatal(err)
	}
	if v, err := s.replies.ReadValue(); err != nil || v.Str != "OK" {
		b.Fatal(v, err)
	}
	s.took = append(s.took, time.Since(began))
}

// quantile is in microseconds.
func (s *stopwatch) quantile(at float64) float64 {
	slices.Sort(s.took)
	return float64(s.took[int(at*float64(len(s.took)-1))].Nanoseconds()) / 1e3
}
