package proxy

// Reset is a middlebox, or a proxy in front of the region, that has lost its state: connections that there are are reset, and
// each new one as soon as it is accepted.
//
//	application ──> accepted          region
//	            <── ECONNRESET
type Reset struct{}

func (Reset) String() string { return "reset" }
func (Reset) terms() terms   { return terms{end: cutDown} }
