package vitals

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// DefaultEvery is what Config.Every means when it is zero.
const DefaultEvery = 10 * time.Second

// often is the time between two readings while all data is copied: what that takes is
// known as closely.
const often = time.Second

// Source is one region, whose servers can be asked. Its methods may be called by
// several goroutines.
type Source interface {
	// Connect opens a connection to a server of the region; it takes no longer than the
	// source allows itself.
	Connect(ctx context.Context, address string) (Session, error)
}

// Session is one connection to a server.
type Session interface {
	// Ask sends the commands, and returns a reply for each, and for ConfigGet one for each
	// of SettingNames. After an error the session is of no use any more.
	Ask(ctx context.Context, commands []Command) ([]Reply, error)
	// Close closes the connection. It is called once.
	Close() error
}

// Config is what a Watch is made of.
type Config struct {
	Maps    []slots.Map   // how the regions are sharded
	Sources []Source      // in the order of Maps; they stay when the sharding changes
	Every   time.Duration // between two readings of a server; 0: DefaultEvery
	// OnChange is told what has changed with the server of a shard, an index into the slot
	// map of its region. It is called by one goroutine at a time. Nil: nobody is told.
	OnChange func(region string, shard int, c Change)
	// Complain is told once for each region what its user may not send. No refusal is
	// asked for again. Nil: nobody is told.
	Complain func(error)
}

// Watch asks every server of a deployment, again and again. It is made by NewWatch, and
// does nothing until Run.
type Watch struct {
	config  Config
	changed chan struct{} // has room for one

	mu      sync.Mutex
	maps    []slots.Map
	servers map[place]*watched
	told    map[int]bool // regions of which a refusal was told

	telling sync.Mutex
}

// watched is one server. The mutex of the Watch guards the first fields; the last ones
// only its goroutine uses.
type watched struct {
	shard Shard
	track Track
	tried bool // it was read, or could not be
	end   context.CancelFunc

	first    time.Duration // between the first reading and the second
	asked    []Command     // that it answers, as far as is known
	answered []Command     // that it has answered: what it does not serve later is not for good
	refused  []Reply       // to what it is not asked any more
}

// NewWatch prepares a Watch.
func NewWatch(c Config) *Watch {
	c.Every = cmp.Or(c.Every, DefaultEvery)
	w := &Watch{config: c, changed: make(chan struct{}, 1), servers: make(map[place]*watched), told: make(map[int]bool)}
	w.Change(c.Maps)
	return w
}

// Change says that the regions are sharded differently from now on. It never waits.
func (w *Watch) Change(maps []slots.Map) {
	w.mu.Lock()
	w.maps = maps
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// Run asks until ctx ends, and returns when everything that it started has ended. It
// may run once.
func (w *Watch) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.changed:
			w.arrange(ctx, &running)
		}
	}
}

// arrange begins to ask servers that are new, and ends to ask those that are no more.
func (w *Watch) arrange(ctx context.Context, running *sync.WaitGroup) {
	w.mu.Lock()
	defer w.mu.Unlock()
	places := placesOf(w.maps)
	for at, s := range w.servers {
		if !slices.Contains(places, at) {
			s.end()
			delete(w.servers, at)
		}
	}
	for i, at := range places {
		if s := w.servers[at]; s != nil {
			s.shard.ID = w.maps[at.region].Shards[at.shard].ID
			continue
		}
		m := w.maps[at.region]
		s := &watched{shard: Shard{Region: m.Region, Index: at.shard, ID: m.Shards[at.shard].ID, Address: at.address}, asked: Commands()}
		// The first readings come at once, and those after them spread over the time.
		s.first = w.config.Every * time.Duration(i+1) / time.Duration(len(places))
		w.servers[at] = s
		var one context.Context
		one, s.end = context.WithCancel(ctx)
		running.Go(func() { w.ask(one, at, s) })
	}
}

