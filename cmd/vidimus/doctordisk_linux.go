package main

import "syscall"

// diskFree is how many octets of the disk of a folder are free for us, and in all.
func diskFree(path string) (free, total uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, 0, err
	}
	size := uint64(s.Bsize) //#nosec G115 -- a block has a positive size
	return s.Bavail * size, s.Blocks * size, nil
}
