package redisconf

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/internal/words"
)

// sentinelSpec is a directive that begins with "sentinel", as sentinel.c of Redis 7.0 reads it.
type sentinelSpec struct {
	turn turn
	// least and most are how many words follow its name. Those about a primary that is monitored have its name first.
	least, most int
	// judge returns what a Sentinel answers to the words; "" where it takes them. Nil: it takes any.
	judge func(in *inspection, args []string) string
	usage string
}

var sentinelSpecs = lazy.Value[map[string]sentinelSpec]{Make: func() map[string]sentinelSpec {
	return map[string]sentinelSpec{
		"monitor":                         {monitors, 4, 4, (*inspection).judgeMonitor, "sentinel monitor NAME ADDRESS PORT QUORUM"},
		"down-after-milliseconds":         {afterMonitors, 2, 2, positive, "sentinel down-after-milliseconds NAME MILLISECONDS"},
		"failover-timeout":                {afterMonitors, 2, 2, positive, "sentinel failover-timeout NAME MILLISECONDS"},
		"parallel-syncs":                  {afterMonitors, 2, 2, nil, "sentinel parallel-syncs NAME REPLICAS"},
		"notification-script":             {afterMonitors, 2, 2, nil, "sentinel notification-script NAME PATH"},
		"client-reconfig-script":          {afterMonitors, 2, 2, nil, "sentinel client-reconfig-script NAME PATH"},
		"auth-pass":                       {afterMonitors, 2, 2, nil, "sentinel auth-pass NAME PASSWORD"},
		"auth-user":                       {afterMonitors, 2, 2, nil, "sentinel auth-user NAME USER"},
		"config-epoch":                    {afterMonitors, 2, 2, nil, "sentinel config-epoch NAME EPOCH"},
		"leader-epoch":                    {afterMonitors, 2, 2, nil, "sentinel leader-epoch NAME EPOCH"},
		"known-replica":                   {afterMonitors, 3, 3, (*inspection).judgeReplica, "sentinel known-replica NAME ADDRESS PORT"},
		"known-slave":                     {afterMonitors, 3, 3, (*inspection).judgeReplica, "sentinel known-replica NAME ADDRESS PORT"},
		"known-sentinel":                  {afterMonitors, 3, 4, (*inspection).judgePeer, "sentinel known-sentinel NAME ADDRESS PORT ID"},
		"rename-command":                  {afterMonitors, 3, 3, (*inspection).judgeRenamed, "sentinel rename-command NAME COMMAND ITS-NAME"},
		"master-reboot-down-after-period": {afterMonitors, 2, 2, notNegative, "sentinel master-reboot-down-after-period NAME MILLISECONDS"},
		"announce-ip":                     {beforeMonitors, 1, 1, nil, "sentinel announce-ip ADDRESS"},
		"announce-port":                   {beforeMonitors, 1, 1, nil, "sentinel announce-port PORT"},
		"deny-scripts-reconfig":           {beforeMonitors, 1, 1, yesOrNo("deny-scripts-reconfig options"), "sentinel deny-scripts-reconfig yes|no"},
		"sentinel-user":                   {beforeMonitors, 1, 1, nil, "sentinel sentinel-user USER"},
		"sentinel-pass":                   {beforeMonitors, 1, 1, nil, "sentinel sentinel-pass PASSWORD"},
		"current-epoch":                   {beforeMonitors, 1, 1, nil, "sentinel current-epoch EPOCH"},
		"myid":                            {beforeMonitors, 1, 1, judgeID, "sentinel myid ID"},
		"resolve-hostnames":               {beforeMonitors, 1, 1, (*inspection).judgeResolve, "sentinel resolve-hostnames yes|no"},
		"announce-hostnames":              {beforeMonitors, 1, 1, yesOrNo("announce-hostnames option"), "sentinel announce-hostnames yes|no"},
	}
}}

func sentinelNames() []string { return slices.Sorted(maps.Keys(sentinelSpecs.Get())) }

const answerSentinelUnknown = "Unrecognized sentinel configuration statement."

// queued is a line that a Sentinel looks at once it has read the whole file.
type queued struct {
	number int
	line   string
	d      directiveRead
}

