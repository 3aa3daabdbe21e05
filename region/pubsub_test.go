package region

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

func TestWordsOfPubSub(t *testing.T) {
	for _, want := range []PubSub{Classic, Sharded, Auto} {
		var got PubSub
		text, _ := want.MarshalText()
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Errorf("%s is read as %s, %v", text, got, err)
		}
	}
	var p PubSub
	if err := p.UnmarshalText([]byte("shard")); err == nil || err.Error() != `pubsub "shard": neither classic, sharded nor auto` || len(hint.Of(err)) == 0 {
		t.Errorf("%v, %q", err, hint.Of(err))
	}
}

func TestShardedMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial, PubSub: Sharded}), newRecorder()
		running(t, e, [][]string{{k}}, sink)
		sink.await(t, "0 publish opened", "0 subscribe opened")
		time.Sleep(time.Minute)
		e.Publish(0, 1, k, []byte("m"))
		sink.await(t, "0 #1 accepted 1", "0 "+k+": m")
		if f.received("PUBLISH")+f.received("SUBSCRIBE") > 0 || f.received("SPUBLISH") != 1 || f.received("SSUBSCRIBE") != 1 {
			t.Errorf("%q", f.log)
		}
		if got := len(sink.lines); got != 4 {
			t.Errorf("told %q", sink.lines)
		}
	})
}

// A server that gives up a slot ends the subscriptions to its channels, and
// refuses what is for another shard: the sharding is not what it was.
func TestASlotThatMoves(t *testing.T) {
	const moved = "-MOVED 9842 10.0.0.9:6379\r\n"
	for _, test := range []struct {
		name string
		do   func(f *fake, e *Endpoint)
		told string
		text string
	}{
		{"the server ends the subscription", func(f *fake, _ *Endpoint) { f.push(k, "*3\r\n$12\r\nsunsubscribe\r\n$1\r\nx\r\n:0\r\n") },
			"0 subscribe closed moved", "us (us.example:6379): subscribe: the server ended the subscription, since the slot has moved"},
		{"subscribing is refused", func(f *fake, _ *Endpoint) { f.says("SSUBSCRIBE", moved); f.resetAll() },
			"0 subscribe closed moved", ""},
		{"publishing is refused", func(f *fake, e *Endpoint) { f.says("SPUBLISH", moved); e.Publish(0, 1, k, nil) },
			"0 #1 refused moved", "us (us.example:6379): publish: MOVED 9842 10.0.0.9:6379"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial, PubSub: Sharded}), newRecorder()
				running(t, e, [][]string{{k}}, sink)
				sink.await(t, "0 publish opened", "0 subscribe opened")
				test.do(f, e)
				sink.await(t, test.told)
				if err := sink.firstError(t); test.text != "" && err.Error() != test.text {
					t.Errorf("%v, want %s", err, test.text)
				}
			})
		})
	}
}

// In a cluster, the channels of one SSUBSCRIBE must be of one slot.
func TestShardChannelsAreAskedForSlotBySlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.instead(func(args []string) (string, bool) {
			crosses := args[0] == "SSUBSCRIBE" && slices.ContainsFunc(args[1:], func(c string) bool { return slots.Of(c) != slots.Of(args[1]) })
			return "-CROSSSLOT Keys in request don't hash to the same slot\r\n", crosses
		})
		var channels []string
		for _, name := range []string{"us", "eu", "ap"} {
			for slot := range 2 * channelsAtOnce {
				channels = append(channels, slots.Channel("aafailover", slot, name))
			}
		}
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial, PubSub: Sharded}), newRecorder()
		running(t, e, [][]string{channels}, sink)
		sink.await(t, "0 publish opened", "0 subscribe opened")
		if got, least := f.received("SSUBSCRIBE"), 2*channelsAtOnce; got < least || got > least+len(channels)/channelsAtOnce {
			t.Errorf("%d SSUBSCRIBE for %d slots", got, least)
		}
		for i, channel := range channels {
			e.Publish(0, uint64(i), channel, []byte("x"))
			sink.await(t, "0 "+channel+": x")
		}
	})
}

