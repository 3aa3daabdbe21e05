package evidence

import (
	"fmt"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aafailover/aafailover/internal/lazy"
)

// pseudonym is what stands for a host or a region. A host that is really called so says nothing, and stays.
var (
	pseudonym    = lazy.Regexp{Text: `^(?:host|region)-[1-9][0-9]*$`}
	anyPseudonym = lazy.Regexp{Text: `\b(?:host|region)-[1-9][0-9]*\b`}
)

// hosts are the host names and IP addresses that are hidden, each behind a pseudonym of its own.
type hosts struct {
	pseudonyms map[string]string // by the name in lower case, or the address in its one canonical form
	taken      map[string]bool   // what cannot be a pseudonym, since something is called so
	keep       map[string]bool   // words that look like names of hosts, or are, and stay
	lengths    []int             // of the names of several parts, in bytes, each once, the longest first
	last       int
}

func newHosts(keep []string) *hosts {
	h := &hosts{pseudonyms: map[string]string{}, taken: map[string]bool{}, keep: map[string]bool{}}
	for _, word := range slices.Concat(keep, publicNames) {
		h.keep[word] = true
	}
	return h
}

// publicNames are in the texts of this program: documents that it names, and settings of Linux.
var publicNames = []string{"redis.io", "github.com", "raw.githubusercontent.com", "net.core.somaxconn"}

// fileEndings tell names of files from those of hosts.
var fileEndings = []string{"conf", "json", "ndjson", "yaml", "yml", "md", "html", "txt", "csv", "xml", "log", "rdb", "aof", "pem", "crt", "key", "go", "zip", "gz", "tar", "edn", "sock"}

func isFile(name string) bool {
	return slices.Contains(fileEndings, strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]))
}

// canonical is a host as it is known by, and whether it is an address.
func canonical(host string) (string, bool) {
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ip.Unmap().String(), true
	}
	return strings.ToLower(strings.TrimSuffix(host, ".")), false
}

// of is the pseudonym of a host, a new one where it is met for the first time.
func (h *hosts) of(host string) string {
	name, _ := canonical(host)
	if known, ok := h.pseudonyms[name]; ok {
		return known
	}
	next := ""
	for next == "" || h.taken[next] {
		h.last++
		next = "host-" + strconv.Itoa(h.last)
	}
	h.pseudonyms[name] = next
	if strings.Contains(name, ".") && !slices.Contains(h.lengths, len(name)) {
		h.lengths = append(h.lengths, len(name))
		slices.SortFunc(h.lengths, func(a, b int) int { return b - a })
	}
	return next
}

func (h *hosts) knows(host string) bool {
	name, _ := canonical(host)
	_, ok := h.pseudonyms[name]
	return ok
}

// know takes a host that is one, whatever it looks like.
func (h *hosts) know(host string) {
	switch name, isIP := canonical(host); {
	case !isIP && !strings.ContainsFunc(name, unicode.IsLetter) || strings.ContainsAny(name, " /@"):
	case pseudonym.Get().MatchString(name):
		h.taken[name] = true
	default:
		h.of(host)
	}
}

// Where a host stands whose name looks like any word. What is in parentheses is how this program names a server.
var (
	hostInURL    = lazy.Regexp{Text: `://(?:[^\s/@"'<>]*@)?(\[[^\]\s]*\]|[\p{L}\p{N}_.-]+)`}
	hostNamed    = lazy.Regexp{Text: `\((?:[^\s()@]*@)?(\[[^\]\s()]*\]|[\p{L}\p{N}_.-]+):[0-9]{2,5}\)`}
	hostResolved = lazy.Regexp{Text: `\b(?:lookup ([\p{L}\p{N}_.-]*[\p{L}\p{N}_])\.?(?: on |:)|(?:dial|read|write) (?:tcp|udp)[46]? ([\p{L}\p{N}_.-]+):[0-9])`}
	// hostServing is one that stands before a port, as in "a replica of redis1:6379"; of fewer digits it may be any figure.
	hostServing = lazy.Regexp{Text: `(?:^|[\s("'=,;>@])(\p{L}[\p{L}\p{N}_-]*):[0-9]{4,5}(?:$|[^\p{L}\p{N}:.])`}
	// hostCertified are those that a certificate is for, and the one that it should be for.
	hostCertified = lazy.Regexp{Text: `certificate (?:of the server is|is valid) for ([^;"]+), not (?:for )?([\p{L}\p{N}_.-]*[\p{L}\p{N}_])`}
	hostAndPort   = lazy.Regexp{Text: `^(?:[^\s@]*@)?(\[[^\]\s]*\]|[\p{L}\p{N}_.-]+):([0-9]{1,5})$`}
)

