// Package filelock is the lock of a file among processes: whoever has it holds it until the file is closed, and so no longer
// than the process lives, however that ends. It waits for nothing.
package filelock
