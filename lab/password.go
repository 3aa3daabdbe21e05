package lab

import "crypto/subtle"

// The errors of Redis about passwords. There is one user, default.
const (
	errNoPassword = "ERR AUTH <password> called without any password configured for the default user. " +
		"Are you sure your configuration is correct?"
	errWrongPass   = "WRONGPASS invalid username-password pair or user is disabled."
	errNoAuth      = "NOAUTH Authentication required."
	errNoAuthHello = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH " +
		"<user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
)

// open says whether the shard lets every client in without a password.
func (sh *shard) open() bool { return sh.region.password == "" && !sh.answers().secret }

// letIn says whether a user with that password may use the shard.
func (sh *shard) letIn(user, password []byte) bool {
	switch {
	case string(user) != defaultUser, sh.answers().secret:
		return false
	case sh.region.password == "":
		return true
	}
	return subtle.ConstantTimeCompare(password, []byte(sh.region.password)) == 1
}

// defaultUser is who clients are that name nobody.
const defaultUser = "default"

func auth(s *session, args [][]byte) {
	user, password := []byte(defaultUser), args[len(args)-1]
	switch {
	case len(args) > 3:
		s.fail("ERR syntax error")
		return
	case len(args) == 3:
		user = args[1]
	case s.shard.open():
		s.fail(errNoPassword)
		return
	}
	if !s.shard.letIn(user, password) {
		s.fail(errWrongPass)
		return
	}
	s.authenticated = true
	s.ok()
}
