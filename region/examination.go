package region

import (
	"context"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// Examination is one connection of an Examiner to a server. After an error it is of no
// use any more; what a server refuses is no error, and not told.
type Examination struct {
	readerSession
	taken *allowance
}

// What a server may answer at the most, in bytes: INFO and all settings are some 10 kB;
// 1,000 nodes of a cluster 150 kB.
const (
	mostOfAnAnswer = 4 << 20
	mostOfCode     = 8 << 20
)

// Address is where it is connected to: what a discovery service said, where one was asked.
func (x *Examination) Address() string { return x.address }

// Read asks how the server is; the settings are vitals.ExaminedSettings. See vitals.Session.
func (x *Examination) Read(ctx context.Context, commands []vitals.Command) ([]vitals.Reply, error) {
	x.taken.allow(mostOfAnAnswer)
	return x.Ask(ctx, commands)
}

// say sends one command and returns its reply, which may have so many bytes.
func (x *Examination) say(ctx context.Context, most int, args ...string) (resp.Value, error) {
	x.taken.allow(most)
	v, err := x.ask(ctx, args...)
	return v, x.door.fail(x.address, "ask for "+args[0], err)
}

// Moment is the time of a server as it was told over a round trip.
type Moment struct {
	Server time.Time // in whole microseconds
	Sent   time.Time // of the observer, when it asked
	Took   time.Duration
}

// Time asks the server for its time.
func (x *Examination) Time(ctx context.Context) (vitals.Field[Moment], error) {
	sent := time.Now()
	v, err := x.say(ctx, mostOfAnAnswer, "TIME")
	took := time.Since(sent)
	if err != nil || v.Err() != nil {
		return untold[Moment](v.Err()), err
	}
	at, ok := timeOf(v)
	if !ok {
		return vitals.Field[Moment]{}, nil
	}
	return vitals.FieldOf(Moment{Server: at, Sent: sent, Took: took}), nil
}

// timeOf takes the answer to TIME: seconds since 1970, and microseconds.
func timeOf(v resp.Value) (time.Time, bool) {
	if len(v.Elems) != 2 {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(v.Elems[0].Str, 10, 64)
	if err != nil || seconds < 0 || seconds >= 1<<33 { // the year 2242
		return time.Time{}, false
	}
	micros, err := strconv.ParseInt(v.Elems[1].Str, 10, 64)
	if err != nil || micros < 0 || micros >= 1e6 {
		return time.Time{}, false
	}
	return time.Unix(seconds, micros*1000).UTC(), true
}

// Hashing asks whether the server hashes channels of the region as [slots.Of] does.
func (x *Examination) Hashing(ctx context.Context) (vitals.Field[bool], error) {
	names := x.door.hashed()
	var commands [][]string
	for _, name := range names {
		commands = append(commands, []string{"CLUSTER", "KEYSLOT", name})
	}
	x.taken.allow(mostOfAnAnswer)
	replies, err := x.askAll(ctx, commands)
	if err != nil {
		return vitals.Field[bool]{}, x.door.fail(x.address, askingSlot, err)
	}
	for i, v := range replies {
		switch {
		case v.Err() != nil:
			return untold[bool](v.Err()), err
		case v.Kind != resp.Integer:
			return vitals.Field[bool]{}, nil
		case v.Int != int64(slots.Of(names[i])):
			return vitals.FieldOf(false), nil
		}
	}
	return vitals.FieldOf(true), nil
}
