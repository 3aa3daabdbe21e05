package alerts

import "time"

// Recording is an expression that Prometheus evaluates beside the alerts, under a name: what several of them go by.
type Recording struct {
	Name string // LEVEL:METRIC:OPERATION
	Expr string
}

// Recordings are the expressions over what an exporter serves that its alerts go by; most have none.
func Recordings(e Exporter) []Recording {
	if e == Probe {
		return votes()
	}
	return nil
}

// noVote are the regions of which an observer cannot tell whether applications can use them: it sees nothing, or the region turns
// away the observer's own user, which applications need not be.
const noVote = `(aafailover_region_state{state="unobservable"} == 1 or aafailover_region_cause{cause=~"authentication|permission"})`

// votes are what all observers of one job see together, one in each region or anywhere else. An observer whose own network is broken
// must not call anybody, and one that is broken itself has no vote: a region is down when more than half of those
// that know anything of it say so.
//
// Votes are counted by the job of the scrape: the observers of one deployment are one job, or have another label that tells
// deployments apart, which then has to be added to each by().
func votes() []Recording {
	return []Recording{
		{"job:aafailover_observers:count", `count by(job) (aafailover_verdict{verdict="unobservable"} == 0)`},
		{"job_region:aafailover_region_down:share",
			`avg by(job, region) (aafailover_region_state{state="down"} unless on(job, instance, region) ` + noVote + `)`},
		{"job_region:aafailover_shard_down:share",
			`avg by(job, region) ((aafailover_region_shards{state="down"} > bool 0) unless on(job, instance, region) ` + noVote + `)`},
		{"job_from_to:aafailover_link_down:share",
			`avg by(job, from, to) (sum by(job, instance, from, to) (aafailover_link_state{state=~"down|never"}) unless on(job, instance, from, to) aafailover_link_state{state="unknown"} == 1)`},
		{"job_from_to:aafailover_link_poor:share",
			`avg by(job, from, to) (sum by(job, instance, from, to) (aafailover_link_state{state=~"late|degraded"}) unless on(job, instance, from, to) aafailover_link_state{state="unknown"} == 1)`},
		{"job_region:aafailover_region_failback_ready:all", `min by(job, region) (aafailover_region_failback_ready{answer="yes"})`},
	}
}

