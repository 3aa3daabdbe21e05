package lab

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxFault bounds the body of a request to the control, in bytes.
const maxFault = 64 << 10

// Control lets other processes of the same machine look at a lab and inject faults into it:
//
//	GET  /status                  -> Status
//	POST /fault   Fault, with delay_ms and after_ms -> 204; 400 with {"error": …} when it was refused
//
// A web page must not be able to do so in its reader's name. So requests with an Origin header are refused, bodies must be
// declared as application/json, which a page cannot do without asking, and the Host must be a loopback address, which
// it is not when a name of the page's own has been pointed here.
type Control struct {
	lab      *Lab
	server   *http.Server
	listener net.Listener
	served   chan struct{} // closed when the server has ended
	once     sync.Once
	retract  func()
}

// ControlConfig says where a control is to be found.
type ControlConfig struct {
	Address string // loopback host:port to listen on; "" means 127.0.0.1 and any free port
	Dir     string // folder in which running labs are listed; "" means one of the user's own, where Find looks
}

// Serve opens the control of a lab and lists it for Find. The context bounds the start only; Close ends it.
func Serve(ctx context.Context, l *Lab, c ControlConfig) (*Control, error) {
	address := cmp.Or(c.Address, "127.0.0.1:0")
	if err := CheckControl(address); err != nil {
		return nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("control (%s): %w", address, err)
	}
	ctl := &Control{lab: l, listener: ln, served: make(chan struct{})}
	ctl.server = &http.Server{
		Handler: ctl, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: maxFault,
	}
	go func() {
		defer close(ctl.served)
		_ = ctl.server.Serve(ln) // always ends with ErrServerClosed, by Close
	}()
	if ctl.retract, err = announce(c.Dir, ctl.Address()); err != nil {
		_ = ctl.Close()
		return nil, fmt.Errorf("control (%s): %w", ctl.Address(), err)
	}
	return ctl, nil
}

// Address returns host:port, for Connect.
func (c *Control) Address() string { return c.listener.Addr().String() }

// Close ends the control, not the lab, and takes it off the list. It may be called again.
func (c *Control) Close() error {
	c.once.Do(func() {
		if c.retract != nil {
			c.retract()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if c.server.Shutdown(ctx) != nil { // some client dawdles
			_ = c.server.Close()
		}
		<-c.served
	})
	return nil
}

// ServeHTTP answers one request.
func (c *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") != "" || !loopback(r.Host) {
		answer(w, http.StatusForbidden, "not for web pages")
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /status":
		st, err := c.lab.Status(r.Context())
		if err != nil {
			answer(w, http.StatusInternalServerError, err.Error())
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(st) // fails only if the client has gone
	case "POST /fault":
		c.inject(w, r)
	default:
		answer(w, http.StatusNotFound, "there are GET /status and POST /fault")
	}
}

func (c *Control) inject(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		answer(w, http.StatusUnsupportedMediaType, "the body must be application/json")
		return
	}
	var f faultMessage
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxFault))
	body.DisallowUnknownFields()
	if err := body.Decode(&f); err != nil {
		answer(w, http.StatusBadRequest, "fault: "+err.Error())
		return
	}
	if _, err := body.Token(); !errors.Is(err, io.EOF) {
		answer(w, http.StatusBadRequest, "fault: more than one value")
		return
	}
	switch err := c.lab.Inject(r.Context(), f.fault()); {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, ErrFault):
		answer(w, http.StatusBadRequest, err.Error())
	default:
		answer(w, http.StatusInternalServerError, err.Error())
	}
}

// faultMessage is a fault as it is sent: durations are milliseconds.
type faultMessage struct {
	Fault
	DelayMS float64 `json:"delay_ms,omitempty"`
	AfterMS float64 `json:"after_ms,omitempty"`
}

func newFaultMessage(f Fault) faultMessage {
	return faultMessage{f, milliseconds(f.Delay), milliseconds(f.After)}
}

func (m faultMessage) fault() Fault {
	m.Delay, m.After = duration(m.DelayMS), duration(m.AfterMS)
	return m.Fault
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// duration returns what a time.Duration cannot hold as the longest that it can, which is refused like it.
func duration(ms float64) time.Duration {
	const most = 1 << 62 // ns, about 146 years: exact as a float64, and within a time.Duration
	return time.Duration(max(-most, min(ms*float64(time.Millisecond), most)))
}

// problem is the body of an answer that is an error.
type problem struct {
	Error string `json:"error"`
}

func answer(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(problem{text}) // fails only if the client has gone
}

// ErrControl is wrapped by the errors about an address at which the control of a lab cannot be.
var ErrControl = errors.New("no address for the control of a lab")

// CheckControl says whether the control of a lab may be at an address: at a port of this machine's own, host:port, since
// otherwise others on the network could inject faults. The error is ErrControl.
func CheckControl(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is not host:port", ErrControl, address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%w: %q is not a port", ErrControl, port)
	}
	if !loopback(address) {
		return fmt.Errorf("%w: %s is not a loopback address, so others on the network could inject faults", ErrControl, address)
	}
	return nil
}

// loopback says whether host:port, or a host alone, is this machine.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
