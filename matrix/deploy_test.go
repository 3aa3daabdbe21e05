package matrix_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/faultnet"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/region"
)

const prefix = "aafailover"

// deployment is the lab of a scenario, and the network before it.
type deployment struct {
	scenario *scenario
	folder   string         // for files of the run
	engine   process.Binary // whose processes keep the keys; the zero one is the lab's own engine
	lab      *lab.Lab
	truth    *lab.Truth // what became of the keys
	listen   lab.Listen // where other servers of the test listen, too
	direct   faultnet.Dial
	network  *faultnet.Network
	aliases  map[string]string // host:port that is dialled -> where that leads
	given    []config.Region
	options  region.Options
	servers  []*server
	relaying sync.WaitGroup // of connections to regions that are far away
}

// deploy starts the lab. A nil memory is TCP.
func deploy(ctx context.Context, s *scenario, memory *memnet.Network, engine process.Binary, folder string, seed uint64) (*deployment, error) {
	d := &deployment{scenario: s, folder: folder, engine: engine, truth: new(lab.Truth), aliases: make(map[string]string)}
	if memory != nil {
		d.listen, d.direct = memory.Listen, memory.Dial
	} else {
		d.listen = func(ctx context.Context, network, address string) (net.Listener, error) {
			return new(net.ListenConfig).Listen(ctx, network, address)
		}
		d.direct = new(net.Dialer).DialContext
	}
	d.network = faultnet.New(d.dial)
	d.options = region.Options{Dial: d.network.Dial, Prefix: prefix}
	if err := d.startLab(ctx, memory != nil, seed); err != nil {
		return nil, err
	}
	if err := d.give(ctx); err != nil {
		_ = d.close()
		return nil, err
	}
	return d, nil
}

// dial is the network without faults.
func (d *deployment) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if to, ok := d.aliases[address]; ok {
		address = to
	}
	if distance := d.distance(address); distance > 0 {
		return d.farther(ctx, address, distance)
	}
	return d.direct(ctx, network, address)
}

func (d *deployment) startLab(ctx context.Context, simulated bool, seed uint64) error {
	c := lab.Config{Seed: seed, Backlog: d.scenario.Backlog, Truth: d.truth, Delay: func(from, to string) time.Duration {
		if delay, ok := d.scenario.Delays[from+"->"+to]; ok {
			return delay
		}
		return lab.DefaultDelay(from, to)
	}}
	if simulated {
		c.Listen = d.listen
	} else if d.engine.Path != "" {
		c.Engine = &lab.Engine{Binary: d.engine, Dir: d.folder}
	}
	for _, r := range d.scenario.Regions {
		if r.Is == "" {
			c.Regions = append(c.Regions, lab.RegionConfig{Name: r.Name, Shards: r.Shards, Persistence: lab.Persistence(r.Persistence), Password: r.Password})
		}
	}
	var err error
	d.lab, err = lab.Start(ctx, c)
	return err
}

// give makes the regions as the probe is given them.
func (d *deployment) give(ctx context.Context) error {
	status, err := d.lab.Status(ctx)
	if err != nil {
		return err
	}
	endpoints := make(map[string]string)
	for _, r := range status.Regions {
		endpoints[r.Name] = strings.TrimPrefix(r.URL, "redis://")
	}
	var authority *authority
	for i, r := range d.scenario.Regions {
		given := config.Region{Name: r.Name, Address: endpoints[r.Name]}
		if r.Is != "" {
			given.Address = fmt.Sprintf("%s.example:%d", r.Name, 7000+i)
			d.aliases[given.Address] = endpoints[r.Is]
		}
		if r.Single {
			no := false
			given.Clustered = &no
		}
		switch {
		case r.Gives == "none":
		case r.Gives != "" || r.Password != "":
			given.Password = config.SecretOf(cmp.Or(r.Gives, r.Password))
		}
		if r.TLS != "" {
			if authority == nil {
				if authority, err = newAuthority(d.folder); err != nil {
					return err
				}
			}
			given.TLSOptions.CAFile = authority.file
			if err := d.encrypt(ctx, authority, r, status); err != nil {
				return err
			}
		}
		given.TLS = r.TLS != "" && r.Speaks != "plain" || r.Speaks == "tls"
		d.given = append(d.given, given)
	}
	return nil
}

// encrypt puts TLS before every shard of a region.
func (d *deployment) encrypt(ctx context.Context, a *authority, r regionFile, status lab.Status) error {
	certificate, err := a.issue(r.TLS)
	if err != nil {
		return err
	}
	for _, known := range status.Regions {
		if known.Name != r.Name {
			continue
		}
		for _, shard := range known.Shards {
			s, err := d.serve(ctx, terminate(certificate, d.direct, shard.Address))
			if err != nil {
				return err
			}
			d.aliases[shard.Address] = s.address
		}
	}
	return nil
}

// addresses returns the addresses of a region, or of one of its shards by number, as they are dialled now.
func (d *deployment) addresses(ctx context.Context, name string, shard int) (map[string]bool, error) {
	status, err := d.lab.Status(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]bool)
	for _, given := range d.given {
		if given.Name == name && shard == 0 {
			all[given.Address] = true
		}
	}
	for _, r := range status.Regions {
		if r.Name != name {
			continue
		}
		for _, s := range r.Shards {
			if shard == 0 || s.Number == shard {
				all[s.Address] = true
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no shard %d of a region %q", shard, name)
	}
	return all, nil
}

// close ends everything.
func (d *deployment) close() error {
	err := d.lab.Close()
	for _, s := range d.servers {
		s.close()
	}
	d.relaying.Wait()
	return err
}
