package lab

// Word is how a shard is, in a word: what it answers with where it answers, but with an error; else its state.
func (s ShardStatus) Word() string {
	if s.State == Up && s.Answers != "" {
		return string(s.Answers)
	}
	return s.State.String()
}

// Total puts the streams of a link together, as those of two shards are, and counts those that are in the state of the link.
func (l LinkStatus) Total() (total StreamStatus, alike int) {
	for _, s := range l.Streams {
		total.Behind += s.Behind
		total.Resumes += s.Resumes
		total.FullCopies += s.FullCopies
		total.Loss, total.Echoes = max(total.Loss, s.Loss), total.Echoes || s.Echoes
		if s.State == l.State {
			alike++
		}
	}
	total.State = l.State
	return total, alike
}
