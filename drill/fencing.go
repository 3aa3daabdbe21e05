package drill

// Fencing is how the application keeps a write from being applied twice: before
// it writes, or in the same moment, it makes sure that the key is not there. A
// retry that finds the key knows that an earlier attempt was applied after all.
type Fencing string

// The kinds of fencing. The empty one is NoFencing.
const (
	NoFencing    Fencing = "none"
	FencingNX    Fencing = "nx"    // SET … NX: one request
	FencingWatch Fencing = "watch" // WATCH, a look, MULTI and EXEC: compare and set
)

func (f Fencing) known() bool {
	return f == "" || f == NoFencing || f == FencingNX || f == FencingWatch
}
