package check

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// sentinelRules are about the sentinels that watch over a primary.
func sentinelRules() []Rule {
	return []Rule{
		{
			ID: "sentinel-count", Title: "an odd number of sentinels watches, three or more", Group: Durability, Severity: Failure, Source: sourceSentinel,
			Why:   "a failover needs the majority of all sentinels: of one or two none may be lost, and of four no more than of three",
			Fix:   "run three or five sentinels, on machines that fail by themselves",
			Judge: running(ofSentinels(sentinelCount)),
		},
		{
			ID: "sentinel-quorum", Title: "more than one sentinel has to find a primary down, and not more than the majority", Group: Durability, Severity: Failure, Source: sourceSentinel,
			Why:   "with a quorum of one, the sentinel that is cut off from the primary begins a failover; with one that cannot be reached none ever begins",
			Fix:   "SENTINEL SET NAME quorum N at each sentinel, N more than half of them",
			Judge: ofSentinels(sentinelQuorum),
		},
		{
			ID: "sentinels-up", Title: "all sentinels are up", Group: Durability, Severity: Failure, Source: sourceSentinel,
			Why:   "those that are down count for the majority all the same: with too few left there is no failover",
			Fix:   "start those again that are down; those that are gone for good are forgotten by SENTINEL RESET NAME, one sentinel after the other",
			Judge: running(ofSentinels(sentinelsUp)),
		},
		{
			ID: "sentinels-agree", Title: "sentinels name the same primary and have the same settings", Group: Durability, Severity: Failure, Source: sourceSentinel,
			Why:   "applications that ask different sentinels write to different primaries; SENTINEL SET changes one sentinel alone",
			Fix:   "give all sentinels the same settings; one that names another primary does not hear of the others",
			Judge: running(ofSentinels(sentinelsAgreeOn)),
		},
		{
			ID: "sentinels-apart", Title: "no machine takes the majority of sentinels with it", Group: Durability, Severity: Failure, Source: sourceSentinel,
			Why:   "the machine that fails is as likely the one with two sentinels: the last one alone promotes nobody",
			Fix:   "run each sentinel on a machine of its own, best in a zone of its own",
			Judge: running(ofSentinels(sentinelsApart)),
		},
		{
			ID: "sentinel-down-after", Title: "sentinels wait as long as the RTO allows, and no shorter than a server may hesitate", Group: Durability, Severity: Failure, Source: sourceSentinel,
			Why:   "too long, and the outage is; too short, and a slow fork or a busy machine is a failover, which loses writes, and a second one follows it",
			Fix:   "SENTINEL SET NAME down-after-milliseconds 5000 at each sentinel",
			Judge: ofSentinels(sentinelDownAfter),
		},
		{
			ID: "sentinel-failover-timeout", Title: "a failover that does not succeed is tried again in time", Group: Durability, Severity: Warning, Source: sourceSentinel,
			Why:   "where the chosen replica is down as well, sentinels try again after twice failover-timeout: 6 minutes by default",
			Fix:   "SENTINEL SET NAME failover-timeout 60000 at each sentinel",
			Judge: ofSentinels(sentinelFailoverTimeout),
		},
		{
			ID: "sentinel-parallel-syncs", Title: "not all replicas are sent after a new primary at once", Group: Durability, Severity: Warning, Source: sourceSentinel,
			Why:   "replicas that all copy the data of the new primary at once serve no reads meanwhile, and it is busy with all of them",
			Fix:   "SENTINEL SET NAME parallel-syncs 1 at each sentinel",
			Judge: ofSentinels(sentinelParallelSyncs),
		},
	}
}

