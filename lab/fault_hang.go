package lab

// hang stops a shard like SIGSTOP does: the kernel goes on taking connections and bytes, as far as its buffers go, nothing is
// answered, and its streams stand still in both directions without losing their connections. What clients sent meanwhile
// is carried out when it goes on, whether or not they are still there.
func hang(sh *shard) error {
	if why := sh.keys.trouble(); why != "" && State(sh.state.Load()) == Up {
		return refusal("hang: %s: %s", sh.label(), why)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	switch State(sh.state.Load()) {
	case Down:
		return refusal("hang: %s is down", sh.label())
	case Up:
		sh.gate.Store(&gate{open: make(chan struct{})})
		sh.state.Store(int32(Hung))
		sh.keys.hang()
	}
	return nil
}

// wakeUp lets a hung shard go on, and the server of any other that somebody else has stopped: for that one somebody may wait
// with the lock.
func wakeUp(sh *shard) error {
	sh.keys.goOn()
	sh.mu.Lock()
	if State(sh.state.Load()) == Hung {
		sh.become(Up)
	}
	sh.mu.Unlock()
	sh.signalStreams()
	return nil
}

// become sets a state that is not Hung, and opens the gate. The caller holds the lock.
func (sh *shard) become(state State) {
	sh.state.Store(int32(state))
	if g := sh.gate.Swap(nil); g != nil {
		close(g.open)
	}
}
