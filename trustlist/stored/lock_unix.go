//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package stored

import (
	"errors"
	"os"
	"syscall"
)

// lock takes an exclusive advisory lock, which the system frees when the file is
// closed, also by the end of the process.
func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
