package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/vidimus/vidimus/archive/bundle"
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

// octetsOf is what a source writes, compared.
func octetsOf(ctx context.Context, key string, src Source) ([]byte, error) {
	if src.Size < 0 || src.Size > MaxObject {
		return nil, fmt.Errorf("storing %q: %d octets, at most %d are allowed", key, src.Size, MaxObject)
	}
	b := bytes.NewBuffer(make([]byte, 0, src.Size+bytes.MinRead))
	d := newDigester(false, b)
	if err := src.Write(ctx, d); err != nil {
		return nil, err
	}
	if got := d.digest(); got.size != src.Size || got.sha256 != src.SHA256 {
		return nil, &DamagedError{Key: key, Says: fmt.Sprintf("%d octets with SHA-256 %s, want %d with %s", got.size, got.sha256, src.Size, src.SHA256)}
	}
	return b.Bytes(), nil
}
