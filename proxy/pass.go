package proxy

// Pass lets everything through. A connection that hung goes on where it stood; what was refused or reset stays so, and only
// new connections work.
//
//	application ──────────────> region
//	            <──────────────
type Pass struct{}

func (Pass) String() string { return "pass" }
func (Pass) terms() terms   { return terms{} }
