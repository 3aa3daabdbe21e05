package recorder

import (
	"bytes"
	"net"
	"strconv"
)

// redirections are how the errors begin that name another address: those of Redis Cluster, and that of a Valkey which hands over.
var redirections = [...]string{"-MOVED ", "-ASK ", "-REDIRECT "}

// redirect lets an error go out, with the address of a front if it names one of the region.
func (c *conn) redirect(text, raw []byte) {
	changed, named, ok := c.redirected(text)
	switch {
	case changed != nil:
		c.recorder.rewritten.Add(1)
		c.outgoing.forget()
		c.outgoing.pass(changed)
		return
	case named && !ok:
		c.recorder.unreadable.Add(1)
	}
	c.outgoing.release()
	c.outgoing.pass(raw)
}

// redirected returns the line that takes the place of an error, with its line end; nil: it stays as it is. named says that it
// should name an address, and ok that it does.
func (c *conn) redirected(text []byte) (changed []byte, named, ok bool) {
	words := bytes.Split(text, []byte(" "))
	switch string(words[0]) {
	case "MOVED", "ASK": // slot, host:port
		if len(words) != 3 {
			return nil, true, false
		}
	case "REDIRECT":
		if len(words) != 2 {
			return nil, true, false
		}
	default:
		return nil, false, true
	}
	host, port, ok := splitLast(words[len(words)-1])
	if !ok {
		return nil, true, false
	}
	host, port, ok = c.front(host, port)
	if !ok {
		return nil, true, true
	}
	words[len(words)-1] = []byte(host + ":" + port)
	return append(append([]byte{'-'}, bytes.Join(words, []byte(" "))...), "\r\n"...), true, true
}

// splitLast splits host:port as Redis writes it, without brackets around an address of IPv6.
func splitLast(b []byte) (host, port string, ok bool) {
	i := bytes.LastIndexByte(b, ':')
	if i < 0 {
		return "", "", false
	}
	host, port = string(bytes.Trim(b[:i], "[]")), string(b[i+1:])
	return host, port, isPort(port)
}

// isPort tells whether a text is a port, or the 0 of a node that has none.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == text
}

// front returns where the service is to find a node of the region, by the host and port that the region names. ok is false
// where they are to stay as they are: of a node without a port, or where there is no front to be had, which is counted.
func (c *conn) front(host, port string) (frontHost, frontPort string, ok bool) {
	if port == "0" || c.region.Address == nil {
		return "", "", false
	}
	if host == "" || host == "?" { // the node does not know what others call it
		host = c.host
	}
	at, err := c.region.Address(net.JoinHostPort(host, port))
	if err == nil {
		frontHost, frontPort, err = net.SplitHostPort(at)
	}
	if err != nil {
		c.recorder.unreachable.Add(1)
		return "", "", false
	}
	return frontHost, frontPort, true
}
