package heartbeat_test

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// A region that comes back empty is never ready to be returned to before it has what was written meanwhile, whenever its
// links come back, and then it is.
func TestARegionThatComesBackEmptyIsNotReady(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for run := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, run))
		synctest.Test(t, func(t *testing.T) {
			l, regions, o := startLab(t, &memnet.Network{}, 2, 2, 2)
			w := beat(t, regions, o, time.Second, "us", "eu")
			pause := func() { <-time.After(time.Duration(random.Int64N(int64(5 * time.Second)))) }

			var empty, wrong atomic.Bool // eu is, and its links are not back; it was called ready all the same
			ready := make(chan probe.Readiness, 1)
			c := probe.Config{Policy: probe.DefaultPolicy(), Prefix: "aafailover", Maps: w.config.Maps, Cover: slots.Cover(w.config.Maps, nil), Proof: w.Proof, Keys: w.Keys}
			for i, r := range regions {
				c.Endpoints = append(c.Endpoints, region.NewEndpoint(r, c.Maps[i], o))
			}
			c.OnSnapshot = func(s *probe.Snapshot) {
				eu := s.Region("eu")
				if empty.Load() && eu.FailbackReady == probe.ReadyYes {
					wrong.Store(true)
				}
				select {
				case <-ready:
				default:
				}
				ready <- eu.FailbackReady
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := probe.Run(ctx, c)
				ended <- err
			}()
			w.until("eu is ready", func() bool { return <-ready == probe.ReadyYes })
			pause()
			inject(t, l, lab.Fault{Kind: lab.Kill, Region: "eu"})
			pause()
			inject(t, l, lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true})
			inject(t, l, lab.Fault{Kind: lab.Cut, From: "ap", To: "eu", OneWay: true})
			pause()
			inject(t, l, lab.Fault{Kind: lab.Begin, Region: "eu", Empty: true})
			<-time.After(1100 * time.Millisecond) // an interval, until when nobody may have looked since it was killed
			empty.Store(true)
			pause()
			empty.Store(false)
			inject(t, l, lab.Fault{Kind: lab.Heal})
			w.until("eu is ready again", func() bool { return <-ready == probe.ReadyYes })
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if wrong.Load() {
				t.Errorf("run %d: eu was empty and cut off, and was called ready", run)
			}
		})
	}
}