// learn takes the hosts of a text, wherever it is told that they are hosts.
func (h *hosts) learn(text string) {
	for _, form := range []*lazy.Regexp{&hostInURL, &hostNamed, &hostResolved, &hostServing} {
		for _, found := range form.Get().FindAllStringSubmatch(text, -1) {
			if name := strings.Trim(strings.Join(found[1:], ""), "."); !isFile(name) && name != placeholder {
				h.know(name)
			}
		}
	}
	for _, found := range hostCertified.Get().FindAllStringSubmatch(text, -1) {
		for _, name := range append(strings.Split(found[1], ", "), found[2]) {
			h.know(strings.TrimPrefix(name, "*."))
		}
	}
}

// placeholder stands for a host in what this program says of URLs. Where a host is called so, it is known from elsewhere.
const placeholder = "HOST"

// hostFlags are those whose value is a host, or two of them, FROM=TO.
var hostFlags = []string{"--address-map", "--tls-server-name"}

// learnArgument takes the hosts of an argument of a command line, by the flag that it is given to; it may be given with it.
func (h *hosts) learnArgument(before, one string) {
	for _, flag := range hostFlags {
		value, given := strings.CutPrefix(one, flag+"=")
		if given || before == flag {
			for address := range strings.SplitSeq(value, "=") {
				h.know(hostOf(address))
			}
		}
	}
}

// learnField takes the host of a field of JSON, by the name of the field.
func (h *hosts) learnField(name, value string) {
	if !addressField.Get().MatchString(name) || value == "" {
		return
	}
	if found := hostAndPort.Get().FindStringSubmatch(value); found != nil {
		h.know(found[1])
	} else if hostField.Get().MatchString(name) {
		h.know(value)
	}
}

var (
	addressField = lazy.Regexp{Text: `(?i)address|host|endpoint|discovery|control|^lab$`}
	hostField    = lazy.Regexp{Text: `(?i)^host(?:name)?$`}
)

var (
	// ip6 is what may be an IPv6 address: that it is one, netip decides.
	ip6 = lazy.Regexp{Text: `[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.:]*(?:%[0-9A-Za-z_.-]*[0-9A-Za-z_])?`}
	// ip4 is what may be an IPv4 address within a word.
	ip4 = lazy.Regexp{Text: `[0-9]{1,3}(?:\.[0-9]{1,3}){3}`}
	// word is what may be the name of a host.
	word = lazy.Regexp{Text: `[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?`}
	// dotted is a name of several parts, of which the last begins with a letter.
	dotted = lazy.Regexp{Text: `^(?:[\p{L}\p{N}_][\p{L}\p{N}_-]*\.)+\p{L}[\p{L}\p{N}-]+$`}
)

// hide puts pseudonyms in the place of all hosts of a text.
func (h *hosts) hide(text string) string {
	text = ip6.Get().ReplaceAllStringFunc(text, func(found string) string {
		for end := len(found); end > 2; end-- { // colons and dots behind it are those of the sentence
			if _, isIP := canonical(found[:end]); isIP {
				return h.of(found[:end]) + found[end:]
			}
			if c := found[end-1]; c != ':' && c != '.' {
				break
			}
		}
		return found
	})
	var out strings.Builder
	at := 0
	for _, found := range word.Get().FindAllStringIndex(text, -1) {
		out.WriteString(text[at:found[0]])
		out.WriteString(h.hideWord(text[:found[0]], text[found[0]:found[1]], text[found[1]:]))
		at = found[1]
	}
	return out.String() + text[at:]
}