// ofSentinels makes a Judge of what is said of the sentinels of a region that could be asked: at least one.
func ofSentinels(judge func(t Target, r Region, asked []Sentinel) []Finding) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		var found []Finding
		for _, r := range f.Regions {
			asked := slices.DeleteFunc(slices.Clone(r.Sentinels), func(s Sentinel) bool { return s.Failed != "" })
			switch {
			case r.managed():
				found = append(found, nothing("the discovery service of Redis Enterprise answers like a sentinel, and is none that elects"))
			case len(r.Sentinels) == 0 && (r.Unreachable == "" || len(r.Discovery) == 0):
				found = append(found, nothing("no sentinel is given"))
			case len(asked) == 0:
				found = append(found, untold(r.subject(), "no sentinel tells%s", r.sentinelFailure()))
			default:
				found = append(found, judge(t, r, asked)...)
			}
		}
		return applicable(found)
	}
}

// sentinelFailure is ": WHY" of the first sentinel that could not be asked, or does not know the primary; "" where none is known.
func (r Region) sentinelFailure() string {
	if len(r.Sentinels) == 0 {
		return ""
	}
	return ": " + r.Sentinels[0].Address + ": " + r.Sentinels[0].Failed
}

// service is the name that the sentinels have for the primary, for commands.
func (r Region) service() string { return cmp.Or(r.Service, "NAME") }

// setSentinels is what to type to change a setting of all sentinels.
func (r Region) setSentinels(name string, value int64) string {
	return fmt.Sprintf("SENTINEL SET %s %s %d, at each sentinel", r.service(), name, value)
}

// knownSentinels is how many there are: as many as answered, or as the one knows that knows most. One that gave no answer
// counts where others know it: by itself it may be one of theirs under another of its addresses.
func (r Region) knownSentinels() int {
	answered, known := 0, 0
	for _, s := range r.Sentinels {
		if s.Failed == "" {
			answered++
		}
		known = max(known, s.Known)
	}
	return max(answered, known)
}

func majorityOf(n int) int { return n/2 + 1 }

func (s Sentinel) subject(r Region) string { return r.ofSentinel(s.Address) }

// ofSentinel is a sentinel, or several, in a finding: of files their names.
func (r Region) ofSentinel(addresses string) string {
	if r.Name == "" {
		return addresses
	}
	return r.of("sentinel " + addresses)
}

func sentinelCount(_ Target, r Region, _ []Sentinel) []Finding {
	n := r.knownSentinels()
	switch {
	case n < 3:
		return []Finding{broken(r.subject(), "", "%s: when one is lost, no majority is left that could promote a replica", thereAre(n))}
	case n%2 == 0:
		return []Finding{warned(r.subject(), "", "%s: %d may be lost, as of %d", thereAre(n), n-majorityOf(n), n-1)}
	}
	return []Finding{pass(r.subject(), "%s: %d may be lost", thereAre(n), n-majorityOf(n))}
}

func thereAre(sentinels int) string {
	if sentinels == 1 {
		return "there is 1 sentinel"
	}
	return "there are " + words.Count(sentinels, "sentinel")
}

func sentinelQuorum(_ Target, r Region, asked []Sentinel) []Finding {
	var found []Finding
	fromFile := asked[0].Known == 0
	for _, s := range asked {
		n := max(r.knownSentinels(), 1)
		fix := r.setSentinels("quorum", int64(majorityOf(n)))
		switch {
		case s.Quorum <= 0:
			found = append(found, untold(s.subject(r), "it does not tell the quorum"))
		case fromFile && s.Quorum == 1:
			found = append(found, warned(s.subject(r), r.setSentinels("quorum", 2), "the quorum is 1: one sentinel that is cut off from the primary begins a failover"))
		case fromFile:
			found = append(found, pass(s.subject(r), "the quorum is %d, the majority of %d sentinels, which a file does not tell", s.Quorum, 2*s.Quorum-1))
		case s.Quorum > n:
			found = append(found, broken(s.subject(r), fix, "the quorum is %d, and %s: no failover ever begins", s.Quorum, thereAre(n)))
		case s.Quorum == 1 && n > 1:
			found = append(found, warned(s.subject(r), fix, "the quorum is 1 of %d sentinels: one that is cut off from the primary begins a failover", n))
		case s.Quorum > majorityOf(n):
			found = append(found, warned(s.subject(r), fix, "the quorum is %d of %d sentinels: %d may be lost, and with the majority of %d it were %d", s.Quorum, n, n-s.Quorum, majorityOf(n), n-majorityOf(n)))
		default:
			found = append(found, pass(s.subject(r), "the quorum is %d of %s; the majority of %d elects", s.Quorum, words.Count(n, "sentinel"), majorityOf(n)))
		}
	}
	return found
}

