package powercut

import "time"

// Command is the hidden command of the program by which it runs itself as [Run]: `aafailover under-powercut …`.
const Command = "under-powercut"

// Witness is what witnesses the fsyncs of one server. Its fields are absolute paths; all three are needed.
type Witness struct {
	// Program is this program, or another that calls [Run] with its arguments after [Command].
	Program string
	// Folder is where the server keeps its files, and which is cut. It exists when the server starts.
	Folder string
	// Record is a folder for the witness alone, on the same filesystem and not within Folder. It is made where there is
	// none, emptied at every start, and removed by Cut.
	Record string
}

// Wrap returns the arguments to be put before those of the server. Each start of it begins a record of its own: what is
// in the folder then counts as durable.
func (w Witness) Wrap() []string {
	return []string{w.Program, Command, roleStart, w.Record, w.Folder, "--"}
}

// The first argument of [Run].
const (
	roleStart  = "start"  // becomes the server
	roleDetach = "detach" // starts the witness and ends, so that it is nobody's child
	roleWatch  = "watch"  // is the witness
	roleTry    = "try"    // is a server, for Supported
)

// Loss is what a power cut has taken.
type Loss struct {
	// Names is the model by which names have survived.
	Names Names
	// Files are all files that were there before the cut or after it, by name.
	Files []File
	// Syncs is what was witnessed since the server started.
	Syncs Syncs
}

// File is what became of a name.
type File struct {
	// Name is the path below the folder, with slashes.
	Name string
	// Had and Kept are bytes, before the cut and after it; 0 where there was no such file.
	Had, Kept int64
	// Fate says what was done.
	Fate Fate
}

// Fate is what a power cut does to a file.
type Fate string

// The fates.
const (
	Untouched Fate = "untouched" // all of it was durable
	Shortened Fate = "shortened" // its end was not durable
	Removed   Fate = "removed"   // its name was not durable
	Restored  Fate = "restored"  // the file that had this name is back, because its removal or replacement was not durable
)

// Syncs counts the calls that make files durable.
type Syncs struct {
	// Count is how many succeeded, of files and folders in the folder of the server; Failed is how many did not.
	Count, Failed int
	// Last is when the last one succeeded; zero when none has.
	Last time.Time
	// Took is how long all that succeeded have taken together, and Longest the longest of them, from the call of the
	// system to its return. They are what the disk takes, without what the witness adds.
	Took, Longest time.Duration
}
