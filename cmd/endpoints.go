package cmd

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// lookupLimit is how long looking up the names of the regions may take before anything starts. A name that is not found by
// then is no mistake here: whoever connects says what is wrong with it.
const lookupLimit = 2 * time.Second

// differentEndpoints returns an error when two regions are one endpoint under two names, as localhost and 127.0.0.1 are.
// Two TLS endpoints are not compared: behind one address, a proxy tells them apart by the name they are asked for.
func differentEndpoints(ctx context.Context, regions []config.Region) error {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	addresses := make([][]string, len(regions))
	var looking sync.WaitGroup
	for i, r := range regions {
		if r.Service == "" { // or else a discovery service says where it is, each time
			looking.Go(func() { addresses[i] = lookUp(ctx, r.Address) })
		}
	}
	looking.Wait()
	for i, r := range regions {
		for j, earlier := range regions[:i] {
			if r.TLS && earlier.TLS {
				continue
			}
			if both := slices.IndexFunc(addresses[i], func(a string) bool { return slices.Contains(addresses[j], a) }); both >= 0 {
				return hint.Wrap(fmt.Errorf("%s: the same endpoint as %s: both are %s", r, earlier, addresses[i][both]),
					"a region is one endpoint of the Active-Active database: give each region the address of its own")
			}
		}
	}
	return nil
}

// lookUp returns the host:port pairs that an address stands for, none when its name is not found.
func lookUp(ctx context.Context, address string) []string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	var found []string
	for _, ip := range ips {
		found = append(found, net.JoinHostPort(ip.Unmap().String(), port))
	}
	return found
}
