package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/words"
)

// PromotionLesson says what to learn from a failover inside one deployment, from nothing but what was found: what the
// application has to bear, and which setting decided that.
func PromotionLesson(rec *promotion.Record) string {
	v := promotionView{drillView{rec.Drill}, rec}
	switch {
	case rec.Moments.Fault == nil:
		return "Nothing was broken, so nothing is known of a failover here."
	case rec.SyncedAt == nil:
		return v.pause() + " What was lost is not known: it could not be looked for."
	}
	return sentences(v.lostData(), v.pause(), v.election(), v.redirection(), v.again(), v.neighbours(), v.twoPrimaries(), v.restarted())
}

// PromotionFinding is what of the lesson is particular to a scenario; "" where all is as one expects.
func PromotionFinding(rec *promotion.Record) string {
	v := promotionView{drillView{rec.Drill}, rec}
	if rec.Moments.Fault == nil || rec.SyncedAt == nil {
		return PromotionLesson(rec)
	}
	lost, pause := "", ""
	if v.ownLost() > 0 {
		lost = v.lostData()
	}
	if rec.Scenario.Expect.UntilHeal {
		pause = v.pause()
	}
	return sentences(lost, pause, v.election(), v.again(), v.neighbours(), v.twoPrimaries(), v.restarted())
}

// sentences joins those that are not empty.
func sentences(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), " ")
}

// promotionView turns what a record holds as indexes into names.
type promotionView struct {
	drillView
	rec *promotion.Record
}

func (v promotionView) host(i int) string {
	if i < 0 || i >= len(v.rec.Hosts) {
		return ""
	}
	return words.Clean(v.rec.Hosts[i].Name)
}

// ownLost are the lost writes of the application itself.
func (v promotionView) ownLost() int {
	n := v.Count(drill.Lost)
	if s := v.rec.SplitBrain; s != nil {
		n -= s.Lost
	}
	return n
}

// lostData says what of the application's is gone.
func (v promotionView) lostData() string {
	switch n := v.ownLost(); {
	case n == 0 && v.rec.Moments.CutOver != nil:
		return fmt.Sprintf("Nothing that the application was promised is lost this time; what %s has acknowledged and not yet sent when it goes is lost: WAIT tells whether a replica has a write.",
			v.host(v.From))
	case n == 0:
		return "Nothing that the application was promised is lost."
	case v.RPO.Lost != nil && v.rec.Moments.CutOver != nil:
		return fmt.Sprintf("%s gone for good: your application must be able to lose, or to make again, writes of its last %s. WAIT 1 after a write makes it say whether a replica has it.",
			are(n), span(v.RPO.Lost))
	default:
		return fmt.Sprintf("%s gone for good, on all servers.", are(n))
	}
}

// pause says for how long the application could not write, and what decides that.
func (v promotionView) pause() string {
	what, gap := v.longestGap()
	switch p, ok := v.rec.Parts(); {
	case v.rec.Scenario.Expect.UntilHeal:
		return fmt.Sprintf("%s took no write for %s: until the fault was undone.", what, words.Rough(gap))
	case ok && p.Detection != nil && *p.Detection >= p.Total/3:
		return fmt.Sprintf("The application could not write for %s, %s of which passed until %s was held down: %s.",
			words.Rough(p.Total), words.Rough(*p.Detection), v.host(v.From), v.patience())
	case ok:
		return fmt.Sprintf("The application could not write for %s.", words.Rough(p.Total))
	case gap >= noticeable:
		return fmt.Sprintf("%s took no write for up to %s.", what, words.Rough(gap))
	}
	return "The application could write all the time."
}

// longestGap is the longest time without an acknowledged write, and where that was.
func (v promotionView) longestGap() (what string, gap time.Duration) {
	what = "The deployment"
	for i, s := range v.rec.Shards {
		if s.Gap <= gap {
			continue
		}
		if gap = s.Gap; len(v.rec.Shards) > 1 {
			what = "Of the cluster, " + words.Clean(shardName(v.rec, i))
		}
	}
	return what, gap
}

// election says why electing took long, where it did.
func (v promotionView) election() string {
	p, ok := v.rec.Parts()
	limit := v.rec.Settings.FailoverTimeout
	if !ok || p.Election == nil || limit == 0 || *p.Election < limit {
		return ""
	}
	return fmt.Sprintf("The election took %s: an attempt failed, with a replica that was down as well, and the sentinels make the next one after twice failover-timeout, which is %s here and 3 min by default.",
		words.Rough(*p.Election), words.Rough(limit))
}

// again says that the new primary was replaced as well, where it was.
func (v promotionView) again() string {
	if len(v.rec.Takeovers) < 2 {
		return ""
	}
	t := v.rec.Takeovers[1]
	text := fmt.Sprintf("%s, which had taken over, was replaced by %s %s later: what it had acknowledged meanwhile and not yet sent is thrown away.",
		v.host(t.From), v.host(t.To), words.Rough(t.At-v.rec.Takeovers[0].At))
	if v.rec.Topology == promotion.Sentinel && v.rec.Settings.DownAfter <= reconnects {
		text += " Sentinels connect to a new primary up to 1 s after they hear of it: down-after-milliseconds must be longer than that."
	}
	return text
}

