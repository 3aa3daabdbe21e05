//go:build !linux

package program

import "os/exec"

// await waits for a process to end, and calls gone at once after that.
func await(c *exec.Cmd, gone func()) error {
	err := c.Wait()
	gone()
	return err
}
