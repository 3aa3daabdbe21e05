package host

import (
	"testing"
	"testing/fstest"
)

func TestMachine(t *testing.T) {
	root := fstest.MapFS{
		"etc/os-release":            {Data: []byte("NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n")},
		"proc/sys/kernel/osrelease": {Data: []byte("6.18.5-amd64\n")},
		"proc/meminfo":              {Data: []byte("MemTotal:        8000 kB\nMemFree:  1 kB\n")},
		"proc/self/limits":          {Data: []byte("Limit  Soft Limit Hard Limit Units\nMax open files            1024                 524288               files\n")},
		"sys/fs/cgroup/memory.max":  {Data: []byte("max\n")},
	}
	m := lookFS(root)
	if m.System != "Debian GNU/Linux 13 (trixie)" || m.Kernel != "6.18.5-amd64" || m.Memory != 8000<<10 || m.OpenFiles != 1024 || m.MemoryLimit != 0 || m.CPUs < 1 {
		t.Errorf("%+v", m)
	}
	root["sys/fs/cgroup/memory.max"] = &fstest.MapFile{Data: []byte("536870912\n")}
	if m := lookFS(root); m.MemoryLimit != 512<<20 {
		t.Errorf("%+v", m)
	}
	if m := lookFS(fstest.MapFS{}); m.System+m.Kernel != "" || m.Memory+m.OpenFiles != 0 || m.OS == "" {
		t.Errorf("of a system without these files it says %+v", m)
	}
}
