package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// spoolMemory is what of a request stays in memory; a larger one goes to one
// temporary file until its turn to be judged comes.
const spoolMemory = 2 << 20

// spool holds the files of one request, one after the other, so that a request
// costs at most spoolMemory and one open file. Its name on disk is ours, never
// the client's.
type spool struct {
	dir    string
	memory bytes.Buffer
	file   *os.File
	size   int64
}

// Write takes more of the file.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.memory.Len()+len(p) <= spoolMemory {
		s.size += int64(len(p))
		return s.memory.Write(p)
	}
	if s.file == nil {
		if err := s.toDisk(); err != nil {
			return 0, err
		}
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	if err != nil {
		err = fmt.Errorf("keeping an upload: %w", err)
	}
	return n, err
}

// ReadFrom takes a file: what stays in memory comes there straight from the client.
func (s *spool) ReadFrom(from io.Reader) (n int64, err error) {
	for s.file == nil && s.memory.Len() < spoolMemory {
		left := spoolMemory - s.memory.Len()
		if s.memory.Available() <= bytes.MinRead {
			// What comes without its length gets room in a few steps: a buffer that doubles
			// itself allocates several times what it holds in the end.
			s.memory.Grow(min(left, max(early, 7*s.memory.Len())) + bytes.MinRead)
		}
		room := int64(min(left, s.memory.Available()-bytes.MinRead))
		m, err := s.memory.ReadFrom(io.LimitReader(from, room))
		s.size += m
		if n += m; err != nil || m < room {
			return n, err //nolint:wrapcheck // it is the client's: see source
		}
	}
	more, err := io.Copy(struct{ io.Writer }{s}, from)
	return n + more, err //nolint:wrapcheck // it is the client's, or says what Write did
}

// toDisk opens the file and removes its name at once, where the system allows
// that, so that a crash leaves nothing behind.
func (s *spool) toDisk() error {
	file, err := os.CreateTemp(s.dir, "vidimus-upload-*")
	if err != nil {
		return fmt.Errorf("keeping an upload: %w", err)
	}
	s.file = file
	_ = os.Remove(file.Name()) // close removes it where this could not
	if _, err := file.Write(s.memory.Bytes()); err != nil {
		return fmt.Errorf("keeping an upload: %w", err)
	}
	s.memory = bytes.Buffer{}
	return nil
}

// expect makes room for a request of that many octets, where it stays in memory: a
// buffer that grows with what comes copies it several times.
func (s *spool) expect(size int64) {
	if size > 0 && size <= spoolMemory {
		s.memory.Grow(int(size) + bytes.MinRead) // room to read its end in
	}
}

// section is part of what was written, which is not written to any more: nobody else
// touches those octets, also after close.
func (s *spool) section(start, size int64) ([]byte, error) {
	if s.file == nil {
		return s.memory.Bytes()[start : start+size : start+size], nil
	}
	data := make([]byte, size)
	if _, err := s.file.ReadAt(data, start); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading a kept upload: %w", err)
	}
	return data, nil
}

// close frees what the spool holds; it may be called twice.
func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name()) // gone already, as a rule
		s.file = nil
	}
	s.memory = bytes.Buffer{}
}
