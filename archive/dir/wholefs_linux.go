package dir

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// wholeFileSystem returns what syncs the file system of a folder as a whole (syncfs), or
// nil where errors of writing would not be told: Linux tells them since 5.8. The folder
// stays open, because an error is told to those who had it open before.
func wholeFileSystem(root string) func() error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil || !tellsErrors(unix.ByteSliceToString(name.Release[:])) {
		return nil
	}
	folder, err := os.Open(root)
	if err != nil {
		return nil
	}
	return func() error { return os.NewSyscallError("syncfs", unix.Syncfs(int(folder.Fd()))) }
}

// tellsErrors reads a release such as "6.1.0-21-amd64".
func tellsErrors(release string) bool {
	var major, minor int
	n, err := fmt.Sscanf(release, "%d.%d", &major, &minor)
	return err == nil && n == 2 && (major > 5 || major == 5 && minor >= 8)
}
