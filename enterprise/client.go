package enterprise

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/handshake"
)

// DefaultTimeout is what Options.Timeout means when it is zero. A cluster manager collects what it answers from its
// nodes, and takes longer than a database.
const DefaultTimeout = 10 * time.Second

// Bounds of what is read of a reply, in bytes. A database with ten sources, and the certificates of each, has some 100 kB
// with all its fields; a cluster has some hundred databases, of which only the endpoints are listed.
const (
	mostBody  = 8 << 20
	mostError = 64 << 10
)

// mostRedirects bounds how often a server may send us on, to itself.
const mostRedirects = 2

// Options is how a REST API is talked to. The zero value works.
type Options struct {
	// Dial opens connections; nil: a net.Dialer, which resolves the name anew each time.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout bounds each request with its reply; 0: DefaultTimeout.
	Timeout time.Duration
}

// Client asks one REST API. It may be used by several goroutines at once. It holds connections until Close.
//
// It connects to the configured address and to no other, whatever a reply or the environment says: HTTPS_PROXY is
// not obeyed, since the password is for that server, and what is found out is to hold for the way from here to there.
// Nothing is tried again, but for a password that has been changed in its file since it was read, and for a question on a
// connection that was open from the one before and turns out to be closed.
type Client struct {
	region  string
	api     config.API
	timeout time.Duration
	http    *http.Client

	mu    sync.Mutex
	known discretion // of all replies up to now
}

// NewClient prepares to ask the REST API of a region; errors name the region. It opens no connection.
func NewClient(region string, api config.API, o Options) *Client {
	c := &Client{region: region, api: api, timeout: cmp.Or(o.Timeout, DefaultTimeout)}
	dial := o.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	security := handshake.New(api.TLS)
	c.http = &http.Client{
		CheckRedirect: c.stay,
		Transport: &http.Transport{
			// Whichever address the transport wants, it gets the configured one.
			DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return encrypted(ctx, network, api.Address, dial, security)
			},
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, errPlain
			},
			// One connection serves all questions of a check, which come one after the other.
			MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
			MaxResponseHeaderBytes: mostError,
		},
	}
	return c
}

// errPlain is why nothing is sent without TLS.
var errPlain = errors.New("it refers to an address without TLS")

// encrypted connects to an address and shakes hands.
func encrypted(ctx context.Context, network, address string, dial func(ctx context.Context, network, address string) (net.Conn, error), security *handshake.Client) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	raw, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	how, asked, err := security.Config(host)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	secure := tls.Client(raw, how)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, asked.Explain(err)
	}
	return secure, nil
}

// Address is host:port of the API.
func (c *Client) Address() string { return c.api.Address }

// Close closes the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// errElsewhere says that a server sends us to another one.
var errElsewhere = errors.New("it refers to another address")

// stay follows redirections only to the server itself: the next one would be shown the password. Nodes of a cluster send
// on to the one that manages it.
func (c *Client) stay(next *http.Request, via []*http.Request) error {
	to := net.JoinHostPort(next.URL.Hostname(), cmp.Or(next.URL.Port(), "443"))
	switch {
	case next.URL.Scheme != "https":
		return errPlain
	case to != c.api.Address:
		return &elsewhere{to}
	case len(via) > mostRedirects:
		return errors.New("it refers to itself again and again")
	}
	return nil
}

// elsewhere is errElsewhere with the address.
type elsewhere struct{ address string }

func (e *elsewhere) Error() string { return errElsewhere.Error() + ", " + e.address }
func (e *elsewhere) Unwrap() error { return errElsewhere }

// get sends one request and reads its reply into a value. what is the request in words, as errors have it.
func (c *Client) get(ctx context.Context, what, path string, query url.Values, into any) (discretion, error) {
	password, err := c.api.Password.Read(ctx)
	if err != nil {
		return discretion{}, c.fail(what, &secretError{err})
	}
	hidden, err := c.attempt(ctx, what, path, query, password, into)
	var refused *Error
	if !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
		return hidden, err
	}
	c.api.Password.Rejected(password)
	again, readErr := c.api.Password.Read(ctx)
	if readErr != nil || again == password {
		return discretion{}, err // the same again would only count as another failed attempt
	}
	return c.attempt(ctx, what, path, query, again, into)
}

func (c *Client) attempt(ctx context.Context, what, path string, query url.Values, password string, into any) (discretion, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	to := url.URL{Scheme: "https", Host: c.api.Address, Path: path, RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return discretion{}, c.fail(what, err)
	}
	request.SetBasicAuth(c.api.User, password)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "aafailover")
	reply, err := c.http.Do(request)
	if err != nil {
		return discretion{}, c.fail(what, err)
	}
	defer reply.Body.Close() //nolint:errcheck // only read
	if reply.StatusCode != http.StatusOK {
		return discretion{}, c.refusal(what, reply, password)
	}
	body, err := readBody(reply.Body, mostBody)
	if err != nil {
		return discretion{}, c.fail(what, err)
	}
	hidden := c.learn(body, password)
	if into == nil {
		return hidden, nil
	}
	return hidden, c.fail(what, decode(body, into))
}

// learn looks a reply through for secrets, and returns all that are known by now.
func (c *Client) learn(body []byte, password string) discretion {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = c.known.with(discretionOf(body, password))
	return c.known
}

// errTooLong says that a reply is longer than any that is expected.
var errTooLong = errors.New("the answer is too long")

func readBody(r io.Reader, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(body)) > most {
		err = errTooLong
	}
	return body, err
}