// judgeSentinel looks at a line that begins with "sentinel", as far as that is done at once.
func (in *inspection) judgeSentinel(d *directiveRead) bool {
	if len(d.args) == 0 {
		return false
	}
	if !in.how.Sentinel {
		in.wrong(Mistake{Name: d.name, Kind: UnknownName, Text: "it belongs into the file of a Sentinel; a server that finds it does not start",
			Fix: "move it to sentinel.conf, which redis-sentinel is started with", Answer: "sentinel directive while not in sentinel mode"})
		return false
	}
	in.queue = append(in.queue, queued{in.number, in.line, *d})
	return true
}

// judgeQueue looks at the lines of a Sentinel in the order in which it does.
func (in *inspection) judgeQueue() {
	slices.SortStableFunc(in.queue, func(a, b queued) int { return cmp.Compare(a.d.sentinelTurn(), b.d.sentinelTurn()) })
	for _, q := range in.queue {
		in.number, in.line = q.number, q.line
		refused, text, fix := in.judgeStatement(q.d)
		if refused == "" && text == "" {
			continue
		}
		kind := BadValue
		if refused == answerSentinelUnknown && !slices.Contains(sentinelNames(), lower(q.d.args[0])) {
			kind = UnknownName
		}
		in.wrong(Mistake{Name: "sentinel " + short(lower(q.d.args[0])), Kind: kind, Text: text, Fix: fix, Answer: refused, turn: q.d.sentinelTurn()})
		if refused != "" {
			in.config.directives = slices.DeleteFunc(in.config.directives, func(d Directive) bool { return d.Line == q.number })
		}
		if len(in.mistakes) > mostMistakes {
			return
		}
	}
}

func (d directiveRead) sentinelTurn() turn {
	if s, ok := sentinelSpecs.Get()[lower(d.args[0])]; ok {
		return s.turn
	}
	return afterMonitors
}

// judgeStatement returns what a Sentinel answers to a line, "" where it takes it, what is wrong with it, and what to do.
func (in *inspection) judgeStatement(d directiveRead) (refused, text, fix string) {
	name, args := lower(d.args[0]), d.args[1:]
	s, known := sentinelSpecs.Get()[name]
	if !known {
		fix := ""
		if near, ok := words.Nearest(name, sentinelNames()); ok {
			fix = "did you mean " + sentinelSpecs.Get()[near].usage + "?"
		}
		return answerSentinelUnknown, "a Sentinel has no such directive", fix
	}
	if len(args) < s.least || len(args) > s.most {
		text := fmt.Sprintf("it takes %s, and here %s", words.Count(s.least, "word"), are(len(args)))
		if comment := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "#") }); comment >= s.least {
			text = "a comment cannot stand behind a value: put it on a line of its own"
		}
		return answerSentinelUnknown, text, s.usage
	}
	if name == "known-sentinel" && len(args) == s.least { // an old form without an ID, which is left out
		return "", "", ""
	}
	if s.turn == afterMonitors && in.monitored[args[0]] == nil {
		return "No such master with specified name.", fmt.Sprintf("nothing is monitored by the name of %s", short(args[0])),
			"put sentinel monitor " + short(Quote(args[0])) + " ADDRESS PORT QUORUM into the file, or mend the name: it counts upper and lower case"
	}
	if s.judge != nil {
		if refused = s.judge(in, args); refused != "" {
			return refused, inWords(refused), s.usage
		}
	}
	text, fix = in.lookAtNumber(name, args)
	return "", text, fix
}

func are(n int) string {
	if n == 1 {
		return "is 1"
	}
	return fmt.Sprintf("are %d", n)
}

