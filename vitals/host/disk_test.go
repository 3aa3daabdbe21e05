package host

import (
	"errors"
	"testing"
	"testing/fstest"
)

func TestDiskOfAFolder(t *testing.T) {
	root := fstest.MapFS{
		"proc/diskstats": {Data: []byte("254 0 vda 1 0 0 0 0 0 0 0 0 0 0\n8 1 sda1 1 0 0 0 0 0 0 0 0 0 0\n253 3 dm-3 1 0 0 0 0 0 0 0 0 0 0\n")},
		"proc/self/mountinfo": {Data: []byte(`27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw
30 27 0:44 / /home rw,relatime shared:1 - btrfs /dev/mapper/home rw
31 27 8:1 / /with\040space rw,relatime - xfs /dev/sda1 rw
32 27 0:60 / /covered rw - tmpfs tmpfs rw
33 27 8:1 / /covered rw - xfs /dev/sda1 rw
34 27 0:70 / /mnt/nfs rw - nfs4 far:/export rw
a line that is none
`)},
	}
	resolve := func(path string) (string, error) {
		if path == "/dev/mapper/home" {
			return "/dev/dm-3", nil
		}
		return "", errors.New("no such device")
	}
	for _, row := range []struct{ name, folder, disk string }{
		{"what is mounted nowhere else lies on the root", "/var/lib/redis", "vda"},
		{"the root itself", "/", "vda"},
		{"a file system with numbers of its own is known by its device", "/home/ann", "dm-3"},
		{"a mount point with a space", "/with space/data", "sda1"},
		{"a name that only begins like a mount point", "/homestead", "vda"},
		{"of two mounts in one place the later one counts", "/covered/x", "sda1"},
		{"memory has no disk", "/dev/shm/x", ""},
		{"another machine's disk is not ours", "/mnt/nfs/x", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			disk, err := diskOf(root, row.folder, resolve)
			if disk != row.disk || (row.disk == "") != errors.Is(err, ErrNoDisk) {
				t.Errorf("%s lies on %q (%v), want %q", row.folder, disk, err, row.disk)
			}
		})
	}
}
