package enterprise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aafailover/aafailover/internal/handshake"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/neterror"
)

// Error says what was asked of which REST API, and why there is no answer.
type Error struct {
	Region  string
	Address string // host:port
	Asked   string // "ask for its databases", …
	// Status is that of HTTP, 0 where there was none.
	Status int
	// Code and Description are what the server said, in its words; "" where it said none. No other part of what it said is
	// kept.
	Code, Description string
	Err               error // where there was no status
}

// Error returns `us (us.example:9443): ask for its databases: 403 Forbidden`.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (%s): %s: %s", e.Region, e.Address, e.Asked, e.Reason())
}

// Reason is why, without the region, the address, and what was asked.
func (e *Error) Reason() string {
	var own *secretError
	switch {
	case errors.As(e.Err, &own):
		return own.Error()
	case e.Status == 0 && handshake.IsFailure(e.Err):
		return handshake.Text(e.Err)
	case e.Status == 0:
		return neterror.Text(e.Err)
	}
	why := strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
	switch {
	case e.Code != "" && e.Description != "":
		why += fmt.Sprintf(" (%s: %s)", e.Code, e.Description)
	case e.Code+e.Description != "":
		why += fmt.Sprintf(" (%s)", e.Code+e.Description)
	}
	return why
}

// secretError marks a password that could not be read, which has its own words and its own hint.
type secretError struct{ err error }

func (e *secretError) Error() string { return e.err.Error() }
func (e *secretError) Unwrap() error { return e.err }

// Unwrap returns the cause of the error, where it is not an answer.
func (e *Error) Unwrap() error { return e.Err }

// NotAllowed tells an answer that this user may not ask.
func NotAllowed(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

// Silent tells that there was no answer at all, so that another question would get none either.
func Silent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == 0 && !errors.Is(err, errNotJSON) && !errors.Is(err, errTooLong)
}

// fail makes the error for a question that was not answered; nil for nil.
func (c *Client) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	var outer *url.Error // of package net/http, with the URL
	if errors.As(err, &outer) {
		err = outer.Err
	}
	e := &Error{Region: c.region, Address: c.api.Address, Asked: what, Err: err}
	return hint.Wrap(e, c.hintFor(err))
}

// refusal makes the error for an answer that is none: of its body, only the two fields that say why.
func (c *Client) refusal(what string, reply *http.Response, password string) error {
	e := &Error{Region: c.region, Address: c.api.Address, Asked: what, Status: reply.StatusCode}
	if body, err := readBody(reply.Body, mostError); err == nil {
		e.Code, e.Description = whyRefused(body, c.learn(body, password))
	}
	return hint.Wrap(e, c.hintForStatus(e))
}

// whyRefused reads error_code and description, the second of which is missing or called message in places.
// https://redis.io/docs/latest/operate/rs/references/rest-api/requests/bdbs/availability
func whyRefused(body []byte, hidden discretion) (code, description string) {
	var said struct {
		Code        loose `json:"error_code"`
		Description loose `json:"description"`
		Message     loose `json:"message"`
	}
	if decode(body, &said) != nil {
		return "", ""
	}
	if code = said.Code.text; !isWord(code) || hidden.betrays(code) {
		code = ""
	}
	if description = said.Description.text; description == "" {
		description = said.Message.text
	}
	return code, strings.TrimRight(hidden.text(description), ".")
}

// isWord tells a code from anything else that could stand in its place.
func isWord(code string) bool {
	return len(code) <= 64 && !strings.ContainsFunc(code, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
}

func (c *Client) hintForStatus(e *Error) string {
	switch e.Status {
	case http.StatusUnauthorized:
		return fmt.Sprintf("check the user and the password of the REST API of region %s: they are those of the cluster manager, not those of the database", c.region)
	case http.StatusForbidden:
		return fmt.Sprintf("give user %s of the cluster manager a role that may look, db_viewer", c.api.User)
	case http.StatusNotFound:
		return "check the address: a REST API of Redis Enterprise answers below /v1 on port 9443"
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return "this node does not answer for its cluster: ask another one, or the name of the cluster"
	}
	if e.Status >= 300 && e.Status < 400 {
		return "give the address that it refers to"
	}
	return ""
}

func (c *Client) hintFor(err error) string {
	var (
		name *net.DNSError
		own  *secretError
	)
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &own):
		return ""
	case errors.Is(err, errElsewhere), errors.Is(err, errPlain):
		return fmt.Sprintf("the password goes to no other address than the configured one: give the name of the cluster, or the node that manages it, as the API of region %s", c.region)
	case errors.Is(err, errNotJSON), errors.Is(err, errTooLong):
		return "check the address: the REST API of Redis Enterprise listens on port 9443, its pages for people on 8443"
	case handshake.IsPlain(err):
		return "this port does not speak TLS: check the port of the API, which is 9443 unless it was changed"
	case handshake.IsFailure(err):
		return handshake.Hint(err, c.region)
	case errors.As(err, &name):
		return fmt.Sprintf("check the host name of the API of region %s, and the DNS of this machine", c.region)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "look at the log of the cluster manager"
	case neterror.IsTimeout(err):
		return "check the host and the port of the API, and the firewalls between here and it"
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return "nothing listens there: check the host and the port of the API, which is 9443 unless it was changed"
	}
	return ""
}
