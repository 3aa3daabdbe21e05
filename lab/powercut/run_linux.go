package powercut

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Run is what [Command] does with its arguments. As the server it returns only when that cannot be started; the error
// says why.
func Run(args []string) error {
	wrong := errors.New(Command + " is for this program itself")
	if len(args) == 0 {
		return wrong
	}
	switch role, args := args[0], args[1:]; {
	case role == roleStart && len(args) > 3 && args[2] == "--":
		return start(args[0], args[1], args[3:])
	case role == roleDetach && len(args) == 3:
		return detach(args[0], args[1], args[2])
	case role == roleWatch && len(args) == 3:
		server, err := strconv.Atoi(args[2])
		if err != nil {
			return wrong
		}
		return watch(args[0], args[1], server)
	case role == roleTry && len(args) == 1:
		return try(args[0])
	default:
		return wrong
	}
}

// What the server of a try writes before its fsync, and after it.
const (
	tryDurable = "durable"
	tryLost    = " and lost"
)

// try is a server that ends at once.
func try(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.WriteString(tryDurable)
	if err = errors.Join(err, f.Sync()); err == nil {
		_, err = f.WriteString(tryLost)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write a file: %w", err)
	}
	return nil
}