// reconnects is how rarely a sentinel connects anew at the most (SENTINEL_PING_PERIOD in sentinel.c): one that has just
// tried the old primary in vain takes as long until it reaches the new one.
const reconnects = time.Second

// redirection says why the client took long to get to the new primary, where it did.
func (v promotionView) redirection() string {
	p, ok := v.rec.Parts()
	if !ok || p.Redirection == nil || *p.Redirection < noticeable || *p.Redirection < p.Total/3 || v.rec.Scenario.Expect.UntilHeal {
		return ""
	}
	took := words.Rough(*p.Redirection)
	switch v.rec.Topology {
	case promotion.Sentinel:
		return fmt.Sprintf("It wrote to the new primary %s after the promotion: the sentinels tell of that (+switch-master) when the other replicas follow, and connections that hang end with their time-outs.", took)
	case promotion.Cluster:
		every := v.rec.Settings.Reload.Seconds()
		return fmt.Sprintf("It wrote to the new primary %s after the promotion: go-redis asks who owns the slots every %g s (ClusterStateReloadInterval), or when a node redirects it, and one that is gone redirects nobody. "+
			"When it asked last is chance: it can be anything up to %g s.", took, every, every)
	}
	return ""
}

// noticeable is from how long on a time without an acknowledgement is told as one.
const noticeable = time.Second

// patience names the setting that decides how soon a server is held down.
func (v promotionView) patience() string {
	s := v.rec.Settings
	switch v.rec.Topology {
	case promotion.Sentinel:
		return fmt.Sprintf("down-after-milliseconds is %s here, 30 s by default", words.Rough(s.DownAfter))
	case promotion.Cluster:
		return fmt.Sprintf("cluster-node-timeout is %s here, 15 s by default", words.Rough(s.NodeTimeout))
	}
	return fmt.Sprintf("the drill waited for %s without an answer, and then promoted; whoever does it by hand takes longer", words.Rough(s.DownAfter))
}

// neighbours says what became of the shards of a cluster that were not hit.
func (v promotionView) neighbours() string {
	var asked, failed int
	var gap time.Duration
	hit := slices.ContainsFunc(v.rec.Shards, func(s promotion.ShardLoad) bool { return s.Hit })
	for _, s := range v.rec.Shards {
		if hit && !s.Hit {
			asked, failed, gap = asked+s.Asked, failed+s.Failed, max(gap, s.Gap)
		}
	}
	switch {
	case asked == 0:
		return ""
	case failed == 0:
		return "The other shards took every write meanwhile."
	}
	text := fmt.Sprintf("On the other shards %s of %s failed meanwhile", words.Thousands(failed), words.Count(asked, "write"))
	if gap >= noticeable {
		text += fmt.Sprintf(", none was taken for up to %s: cluster-require-full-coverage no keeps them working", words.Rough(gap))
	}
	return text + "."
}

// twoPrimaries says what the client that did not follow was told.
func (v promotionView) twoPrimaries() string {
	s := v.rec.SplitBrain
	if s == nil {
		return ""
	}
	old := v.host(v.From)
	set := v.rec.Settings
	var text string
	if s.Lost == 0 {
		text = fmt.Sprintf("What %s acknowledged to the client that stayed with it is all there.", old)
	} else {
		text = fmt.Sprintf("%s that %s acknowledged to the client that stayed with it %s thrown away, the last %s after the fault.",
			words.Count(s.Lost, "write"), old, wasWere(s.Lost), words.Rough(*s.LastAck-*v.rec.Moments.Fault))
	}
	switch {
	case set.MinReplicas > 0 && s.Rejected > 0:
		return text + fmt.Sprintf(" %s refused instead: min-replicas-to-write %d with a max-lag of %s ended it.",
			refusedWrites(s.Rejected), set.MinReplicas, words.Rough(set.MaxLag))
	case v.rec.Topology == promotion.Cluster && s.Rejected > 0:
		return text + fmt.Sprintf(" %s refused: a primary of a cluster that hears of no majority for cluster-node-timeout takes none, one that is told of its successor neither.",
			refusedWrites(s.Rejected))
	case s.Lost > 0 && set.MinReplicas == 0:
		return text + " min-replicas-to-write 1 would have had most of them refused instead."
	case s.Rejected > 0:
		return text + fmt.Sprintf(" %s refused.", refusedWrites(s.Rejected))
	}
	return text
}

// refusedWrites is so many writes as the subject of a sentence.
func refusedWrites(n int) string {
	if n == 1 {
		return "1 write was"
	}
	return words.Thousands(n) + " were"
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// restarted says what became of a server that was started with damaged data.
func (v promotionView) restarted() string {
	r := v.rec.Restart
	switch {
	case r == nil:
		return ""
	case r.Refused:
		return fmt.Sprintf("%s refused to start with what was on its disk, and copied everything after it was emptied.", v.host(r.Host))
	}
	return fmt.Sprintf("%s started with what was left on its disk, and said nothing to clients.", v.host(r.Host))
}
