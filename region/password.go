package region

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
)

// password reads the password. That does not count against the region's timeout: a
// command that prints it may ask another service.
func (d *door) password(ctx context.Context, address string) (string, error) {
	password, err := d.region.Password.Read(ctx)
	if err != nil {
		return "", d.fail(address, authenticating, &secretError{err})
	}
	return password, nil
}

// withoutPassword is an error of a handshake without what the peer has said where
// that repeats the password: a server may quote the command that it does not know,
// and what is no Redis server may repeat whatever it is sent, whole or in part.
func withoutPassword(err error, password string) error {
	var (
		foreign *resp.ProtocolError
		said    resp.ServerError
	)
	switch {
	case password == "":
	case errors.As(err, &foreign) && foreign.Looks == "":
		return &resp.ProtocolError{Detail: "what the peer answers may repeat the password, and is not shown"}
	case errors.As(err, &said) && strings.Contains(string(said), password) && !slices.Contains(authReplies, string(said)):
		return resp.ServerError(said.Code() + " the rest of the answer repeats the password, and is not shown")
	}
	return err
}

// authReplies are what Redis answers to AUTH. They are shown as they are: a password
// that happens to be a word of them would be told by its absence.
var authReplies = []string{
	"WRONGPASS invalid username-password pair or user is disabled.",
	"ERR invalid password",
	"ERR Client sent AUTH, but no password is set",
	"ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
	"NOAUTH Authentication required.",
}

// secretError marks a password that could not be read.
type secretError struct{ err error }

func (e *secretError) Error() string { return e.err.Error() }
func (e *secretError) Unwrap() error { return e.err }

func isSecret(err error) bool {
	var s *secretError
	return errors.As(err, &s)
}
