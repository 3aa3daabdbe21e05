package process

import (
	"errors"
	"io"
	"os"
	"time"
)

// scribe writes to the log of a server what one life of it says. The server writes to a pipe: what limits its files, as a disk that is
// full, does not keep it from saying so.
type scribe struct {
	from *os.File
	done chan struct{} // closed when everything is written
}

// scribePatience is how long a scribe waits, once a life is over, for the end of what it says. It is there at once, unless a process that
// wraps the server has left one behind that holds the pipe.
const scribePatience = time.Second

// newScribe begins to write to a log, which it closes, what is written to to.
func newScribe(log *os.File) (s *scribe, to *os.File, err error) {
	from, to, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(err, log.Close())
	}
	s = &scribe{from, make(chan struct{})}
	go func() {
		defer close(s.done)
		defer log.Close()                //nolint:errcheck // what is not in it is lost
		_, _ = io.Copy(log, from)        // until the end, or until the log takes no more:
		_, _ = io.Copy(io.Discard, from) // a server must not wait for whoever reads what it says
	}()
	return s, to, nil
}

// finish returns when all that was said is written.
func (s *scribe) finish() {
	_ = s.from.SetReadDeadline(time.Now().Add(scribePatience))
	<-s.done
	_ = s.from.Close()
}
