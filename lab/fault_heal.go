package lab

// heal takes back what cut, stall, slow and hang did: on one link, in one region, or everywhere. A killed shard stays down;
// it takes a start.
func (l *Lab) heal(f Fault) error {
	switch {
	case f.From != "":
		return l.onStreams(f, mend)
	case f.Region != "":
		return l.onShards(f, wakeUp)
	}
	for _, s := range l.streams {
		s.change(mend)
	}
	for sh := range l.shards {
		_ = wakeUp(sh) // never fails
	}
	return nil
}

func mend(s *stream) { s.mode = LinkUp }
