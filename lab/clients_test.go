package lab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

// addresses returns the fronts of a region.
func addresses(t *testing.T, l *lab.Lab, region string) []string {
	t.Helper()
	st, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range st.Regions {
		for _, sh := range r.Shards {
			if r.Name == region {
				all = append(all, sh.Address)
			}
		}
	}
	return all
}

// redisCLI runs redis-cli against an address and returns what it prints.
func redisCLI(t *testing.T, address, input string, args ...string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "redis-cli", append([]string{"-h", host, "-p", port}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestRedisCLIFollowsTheClusterAPI(t *testing.T) {
	l := startTCP(t, regions(3, "us", "eu"))
	us := addresses(t, l, "us")
	var session, want strings.Builder
	for i := range 20 {
		fmt.Fprintf(&session, "SET key:%d %d\nGET key:%d\n", i, i, i)
		fmt.Fprintf(&want, "OK\n%d\n", i)
	}
	var replies strings.Builder
	redirected := 0
	for line := range strings.Lines(redisCLI(t, us[0], session.String(), "-c") + "\n") {
		if strings.HasPrefix(line, "-> Redirected") {
			redirected++
			continue
		}
		replies.WriteString(line)
	}
	if replies.String() != want.String() || redirected == 0 {
		t.Errorf("redirected %d times, got %s", redirected, &replies)
	}
	if got := redisCLI(t, us[0], "", "--cluster", "check", us[0]); !strings.Contains(got, "[OK] All 16384 slots covered") {
		t.Errorf("redis-cli --cluster check: %s", got)
	}
	if got := redisCLI(t, us[0], "", "-3", "CLUSTER", "SHARDS"); !strings.Contains(got, "16383") {
		t.Errorf("CLUSTER SHARDS in RESP3: %s", got)
	}
	if got := redisCLI(t, us[0], "", "HSET", "h", "f", "v"); !strings.Contains(got, "--engine redis-server") {
		t.Errorf("an unknown command: %s", got)
	}
}

func TestRedisCLIPipeModeTakesAHundredThousandRequests(t *testing.T) {
	l := startTCP(t, regions(1, "us", "eu"))
	const n = 100_000
	var input []byte
	for i := range n {
		input = resp.AppendCommand(input, "SET", fmt.Sprint("k", i), "value")
	}
	got := redisCLI(t, addresses(t, l, "us")[0], string(input), "--pipe")
	if !strings.Contains(got, fmt.Sprintf("errors: 0, replies: %d", n)) {
		t.Errorf("got %s", got)
	}
	// All of it arrives in the other region, although it is far more than the backlog holds.
	eventually(t, func() error {
		if size := redisCLI(t, addresses(t, l, "eu")[0], "", "DBSIZE"); size != fmt.Sprint(n) {
			return fmt.Errorf("eu has %s keys", size)
		}
		return nil
	})
	st, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := st.Links[0].Streams[0]; s.FullCopies != 0 {
		t.Errorf("the stream did not keep up: %+v", s)
	}
}

// patience is how long a test waits for what has to come, on a machine that is busy with others.
const patience = 2 * time.Minute

// eventually repeats a look until it is content, for as long as patience lasts.
func eventually(t *testing.T, look func() error) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		err := look()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(err)
		}
	}
}

func clusterClient(t *testing.T, l *lab.Lab, region string) *redis.ClusterClient {
	t.Helper()
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses(t, l, region)[:1], DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestGoRedisClusterClient(t *testing.T) {
	l := startTCP(t, regions(3, "us", "eu"))
	us, eu := clusterClient(t, l, "us"), clusterClient(t, l, "eu")
	ctx := t.Context()

	pipe := us.Pipeline()
	for i := range 1000 {
		pipe.Set(ctx, fmt.Sprint("k", i), i, time.Hour)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := us.Get(ctx, "k999").Int(); n != 999 || err != nil {
		t.Errorf("GET: %d, %v", n, err)
	}
	eventually(t, func() error {
		n, err := eu.DBSize(ctx).Result()
		if n != 1000 || err != nil {
			return fmt.Errorf("eu has %d keys, %w", n, err)
		}
		return nil
	})
}

func TestGoRedisTransactions(t *testing.T) {
	us := clusterClient(t, startTCP(t, regions(3, "us")), "us")
	ctx := t.Context()
	var incr *redis.IntCmd
	if _, err := us.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "{t}k", "41", 0)
		incr = p.Incr(ctx, "{t}k")
		return nil
	}); err != nil || incr.Val() != 42 {
		t.Errorf("MULTI: %d, %v", incr.Val(), err)
	}
	disturbed := us.Watch(ctx, func(tx *redis.Tx) error {
		if err := us.Set(ctx, "{t}k", "disturbed", 0).Err(); err != nil {
			return err
		}
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "{t}k", "mine", 0).Err() })
		return err
	}, "{t}k")
	if !errors.Is(disturbed, redis.TxFailedErr) {
		t.Errorf("a watched key that changed: %v", disturbed)
	}
	if err := us.Watch(ctx, func(tx *redis.Tx) error {
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "{t}k", "mine", 0).Err() })
		return err
	}, "{t}k"); err != nil {
		t.Errorf("a watched key that did not change: %v", err)
	}
	if v := us.Get(ctx, "{t}k").Val(); v != "mine" {
		t.Errorf("the value is %s", v)
	}
}

