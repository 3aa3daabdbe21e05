package drill

import (
	"sync"

	"github.com/aafailover/aafailover/probe"
)

// proof is what the drill knows of each region because it writes: the probe
// asks for it when it judges whether a region is safe to return to. It is safe
// for concurrent use.
type proof struct {
	mu       sync.Mutex
	byRegion map[string]probe.Proof
}

func (p *proof) of(region string) probe.Proof {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byRegion[region]
}

func (p *proof) writes(region string) probe.Writes { return p.of(region).Writes }

func (p *proof) setWrites(region string, w probe.Writes) {
	p.change(region, func(known *probe.Proof) { known.Writes = w })
}

// setMissing notes what is not readable in a region; "" is nothing.
func (p *proof) setMissing(region, what string) {
	p.change(region, func(known *probe.Proof) {
		known.Missing = nil
		if what != "" {
			known.Missing = []string{what}
		}
	})
}

// forget drops what was known of a region.
func (p *proof) forget(region string) {
	p.change(region, func(known *probe.Proof) {
		*known = probe.Proof{Missing: []string{"nobody has looked yet whether the writes made elsewhere are readable in it"}}
	})
}

func (p *proof) change(region string, how func(*probe.Proof)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.byRegion[region]
	how(&known)
	p.byRegion[region] = known
}
