package enterprise_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/resttest"
)

// everything asks all that there is to ask, and returns what came of it as text, in two forms.
func everything(t *testing.T, c *enterprise.Client) string {
	t.Helper()
	var all []any
	keep := func(value any, err error) { all = append(all, value, err, hint.Of(err)) }
	databases, err := c.Databases(t.Context())
	keep(databases, err)
	d, err := c.Database(t.Context(), "1")
	keep(d, err)
	shards, err := c.Shards(t.Context(), "1")
	keep(shards, err)
	peers, err := c.Peers(t.Context(), "1")
	keep(peers, err)
	crdbs, err := c.ActiveActives(t.Context())
	keep(crdbs, err)
	available, err := c.Availability(t.Context(), "1")
	keep(available, err)
	behind, err := c.CaughtUp(t.Context(), "1", 0)
	keep(behind, err)
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v", all) + string(text)
}

// No password of a reply is in what is made of it, wherever it stands: in fields for it, in the URI of a source, and in the errors that
// repeat one.
func TestNoPasswordOfAReplyIsKept(t *testing.T) {
	secrets := []string{resttest.Password, resttest.SourcePassword, "r3dis-pa55", "4dmin-pa55", "sa51-pa55", "c1uster-pa55", "PRIVATE KEY"}
	us, _ := resttest.Pair(t)
	us.Unfiltered()
	us.SetSource("last_error", "AUTH failed for redis://admin:"+resttest.SourcePassword+"@redis-12000.eu.example:12000: "+resttest.SourcePassword+" is wrong")
	us.Set("status", "r3dis-pa55")
	us.Unavailable("bdb_unavailable", "tried "+resttest.Password)
	shown := everything(t, client(t, us.API(), enterprise.Options{}))
	for _, secret := range secrets {
		if strings.Contains(shown, secret) {
			t.Errorf("%s is in %s", secret, shown)
		}
	}
	if !strings.Contains(shown, "redis-12000.eu.example:12000") {
		t.Errorf("the address of the source is not in %s", shown)
	}
}

// A secret in a random place of an otherwise good reply: in any field that is there for secrets, in any URI, and repeated in any text.
func TestAPasswordAnywhereIsNotKept(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 30 {
		secret := fmt.Sprintf("pw%d %c/@x", random.Uint64(), []rune{'é', '"', '%', ':', 'z'}[random.IntN(5)])
		us, _ := resttest.Pair(t)
		us.Unfiltered()
		holds := []string{"authentication_redis_pass", "Some_Password", "api_token", "client_key", "credentials"}
		us.Set(holds[random.IntN(len(holds))], secret)
		texts := []string{"name", "status", "version", "hash_slots_policy", "proxy_policy", "tls_mode", "data_persistence", "crdt_guid", "crdt_sync", "module_list", "shard_key_regex"}
		us.Set(texts[random.IntN(len(texts))], "it is "+secret)
		us.SetSource("uri", "redis://admin:"+secret+"@h:1")
		us.SetSource([]string{"last_error", "status", "last_update"}[random.IntN(3)], "no "+secret+" at redis://x:"+secret+"@h:2")
		us.SetEndpoint("dns_name", secret)
		if shown := everything(t, client(t, us.API(), enterprise.Options{})); strings.Contains(shown, secret) || strings.Contains(shown, strings.Trim(fmt.Sprintf("%q", secret), `"`)) {
			i := strings.Index(shown, "pw")
			t.Fatalf("%q is in …%s", secret, shown[max(i-100, 0):min(i+100, len(shown))])
		}
	}
}

