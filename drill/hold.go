package drill

import "context"

// Hold takes the lock that keeps two drills on one deployment apart, for a drill
// within one region: see LockKey. It is renewed until release is called; lost is
// called at most once, when another drill has taken it. Errors: ErrLocked, or why it
// cannot be told.
func Hold(ctx context.Context, place LockPlace, region, prefix, run, holder string, lost func(error)) (release func(context.Context), err error) {
	l := newLock([]LockPlace{place}, []string{region}, prefix, run, holder)
	if err := l.acquire(ctx, 0); err != nil {
		return nil, err
	}
	l.keep(ctx, lost)
	return l.release, nil
}

// JudgeFacts weighs what regions have told before a drill: whether they take writes,
// and have the memory for them. The facts have the index of Config.Maps.
func JudgeFacts(c Config, facts [][]ShardFacts) []Check { return judgeFacts(c, facts) }
