package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// piece is how much of mapped octets is written at once: what the kernel may take back
// in between is not in memory all at the same time.
const piece = 1 << 20

// mapped is the object of an entry that lies in memory, or in a file that is mapped
// there. Such a file may be cut while it is read, which is an error then, and not the
// end of the program.
func mapped(data []byte, e bundle.Entry) Source {
	return Source{Size: e.Size, SHA256: e.SHA256, Write: func(ctx context.Context, w io.Writer) (err error) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() {
			if fault := recover(); fault != nil {
				if _, ok := fault.(interface{ Addr() uintptr }); !ok {
					panic(fault)
				}
				err = fmt.Errorf("reading %s: the file that it lies in was cut, or its disk failed: %v", e.Path, fault)
			}
		}()
		for rest := data; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := w.Write(rest[:min(piece, len(rest))]); err != nil {
				return err
			}
		}
		return nil
	}}
}

// putFrom puts what a source writes into a store, which need not be a Taker.
func putFrom(ctx context.Context, st Store, key string, src Source) error {
	if t, ok := st.(Taker); ok {
		return t.PutFrom(ctx, key, src)
	}
	data, err := octetsOf(ctx, key, src)
	if err != nil {
		return err
	}
	return st.Put(ctx, key, data)
}

// restoreFrom restores what a source writes, as putFrom puts it.
func restoreFrom(ctx context.Context, r Restorer, key string, src Source) error {
	if t, ok := r.(Taker); ok {
		return t.RestoreFrom(ctx, key, src)
	}
	data, err := octetsOf(ctx, key, src)
	if err != nil {
		return err
	}
	return r.Restore(ctx, key, data)
}

// octetsOf is what a source writes, for a store that takes octets alone: compared, and
// no more of it in memory than it says.
func octetsOf(ctx context.Context, key string, src Source) ([]byte, error) {
	if src.Size < 0 || src.Size > MaxObject {
		return nil, fmt.Errorf("storing %q: %d octets, at most %d are allowed", key, src.Size, MaxObject)
	}
	w := &bounded{left: src.Size}
	err := src.Write(ctx, w)
	switch {
	case w.over || err == nil && w.left > 0:
		return nil, &DamagedError{Key: key, Says: fmt.Sprintf("the source does not write the %d octets that it has", src.Size)}
	case err != nil:
		return nil, err
	}
	if got := evidence.Of(w.data.Bytes()); got != src.SHA256 {
		return nil, &DamagedError{Key: key, Says: fmt.Sprintf("the source writes %d octets with SHA-256 %s, want %s", src.Size, got, src.SHA256)}
	}
	return w.data.Bytes(), nil
}

// bounded holds at most so many octets.
type bounded struct {
	data bytes.Buffer
	left int64
	over bool
}

func (w *bounded) Write(b []byte) (int, error) {
	if int64(len(b)) > w.left {
		w.over = true
		return 0, errors.New("the source writes more octets than it has")
	}
	w.left -= int64(len(b))
	return w.data.Write(b)
}
