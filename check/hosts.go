package check

import (
	"net"
	"net/netip"
	"strings"
)

// host is that of the endpoint.
func (r Region) host() string { return hostOf(r.Address) }

// hostOf is the host of HOST:PORT, and of SERVICE@HOST:PORT.
func hostOf(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		address = address[i+1:]
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

// loopback tells whether a host is this machine, which no name service, cable or firewall leads to.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
