package stored

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// memory is a folder in memory: files by their path.
type memory map[string][]byte

// Open opens a file to read it.
func (m memory) Open(name string) (fs.File, error) {
	raw, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return memoryFile{bytes.NewReader(raw), memoryInfo{path.Base(name), int64(len(raw))}}, nil
}

// ReadDir lists the files of a folder, in the order of names.
func (m memory) ReadDir(dir string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	for name, raw := range m {
		if path.Dir(name) == dir {
			out = append(out, fs.FileInfoToDirEntry(memoryInfo{path.Base(name), int64(len(raw))}))
		}
	}
	if out == nil {
		return nil, &fs.PathError{Op: "readdir", Path: dir, Err: fs.ErrNotExist}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

type memoryFile struct {
	*bytes.Reader
	info memoryInfo
}

func (f memoryFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f memoryFile) Close() error               { return nil }

type memoryInfo struct {
	name string
	size int64
}

func (i memoryInfo) Name() string       { return i.name }
func (i memoryInfo) Size() int64        { return i.size }
func (i memoryInfo) Mode() fs.FileMode  { return 0o444 }
func (i memoryInfo) ModTime() time.Time { return time.Time{} }
func (i memoryInfo) IsDir() bool        { return false }
func (i memoryInfo) Sys() any           { return nil }
