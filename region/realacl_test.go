//go:build unix

package region

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// grant makes a user that may do what the rules say and nothing else.
func grant(t *testing.T, s *redistest.Server, user string, rules ...string) config.Region {
	t.Helper()
	if v := s.Do(t, append([]string{"ACL", "SETUSER", user, "reset", "on", ">pw"}, rules...)...); v.Str != "OK" {
		t.Fatal(v)
	}
	r := at2(user, s.Addr)
	r.User, r.Password = user, config.SecretOf("pw")
	return r
}

// sentOnly demands that all that the server was sent is granted by the rules.
func sentOnly(t *testing.T, sent []redistest.Sent, rules []string) {
	t.Helper()
	if len(sent) == 0 {
		t.Error("nothing was sent: this would not see what should not be")
	}
	rules = append(slices.Clone(rules), "+auth") // every user may send it
	for _, one := range sent {
		command := one.Args
		name := "+" + strings.ToLower(command[0])
		if len(command) > 1 && name == "+cluster" {
			name += "|" + strings.ToLower(command[1])
		}
		if !slices.Contains(rules, name) {
			t.Errorf("%q was sent, which the rules do not grant", command)
		}
	}
}

// With exactly the rules for a probe, all that a probe does works, and nothing else is sent.
func TestRealAccessOfAProbe(t *testing.T) {
	s := redistest.Start(t)
	access := AccessFor(ToProbe, DefaultPrefix)
	r := grant(t, s, "probe", access.Rules...)
	stop := s.Monitor(t)
	m := discover(t, r)
	e, sink := NewEndpoint(r, m, Options{}), newRecorder()
	end := running(t, e, [][]string{{k}}, sink)
	sink.await(t, "0 publish opened", "0 subscribe opened")
	e.Publish(0, 1, k, []byte("m"))
	e.Ping(0, 2)
	sink.await(t, "0 #1 accepted 1", "0 #2 accepted -1", "0 "+k+": m")
	again := r
	again.Name, again.Address = "other", "localhost:"+strconv.Itoa(s.Port)
	pairs, err := SameServers(t.Context(), []*Endpoint{e, NewEndpoint(again, one(again.Address), Options{})})
	if err != nil || !slices.Equal(pairs, [][2]string{{"probe", "other"}}) {
		t.Errorf("%v, %v", pairs, err)
	}
	end()
	sentOnly(t, stop(), access.Rules)
}

// With each extra what it gives works, and without it there is a hint, or something else that serves.
func TestRealAccessToExtras(t *testing.T) {
	s := redistest.Start(t)
	cluster := redistest.Nodes(t, 1)[0]
	access := AccessFor(ToProbe, DefaultPrefix)
	with := func(s *redistest.Server, command string) config.Region {
		t.Helper()
		i := slices.IndexFunc(access.Extras, func(e Extra) bool { return slices.Contains(e.Rules, command) })
		if i < 0 {
			t.Fatalf("no extra has %s", command)
		}
		return grant(t, s, "with", slices.Concat(access.Rules, access.Extras[i].Rules)...)
	}
	if err := VerifyHashing(t.Context(), with(cluster, "+cluster|keyslot"), []string{k}, Options{}); err != nil {
		t.Error(err)
	}
	err := VerifyHashing(t.Context(), grant(t, cluster, "without", access.Rules...), []string{k}, Options{})
	if got := strings.Join(hint.Of(err), ""); CauseOf(err) != probe.Permission || errors.Is(err, ErrConfiguration) || !strings.HasSuffix(got, "ACL SETUSER without +cluster|keyslot") {
		t.Errorf("%v, hint %q", err, got)
	}

	sink := newRecorder()
	e := NewEndpoint(with(s, "+spublish"), one(s.Addr), Options{PubSub: Sharded})
	running(t, e, [][]string{{k}}, sink)
	sink.await(t, "0 publish opened", "0 subscribe opened")
	e.Publish(0, 1, k, []byte("m"))
	sink.await(t, "0 #1 accepted 1", "0 "+k+": m")
	sink = newRecorder()
	running(t, NewEndpoint(grant(t, s, "without", access.Rules...), one(s.Addr), Options{PubSub: Sharded}), [][]string{{k}}, sink)
	sink.await(t, "0 subscribe closed permission")
	if got := strings.Join(hint.Of(sink.firstError(t)), ""); !strings.HasSuffix(got, "+spublish +ssubscribe +sunsubscribe") {
		t.Errorf("hint %q", got)
	}

	r := grant(t, s, "drill", AccessFor(ToProbe|ToDrill, DefaultPrefix).Rules...)
	r.Database = 1
	c := NewClient(r, one(s.Addr), Options{})
	defer c.Close()
	if err := c.Write(t.Context(), k, nil, time.Minute); CauseOf(err) != probe.Permission {
		t.Errorf("a write to another database without the right to select it: %v", err)
	}
}