func TestChoosePubSubWhenNothingIsToBeFoundOut(t *testing.T) {
	for _, mode := range []PubSub{Classic, Sharded} {
		var n memnet.Network
		got, err := ChoosePubSub(t.Context(), nil, nil, Options{Dial: n.Dial, PubSub: mode})
		if err != nil || got != (Choice{mode, "as configured"}) {
			t.Errorf("%s: %+v, %v", mode, got, err)
		}
	}
}

// Regions that do not all take part leave the default.
func TestChoosePubSubWithRegionsThatRefuse(t *testing.T) {
	for _, test := range []struct {
		name   string
		other  func(f *fake)
		reason string
		within time.Duration
	}{
		{"a region that is not there", (*fake).stop,
			"whether sharded messages cross regions cannot be told, since eu cannot be used (connection refused): classic", 0},
		{"a region that says nothing", func(f *fake) { f.says("PING", "") },
			"whether sharded messages cross regions cannot be told, since eu cannot be used (no answer in time): classic", DefaultTimeout},
		{"a region that lets nobody subscribe", func(f *fake) { f.says("SUBSCRIBE", "-NOPERM no\r\n") },
			"whether sharded messages cross regions cannot be told, since eu cannot be used (NOPERM no): classic", 0},
		{"a region that lets nobody publish", func(f *fake) { f.says("PUBLISH", "-NOPERM no\r\n") },
			"whether sharded messages cross regions cannot be told, since eu cannot be used (NOPERM no): classic", 0},
		{"a region before Redis 7", func(f *fake) {
			f.says("SSUBSCRIBE", "-ERR unknown command 'SSUBSCRIBE', with args beginning with: 'x'\r\n")
		},
			"eu does not take sharded messages (ERR unknown command 'SSUBSCRIBE'): classic", 0},
		{"a user that may not publish so", func(f *fake) { f.says("SPUBLISH", "-NOPERM no\r\n") },
			"eu does not take sharded messages (NOPERM no): classic", 0},
		{"a slot that has moved", func(f *fake) { f.says("SSUBSCRIBE", "-MOVED 1 h:1\r\n") },
			"eu does not take sharded messages (MOVED 1 h:1): classic", 0},
		{"regions that nothing connects", func(*fake) {}, "neither kind of message crosses regions now: classic", trialLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				inMemory(t, &n, at)
				test.other(inMemory(t, &n, "eu.example:6379"))
				regions := []config.Region{us, at2("eu", "eu.example:6379")}
				began := time.Now()
				got, err := ChoosePubSub(t.Context(), regions, []slots.Map{one(at), one("eu.example:6379")}, Options{Dial: n.Dial, PubSub: Auto})
				if want := (Choice{Classic, test.reason}); err != nil || got != want {
					t.Errorf("%+v, %v\nwant %+v", got, err, want)
				}
				if took := time.Since(began); took != test.within {
					t.Errorf("it took %v, want %v", took, test.within)
				}
			})
		})
	}
}

// In open-source clusters that forward classic messages to each other, as within one
// cluster, these say nothing of a shard, and sharded ones do not arrive.
func TestChoosePubSubWhereOnlyClassicMessagesCross(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		fakes := []*fake{inMemory(t, &n, at), inMemory(t, &n, "eu.example:6379")}
		var forwarding sync.WaitGroup
		for i, f := range fakes {
			f.instead(func(args []string) (string, bool) {
				if args[0] == "PUBLISH" {
					forwarding.Go(func() { fakes[1-i].push(args[1], string(resp.AppendCommand(nil, "message", args[1], args[2]))) })
				}
				return "", false
			})
		}
		regions := []config.Region{us, at2("eu", "eu.example:6379")}
		began := time.Now()
		got, err := ChoosePubSub(t.Context(), regions, []slots.Map{one(at), one("eu.example:6379")}, Options{Dial: n.Dial, PubSub: Auto})
		want := Choice{Classic, "sharded messages do not cross from us to eu, from eu to us, classic ones do: classic; " +
			"in an open-source cluster classic messages are broadcast and say nothing about a shard"}
		if err != nil || got != want {
			t.Errorf("%+v, %v\nwant %+v", got, err, want)
		}
		if took := time.Since(began); took != trialGrace {
			t.Errorf("it took %v, want %v", took, trialGrace)
		}
		forwarding.Wait()
	})
}