func TestGoRedisPubSub(t *testing.T) {
	l := startTCP(t, regions(3, "us", "eu"))
	us, eu := clusterClient(t, l, "us"), clusterClient(t, l, "eu")
	ctx := t.Context()
	subscriber := eu.Subscribe(ctx, "news", "more")
	defer func() { _ = subscriber.Close() }()
	pattern := eu.PSubscribe(ctx, "n?ws")
	defer func() { _ = pattern.Close() }()
	sharded := eu.SSubscribe(ctx, "news")
	defer func() { _ = sharded.Close() }()
	for _, sub := range []*redis.PubSub{subscriber, subscriber, pattern, sharded} {
		if _, err := sub.ReceiveTimeout(ctx, patience); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := us.Publish(ctx, "news", "plain").Result(); n != 0 || err != nil {
		t.Errorf("PUBLISH: %d, %v: subscribers of another region must not be counted", n, err)
	}
	if n, err := eu.SPublish(ctx, "news", "sharded").Result(); n != 1 || err != nil {
		t.Errorf("SPUBLISH: %d, %v", n, err)
	}
	for _, row := range []struct {
		sub  *redis.PubSub
		want string
	}{{subscriber, "plain"}, {pattern, "plain"}, {sharded, "sharded"}} {
		ctx, cancel := context.WithTimeout(ctx, patience)
		m, err := row.sub.ReceiveMessage(ctx)
		cancel()
		if err != nil || m.Payload != row.want || m.Channel != "news" {
			t.Errorf("got %v, %v, want %s", m, err, row.want)
		}
	}
}

func TestASubscriberThatStopsReadingIsDisconnectedAndHoldsNobodyUp(t *testing.T) {
	l := startTCP(t, regions(1, "us"))
	address := addresses(t, l, "us")[0]
	slow, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	if _, err := slow.Write(resp.AppendCommand(nil, "SUBSCRIBE", "c")); err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(&redis.Options{Addr: address, DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience})
	defer func() { _ = c.Close() }()
	eventually(t, func() error {
		if n := c.PubSubNumSub(t.Context(), "c").Val()["c"]; n != 1 {
			return fmt.Errorf("%d subscribers", n)
		}
		return nil
	})
	message := bytes.Repeat([]byte("x"), 1<<20)
	longest := time.Duration(0)
	for sent := 0; ; sent++ {
		if sent == 100 {
			t.Fatal("100 MiB later it is still a subscriber")
		}
		began := time.Now()
		n, err := c.Publish(t.Context(), "c", message).Result()
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(began))
		if n == 0 {
			break
		}
	}
	if longest > patience/4 {
		t.Errorf("a PUBLISH took %v", longest)
	}
}

func TestStartingNineShardsIsQuick(t *testing.T) {
	fastest := time.Hour
	for range 5 { // other tests may run at the same time
		began := time.Now()
		l, err := lab.Start(t.Context(), regions(3, "us", "eu", "ap"))
		fastest = min(fastest, time.Since(began))
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
	}
	if fastest > 500*time.Millisecond { // 5 ms where nobody else is busy
		t.Errorf("it took %v", fastest)
	}
	t.Logf("%v", fastest)
}

func TestEveryChannelNameLeadsToItsShard(t *testing.T) {
	l := startTCP(t, regions(3, "us"))
	c := clusterClient(t, l, "us")
	for slot := 0; slot < slots.Count; slot += 1000 {
		name := slots.Channel("aafailover", slot, "us")
		if got, err := c.ClusterKeySlot(t.Context(), name).Result(); int(got) != slot || err != nil {
			t.Errorf("%s: %d, %v, want %d", name, got, err, slot)
		}
	}
}
