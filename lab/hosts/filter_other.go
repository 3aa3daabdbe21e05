//go:build !linux

package hosts

import (
	"errors"
	"net"
)

// errNoFilters is for what no caller asks for where canFilter says no.
var errNoFilters = errors.New("this kernel has no filters that choose a socket")

func canFilter(subnet) bool { return false }

func listenFiltered(string, uint32, int) ([]*net.TCPListener, error) { return nil, errNoFilters }

func setQueue(*net.TCPListener, int) error { return errNoFilters }
