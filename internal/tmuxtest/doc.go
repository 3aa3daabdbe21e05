// Package tmuxtest runs commands in a real terminal for tests: a tmux server of
// its own, with a socket, a size and an environment of its own, gone when the
// test is over.
//
//	Start ─> tmux server ─> one pane ─> sh, which runs what Run is given, one after the other
//	                          │ ^
//	      Screen, WaitFor <───┘ └── SendKeys, Type, Resize
//
// The terminal stays when a command has ended, so that a test can compare the
// [Modes] that it is left in with those before. A test that needs a terminal
// fails where there is no tmux: it is never skipped. Nothing of this package is
// part of the program, and on systems without Unix terminals it is empty.
package tmuxtest
