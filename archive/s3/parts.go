package s3

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/vidimus/vidimus/archive"
)

const (
	// defaultPart is the size of the parts that larger objects are sent in, one after
	// the other, each from one buffer.
	defaultPart = 16 << 20
	// leastPart and mostParts are bounds of S3 (AWS: multipart upload limits).
	leastPart = 5 << 20
	mostParts = 10_000
)

// partSize is the size of all parts of an object but its last; objects that are not
// larger are put in one.
func (s *Store) partSize(size int64) int64 {
	part := s.opts.Part
	if part == 0 {
		part = defaultPart
	}
	return max(part, (size+mostParts-1)/mostParts)
}

// partLength is the length of part n, from 1 on, of size octets; 0 where there is none.
func partLength(size, part int64, n int) int64 {
	if n < 1 || int64(n-1) >= mostParts {
		return 0
	}
	return max(0, min(part, size-int64(n-1)*part))
}

// errLonger ends a source that writes more than it said.
var errLonger = errors.New("the source writes more octets than it said")

// parts cuts what is written to it into parts, and hashes them and the whole.
type parts struct {
	size, part int64
	each       func(n int, data []byte, sum [sha256.Size]byte) error // data is lent

	n      int // of the part that is being filled
	buffer []byte
	seen   int64
	whole  hash.Hash
	sums   []byte // the hashes of the parts, one after the other
	err    error
}

func newParts(size, part int64, each func(int, []byte, [sha256.Size]byte) error) *parts {
	return &parts{size: size, part: part, each: each, n: 1, whole: sha256.New()}
}

// Write implements io.Writer. A part that lies whole in p is not copied.
func (w *parts) Write(p []byte) (int, error) {
	written := 0
	for w.err == nil && len(p) > 0 {
		want := partLength(w.size, w.part, w.n)
		if want == 0 {
			w.err = errLonger
			break
		}
		n := min(int(want)-len(w.buffer), len(p))
		if len(w.buffer) == 0 && int64(n) == want {
			w.err = w.full(p[:n])
		} else {
			if w.buffer == nil {
				w.buffer = make([]byte, 0, min(w.part, w.size))
			}
			if w.buffer = append(w.buffer, p[:n]...); int64(len(w.buffer)) == want {
				w.err = w.full(w.buffer)
				w.buffer = w.buffer[:0]
			}
		}
		written, p = written+n, p[n:]
	}
	return written, w.err
}

func (w *parts) full(data []byte) error {
	each := sha256.New()
	for rest := data; len(rest) > 0; { // by the megabyte: a hash in assembly is not interrupted
		n := min(len(rest), 1<<20)
		each.Write(rest[:n])
		w.whole.Write(rest[:n])
		rest = rest[n:]
	}
	sum := [sha256.Size]byte(each.Sum(nil))
	w.sums = append(w.sums, sum[:]...)
	w.seen += int64(len(data))
	w.n++
	return w.each(w.n-1, data, sum)
}

// from has a source write all of its octets, and compares them with what it said.
func (w *parts) from(ctx context.Context, key string, src archive.Source) error {
	err := src.Write(ctx, w)
	if w.err != nil { // whatever the source makes of it
		err = w.err
	}
	switch sum := [sha256.Size]byte(w.whole.Sum(nil)); {
	case errors.Is(err, errLonger):
		return &archive.DamagedError{Key: key, Says: fmt.Sprintf("its source writes more than the %d octets that it said", w.size)}
	case err != nil:
		return err
	case w.seen != w.size:
		return &archive.DamagedError{Key: key, Says: fmt.Sprintf("its source wrote %d octets and said %d", w.seen+int64(len(w.buffer)), w.size)}
	case sum != src.SHA256:
		return &archive.DamagedError{Key: key, Says: fmt.Sprintf("its source wrote octets with the SHA-256 %x and said %s", sum, src.SHA256)}
	}
	return nil
}

// composite is the checksum that S3 has of an object in parts: the hash of the parts'
// hashes, and their number.
func (w *parts) composite() string {
	sum := sha256.Sum256(w.sums)
	return fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(sum[:]), w.n-1)
}

// inMemory is a source of data that is in memory.
func inMemory(data []byte) archive.Source {
	sum := sha256.New()
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 1<<20)
		sum.Write(rest[:n])
		rest = rest[n:]
	}
	return archive.Source{Size: int64(len(data)), SHA256: [sha256.Size]byte(sum.Sum(nil)), Write: func(_ context.Context, w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}

// readSource is what a small source writes.
func readSource(ctx context.Context, key string, src archive.Source) ([]byte, error) {
	var all []byte
	w := newParts(src.Size, max(1, src.Size), func(_ int, data []byte, _ [sha256.Size]byte) error {
		all = append(all, data...)
		return nil
	})
	if err := w.from(ctx, key, src); err != nil {
		return nil, err
	}
	return all, nil
}
