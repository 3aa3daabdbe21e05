package lab

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// redisVersion is the version whose wording the lab follows.
const redisVersion = "7.0.15"

// product is what a front says that it is, and in which version: what executes the commands behind it.
func (l *Lab) product() (name, version string) {
	if e := l.config.Engine; e != nil {
		return strings.TrimSuffix(e.Binary.Name, "-server"), e.Binary.Version
	}
	return "redis", redisVersion
}

func ping(s *session, args [][]byte) {
	switch {
	case len(args) > 2:
		s.fail(wrongNumber("ping"))
	case s.subscribed() && !s.resp3:
		s.reply = resp.AppendArrayLen(s.reply, 2)
		s.reply = resp.AppendBulk(s.reply, "pong")
		if len(args) == 2 {
			s.reply = resp.AppendBulk(s.reply, args[1])
		} else {
			s.reply = resp.AppendBulk(s.reply, "")
		}
	case len(args) == 2:
		s.reply = resp.AppendBulk(s.reply, args[1])
	default:
		s.reply = resp.AppendSimple(s.reply, "PONG")
	}
}

func echo(s *session, args [][]byte) { s.reply = resp.AppendBulk(s.reply, args[1]) }

func succeed(s *session, _ [][]byte) { s.ok() }

func quit(s *session, _ [][]byte) {
	s.ok()
	s.ending = true
	s.flush()
}

func reset(s *session, _ [][]byte) {
	s.flush()
	s.unsubscribeAll()
	s.tx.reset()
	s.speak(false)
	s.setName("")
	s.authenticated = s.shard.open()
	s.reply = resp.AppendSimple(s.reply, "RESET")
}

func (s *session) speak(resp3 bool) {
	s.resp3 = resp3
	s.pushes.Store(resp3)
}

func (s *session) setName(name string) {
	s.mu.Lock()
	s.name = name
	s.mu.Unlock()
}

func hello(s *session, args [][]byte) {
	resp3, name, named := s.resp3, "", false
	if len(args) > 1 {
		version, err := strconv.Atoi(string(args[1]))
		if err != nil {
			s.fail("ERR Protocol version is not an integer or out of range")
			return
		}
		if version != 2 && version != 3 {
			s.fail("NOPROTO unsupported protocol version")
			return
		}
		resp3 = version == 3
	}
	for i := 2; i < len(args); {
		option := strings.ToLower(string(args[i]))
		switch {
		case option == "auth" && i+2 < len(args):
			if !s.shard.letIn(args[i+1], args[i+2]) {
				s.fail(errWrongPass)
				return
			}
			s.authenticated = true
			i += 3
		case option == "setname" && i+1 < len(args):
			if !validName(args[i+1]) {
				s.fail(errName)
				return
			}
			name, named = string(args[i+1]), true
			i += 2
		default:
			s.fail("ERR Syntax error in HELLO option '" + printable(args[i]) + "'")
			return
		}
	}
	if !s.authenticated {
		s.fail(errNoAuthHello)
		return
	}
	if named {
		s.setName(name)
	}
	s.speak(resp3)
	version := int64(2)
	if resp3 {
		version = 3
	}
	s.reply = resp.AppendMapLen(s.reply, 7, resp3)
	product, number := s.region.lab.product()
	s.pair("server", product)
	s.pair("version", number)
	s.reply = resp.AppendInt(resp.AppendBulk(s.reply, "proto"), version)
	s.reply = resp.AppendInt(resp.AppendBulk(s.reply, "id"), s.id)
	s.pair("mode", "cluster")
	s.pair("role", s.shard.answers().role("replica"))
	s.reply = resp.AppendArrayLen(resp.AppendBulk(s.reply, "modules"), 0)
}

// pair answers a key and a value of a map.
func (s *session) pair(key, value string) {
	s.reply = resp.AppendBulk(s.reply, key)
	s.reply = resp.AppendBulk(s.reply, value)
}

func selectDatabase(s *session, args [][]byte) {
	switch n, err := strconv.Atoi(string(args[1])); {
	case err != nil:
		s.fail("ERR value is not an integer or out of range")
	case n != 0:
		s.fail("ERR SELECT is not allowed in cluster mode")
	default:
		s.ok()
	}
}

const errName = "ERR Client names cannot contain spaces, newlines or special characters."

func validName(name []byte) bool {
	for _, b := range name {
		if b < '!' || b > '~' {
			return false
		}
	}
	return true
}

func client(s *session, args [][]byte) {
	sub := strings.ToLower(string(args[1]))
	takes := map[string]int{"id": 2, "getname": 2, "setname": 3, "setinfo": 4, "info": 2, "no-evict": 3, "no-touch": 3}
	if n, ok := takes[sub]; ok && len(args) != n {
		s.fail(wrongNumber("client|" + sub))
		return
	}
	switch sub {
	case "id":
		s.reply = resp.AppendInt(s.reply, s.id)
	case "getname":
		if s.name == "" {
			s.reply = resp.AppendNull(s.reply, s.resp3)
		} else {
			s.reply = resp.AppendBulk(s.reply, s.name)
		}
	case "setname":
		if !validName(args[2]) {
			s.fail(errName)
			return
		}
		s.setName(string(args[2]))
		s.ok()
	case "setinfo":
		s.setInfo(strings.ToLower(string(args[2])), args[3])
	case "info":
		s.reply = resp.AppendBulk(s.reply, s.describe())
	case "list":
		var b strings.Builder
		for _, other := range s.front.clients() {
			b.WriteString(other.describe())
		}
		s.reply = resp.AppendBulk(s.reply, b.String())
	case "no-evict", "no-touch":
		s.ok()
	case "tracking":
		if len(args) == 3 && strings.EqualFold(string(args[2]), "off") {
			s.ok()
			return
		}
		s.fail("ERR CLIENT TRACKING is not possible in the lab: its fronts tell nobody which keys have changed")
	default:
		s.fail(unknownSubcommand("client", args[1]))
	}
}

func (s *session) setInfo(field string, value []byte) {
	if !validName(value) {
		s.fail("ERR " + field + " cannot contain spaces, newlines or special characters.")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch field {
	case "lib-name":
		s.library = string(value)
	case "lib-ver":
		s.version = string(value)
	default:
		s.fail("ERR Unrecognized option '" + printable([]byte(field)) + "'")
		return
	}
	s.ok()
}

// describe returns the session's line of CLIENT LIST. Any session may ask for it.
func (s *session) describe() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	protocol := 2
	if s.pushes.Load() {
		protocol = 3
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s name=%s age=%d db=0 omem=%d user=default lib-name=%s lib-ver=%s resp=%d\n",
		s.id, s.conn.RemoteAddr(), s.conn.LocalAddr(), s.name, int(time.Since(s.began).Seconds()), s.out.waiting(),
		s.library, s.version, protocol)
}
