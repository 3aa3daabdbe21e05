package topology

// Limits says in sentences what this machine, or the server program, does not allow. None: everything can be had.
func (d *Deployment) Limits() []string {
	limits := d.network.Limits()
	if d.network.Apart() && d.strangers > 0 {
		limits = append(limits, d.options.Binary.String()+" does not connect from the address of its host, so a partition does not hold what it "+
			"sends over connections that it made")
	}
	if diskLimit != "" {
		limits = append(limits, diskLimit)
	}
	if d.options.Delay > 0 && !d.network.Apart() {
		limits = append(limits, "regions cannot be kept apart by a delay, since all hosts share one address")
	}
	return limits
}
