//go:build unix

package region

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// processTime is the processor time that this process has taken.
func processTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkMessage publishes in a region of 256 shards at the rate of five such
// regions, 2,560 messages a second, and tells the processor time that each takes
// with its acknowledgement and one delivery, the servers' part included.
func BenchmarkMessage(b *testing.B) {
	const shards, every = 256, time.Second / 2560
	address := parrot(b)
	m := slots.Map{Region: "us", Source: slots.Static}
	var channels [][]string
	for i, ranges := range slots.Even(shards) {
		m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(i), Address: address, Slots: ranges})
		channels = append(channels, []string{slots.Channel("aafailover", ranges[0].First, "us")})
	}
	sink := newTally()
	e := NewEndpoint(at2("us", address), m, Options{Timeout: 20 * time.Second})
	stop := running(b, e, channels, sink)
	sink.await(&sink.opened, 2*shards)
	payload := make([]byte, 64)
	began, used, sent := time.Now(), processTime(b), 0
	for b.Loop() {
		time.Sleep(time.Until(began.Add(time.Duration(sent) * every)))
		e.Publish(sent%shards, uint64(sent), channels[sent%shards][0], payload)
		sent++
	}
	sink.await(&sink.got, 2*sent)
	b.ReportMetric(float64((processTime(b)-used).Microseconds())/float64(sent), "cpu-µs/message")
	stop()
}
