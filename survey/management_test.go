//go:build unix

package survey

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resttest"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// A cluster manager that does not answer any more changes nothing of what it told, since the database goes on without it;
// one that did not answer at the beginning is told of, and is believed as soon as it does.
func TestTheRESTAPIIsNotTheDatabase(t *testing.T) {
	server := redistest.Start(t)
	manager := resttest.Start(t, "us", 1, "us", "eu")
	host, port, err := net.SplitHostPort(server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	manager.SetEndpoint("dns_name", host)
	manager.SetEndpoint("port", number)
	r := config.Region{Name: "us", Address: server.Addr, API: manager.API()}
	patient := region.Options{Timeout: 30 * time.Second}
	take := func() *Survey {
		t.Helper()
		s, err := Take(t.Context(), []config.Region{r}, patient)
		if err != nil || s.Err() != nil {
			t.Fatal(err, s.Err())
		}
		return s
	}
	ask := func(w *watcher) answer {
		t.Helper()
		a, answered, _ := w.ask(t.Context())
		if !answered || a.err != nil {
			t.Fatalf("%+v, %v", a, answered)
		}
		return a
	}

	s := take()
	if s.Maps[0].Source != slots.REST || len(s.Maps[0].Shards) != 3 || s.Unmanaged[0] != nil {
		t.Errorf("%v, %v", s.Maps, s.Unmanaged)
	}
	manager.Instead("", resttest.Refusal(http.StatusServiceUnavailable, "", ""))
	w := newWatcher(0, r, patient, s.Maps[0], true, time.Minute, nil)
	for range 3 {
		if a := ask(w); a.news || a.m.Source != slots.REST {
			t.Errorf("%+v", a)
		}
		w.belief.since = time.Time{} // of a doubt, if there is one: it is old enough to be believed
	}

	s = take()
	if s.Maps[0].Source != slots.Single || !errors.Is(s.Unmanaged[0], region.ErrManagement) {
		t.Errorf("%v, %v", s.Maps, s.Unmanaged)
	}
	w = newWatcher(0, r, patient, s.Maps[0], true, time.Minute, nil)
	if a := ask(w); a.news {
		t.Errorf("%+v", a)
	}
	manager.Restore()
	if a := ask(w); !a.news || a.m.Source != slots.REST {
		t.Errorf("%+v", a)
	}
}
