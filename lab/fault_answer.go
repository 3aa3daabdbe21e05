package lab

// answerWith brings a shard into a condition, in place of the one that it was in. Only its answers change: it goes on
// replicating, and it keeps its connections but for those that a real server closes. A kill does not end the condition,
// only a heal does: a region that is started again can be found loading.
func answerWith(c *condition) func(*shard) error {
	return func(sh *shard) error {
		sh.condition.Store(c)
		if c.drops != nil {
			sh.front.drop(c.drops)
		}
		return nil
	}
}