// probeAlerts are about the metrics of this program: `aafailover probe --listen`.
func probeAlerts() []Alert {
	return []Alert{
		{
			Name: "AafailoverRegionDown", Exporter: Probe, Severity: Critical,
			Expr:        `job_region:aafailover_region_down:share > 0.5`,
			Summary:     `{{ $labels.region }} cannot be used, say {{ $value | humanizePercentage }} of the observers`,
			Description: `Applications of that region fail over to another one, or should. The cause is in aafailover_region_cause, and in /verdict of an observer.`,
		},
		{
			Name: "AafailoverShardDown", Exporter: Probe, Severity: Critical, For: 30 * time.Second,
			Expr:        `job_region:aafailover_shard_down:share > 0.5 unless job_region:aafailover_region_down:share > 0.5`,
			Summary:     `a shard of {{ $labels.region }} cannot be used, say {{ $value | humanizePercentage }} of the observers`,
			Description: `The keys in its slots can be neither read nor written there, and applications that follow the failover policy leave the region. aafailover_region_shards says how many shards, and /verdict of an observer which.`,
		},
		{
			Name: "AafailoverTurnedAway", Exporter: Probe, Severity: Warning, For: 2 * time.Minute,
			Expr:        `aafailover_region_cause{cause=~"authentication|permission"} == 1`,
			Summary:     `{{ $labels.region }} turns {{ $labels.instance }} away: {{ $labels.cause }}`,
			Description: `The observer's user, password or rights are not taken, and it has no vote on the region meanwhile. Applications may have others; if they have the same, they are turned away too. aafailover acl probe prints the rule that the user needs.`,
		},
		{
			Name: "AafailoverLinkDown", Exporter: Probe, Severity: Critical, For: 30 * time.Second,
			Expr:        `job_from_to:aafailover_link_down:share > 0.5`,
			Summary:     `{{ $labels.from }}→{{ $labels.to }} carries nothing, at least on one shard, say {{ $value | humanizePercentage }} of the observers`,
			Description: `Both regions can be used, and what is written in {{ $labels.from }} does not reach {{ $labels.to }}: a failover now misses all of it. aafailover_link_cells says on how many shards.`,
		},
		{
			Name: "AafailoverObserversDisagree", Exporter: Probe, Severity: Warning, For: 2 * time.Minute,
			Expr:        `(job_region:aafailover_shard_down:share > 0 and job_region:aafailover_shard_down:share <= 0.5) or (job_from_to:aafailover_link_down:share > 0 and job_from_to:aafailover_link_down:share <= 0.5)`,
			Summary:     `{{ with $labels.region }}{{ . }}{{ else }}{{ $labels.from }}→{{ $labels.to }}{{ end }} is down, at least on one shard, for {{ $value | humanizePercentage }} of the observers, and not for the others`,
			Description: `The network between those observers and the region is broken rather than the region. Applications beside them are cut off as well.`,
		},
		{
			Name: "AafailoverLinkPoor", Exporter: Probe, Severity: Warning, For: 5 * time.Minute,
			Expr:        `job_from_to:aafailover_link_poor:share > 0.5`,
			Summary:     `{{ $labels.from }}→{{ $labels.to }} is late or loses messages`,
			Description: `What would be missed after a failover grows with the delay. See the round trips of the link, and its lost messages.`,
		},
		{
			Name: "AafailoverWritesRefused", Exporter: Probe, Severity: Critical, For: 30 * time.Second,
			Expr:        `max by(job, region) (aafailover_region_writes{writes="refused"}) == 1`,
			Summary:     `{{ $labels.region }} refuses writes, though it answers`,
			Description: `It is read-only, full, or short of replicas. Only a probe with --dataset or --canary knows; the cause is in its /verdict.`,
		},
		{
			Name: "AafailoverNotHealthy", Exporter: Probe, Severity: Warning, For: 10 * time.Minute,
			Expr:        `sum by(job, instance) (aafailover_verdict{verdict=~"healthy|unobservable"}) == 0`,
			Summary:     `{{ $labels.instance }} has found something wrong for more than 10 minutes`,
			Description: `Also what the other alerts are not about: an impaired region, two regions that are one server, messages that arrive twice. aafailover_findings says of what kind it is, and /verdict says it in words.`,
		},
		{
			Name: "AafailoverObserverBlind", Exporter: Probe, Severity: Warning, For: 2 * time.Minute,
			Expr:        `aafailover_verdict{verdict="unobservable"} == 1 or aafailover_build_info unless on(job, instance) aafailover_verdict`,
			Summary:     `{{ $labels.instance }} can say nothing of any region`,
			Description: `Its own network or machine is broken. When that is so of all observers, nobody is watching.`,
		},
		{
			Name: "AafailoverObserverStuck", Exporter: Probe, Severity: Warning, For: time.Minute,
			Expr:        `timestamp(aafailover_snapshot_timestamp_seconds) - aafailover_snapshot_timestamp_seconds > 60`, // not time(): a scrape may be a minute old
			Summary:     `what {{ $labels.instance }} says is {{ $value | humanizeDuration }} old`,
			Description: `The process serves, and does not observe; or the clocks of its machine and of Prometheus differ. It has not the processor that it needs, or is suspended.`,
		},
		{
			Name: "AafailoverObserverLost", Exporter: Probe, Severity: Warning, For: 5 * time.Minute,
			Expr:        `job:aafailover_observers:count < max_over_time(job:aafailover_observers:count[6h]) or max_over_time(job:aafailover_observers:count[6h]) unless job:aafailover_observers:count`,
			Summary:     `fewer observers of {{ $labels.job }} tell something than did within the last six hours`,
			Description: `With fewer of them, one that is wrong weighs more; with none, nobody is watching. One that was taken away on purpose is forgotten after six hours.`,
		},
		{
			Name: "AafailoverObserverOverloaded", Exporter: Probe, Severity: Warning,
			Expr:        `increase(aafailover_observer_dropped_total[10m]) > 0 or increase(aafailover_events_total{kind="observer"}[10m]) > 3`,
			Summary:     `{{ $labels.instance }} cannot keep up`,
			Description: `It was not running, or observations came faster than it takes them in: what happened meanwhile is without evidence. Give it more processor, or a longer --interval.`,
		},
		{
			Name: "AafailoverFlaps", Exporter: Probe, Severity: Warning,
			Expr:        `increase(aafailover_events_total{kind="verdict"}[1h]) > 10`,
			Summary:     `the verdict of {{ $labels.instance }} changed {{ printf "%.0f" $value }} times within an hour`,
			Description: `Something comes and goes, and applications that follow it move again and again; or the observer itself is held up again and again, which aafailover_events_total of the kind observer counts. The events are in the output of the probe.`,
		},
		{
			Name: "AafailoverCoverageUnproven", Exporter: Probe, Severity: Warning, For: 10 * time.Minute,
			Expr:        `aafailover_coverage_proven == 0`,
			Summary:     `{{ $labels.instance }} does not know how a region is sharded`,
			Description: `A shard may be broken without being seen. Grant CLUSTER SLOTS (aafailover acl probe prints the rule), or give --shards.`,
		},
	}
}
