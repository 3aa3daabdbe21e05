package faults

import "os"

// Process is the watchdog's, for tests that signal it.
func (w *Watchdog) Process() *os.Process { return w.process.Process }
