package proxy

// Refuse is a server that is not running on a machine that is. The listener is closed, so that the kernel refuses new
// connections. Those that there are end as those of a process that was killed: what was under way in either direction is lost,
// which may include the reply to a write that was applied.
//
//	application ──> ECONNREFUSED      region
//	            <── end of file
//
// What comes after it listens on the same port again.
type Refuse struct{}

func (Refuse) String() string { return "refuse" }
func (Refuse) terms() terms   { return terms{deaf: true, end: hangUp} }
