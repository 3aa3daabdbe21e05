package lab

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab/engine"
)

// known is the number of keys that a shard knows anything of, removed ones included.
func (sh *shard) known() int {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	n := 0
	for range sh.engine.State(nil) {
		n++
	}
	return n
}

func TestWhatIsLeftOfRemovedKeysIsForgottenOnceEverybodyKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := Start(t.Context(), Config{
			Regions: []RegionConfig{{Name: "us"}, {Name: "eu"}}, Listen: (&memnet.Network{}).Listen,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		us, eu := l.regions[0].shards()[0], l.regions[1].shards()[0]
		set := func(sh *shard, key string) {
			r, _ := sh.keys.find([][]byte{[]byte("set"), []byte(key), []byte("v"), []byte("px"), []byte("1000")})
			sh.mu.Lock()
			defer sh.mu.Unlock()
			if _, err := sh.execute(nil, r, false); err != nil {
				t.Error(err)
			}
		}
		for i := range 100 {
			set(us, strconv.Itoa(i))
		}
		stall := Fault{Kind: Stall, From: "eu", To: "us", OneWay: true, Shard: AllShards}
		if err := l.Inject(context.Background(), stall); err != nil {
			t.Fatal(err)
		}
		set(eu, "1")
		time.Sleep(time.Hour + collectInterval/2)
		if us, eu := us.known(), eu.known(); us != 100 || eu != 100 {
			t.Errorf("while something is on its way: us knows %d keys, eu %d, want 100", us, eu)
		}
		if err := l.Inject(context.Background(), Fault{Kind: Heal}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(collectInterval * 3 / 4) // so there was one collection
		if us, eu := us.known(), eu.known(); us != 100 || eu != 100 {
			t.Errorf("while it is fresh: us knows %d keys, eu %d, want 100", us, eu)
		}
		time.Sleep(2 * time.Minute)
		if us, eu := us.known(), eu.known(); us != 0 || eu != 0 {
			t.Errorf("in the end us knows %d keys, eu %d", us, eu)
		}
	})
}

func TestAStreamThatIsStalledForTooLongLosesItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := Start(t.Context(), Config{
			Regions: []RegionConfig{{Name: "us"}, {Name: "eu"}}, Listen: (&memnet.Network{}).Listen,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		if err := l.Inject(context.Background(), Fault{Kind: Stall, From: "us", To: "eu", Shard: AllShards}); err != nil {
			t.Fatal(err)
		}
		us, eu := l.regions[0].shards()[0], l.regions[1].shards()[0]
		value := make([]byte, 1<<20)
		for i := range flightLimit>>20 + 10 {
			us.mu.Lock()
			us.emit(engine.Effect{Kind: engine.Publish, Key: "c", Value: append(value, byte(i))})
			us.mu.Unlock()
		}
		us.mu.Lock()
		held, limit := us.log.bytes(), us.log.limit
		us.mu.Unlock()
		if held > limit {
			t.Errorf("%d bytes are held, the limit of a backlog without streams is %d", held, limit)
		}
		if err := l.Inject(context.Background(), Fault{Kind: Heal}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if st, _ := eu.inbound[0].status(); st.FullCopies != 1 || st.Behind != 0 {
			t.Errorf("after healing: %+v", st)
		}
	})
}