// FuzzReply answers every question by anything: nothing panics, errors are one line, and the password that was sent is nowhere.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		``, `[]`, `{}`, `null`, `[{"uid":1,"name":"a","endpoints":[{"dns_name":"h","port":1}]}]`, `{"uid":"1","crdt_sources":[{"uri":"redis://a:b@h:1","last_error":"b"}]}`,
		`{"peer_stats":[{"uid":"3","intervals":[{"local_ingress_lag_time":1e300}]}]}`, `[{"uid":"1","role":"master","assigned_slots":"0-65535"}]`, `[{"guid":{},"instances":[{"cluster":7}]}]`,
		`<html>`, `{"error_code":"x","description":"` + resttest.Password + `"}`, "[\x00", `[[[[[[`, `{"crdt_repl_backlog_size":1e400}`, `[{"endpoints":[{"port":-1,"addr":[null,{},"` + resttest.Password + `"]}]}]`,
	} {
		f.Add([]byte(seed), 200)
		f.Add([]byte(seed), 503)
	}
	us, _ := resttest.Pair(f)
	var body []byte
	status := http.StatusOK
	us.Instead("", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
	c := enterprise.NewClient("us", us.API(), enterprise.Options{})
	f.Cleanup(c.Close)
	f.Fuzz(func(t *testing.T, reply []byte, code int) {
		body, status = reply, max(200, min(code, 599))
		shown := everything(t, c)
		if strings.Contains(shown, resttest.Password) {
			t.Fatalf("%q, %d: the password shows: %s", reply, status, shown)
		}
		_, err := c.Database(t.Context(), "1")
		if err != nil && strings.ContainsAny(err.Error(), "\n\r\x1b") {
			t.Fatalf("%q, %d: %q", reply, status, err)
		}
	})
}

// Whatever is asked of a database is asked with the names of the fields that are wanted, none of which holds a secret.
func TestOnlyWhatIsWantedIsAskedFor(t *testing.T) {
	us, _ := resttest.Pair(t)
	everything(t, client(t, us.API(), enterprise.Options{}))
	fields := map[string]bool{}
	for _, asked := range us.Asked() {
		_, list, _ := strings.Cut(asked, "fields=")
		for field := range strings.SplitSeq(list, "%2C") {
			fields[field] = true
		}
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if strings.Contains(field, "pass") || strings.Contains(field, "cert") || strings.Contains(field, "replica_sources") {
			t.Errorf("%s is asked for", field)
		}
	}
	if !fields["crdt_sync"] || len(us.Asked()) != 7 {
		t.Errorf("asked %q", us.Asked())
	}
}

// A reply that is nothing but passwords takes no longer to read than another one, and nothing of it is shown.
func TestMorePasswordsThanThereCanBe(t *testing.T) {
	us, _ := resttest.Pair(t)
	var reply strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&reply, `,{"uid":%d,"name":"database-%d","password":"pw%d","endpoints":[{"dns_name":"host-%d","port":1}]}`, i, i, i, i)
	}
	us.Instead("/v1/bdbs", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, "[%s]", reply.String()[1:]) })
	databases, err := client(t, us.API(), enterprise.Options{}).Databases(t.Context())
	if err != nil || len(databases) != 60_000 {
		t.Fatalf("%d databases, %v", len(databases), err)
	}
	if d := databases[59_999]; strings.Contains(fmt.Sprint(d), "database-") || strings.Contains(fmt.Sprint(d), "host-") {
		t.Errorf("%+v", d)
	}
}

// Regions that there cannot be are not compared with each other.
func TestMoreRegionsThanThereCanBe(t *testing.T) {
	us, _ := resttest.Pair(t)
	us.Set("crdt_sources", make([]struct{}, 100_000))
	us.Instead("/v1/bdbs/1/peer_stats", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"peer_stats":[{}%s]}`, strings.Repeat(",{}", 100_000))
	})
	c := client(t, us.API(), enterprise.Options{})
	if d, err := c.Database(t.Context(), "1"); err != nil || d.Sources.Known() {
		t.Errorf("%d sources, %v", len(d.Sources.Value), err)
	}
	if peers, err := c.Peers(t.Context(), "1"); err == nil {
		t.Errorf("%d peers", len(peers))
	}
}
