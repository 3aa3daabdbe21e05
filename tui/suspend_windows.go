package tui

// stopped returns at once: there is no Ctrl-Z that stops a process.
func stopped() {}
