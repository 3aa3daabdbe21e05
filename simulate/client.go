package simulate

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// Client is a client library that fails over by itself, by its published defaults.
type Client struct {
	Name string
	// A round of Probes PINGs, Gap apart, comes Pause after the one before has ended. One PING that fails, or takes longer
	// than Timeout, ends it: the region is not used any more.
	Pause  time.Duration
	Probes int
	Gap    time.Duration
	// Timeout is for a PING; where PerRound, for all of a round.
	Timeout  time.Duration
	PerRound bool
	// The detector counts commands of the application: as many failures, and such a share of all commands, within Span.
	Failures int
	Share    float64
	Span     time.Duration
	// Grace is how long a region is not returned to; Return is how often is looked whether one can be.
	Grace, Return time.Duration
}

// Clients returns the client libraries with their defaults: redis-py MultiDBClient, Jedis and Lettuce MultiDbClient,
// StackExchange.Redis 3.1, and the open pull request for go-redis. Their checks are PINGs; one that asks a management
// interface about lag is an option of each, and off.
func Clients() []Client {
	usual := Client{Pause: 5 * time.Second, Probes: 3, Gap: 500 * time.Millisecond, Timeout: time.Second,
		Failures: 1000, Share: 0.1, Span: 2 * time.Second, Grace: time.Minute, Return: 2 * time.Minute}
	library := func(name string, change func(c *Client)) Client {
		c := usual
		c.Name = name
		if change != nil {
			change(&c)
		}
		return c
	}
	return []Client{
		library("redis-py", func(c *Client) { c.Timeout, c.PerRound = 3*time.Second, true }),
		library("Jedis", nil),
		library("Lettuce", nil),
		library("StackExchange.Redis", func(c *Client) { c.Timeout, c.Grace, c.Return = 3*time.Second, 0, 5*time.Second }),
		library("go-redis (open)", func(c *Client) { c.Timeout = 3 * time.Second }),
	}
}

// ClientAssessment is what the defaults of a client library come to.
type ClientAssessment struct {
	Client Client
	// Refused and Hung are simulated. A silent link is never noticed: nothing is published, and nothing is read.
	Refused, Hung Detection
	// FalseAlarms is how often a year, in all regions together, a PING fails a region that is well; solved.
	FalseAlarms float64
	// FirstReturn and LastReturn are when, after a region answers PINGs again, the application is sent back to it, whatever its
	// data: no sooner than the one, no later than the other.
	FirstReturn, LastReturn time.Duration
}

// Compare assesses client libraries on the network of a Question, with an application that issues so many commands a second.
// Each fault is simulated ten times as often as Question.Runs says. The error is that of ctx.
func Compare(ctx context.Context, q Question, commands float64) ([]ClientAssessment, error) {
	var all []ClientAssessment
	for i, c := range Clients() {
		random := rand.New(rand.NewPCG(q.Seed, uint64(i)))
		refused, err := c.detect(ctx, q, Refused, commands, random)
		if err != nil {
			return nil, err
		}
		hung, err := c.detect(ctx, q, Hung, commands, random)
		if err != nil {
			return nil, err
		}
		all = append(all, ClientAssessment{Client: c, Refused: refused, Hung: hung,
			FalseAlarms: c.falseAlarms(q), FirstReturn: c.Grace, LastReturn: c.Grace + c.Return})
	}
	return all, nil
}

// detect simulates a fault at any moment.
func (c Client) detect(ctx context.Context, q Question, f Fault, commands float64, random *rand.Rand) (Detection, error) {
	d := Detection{Fault: f, Runs: 10 * q.Runs}
	times := make([]time.Duration, d.Runs)
	for i := range times {
		if i%lookUp == 0 && ctx.Err() != nil {
			return Detection{}, ctx.Err()
		}
		times[i] = c.notices(q.Network, f, random)
		if counted, ok := c.counts(f, commands); ok {
			times[i] = min(times[i], counted)
		}
	}
	took := quantiles(times)
	d.Min, d.Median, d.P99, d.Max = took.min, took.median, took.p99, took.max
	return d, nil
}

// counts returns after how long the detector has enough failures of commands, and false when it never has. Commands to a
// region that hangs fail only when the application's own time-outs say so, of which there is no default to go by.
func (c Client) counts(f Fault, commands float64) (time.Duration, bool) {
	if f != Refused || commands*c.Span.Seconds() < float64(c.Failures) {
		return 0, false
	}
	return time.Duration(float64(c.Failures) / commands * float64(time.Second)), true
}

// notices returns how long after a fault a PING of a round fails.
func (c Client) notices(n Network, f Fault, random *rand.Rand) time.Duration {
	delay := func() time.Duration { return n.quantile(1 - random.Float64()) }
	// A round that is well, and the pause after it: the fault is at any moment of that.
	starts := make([]time.Duration, 0, c.Probes)
	ends := make([]time.Duration, 0, c.Probes)
	at := time.Duration(0)
	for i := range c.Probes {
		if i > 0 {
			at += c.Gap
		}
		starts = append(starts, at)
		at += delay()
		ends = append(ends, at)
	}
	cycle := at + c.Pause
	fault := time.Duration(random.Float64() * float64(cycle))
	i := slices.IndexFunc(ends, func(end time.Duration) bool { return end > fault })
	begin, round := cycle, cycle
	if i >= 0 {
		begin, round = starts[i], 0
	}
	if f == Refused {
		// A connection that is lost while a PING is under way, or was before it, fails it at once.
		return max(begin, fault) + delay() - fault
	}
	if c.PerRound {
		begin = round
	}
	return max(begin+c.Timeout, fault) - fault
}

// falseAlarms returns how often a year a region that is well fails a PING.
func (c Client) falseAlarms(q Question) float64 {
	n := q.Network
	cycle := c.Pause + time.Duration(c.Probes-1)*c.Gap + time.Duration(c.Probes)*n.Delay
	limit := c.Timeout
	if c.PerRound {
		// Of several log-normal delays that are long together, one is: the others take what they usually do.
		limit -= time.Duration(c.Probes-1) * (c.Gap + n.Delay)
	}
	return float64(q.Regions*c.Probes) * n.later(limit) * perYear(cycle)
}