// With exactly the rules for a drill its application works, and nothing else is sent.
func TestRealAccessOfADrill(t *testing.T) {
	s := redistest.Start(t)
	access := AccessFor(ToProbe|ToDrill, DefaultPrefix)
	c := NewClient(grant(t, s, "drill", access.Rules...), one(s.Addr), Options{})
	stop := s.Monitor(t)
	if err := c.Connect(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Write(t.Context(), k, []byte("v"), time.Minute); err != nil {
		t.Error(err)
	}
	if found, err := c.Read(t.Context(), []string{k, k + "x"}); err != nil || !found[0] || found[1] {
		t.Error(found, err)
	}
	if err := c.Delete(t.Context(), []string{k}); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	sentOnly(t, stop(), access.Rules)
	if n := s.Do(t, "DBSIZE").Int; n != 0 {
		t.Errorf("%d keys are left", n)
	}
}

// With exactly the rules for heartbeats their keys are written and read.
func TestRealAccessOfHeartbeats(t *testing.T) {
	s := redistest.Start(t)
	d := newDoor(grant(t, s, "beat", AccessFor(ToProbe|ToBeat, DefaultPrefix).Rules...), Options{})
	c, err := d.open(t.Context(), s.Addr, writing(DefaultPrefix), publisherBuffer)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ask := func(ctx context.Context, want string, args ...string) {
		t.Helper()
		if v, err := c.ask(ctx, args...); err != nil || v.Str != want {
			t.Errorf("%q: %v %v", args, v, err)
		}
	}
	ask(t.Context(), "OK", "SET", k, "beat", "EX", "60")
	ask(t.Context(), "beat", "GET", k)
}

// What a user may not do is said, with the rule that grants it.
func TestRealAccessThatIsMissing(t *testing.T) {
	s := redistest.Start(t)
	mute := grant(t, s, "mute", "resetchannels", "&aafailover:*", "+ping", "+subscribe")
	sink := newRecorder()
	m, err := Discover(t.Context(), mute, Options{})
	if !errors.Is(err, ErrManagement) || CauseOf(err) != probe.Permission || m.Source != slots.Single || !strings.Contains(strings.Join(hint.Of(err), ""), "ACL SETUSER mute &aafailover:* +publish") {
		t.Errorf("a user who may not ask for the slots: %v, %v, %q", m, err, hint.Of(err))
	}
	e := NewEndpoint(mute, m, Options{})
	running(t, e, [][]string{{k}}, sink)
	sink.await(t, "0 publish opened", "0 subscribe opened")
	e.Publish(0, 1, k, nil)
	sink.await(t, "0 #1 refused permission")
	if got := strings.Join(hint.Of(sink.firstError(t)), ""); !strings.Contains(got, "ACL SETUSER mute &aafailover:* +publish") {
		t.Errorf("hint %q", got)
	}
	c := NewClient(mute, one(s.Addr), Options{})
	defer c.Close()
	err = c.Write(t.Context(), k, nil, time.Minute)
	if !errors.Is(err, drill.ErrRejected) || CauseOf(err) != probe.Permission {
		t.Errorf("a write without the right to: %v", err)
	}
	if got := strings.Join(hint.Of(err), ""); !strings.Contains(got, "ACL SETUSER mute ~aafailover:* ") {
		t.Errorf("hint %q", got)
	}
	mute.Database = 2
	if _, err := NewHeart(mute, Options{}).Connect(t.Context(), s.Addr); err == nil || CauseOf(err) != probe.Permission {
		t.Errorf("another database without the right to: %v", err)
	} else if got := strings.Join(hint.Of(err), ""); !strings.Contains(got, "+set +get +select") || strings.Contains(got, "reset") {
		t.Errorf("hint %q", got)
	}
}
