package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

const (
	// defaultCellSeries bounds what a scrape has of single cells: Prometheus keeps each series for as long as it keeps anything.
	defaultCellSeries = 2000
	// mostScrapes are the answers that are made at once, those about health left out: each reads a snapshot as large as the deployment.
	mostScrapes = 4
	// turnLimit bounds how long a request waits until it is one of them, and leaves time to answer within requestLimit.
	turnLimit = requestLimit / 2
	// mostConnections bounds what is open at once; for one more, the one that has been quiet for longest is closed.
	mostConnections = 64
	// requestLimit bounds how long a request, or its answer, may take on the network.
	requestLimit = 10 * time.Second
	// idleLimit bounds how long a connection waits for its next request: longer than from one scrape to the next.
	idleLimit = 2 * time.Minute
	// lastAnswers is how long the answers that are being written have when the probe has ended.
	lastAnswers = 500 * time.Millisecond
)

// whereToListen is the advice for an address that is none.
const whereToListen = "127.0.0.1:9121 is for this machine only, :9121 for all who can reach it"

// checkListen says what about --listen makes no sense.
func (f *probeFlags) checkListen(listenGiven, seriesGiven bool) error {
	switch {
	case f.cellSeries < 0:
		return fmt.Errorf("listen-cell-series %d: must not be less than 0", f.cellSeries)
	case seriesGiven && !listenGiven:
		return hint.Wrap(errors.New("--listen-cell-series is given, and nothing is served"), "give --listen too")
	case !listenGiven:
		return nil
	case f.once:
		return hint.Wrap(errors.New("both --once and --listen are given"), "leave --once out: what ends at its first verdict cannot be watched")
	}
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return hint.Wrap(fmt.Errorf("listen %q: must be an address and a port", f.listen), whereToListen)
	}
	return nil
}

// metricsService is what --listen serves, from before the first region is asked until the result is printed.
//
//	GET /metrics ──> report.Metrics <── snapshots, events
//	    /verdict ──> the probe, once there is one
//	    /readyz  ──> whether there was a verdict
//	    /healthz
type metricsService struct {
	metrics  *report.Metrics
	listener net.Listener
	server   *http.Server
	serving  sync.WaitGroup
	open     sync.WaitGroup // connections
	failed   error          // of serving, once that has ended

	probe atomic.Pointer[watching]
	ready atomic.Bool
}

// serve begins to serve; a service that is nil when --listen is not given, and does nothing. Errors: the address cannot be
// listened on.
func (f *probeFlags) serve(ctx context.Context, kind report.Deployment, stderr io.Writer) (*metricsService, error) {
	if f.listen == "" {
		return nil, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("listen %s: %w", f.listen, withoutAddress(err)), listenHint(err))
	}
	built := builtFrom(debug.ReadBuildInfo())
	s := &metricsService{metrics: report.NewMetrics(report.MetricsConfig{Deployment: kind, Version: built.version, Commit: built.commit, CellSeries: f.cellSeries}),
		listener: listener}
	limited := &limitedListener{Listener: listener, most: mostConnections}
	s.server = &http.Server{
		Handler: s.handler(), ReadTimeout: requestLimit, WriteTimeout: requestLimit, IdleTimeout: idleLimit, MaxHeaderBytes: 16 << 10,
		ConnState: func(c net.Conn, state http.ConnState) {
			s.connection(state)
			limited.turn(c, state)
		},
		ErrorLog: log.New(io.Discard, "", 0), // of what strangers send; its lines would fall between ours
	}
	s.serving.Go(func() { s.failed = s.server.Serve(limited) })
	say(stderr, "serving http://%s/metrics, and /verdict, /healthz, /readyz; there is no authentication", listener.Addr())
	return s, nil
}

// connection takes account of the connections that are open, each of which is a goroutine.
func (s *metricsService) connection(state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed:
		s.open.Done()
	case http.StateActive, http.StateIdle, http.StateHijacked:
	}
}

// withoutAddress is the cause of an error of listening, which repeats the address.
func withoutAddress(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op.Err
	}
	return err
}

// listenHint is what to do about an address that cannot be listened on. Errors of Windows' sockets have other numbers, and get the
// advice that fits all.
func listenHint(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another process has the port: give another one"
	case errors.Is(err, syscall.EACCES):
		return "this user may not have the port, as is usual below 1024: give a higher one"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "that is no address of this machine: " + whereToListen
	}
	return whereToListen
}

// end stops serving.
func (s *metricsService) end(stderr io.Writer) {
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastAnswers)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close()
	}
	s.serving.Wait()
	s.open.Wait()
	if !errors.Is(s.failed, http.ErrServerClosed) {
		complain(stderr, fmt.Errorf("serving %s ended: %w", s.listener.Addr(), s.failed), "")
	}
}

// observe tells what it serves the verdict of.
func (s *metricsService) observe(w *watching) {
	if s != nil {
		s.probe.Store(w)
	}
}

// snapshot serves a newer snapshot.
func (s *metricsService) snapshot(snap *probe.Snapshot) {
	if s == nil {
		return
	}
	s.metrics.Put(snap)
	if snap.Settled {
		s.ready.Store(true)
	}
}

// event counts an event.
func (s *metricsService) event(e probe.Event) {
	if s != nil {
		s.metrics.Count(e)
	}
}

// handler answers requests. Nothing that is served takes anything from a request but its path.
func (s *metricsService) handler() http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(s.metrics, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	at := http.NewServeMux()
	at.Handle("GET /metrics", atMost(mostScrapes, promhttp.HandlerFor(all, promhttp.HandlerOpts{})))
	at.Handle("GET /verdict", atMost(mostScrapes, http.HandlerFunc(s.verdict)))
	at.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "alive") })
	at.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.ready.Load() {
			answer(w, http.StatusServiceUnavailable, "no verdict yet")
			return
		}
		answer(w, http.StatusOK, "there is a verdict")
	})
	at.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "aafailover probe: /metrics /verdict /healthz /readyz")
	})
	return at
}

// verdict answers with the document of -o json as it would be now, without the events.
func (s *metricsService) verdict(w http.ResponseWriter, _ *http.Request) {
	watched := s.probe.Load()
	if watched == nil || watched.latest.Load() == nil {
		answer(w, http.StatusServiceUnavailable, "no verdict yet")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = report.WriteJSON(w, report.NewProbeDocument(watched.result(watched.latest.Load()))) // whoever has gone wants none
}

// answer answers with a line of text.
func answer(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, line+"\n")
}

// atMost answers so many requests at once. The others wait for their turn, and are refused when it does not come.
func atMost(n int, serve http.Handler) http.Handler {
	places := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		waiting, stop := context.WithTimeout(r.Context(), turnLimit)
		defer stop()
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			serve.ServeHTTP(w, r)
		case <-waiting.Done():
			answer(w, http.StatusServiceUnavailable, "too many requests at once")
		}
	})
}
