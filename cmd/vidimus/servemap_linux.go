package main

import (
	"os"
	"syscall"
)

// mapUpload maps an upload that lies on disk, so that one of a gigabyte is judged in
// a few megabytes; done ends that. The file has no name any more: nobody changes it.
func mapUpload(f *os.File, size int64) (data []byte, done func(), err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if data, err = mapFile(f, size); err != nil {
		return nil, nil, err
	}
	l := &largeFiles{files: []*largeFile{{name: "upload", file: f, data: data, info: info}}}
	l.watch()
	return data, func() {
		_ = l.close() // it was not changed
		_ = syscall.Munmap(data)
	}, nil
}