// lookAtNumber says what a Sentinel, which reads a number up to what is none, takes a value for.
func (in *inspection) lookAtNumber(name string, args []string) (text, fix string) {
	numbers := map[string][]int{"monitor": {2, 3}, "down-after-milliseconds": {1}, "failover-timeout": {1}, "parallel-syncs": {1},
		"announce-port": {0}, "master-reboot-down-after-period": {1}}
	for _, i := range numbers[name] {
		if n, rest, _ := leadingInteger(args[i], 10); rest != "" {
			return fmt.Sprintf("a Sentinel takes %s for %d", short(args[i]), n), "give a whole number, without a unit"
		}
	}
	if name != "down-after-milliseconds" && name != "failover-timeout" {
		return "", ""
	}
	const least = 100 // milliseconds; a server that forks may take longer
	if n := atoi(args[1]); n < least {
		return fmt.Sprintf("%d ms is less than a healthy server may take to answer: milliseconds are meant, not seconds", n),
			fmt.Sprintf("sentinel %s %s %d", name, short(Quote(args[0])), n*1000)
	}
	return "", ""
}

// atoi is that of C: what does not fit an int loses its upper half.
func atoi(value string) int64 {
	n, _, _ := leadingInteger(value, 10)
	return asInt(n)
}

// monitored is what a Sentinel knows of a primary while it reads its file.
type monitored struct {
	replicas map[netip.AddrPort]bool
	peers    map[string]bool // by their IDs
	renamed  map[string]bool
}

const (
	answerPort    = "Invalid port number."
	answerResolve = "Can't resolve instance hostname."
)

func (in *inspection) judgeMonitor(args []string) string {
	if atoi(args[3]) <= 0 {
		return "Quorum must be 1 or greater."
	}
	if refused := in.judgeAddress(args[1], args[2]); refused != "" {
		return refused
	}
	if in.monitored[args[0]] != nil {
		return "Duplicate master name."
	}
	in.monitored[args[0]] = &monitored{map[netip.AddrPort]bool{}, map[string]bool{}, map[string]bool{}}
	return ""
}

// judgeAddress is the answer to where an instance is. Names are for those that resolve them, and which there are only they know.
func (in *inspection) judgeAddress(host, port string) string {
	if n := atoi(port); n < 0 || n > 65535 {
		return answerPort
	}
	if _, err := netip.ParseAddr(untilZero(host)); err != nil && !in.resolves {
		return answerResolve
	}
	return ""
}

func (in *inspection) judgeResolve(args []string) string {
	refused := yesOrNo("resolve-hostnames option")(in, args)
	if refused == "" {
		in.resolves = lower(args[0]) == "yes"
	}
	return refused
}

func (in *inspection) judgeReplica(args []string) string {
	if refused := in.judgeAddress(args[1], args[2]); refused != "" {
		return refused
	}
	if ip, err := netip.ParseAddr(args[1]); err == nil {
		at := netip.AddrPortFrom(ip, uint16(atoi(args[2])))
		if in.monitored[args[0]].replicas[at] {
			return "Duplicate hostname and port for replica."
		}
		in.monitored[args[0]].replicas[at] = true
	}
	return ""
}

func (in *inspection) judgePeer(args []string) string {
	if refused := in.judgeAddress(args[1], args[2]); refused != "" {
		return refused
	}
	if in.monitored[args[0]].peers[args[3]] {
		return "Duplicate runid for sentinel."
	}
	in.monitored[args[0]].peers[args[3]] = true
	return ""
}

func (in *inspection) judgeRenamed(args []string) string {
	name := lower(args[1])
	if in.monitored[args[0]].renamed[name] {
		return "Same command renamed multiple times with rename-command."
	}
	in.monitored[args[0]].renamed[name] = true
	return ""
}

func positive(_ *inspection, args []string) string {
	if atoi(args[1]) <= 0 {
		return "negative or zero time parameter."
	}
	return ""
}

func notNegative(_ *inspection, args []string) string {
	if atoi(args[1]) < 0 {
		return "negative time parameter."
	}
	return ""
}

func judgeID(_ *inspection, args []string) string {
	const long = 40
	if len(untilZero(args[0])) != long {
		return "Malformed Sentinel id in myid option."
	}
	return ""
}

func yesOrNo(what string) func(*inspection, []string) string {
	return func(_ *inspection, args []string) string {
		if v := lower(untilZero(args[0])); v != "yes" && v != "no" {
			return "Please specify yes or no for the " + what + "."
		}
		return ""
	}
}
