package host

import (
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Machine is what this process runs on. What could not be read is "" or 0.
type Machine struct {
	OS, Arch  string // as Go names them
	System    string // the name of the distribution, with its version
	Kernel    string // its release
	CPUs      int    // that this process may use
	Memory    uint64 // bytes
	OpenFiles uint64 // that this process may have at a time, sockets included
	// MemoryLimit is the memory that the processes of its container may use, in bytes; 0: all.
	MemoryLimit uint64
}

// Look looks at this machine.
func Look() Machine { return lookFS(os.DirFS("/")) }

func lookFS(root fs.FS) Machine {
	read := func(path string) string {
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(content))
	}
	const kB = 1 << 10 // /proc/meminfo means these
	return Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
		System: strings.Trim(behind(read("etc/os-release"), "PRETTY_NAME="), `"`), Kernel: read("proc/sys/kernel/osrelease"),
		Memory: first(behind(read("proc/meminfo"), "MemTotal:")) * kB, OpenFiles: first(behind(read("proc/self/limits"), "Max open files")),
		MemoryLimit: first(read("sys/fs/cgroup/memory.max")), // "max" where there is none
	}
}

// behind is what follows a head in the line that begins with it.
func behind(text, head string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, head); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// first is the number that a text begins with; 0 where it begins with none.
func first(text string) uint64 {
	word, _, _ := strings.Cut(text, " ")
	n, _ := strconv.ParseUint(word, 10, 64)
	return n
}