func sentinelsUp(_ Target, r Region, asked []Sentinel) []Finding {
	var found []Finding
	n, down := r.knownSentinels(), 0
	for _, s := range asked {
		down = max(down, s.Down)
	}
	for _, s := range r.Sentinels {
		if s.Failed != "" {
			found = append(found, untold(s.subject(r), "it could not be asked from here: %s", s.Failed))
		}
	}
	switch up := n - down; {
	case down > 0 && up < majorityOf(n):
		return append(found, broken(r.subject(), "", "%s, as the others say: there is no majority, and so no failover", sentinelsDown(down, n)))
	case down > 0:
		return append(found, warned(r.subject(), "", "%s, as the others say: %s", sentinelsDown(down, n), spare(up-majorityOf(n))))
	}
	return append(found, pass(r.subject(), "none of %s is down, as they say", words.Count(n, "sentinel")))
}

func sentinelsDown(down, of int) string {
	if down == 1 {
		return "1 of " + words.Count(of, "sentinel") + " is down"
	}
	return fmt.Sprintf("%d of %s are down", down, words.Count(of, "sentinel"))
}

// spare is how many may be lost besides those that are down.
func spare(n int) string {
	if n == 0 {
		return "no other may be lost"
	}
	return fmt.Sprintf("%d more may be lost", n)
}

func sentinelsAgreeOn(_ Target, r Region, asked []Sentinel) []Finding {
	if len(asked) == 1 {
		return []Finding{nothing("one sentinel was asked, and there is nothing to compare it with")}
	}
	primaries, settings, known := tally{}, tally{}, tally{}
	for _, s := range asked {
		primaries.count(s.Primary, s.Address)
		settings.count(fmt.Sprintf("quorum %d, down-after-milliseconds %d, failover-timeout %d, parallel-syncs %d",
			s.Quorum, s.DownAfter.Milliseconds(), s.FailoverTimeout.Milliseconds(), s.ParallelSyncs), s.Address)
		known.count(words.Count(s.Known, "sentinel"), s.Address)
	}
	switch {
	case len(primaries) > 1:
		return []Finding{broken(r.subject(), "", "they name several primaries: %s", primaries)}
	case len(settings) > 1:
		return []Finding{warned(r.subject(), "", "their settings differ: %s", settings)}
	case len(known) > 1:
		return []Finding{warned(r.subject(), "SENTINEL RESET "+r.service()+" at those that know too many, one after the other",
			"they do not know the same sentinels, and so not what the majority is: %s", known)}
	}
	return []Finding{pass(r.subject(), "%d sentinels name %s, with the same settings", len(asked), asked[0].Primary)}
}

func sentinelsApart(_ Target, r Region, _ []Sentinel) []Finding {
	n, where := len(r.Sentinels), tally{}
	for _, s := range r.Sentinels {
		host := hostOf(s.Address)
		if loopback(host) {
			return []Finding{nothing("they run on this machine")}
		}
		where.count(host, s.Address)
	}
	var most []string
	host := ""
	for h, here := range where {
		if len(here) > len(most) || len(here) == len(most) && h < host {
			most, host = here, h
		}
	}
	switch {
	case n < 2:
		return []Finding{nothing("the addresses of other sentinels are not known")}
	case n-len(most) < majorityOf(n):
		return []Finding{broken(r.subject(), "", "%d of %s run on %s: without it there is no majority", len(most), words.Count(n, "sentinel"), host)}
	case len(most) > 1:
		return []Finding{warned(r.subject(), "", "%d of %s run on %s", len(most), words.Count(n, "sentinel"), host)}
	}
	return []Finding{pass(r.subject(), "%s run on as many hosts", words.Count(n, "sentinel"))}
}

