package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// maxStatus bounds what a client reads, in bytes: the status of thousands of streams fits.
const maxStatus = 64 << 20

// Client is a lab in another process. It can do what a Lab can.
type Client struct {
	address string
	http    *http.Client
}

// Connect returns a client for the lab whose control is at host:port. Nothing is sent yet. The error is ErrControl when no
// lab can be there.
func Connect(address string) (*Client, error) {
	if err := CheckControl(address); err != nil {
		return nil, err
	}
	return &Client{address: address, http: &http.Client{
		Timeout: 30 * time.Second,
		// The control is on this machine, whatever proxies are configured; and nothing is left open between requests.
		Transport: &http.Transport{DisableKeepAlives: true},
	}}, nil
}

// Address returns host:port of the control.
func (c *Client) Address() string { return c.address }

// Status looks at everything in the lab.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var st Status
	body, err := c.ask(ctx, http.MethodGet, "/status", nil)
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(body, &st); err != nil {
		return st, fmt.Errorf("lab (%s): status: %w", c.address, err)
	}
	return st, nil
}

// Inject brings a fault about, as Lab.Inject does. Errors wrap ErrFault when the lab refused it.
func (c *Client) Inject(ctx context.Context, f Fault) error {
	body, err := json.Marshal(newFaultMessage(f))
	if err != nil {
		return fmt.Errorf("lab (%s): fault: %w", c.address, err)
	}
	_, err = c.ask(ctx, http.MethodPost, "/fault", body)
	return err
}

// ErrGone says that nobody listens at the address of a control: that lab was stopped or killed.
var ErrGone = errors.New("no lab is there any more")

// wsaRefused is ECONNREFUSED of Windows, for which package syscall has no such name there.
const wsaRefused = syscall.Errno(10061)

// plainly takes from an error the method and URL that net/http puts before it and, where nobody listens, the address, which
// is told already.
func plainly(err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) && (errors.Is(call, syscall.ECONNREFUSED) || errors.Is(call, wsaRefused)) {
		return fmt.Errorf("%w: %w", ErrGone, call)
	}
	return errors.Unwrap(err)
}

// ask sends one request and returns the body of the answer.
func (c *Client) ask(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	fail := func(err error) error { return fmt.Errorf("lab (%s): %w", c.address, err) }
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, fail(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fail(plainly(err))
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxStatus))
	if err != nil {
		return nil, fail(err)
	}
	if answer.StatusCode/100 == 2 {
		return text, nil
	}
	var p problem
	if json.Unmarshal(text, &p) != nil || p.Error == "" {
		return nil, fail(fmt.Errorf("not the control of a lab: %s", answer.Status))
	}
	if refused, ok := strings.CutPrefix(p.Error, ErrFault.Error()+": "); ok {
		return nil, fmt.Errorf("%w: %s", ErrFault, refused)
	}
	return nil, fail(errors.New(p.Error))
}
