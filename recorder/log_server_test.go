package recorder_test

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/recorder"
)

// spoken is a connection to a real server.
type spoken struct {
	t *testing.T
	c net.Conn
	r *resp.Reader
}

func speak(t *testing.T) *spoken {
	c, err := net.Dial("tcp", redistest.Start(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &spoken{t: t, c: c, r: resp.NewReader(c)}
}

func (s *spoken) do(words []string) commands.Reply {
	if _, err := s.c.Write(resp.AppendCommand(nil, words...)); err != nil {
		s.t.Fatal(err)
	}
	v, err := s.r.ReadValue()
	if err != nil {
		s.t.Fatal(err)
	}
	return commands.ReplyOf(v)
}

// deployment is a service with several connections to one region whose server carries out one command after the other, and to
// another whose server does the same later. Its clock goes on by a millisecond with whatever happens.
type deployment struct {
	t       *testing.T
	random  *rand.Rand
	log     *recorder.Log
	now     int
	entries int
	server  *spoken // of the first region
	behind  *spoken // of the other
	backlog [][]string
	threads [4]thread
	limbo   [][]string // what a connection that has ended had sent, and may still come
}

type thread struct {
	session line
	queue   []*pending
}

type pending struct {
	words []string
	o     recorder.Operation
	reply commands.Reply
	done  bool // carried out
}

// A server that carries out one command after the other never loses anything and never answers what is old: whatever the service
// sends, over how many connections, and however these end. So no read is bad. The server that is behind is read as well:
// what is bad there is not what the other one would have answered.
func TestNoReadIsBadWhereNothingIsLost(t *testing.T) {
	number := rand.Uint64()
	t.Logf("seed %d", number)
	random := rand.New(rand.NewPCG(number, 0))
	server, behind := speak(t), speak(t)
	missing := map[recorder.Reads]bool{ // verdicts that no read has had yet
		{Region: us, Verdict: recorder.Current}: true, {Region: us, Verdict: recorder.Newer}: true, {Region: us, Verdict: recorder.Gone}: true,
		{Region: eu, Verdict: recorder.Current}: true, {Region: eu, Verdict: recorder.Older}: true, {Region: eu, Verdict: recorder.Missing}: true,
	}
	for n := 0; n < 40/racetest.Slowdown || len(missing) > 0; n++ {
		if n == 1000 {
			t.Fatalf("no read was any of %v", missing)
		}
		server.do([]string{"FLUSHALL"})
		behind.do([]string{"FLUSHALL"})
		w := &deployment{t: t, random: random, server: server, behind: behind}
		w.log = newLog(t, func(o *recorder.LogOptions) { o.Start = time.Now() })
		for i := range w.threads {
			w.threads[i].session = open(w.log, us)
		}
		for range 1500 {
			w.step()
		}
		for _, r := range w.log.Reads() {
			delete(missing, recorder.Reads{Region: r.Region, Verdict: r.Verdict})
			if r.Region == us && r.Verdict.Bad() {
				t.Fatalf("%+v, %+v", r, w.log.BadReads())
			}
		}
	}
}

func (w *deployment) step() {
	w.now++
	c := &w.threads[w.random.IntN(len(w.threads))]
	switch choice := w.random.IntN(100); {
	case choice < 35 && len(c.queue) < 3:
		w.send(c)
	case choice < 65:
		w.carryOut(c)
	case choice < 90:
		w.deliver(c)
	case choice < 92:
		w.part(c)
	case choice < 94 && len(w.limbo) > 0:
		w.execute(w.limbo[0])
		w.limbo = w.limbo[1:]
	case len(w.backlog) > 0:
		w.behind.do(w.backlog[0])
		w.backlog = w.backlog[1:]
		w.readBehind()
	}
}

func (w *deployment) send(c *thread) {
	p := &pending{words: w.words()}
	p.o = c.session.begins(w.now, p.words)
	c.queue = append(c.queue, p)
}

// words are those of a command, of which two servers make the same.
func (w *deployment) words() []string {
	for {
		templates := redistest.Writes
		if w.random.IntN(2) == 0 {
			templates = redistest.Reads
		}
		words := redistest.Fill(w.random, templates[w.random.IntN(len(templates))])
		if words[0] == "SPOP" {
			continue
		}
		if words[0] == "XADD" {
			for i, word := range words {
				if word == "*" {
					w.entries++
					words[i] = "100-" + strconv.Itoa(w.entries)
				}
			}
		}
		return words
	}
}

func (w *deployment) execute(words []string) commands.Reply {
	w.backlog = append(w.backlog, words)
	return w.server.do(words)
}

// carryOut lets the server have the next command of a connection.
func (w *deployment) carryOut(c *thread) {
	for _, p := range c.queue {
		if !p.done {
			p.reply, p.done = w.execute(p.words), true
			c.session.Answered(p.o, p.reply, ms(w.now))
			return
		}
	}
}

// deliver lets the service have the next reply.
func (w *deployment) deliver(c *thread) {
	if len(c.queue) > 0 && c.queue[0].done {
		c.session.Delivered(c.queue[0].o, ms(w.now))
		c.queue = c.queue[1:]
	}
}

// part ends a connection: what was not carried out may be later, or never.
func (w *deployment) part(c *thread) {
	for _, p := range c.queue {
		c.session.Abandoned(p.o, ms(w.now))
		if !p.done && w.random.IntN(2) == 0 {
			w.limbo = append(w.limbo, p.words)
		}
	}
	c.queue = nil
	c.session = open(w.log, us)
}

// readBehind reads from the server that is behind, and finds nothing bad in what the other would have answered as well.
func (w *deployment) readBehind() {
	words := w.words()
	known, _ := commands.Default().Lookup(argsOf(words...))
	if known.Writes {
		return
	}
	before := len(w.log.BadReads())
	c := open(w.log, eu)
	w.now++
	o := c.begins(w.now, words)
	reply, other := w.behind.do(words), w.server.do(words)
	c.Answered(o, reply, ms(w.now))
	c.Delivered(o, ms(w.now))
	if len(reply.Elements) == 0 && reply.Int == other.Int && string(reply.Text) == string(other.Text) && reply.Kind == other.Kind {
		if bad := w.log.BadReads(); len(bad) > before {
			w.t.Fatalf("%q found what is there, %d %q, and that is %v", words, reply.Int, reply.Text, bad[before].Verdict)
		}
	}
}
