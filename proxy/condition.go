package proxy

import (
	"syscall"
	"time"
)

// Condition is what the way to an address is like: Pass, Refuse, Hang, Reset or Slow.
type Condition interface {
	// String names the condition, with its settings.
	String() string
	terms() terms
}

// terms is what a condition means to listeners and connections. The zero value is a way that is free.
type terms struct {
	deaf  bool          // there is no listener: the kernel refuses new connections
	end   ending        // what becomes of connections: of those that there are, and of each one that is accepted
	still bool          // no byte goes out, either way
	delay time.Duration // of every byte, each way
	rate  int           // bytes a second, each way; 0: as fast as they go
}

// ending is how connections end.
type ending int

const (
	goOn    ending = iota // they do not
	hangUp                // closed, as the kernel does for a process that died
	cutDown               // reset
)

// err is what somebody is told whose connection ends so; nil: nothing but that it is over.
func (e ending) err() error {
	if e == cutDown {
		return syscall.ECONNRESET
	}
	return nil
}
