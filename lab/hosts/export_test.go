package hosts

// OpenTogether makes a network as on a machine that has no loopback address but 127.0.0.1.
func OpenTogether(names ...string) (*Network, error) {
	return open(func(int) (subnet, error) { return together, nil }, names)
}

// OpenUnfiltered makes a network as on a machine whose kernel cannot choose sockets.
func OpenUnfiltered(names ...string) (*Network, error) {
	return open(func(hosts int) (subnet, error) {
		s, err := findSubnet(hosts)
		s.filters = false
		return s, err
	}, names)
}
