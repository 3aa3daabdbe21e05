package proxy

// Hang is a server that was stopped, as by SIGSTOP: its sockets stay open, new connections are accepted (by the kernel, up to
// Options.Connections and the backlog), and nothing reaches the other side any more. What is sent fills the buffers, those of the
// proxy first, until the sender has to wait.
//
//	application ──> buffers │         region
//	            <── silence │
//
// Nothing is lost. When it ends everything goes on, and what was sent meanwhile arrives late, also over connections that their
// client has given up: a write that timed out may still be applied.
type Hang struct{}

func (Hang) String() string { return "hang" }
func (Hang) terms() terms   { return terms{still: true} }
