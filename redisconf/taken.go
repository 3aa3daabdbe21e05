package redisconf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// lookAtTaken takes down what a server takes a line for that was not meant.
func (in *inspection) lookAtTaken(d *directiveRead) {
	in.remember(d)
	s := specs.Get()[d.name]
	switch {
	case withoutEffect(d.name):
		in.taken(d, Contradiction, "a server takes it and does nothing about it", "leave it out")
	case in.how.Sentinel && s != nil && !slices.Contains(ofSentinels, s.name) && !strings.HasPrefix(s.name, "tls-"):
		in.taken(d, Contradiction, "a Sentinel takes it and does nothing about it: it keeps no data", "put it in the file of the server")
	case d.name == "bind":
		in.lookAtAddresses(d)
	case s == nil:
	case s.kind == size || s.kind == sizeOrPercent:
		in.lookAtSize(d, d.args[0])
	case s.name == "client-output-buffer-limit":
		for i, arg := range splitOnce(d.args) {
			if i%4 == 1 || i%4 == 2 {
				in.lookAtSize(d, arg)
			}
		}
	case s.name == "hz":
		if n, _ := plainInteger(d.args[0]); n < 1 || n > 500 {
			in.taken(d, BadValue, fmt.Sprintf("%d is outside of 1 to 500, which a server keeps it within", n), "hz 10, which is the default")
		}
	}
	in.lookAtEarlier(d)
}

// lookAtAddresses takes down words that a server cannot listen at, which it finds out when it has read the whole file.
func (in *inspection) lookAtAddresses(d *directiveRead) {
	if comment := slices.IndexFunc(d.args, func(a string) bool { return strings.HasPrefix(a, "#") }); comment >= 0 {
		in.taken(d, CommentBehind, "a comment cannot stand behind a value: a server takes its words for addresses, and can listen at none of them", "put the comment on a line of its own")
		if cut, ok := d.withoutComment(); ok {
			*d = cut
		}
		in.deaf = in.number
		return
	}
	for _, a := range d.args {
		if !canBeAddress(a) {
			in.taken(d, BadValue, short(a)+" is neither an address nor a name: a server cannot listen at it", "addresses with blanks in between, without ports, such as bind 127.0.0.1 10.0.0.1")
			in.deaf = in.number
			return
		}
	}
}

// canBeAddress tells whether a word may be an address or a host name. A - before it has a server start where there is no such
// address.
func canBeAddress(word string) bool {
	word = strings.TrimPrefix(untilZero(word), "-")
	if _, err := netip.ParseAddr(word); err == nil || slices.Contains([]string{"", "*", "::*"}, word) {
		return true
	}
	return !strings.ContainsFunc(word, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
	})
}

// ofSentinels are the directives of servers that mean something to a Sentinel as well.
var ofSentinels = []string{
	"port", "bind", "bind-source-addr", "protected-mode", "daemonize", "pidfile", "logfile", "loglevel", "dir", "supervised", "syslog-enabled",
	"syslog-ident", "syslog-facility", "tcp-backlog", "tcp-keepalive", "timeout", "maxclients", "unixsocket", "unixsocketperm", "requirepass",
	"aclfile", "acllog-max-len", "acl-pubsub-default", "hz", "dynamic-hz", "set-proc-title", "proc-title-template", "always-show-logo",
	"crash-log-enabled", "crash-memcheck-enabled", "disable-thp", "ignore-warnings", "oom-score-adj", "oom-score-adj-values", "io-threads",
	"client-output-buffer-limit", "client-query-buffer-limit", "latency-tracking", "latency-tracking-info-percentiles", "server_cpulist",
	"bio_cpulist", "socket-mark-id", "shutdown-on-sigint", "shutdown-on-sigterm", "enable-debug-command", "enable-protected-configs", "enable-module-command",
}

func (in *inspection) taken(d *directiveRead, kind MistakeKind, text, fix string) {
	in.wrong(Mistake{Name: d.name, Kind: kind, Text: text, Fix: fix})
}

// lookAtSize takes down a size that is another one than it looks.
func (in *inspection) lookAtSize(d *directiveRead, value string) {
	exact, ok := Size(value)
	read, _ := bytesOf(value)
	digits, unit := sizeParts(value)
	switch {
	case strings.HasSuffix(value, "%"):
	case digits == "":
		in.taken(d, BadValue, fmt.Sprintf("%q has no number: a server takes it for 0", short(value)), "put the number before it")
	case !ok:
		in.taken(d, BadValue, fmt.Sprintf("%s does not fit 64 bits: a server takes it for %s bytes", short(value), words.Thousands(uint64(read))), "give what the machine has")
	case unit == "" && exact > 0 && exact < 4096 && slices.Contains(inMegabytes, Modern(d.name)):
		in.taken(d, BadValue, fmt.Sprintf("%s without a unit is so many bytes", value), fmt.Sprintf("%smb, if megabytes were meant", value))
	}
}

// inMegabytes are the sizes that nobody means to be less than a few kilobytes.
var inMegabytes = []string{"maxmemory", "repl-backlog-size", "auto-aof-rewrite-min-size", "client-output-buffer-limit", "active-defrag-ignore-bytes"}

// lookAtEarlier takes down that a line takes back what one above says.
func (in *inspection) lookAtEarlier(d *directiveRead) {
	name := Modern(d.name)
	if addsUp(name) || strings.Contains(name, ".") {
		return
	}
	earlier, ok := in.latest[name]
	in.latest[name] = Directive{Name: d.name, Value: d.value(), Line: in.number}
	if !ok || slices.Equal(earlier.Args(), d.args) {
		return
	}
	text := fmt.Sprintf("line %d says something else of %s: only the last line counts", earlier.Line, name)
	if !d.holdsSecret() {
		text = fmt.Sprintf("line %d says %s %s: only the last line counts", earlier.Line, earlier.Name, short(earlier.Value))
	}
	in.taken(d, Contradiction, text, "keep the one that is meant")
}