// hideWord is a word, or what stands for it; before and after are the text around it.
func (h *hosts) hideWord(before, one, after string) string {
	name, isIP := canonical(one)
	switch {
	case pseudonym.Get().MatchString(one):
		return one
	case isIP:
		return h.of(one)
	case h.keep[one]:
		// A host that is called as a region is, or as something else that stays, is told by where it stands.
		if h.knows(one) && (port.Get().MatchString(after) && !strings.HasSuffix(before, "}:") || strings.HasSuffix(before, "://") || strings.HasSuffix(before, "@") || strings.HasSuffix(before, "lookup ")) {
			return h.of(one)
		}
		return one
	case strings.HasPrefix(after, "://"):
		return one // a scheme
	case h.knows(one):
		return h.of(one)
	case dotted.Get().MatchString(one) && !strings.HasPrefix(name, "aafailover.") && !isFile(name):
		return h.of(one)
	}
	return h.hideWithin(ip4.Get().ReplaceAllStringFunc(one, func(found string) string {
		if _, isIP := canonical(found); isIP {
			return h.of(found)
		}
		return found
	}))
}

// hideWithin is a word without the known hosts that are parts of it, as in redis.us.example.pem: those of several parts, and what a
// file is called without its ending. Others are parts of too many words.
func (h *hosts) hideWithin(one string) string {
	if stem := strings.TrimSuffix(one, path.Ext(one)); isFile(one) && h.knows(stem) && !h.keep[stem] {
		return h.of(stem) + path.Ext(one)
	}
	if !strings.Contains(one, ".") {
		return one
	}
	var out strings.Builder
	for at := 0; at < len(one); {
		if n := h.longestAt(one, at); n > 0 {
			out.WriteString(h.of(one[at : at+n]))
			at += n
			continue
		}
		_, n := utf8.DecodeRuneInString(one[at:])
		out.WriteString(one[at : at+n])
		at += n
	}
	return out.String()
}

// longestAt is how many bytes the longest known host of several parts has that begins here within a word; 0: none does.
func (h *hosts) longestAt(one string, at int) int {
	if before, _ := utf8.DecodeLastRuneInString(one[:at]); isWord(before) {
		return 0
	}
	for _, n := range h.lengths {
		if n > len(one)-at {
			continue
		}
		if after, _ := utf8.DecodeRuneInString(one[at+n:]); isWord(after) {
			continue
		}
		if _, known := h.pseudonyms[strings.ToLower(one[at:at+n])]; known {
			return n
		}
	}
	return 0
}

var port = lazy.Regexp{Text: `^:[0-9]{1,5}(?:[^\p{L}\p{N}]|$)`}

// left is an error where a text still holds a known host of several parts, or an address.
func (h *hosts) left(text string) error {
	lower := strings.ToLower(text)
	for name, instead := range h.pseudonyms {
		if strings.ContainsAny(name, ".:") && !h.keep[name] && wordIndex(lower, name) >= 0 && !insideKept(lower, name, h.keep) {
			return fmt.Errorf("%w: that of %s", ErrHost, instead)
		}
	}
	return nil
}

// insideKept tells whether a host is a part of a word that stays: then it says nothing that the word does not.
func insideKept(text, name string, keep map[string]bool) bool {
	for kept := range keep {
		if strings.Contains(strings.ToLower(kept), name) {
			text = strings.ReplaceAll(text, strings.ToLower(kept), " ")
		}
	}
	return wordIndex(text, name) < 0
}

// hostOf is the host of host:port, or of SERVICE@host:port; what is neither is returned as it is.
func hostOf(address string) string {
	address = address[strings.LastIndexByte(address, '@')+1:]
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