// ask reads one server until ctx ends.
func (w *Watch) ask(ctx context.Context, at place, s *watched) {
	defer s.end()
	var session Session
	defer func() {
		if session != nil {
			_ = session.Close() // everything was answered, or nothing will be
		}
	}()
	pause := s.first
	for {
		session = w.read(ctx, at, s, session)
		timer := time.NewTimer(min(pause, w.pause(s)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = w.config.Every
	}
}

// pause is how long a server is left alone.
func (w *Watch) pause(s *watched) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.track.Copying() {
		return min(often, w.config.Every)
	}
	return w.config.Every
}

// read takes one reading. It returns the session for the next one, nil where another
// has to be opened.
func (w *Watch) read(ctx context.Context, at place, s *watched, session Session) Session {
	if len(s.asked) == 0 {
		return session
	}
	if session == nil {
		var err error
		if session, err = w.config.Sources[at.region].Connect(ctx, at.address); err != nil {
			w.fail(ctx, s, err)
			return nil
		}
	}
	began := time.Now()
	replies, err := session.Ask(ctx, s.asked)
	if err != nil {
		w.fail(ctx, s, err)
		_ = session.Close()
		return nil
	}
	w.take(s, Parse(began, slices.Concat(replies, s.refused)))
	for _, r := range replies {
		if r.Outcome == Denied {
			w.refuse(at.region, r)
		}
		if r.Outcome == Answered && !slices.Contains(s.answered, r.Command) {
			s.answered = append(s.answered, r.Command)
		}
	}
	for _, r := range replies {
		if s.refuses(replies, r.Command) {
			s.refused = append(s.refused, r)
		}
	}
	s.asked = slices.DeleteFunc(s.asked, func(c Command) bool { return s.refuses(replies, c) })
	return session
}

// refuses tells whether a command is not to be sent again: the user may not, or the server has never served it.
func (s *watched) refuses(replies []Reply, c Command) bool {
	refused := false
	for _, r := range replies {
		if r.Command == c {
			if refused = r.Outcome == Denied || r.Outcome == Unserved && !slices.Contains(s.answered, c); !refused {
				return false
			}
		}
	}
	return refused
}

// fail notes that a server could not be read.
func (w *Watch) fail(ctx context.Context, s *watched, err error) {
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s.tried = true
	if s.shard.Failed == "" {
		s.shard.FailedAt = time.Now()
	}
	s.shard.Failed = err.Error()
}

// take takes in a reading, and tells what changed.
func (w *Watch) take(s *watched, reading Server) {
	w.mu.Lock()
	changes := s.track.Take(reading)
	s.tried = true
	s.shard.Last, s.shard.Failed, s.shard.FailedAt = &reading, "", time.Time{}
	s.shard.Rates, s.shard.Remarks, s.shard.Copies = s.track.Rates(), s.track.Remarks(), s.track.Copies()
	region, index := s.shard.Region, s.shard.Index
	w.mu.Unlock()
	if w.config.OnChange == nil {
		return
	}
	w.telling.Lock()
	defer w.telling.Unlock()
	for _, c := range changes {
		w.config.OnChange(region, index, c)
	}
}

// refuse tells what the user of a region may not send, once.
func (w *Watch) refuse(region int, r Reply) {
	w.mu.Lock()
	known := w.told[region]
	w.told[region] = true
	w.mu.Unlock()
	if known || w.config.Complain == nil {
		return
	}
	w.telling.Lock()
	defer w.telling.Unlock()
	w.config.Complain(r.Err)
}

// Shards are what is known of the servers, in the order of the regions and their
// shards. It may be called at any time, by any goroutine.
func (w *Watch) Shards() []Shard {
	w.mu.Lock()
	defer w.mu.Unlock()
	shards := make([]Shard, 0, len(w.servers))
	for _, at := range placesOf(w.maps) {
		if s := w.servers[at]; s != nil {
			shards = append(shards, s.shard)
		} else {
			m := w.maps[at.region]
			shards = append(shards, Shard{Region: m.Region, Index: at.shard, ID: m.Shards[at.shard].ID, Address: at.address})
		}
	}
	return shards
}

// Complete tells whether every server was read once, or could not be.
func (w *Watch) Complete() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range placesOf(w.maps) {
		if s := w.servers[at]; s == nil || !s.tried {
			return false
		}
	}
	return true
}

// Cost is what watching takes by plan.
type Cost struct {
	Connections        int
	ReadingsPerSecond  float64
	CommandsPerReading int
}

// CostOf returns what watching takes, while nothing is copied.
func CostOf(c Config) Cost {
	servers := len(placesOf(c.Maps))
	return Cost{Connections: servers, ReadingsPerSecond: float64(servers) / cmp.Or(c.Every, DefaultEvery).Seconds(),
		CommandsPerReading: len(Commands()) - 1 + len(SettingNames())}
}
