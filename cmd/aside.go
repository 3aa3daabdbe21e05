package cmd

import (
	"bytes"
	"io"
	"sync"
)

// aside is where lines go while a dashboard has the terminal, which they would tear: it is told them, and they are kept to be
// repeated when it has closed.
type aside struct {
	tell func(line string)

	mu   sync.Mutex
	kept []byte
}

// mostKept bounds what is kept, in bytes: the first lines, which mostly say why there are more.
const mostKept = 1 << 20

// Write takes whole lines.
func (a *aside) Write(text []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for line := range bytes.Lines(text) {
		a.tell(string(bytes.TrimRight(line, "\n")))
	}
	if len(a.kept)+len(text) <= mostKept {
		a.kept = append(a.kept, text...)
	}
	return len(text), nil
}

// repeat writes what was kept.
func (a *aside) repeat(w io.Writer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = w.Write(a.kept) // there is nobody to tell that it could not be written
	a.kept = nil
}