// shortestDownAfter is the least that sentinels may wait. They look at servers once a second: with a second, one failover in
// ten was followed by a second one in drills (docs/topologies.md).
const shortestDownAfter = time.Second

func sentinelDownAfter(t Target, r Region, asked []Sentinel) []Finding {
	return eachSentinel(r, asked, func(s Sentinel) Finding {
		switch after := s.DownAfter; {
		case after <= 0:
			return untold("", "it does not tell down-after-milliseconds")
		case after <= shortestDownAfter:
			return warned("", r.setSentinels("down-after-milliseconds", 5000), "down-after-milliseconds is %s: servers that hesitate as long are replaced, and new primaries before sentinels have connected to them", words.Rough(after))
		case t.RTO != nil && after >= *t.RTO:
			return broken("", bySentinels(r, after).fix(*t.RTO), "down-after-milliseconds is %s: the RTO of %s is over before a failover begins", words.Rough(after), words.Rough(*t.RTO))
		default:
			return pass("", "down-after-milliseconds is %s: so long a primary is silent before a failover begins", words.Rough(after))
		}
	})
}

// mostAgain is how many times the RTO a second attempt may come after the first, which is rarely needed.
const mostAgain = 12

// shortestFailover is the least that a failover may take: replicas have to be told, and to copy all data one after the other.
const shortestFailover = 5 * time.Second

func sentinelFailoverTimeout(t Target, r Region, asked []Sentinel) []Finding {
	return eachSentinel(r, asked, func(s Sentinel) Finding {
		timeout := s.FailoverTimeout
		again := 2 * timeout
		switch {
		case timeout <= 0:
			return untold("", "it does not tell failover-timeout")
		case timeout < shortestFailover:
			return warned("", r.setSentinels("failover-timeout", 60_000), "failover-timeout is %s: a failover is given up before the replicas follow", words.Rough(timeout))
		case t.RTO != nil && again > mostAgain**t.RTO:
			return warned("", r.setSentinels("failover-timeout", max(mostAgain**t.RTO/2, shortestFailover).Milliseconds()),
				"failover-timeout is %s: a second attempt comes %s after the first, and the RTO is %s", words.Rough(timeout), words.Rough(again), words.Rough(*t.RTO))
		}
		return pass("", "failover-timeout is %s: a second attempt comes %s after the first", words.Rough(timeout), words.Rough(again))
	})
}

func sentinelParallelSyncs(_ Target, r Region, asked []Sentinel) []Finding {
	replicas := len(r.seenReplicas())
	return eachSentinel(r, asked, func(s Sentinel) Finding {
		switch n := s.ParallelSyncs; {
		case n <= 0:
			return untold("", "it does not tell parallel-syncs")
		case n > 1 && n >= replicas-1 && replicas > 2:
			return warned("", "", "parallel-syncs is %d: all of the %d replicas that are left follow the new primary at once", n, replicas-1)
		case n > 1 && replicas == 0:
			return warned("", "", "parallel-syncs is %d: as many replicas follow the new primary at once", n)
		default:
			return pass("", "parallel-syncs is %d", n)
		}
	})
}

// eachSentinel judges sentinels by themselves; those of which the same is said are told in one finding.
func eachSentinel(r Region, asked []Sentinel, judge func(Sentinel) Finding) []Finding {
	var found []Finding
	of := map[Finding][]string{}
	for _, s := range asked {
		what := judge(s)
		if of[what] == nil {
			found = append(found, what)
		}
		of[what] = append(of[what], s.Address)
	}
	for i, what := range found {
		found[i].Subject = r.ofSentinel(words.Enumerate(of[what]))
		if len(of[what]) == len(asked) && len(asked) > 1 {
			found[i].Subject = r.subject()
		}
	}
	return found
}
