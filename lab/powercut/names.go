package powercut

// Names is a model of when the name of a file survives a power cut: that it was made, renamed or removed.
type Names int

const (
	// Ordered is how journalling filesystems behave (ext4 with data=ordered, XFS): changes of names go to the journal in
	// order, and an fsync that makes something new durable takes with it every change that was made before it began. The commit that
	// they make by themselves every few seconds does not count.
	Ordered Names = iota
	// Strict is what POSIX promises: the names in a folder survive when the folder itself was fsynced. A server that makes
	// a folder and does not fsync the one above loses all that it holds.
	Strict
)

// String says the model in a sentence without an end.
func (n Names) String() string {
	switch n {
	case Ordered:
		return "names survive with the next fsync of any file, as on ext4 and XFS"
	case Strict:
		return "names survive only with an fsync of their folder, as POSIX promises"
	default:
		return "unknown model of names"
	}
}
