package hosts

import (
	"fmt"
	"time"
)

// Partition parts the network: hosts of different groups are cut off from each other. Hosts that are in none of the groups form one
// more, together. It replaces a partition that there is; when it returns, nothing moves that must not. Errors: a host that there is
// not, or one in two groups; ErrTogether.
func (n *Network) Partition(groups ...[]string) error {
	parted := make([]int, len(n.names))
	for g, names := range groups {
		for _, name := range names {
			i, err := n.index(name)
			if err != nil {
				return fmt.Errorf("partition: %w", err)
			}
			if parted[i] != 0 {
				return fmt.Errorf("partition: %s is in two groups", name)
			}
			parted[i] = g + 1
		}
	}
	if !n.net.apart {
		return fmt.Errorf("partition: %w", ErrTogether)
	}
	return n.part(parted)
}

// Heal ends a partition. What was held goes on.
func (n *Network) Heal() error { return n.part(make([]int, len(n.names))) }

func (n *Network) part(group []int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return ErrClosed
	}
	n.group = group
	return n.change()
}

// Delay makes every byte between two hosts take that much longer each way, and a connect twice that. Errors: a host that there is not;
// ErrTogether.
func (n *Network) Delay(a, b string, delay time.Duration) error {
	i, err := n.index(a)
	if err != nil {
		return fmt.Errorf("delay: %w", err)
	}
	j, err := n.index(b)
	if err != nil {
		return fmt.Errorf("delay: %w", err)
	}
	if !n.net.apart {
		return fmt.Errorf("delay: %w", ErrTogether)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return ErrClosed
	}
	n.delays[between(i, j)] = delay
	return n.change()
}

// change puts all fronts into the state that the network is in: first the bytes, so that a connection that slips in while sockets are
// blocked one after the other carries none. The caller holds the lock.
func (n *Network) change() error {
	for _, f := range n.fronts {
		if err := f.condition(); err != nil {
			return err
		}
	}
	for _, f := range n.fronts {
		if err := f.arrange(); err != nil {
			return err
		}
	}
	return nil
}

// between is the key of two hosts in either order.
func between(i, j int) [2]int { return [2]int{min(i, j), max(i, j)} }
