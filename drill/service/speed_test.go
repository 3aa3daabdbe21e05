package service

import (
	"hash/maphash"
	"strconv"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/slots"
)

// A record of a million writes is made from their log.
func BenchmarkConclude(b *testing.B) {
	const writes = 1_000_000
	start := time.Now()
	log, err := recorder.NewLog(recorder.LogOptions{Regions: 2, Start: start, Seed: maphash.MakeSeed()})
	if err != nil {
		b.Fatal(err)
	}
	set, _ := commands.Default().Lookup([]commands.Argument{{Text: []byte("SET"), Length: 3}})
	session := log.Open(0, 0)
	for n := range writes {
		key := "order:" + strconv.Itoa(n)
		at := drill.Moment(n) * time.Microsecond
		o := session.Begin(set, []commands.Argument{{Text: []byte("SET"), Length: 3}, {Text: []byte(key), Length: len(key)}, {Text: []byte("v"), Length: 1}}, at)
		session.Answered(o, commands.Reply{Kind: resp.SimpleString, Text: []byte("OK"), Length: 2}, at)
		session.Delivered(o, at)
	}
	m := slots.Map{Shards: []slots.Shard{{Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
	b.Run("candidates", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for range candidates(log, 1, time.Hour) {
				n++
			}
			if n != writes {
				b.Fatal(n)
			}
		}
	})
	b.Run("conclude", func(b *testing.B) {
		for b.Loop() {
			fault := drill.Moment(0)
			r := &run{Config: Config{Log: log, Maps: []slots.Map{m, m}}, start: start, record: &Record{FaultAt: &fault}, ways: newWays([]slots.Map{m, m}, []int{0}),
				search: newSearch(reader{log: log}, Limits{}, time.Second, nil), byWrites: true}
			r.conclude(nil)
			if r.record.Accounts.Stayed != writes {
				b.Fatalf("%+v", r.record.Accounts)
			}
		}
	})
}
