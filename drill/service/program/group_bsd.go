//go:build unix && !linux

package program

import "syscall"

// attributes puts the service into a group of its own. There is no way to have the system kill it when this program is.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
