//go:build !linux && !darwin

package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// supported tells whether servers can be run here.
const supported = false

// There are no signals here that would do.
const (
	killed syscall.Signal = iota
	stopped
	goesOn
	asked
)

func attributes() *syscall.SysProcAttr    { return nil }
func await(*exec.Cmd, func()) error       { return errors.ErrUnsupported }
func look(int) (member, bool)             { return member{}, false }
func members(int) ([]member, error)       { return nil, errors.ErrUnsupported }
func signal(int, syscall.Signal) error    { return errors.ErrUnsupported }
func signalOne(int, syscall.Signal) error { return errors.ErrUnsupported }
func inGroup(int, int) bool               { return false }
func ours(os.FileInfo) bool               { return false }
