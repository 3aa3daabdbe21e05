package lab

import (
	"net"
	"path/filepath"
)

// configSuffix ends the name of the configuration file that is kept beside the listing of a lab.
const configSuffix = ".yaml"

// ConfigPath returns the path at which a configuration file for the regions of a lab may be kept: beside the listing by which
// Find finds the lab, in a folder that only the user can write to. Find removes the file when the lab was killed. control
// is the address of the lab's control, host:port.
func ConfigPath(control string) (string, error) {
	dir, err := labsDir("")
	if err != nil {
		return "", err
	}
	return pathOf(dir, control, configSuffix)
}

// pathOf is that of a file about the lab whose control is at host:port. A port is one lab's only.
func pathOf(dir, control, suffix string) (string, error) {
	_, port, err := net.SplitHostPort(control)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "lab-"+port+suffix), nil
}
