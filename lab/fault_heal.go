package lab

// heal takes back what cut, stall, slow, lose, echo, hang and answer did: on one link, in one region, or everywhere. A killed
// shard stays down: it takes a start. What was moved stays where it is.
func (l *Lab) heal(f Fault) error {
	switch {
	case f.From != "":
		return l.onStreams(f, mend)
	case f.Region != "":
		return l.onShards(f, recoverShard)
	}
	for sh := range l.shards { // first: a stream may be held by one whose server does not answer
		_ = recoverShard(sh) // never fails
	}
	for s := range l.streams {
		s.change(mend)
	}
	return nil
}

func mend(s *stream) { s.mode, s.loss, s.echoes = LinkUp, 0, false }

func recoverShard(sh *shard) error {
	sh.condition.Store(nil)
	return wakeUp(sh)
}
