package region

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// However many connections a region has, a handful of goroutines reads them.
func TestConnectionsTakeNoGoroutineEach(t *testing.T) {
	const shards, few = 64, 32
	address := parrot(t)
	m := slots.Map{Region: "us", Source: slots.Static}
	var channels [][]string
	for i, ranges := range slots.Even(shards) {
		m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(i), Address: address, Slots: ranges})
		channels = append(channels, []string{slots.Channel("aafailover", ranges[0].First, "us")})
	}
	before := runtime.NumGoroutine()
	sink := newTally()
	e := NewEndpoint(at2("us", address), m, Options{Timeout: time.Minute})
	running(t, e, channels, sink)
	sink.await(&sink.opened, 2*shards)
	for i := range shards {
		e.Publish(i, uint64(i), channels[i][0], []byte("m"))
	}
	sink.await(&sink.got, 2*shards)
	// The server has one for each connection. Those that have made the connections are about to end.
	most := before + 2*shards + few
	for began := time.Now(); runtime.NumGoroutine() > most && time.Since(began) < time.Minute; {
		runtime.Gosched()
	}
	if got := runtime.NumGoroutine(); got > most {
		t.Errorf("%d goroutines, and there were %d before %d connections with an end each here", got, before, 2*shards)
	}
}
