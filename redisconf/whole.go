package redisconf

import (
	"fmt"
	"slices"
)

// lookAtWhole takes down what is wrong with lines that are right each by itself.
func (in *inspection) lookAtWhole() {
	c := in.config
	if of, ok := c.last("replicaof"); ok && c.yes("cluster-enabled") && lower(of.Value) != "no one" {
		in.mistakes = append(in.mistakes, Mistake{Line: of.Line, Name: of.Name, Kind: Contradiction, turn: afterReading,
			Text: "a node of a cluster is made a replica by CLUSTER REPLICATE, not by its settings", Fix: "leave it out, or cluster-enabled",
			Answer: in.how.answer(0, "", "replicaof directive not allowed in cluster mode")})
	}
	if file, ok := c.last("aclfile"); ok && !slices.Contains([]string{"", `""`}, file.Value) && len(c.Lines("user")) > 0 {
		in.mistakes = append(in.mistakes, Mistake{Line: file.Line, Name: file.Name, Kind: Contradiction, turn: afterSettings,
			Text: "users stand here and in a file of their own, which a server refuses", Fix: "move the users to that file, or leave aclfile out",
			Answer: "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or declare users directly in your redis.conf, but not both."})
	}
	if port, ok := c.last("port"); ok && !in.how.Sentinel && c.number("port") == 0 && c.number("tls-port") == 0 && c.text("unixsocket") == "" {
		in.mistakes = append(in.mistakes, Mistake{Line: port.Line, Name: port.Name, Kind: Contradiction, turn: afterSettings,
			Text: "nothing is left to listen at: port 0 needs tls-port or unixsocket", Fix: "port 6379, or one of these",
			Answer: "Configured to not listen anywhere, exiting."})
	}
	in.answerDeaf()
	in.lookAtRules()
	slices.SortStableFunc(in.mistakes, func(a, b Mistake) int { return a.Line - b.Line })
}

// answerDeaf says what a server answers that cannot listen at the addresses of the last bind, which is the one that counts.
func (in *inspection) answerDeaf() {
	c := in.config
	port, how := c.number("port"), "TCP"
	if _, set := c.last("port"); !set && in.how.Sentinel {
		port = defaultSentinelPort
	}
	if port == 0 {
		port, how = c.number("tls-port"), "TLS"
	}
	if bind, ok := c.last("bind"); !ok || bind.Line != in.deaf || port == 0 {
		return
	}
	for i, m := range in.mistakes {
		if m.Line == in.deaf && m.Answer == "" && m.Kind != Contradiction {
			in.mistakes[i].Answer, in.mistakes[i].turn = fmt.Sprintf("Failed listening on port %d (%s), aborting.", port, how), afterSettings
		}
	}
}

// defaultSentinelPort is where a Sentinel listens that is told no port.
const defaultSentinelPort = 26379

// last returns the line of a directive that counts, under whichever of its names.
func (c Config) last(name string) (Directive, bool) {
	for _, d := range slices.Backward(c.directives) {
		if Modern(d.Name) == name {
			return d, true
		}
	}
	return Directive{}, false
}

// text is the value that a server goes by of a directive of one word.
func (c Config) text(name string) string {
	if d, ok := c.last(name); ok {
		if args := d.Args(); len(args) > 0 {
			return args[0]
		}
	}
	value, _ := Default(name)
	return value
}

func (c Config) yes(name string) bool { return lower(c.text(name)) == "yes" }

func (c Config) number(name string) int64 {
	n, _ := plainInteger(c.text(name))
	return n
}
