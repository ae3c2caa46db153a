package dir

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/vidimus/vidimus/archive"
)

// piece is how many octets are written, hashed or compared at a time: between two pieces
// the context is asked, and nothing larger is held of an object that comes from a source.
const piece = 1 << 20

// content is what is to be stored under a key.
type content interface {
	size() int64
	// write writes the octets, in as many pieces as it likes. After nil they are all
	// written, and right.
	write(ctx context.Context, w io.Writer) error
	// is compares them with what stands in a file of the same size.
	is(ctx context.Context, r io.Reader) (bool, error)
}

// octets are content in memory, or in a file that is mapped there.
type octets []byte

func (o octets) size() int64 { return int64(len(o)) }

func (o octets) write(_ context.Context, w io.Writer) error {
	_, err := w.Write(o)
	return err
}

func (o octets) is(ctx context.Context, r io.Reader) (bool, error) {
	buffer := make([]byte, min(piece, len(o)))
	for rest := []byte(o); len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		part := buffer[:min(len(buffer), len(rest))]
		if _, err := io.ReadFull(r, part); err != nil {
			return false, err
		}
		if !bytes.Equal(part, rest[:len(part)]) {
			return false, nil
		}
		rest = rest[len(part):]
	}
	return true, nil
}

// source is content that need not be in memory.
type source struct {
	archive.Source
	key string
}

func (s source) size() int64 { return s.Size }

// errLonger ends a source that writes more than it said.
var errLonger = errors.New("the source writes more octets than it said")

func (s source) write(ctx context.Context, w io.Writer) error {
	c := &counted{w: w, left: s.Size, sum: sha256.New()}
	err := s.Write(ctx, c)
	if c.err != nil { // whatever the source makes of it
		err = c.err
	}
	switch sum := [sha256.Size]byte(c.sum.Sum(nil)); {
	case errors.Is(err, errLonger):
		return &archive.DamagedError{Key: s.key, Says: fmt.Sprintf("its source writes more than the %d octets that it said", s.Size)}
	case err != nil:
		return err
	case c.left > 0:
		return &archive.DamagedError{Key: s.key, Says: fmt.Sprintf("its source wrote %d octets and said %d", s.Size-c.left, s.Size)}
	case sum != s.SHA256:
		return &archive.DamagedError{Key: s.key, Says: fmt.Sprintf("its source wrote octets with the SHA-256 %x and said %s", sum, s.SHA256)}
	}
	return nil
}

func (s source) is(ctx context.Context, r io.Reader) (bool, error) {
	sum := sha256.New()
	buffer := make([]byte, piece)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := r.Read(buffer)
		sum.Write(buffer[:n])
		if err == io.EOF {
			return [sha256.Size]byte(sum.Sum(nil)) == s.SHA256, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// counted hashes what goes through it and lets no more through than left.
type counted struct {
	w    io.Writer
	left int64
	sum  hash.Hash
	err  error
}

// Write implements io.Writer.
func (c *counted) Write(p []byte) (int, error) {
	if c.err == nil && int64(len(p)) > c.left {
		c.err = errLonger
	}
	if c.err != nil {
		return 0, c.err
	}
	var n int
	n, c.err = c.w.Write(p)
	c.sum.Write(p[:n])
	c.left -= int64(n)
	return n, c.err
}

// steps writes to a file by the piece, each as a step of its own.
type steps struct {
	ctx context.Context
	s   *Store
	w   io.Writer
}

// Write implements io.Writer.
func (w steps) Write(p []byte) (int, error) {
	written := 0
	for {
		part := p[:min(piece, len(p))]
		if err := w.ctx.Err(); err != nil {
			return written, err
		}
		n := 0
		if err := w.s.step("write", func() (err error) {
			n, err = w.w.Write(part)
			return err
		}); err != nil {
			return written + n, err
		}
		written += n
		if p = p[len(part):]; len(p) == 0 {
			return written, nil
		}
	}
}
