package jades

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"sync"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// files are the detached contents. Each is hashed at most once in each way, and
// encoded once unless it is large.
type files struct {
	list   []*file
	byName map[string]*file
}

type file struct {
	File
	digested bool // the octets are not at hand; sums is all that is known of them

	mu   sync.Mutex // imprints are asked for later, by whom they may concern
	sums map[sumKey][]byte
	id   *evidence.ID
	text []byte // its base64url text; nil: not asked for yet
}

type sumKey struct {
	digest  algo.Digest
	encoded bool
}

func newFiles(detached []File) *files {
	out := &files{byName: map[string]*file{}}
	for _, f := range detached {
		one := &file{File: f, sums: map[sumKey][]byte{}}
		out.list = append(out.list, one)
		if _, twice := out.byName[f.Name]; !twice {
			out.byName[f.Name] = one
		}
	}
	return out
}

func (f *files) size() int {
	n := 0
	for _, one := range f.list {
		n += len(one.Data)
	}
	return n
}

// named is the file that a URI names: as it is written, or decoded; nil for none.
func (f *files) named(uri string) *file {
	if one := f.byName[uri]; one != nil {
		return one
	}
	if decoded, err := url.PathUnescape(uri); err == nil {
		return f.byName[decoded]
	}
	return nil
}

// keepEncoded is the size, in octets, up to which the base64url text of a file is
// kept; that of a larger one is made anew each time, a piece after the other, so that
// a file of a gigabyte does not cost another.
const keepEncoded = 16 << 20

// write writes what a JWS takes for the file: its octets, or their base64url text.
// It writes a megabyte at a time: a hash in assembly is not interrupted, and over a
// whole large file it would hold up everything else.
func (f *file) write(w io.Writer, encoded bool) error {
	if f.digested {
		return errors.New(saysOctets)
	}
	data := f.Data
	if encoded && len(data) <= keepEncoded {
		data = f.encoded()
	}
	// A multiple of three, so that no piece but the last ends within a group.
	const piece = 3 << 18
	var text []byte
	for part := range slices.Chunk(data, piece) {
		if encoded && len(f.Data) > keepEncoded {
			text = base64.RawURLEncoding.AppendEncode(text[:0], part)
			part = text
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// encoded is the base64url text of the file.
func (f *file) encoded() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.text == nil {
		f.text = make([]byte, base64.RawURLEncoding.EncodedLen(len(f.Data)))
		base64.RawURLEncoding.Encode(f.text, f.Data)
	}
	return f.text
}

// sum is the digest of the file or of its base64url text; nil where the algorithm, or
// of a file that is known by digests this one, is not known.
func (f *file) sum(d algo.Digest, encoded bool) []byte {
	key := sumKey{d, encoded}
	out, ok := f.sums[key]
	if !ok && !f.digested {
		if h, known := d.New(); known && f.write(h, encoded) == nil {
			out = h.Sum(nil)
		}
		f.sums[key] = out
	}
	return out
}

// evidenceID is the SHA-256 of the octets; zero where it is not known.
func (f *file) evidenceID() evidence.ID {
	if f.digested {
		var id evidence.ID
		copy(id[:], f.sums[sumKey{algo.SHA256, false}])
		return id
	}
	if f.id == nil {
		id := evidence.Of(f.Data)
		f.id = &id
	}
	return *f.id
}

// budget bounds the octets that are copied and hashed for one file: each of a
// thousand signatures may be over the same large payload.
type budget struct {
	mu          sync.Mutex // imprints are asked for later, by whom they may concern
	left, whole int64
}

// newBudget is for that many octets, of the file and its detached contents.
func newBudget(size int) *budget {
	whole := int64(64<<20) + 24*int64(size)
	return &budget{left: whole, whole: whole}
}

// take spends n octets; false when nothing is left.
func (b *budget) take(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left -= int64(n)
	return b.left > 0
}

func (b *budget) err() error {
	return &signature.ReadError{Code: signature.Hostile, Message: fmt.Sprintf("reading JSON signature: its signatures and time-stamps ask for more than %d octets to be hashed", b.whole)}
}

// spending writes to w and spends the budget.
type spending struct {
	w io.Writer
	b *budget
}

func (s spending) Write(p []byte) (int, error) {
	if !s.b.take(len(p)) {
		return 0, s.b.err()
	}
	return s.w.Write(p)
}
