package main

import (
	"os"
	"syscall"
)

// mapFile maps a file for reading. The mapping outlives the file's handle.
func mapFile(f *os.File, size int64) ([]byte, error) {
	return syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
}

// forget gives back the memory in which octets of a mapping lie; who reads them
// again gets them from the file again.
func forget(data []byte) {
	_ = syscall.Madvise(data, syscall.MADV_DONTNEED) // it is advice
}

// changeTime is when the file's contents or attributes were last changed, which
// programs cannot set as they can the time of modification; nanoseconds.
func changeTime(info os.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ctim.Nano()
	}
	return 0
}
