package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// maxKept bounds the octets of small objects that a Stored keeps in memory; the rest is
// read again when it is written.
const maxKept = 16 << 20

// LoadTo writes the bytes that Load returns, without holding them in memory, where the
// store is a Streamer: large objects are read twice, to compare their hashes and to
// write them, and compared both times. Damage that is there before anything is written
// is a *DamagedError and writes nothing; other errors may come after some octets.
func LoadTo(ctx context.Context, st Store, id string, w io.Writer) error {
	s, err := Open(ctx, st, id)
	if err != nil {
		return err
	}
	return s.Write(ctx, w)
}

// Stored is a bundle in a store, every hash of which was compared when it was opened. It
// does not hold the bundle in memory, where the store is a Streamer.
type Stored struct {
	ID          string
	Manifest    bundle.Manifest
	RawManifest []byte

	st   Store
	crc  map[evidence.ID]uint32
	kept map[evidence.ID][]byte
}

// Open compares a stored bundle with its hashes, for reading. Errors are those of Load.
func Open(ctx context.Context, st Store, id string) (*Stored, error) {
	want, err := bundleID(id)
	if err != nil {
		return nil, err
	}
	s := &Stored{ID: want.String(), st: st, crc: map[evidence.ID]uint32{}, kept: map[evidence.ID][]byte{}}
	if err := s.open(ctx, want); err != nil {
		return nil, s.failed(ctx, err)
	}
	return s, nil
}

func (s *Stored) failed(ctx context.Context, err error) error {
	id, _ := bundleID(s.ID) // it was read before
	return fmt.Errorf("loading bundle %s: %w", s.ID, gone(ctx, s.st, id, err))
}

func (s *Stored) open(ctx context.Context, id evidence.ID) (err error) {
	if s.RawManifest, s.Manifest, err = loadManifest(ctx, s.st, id); err != nil {
		return err
	}
	var lock sync.Mutex
	held := 0
	return each(ctx, firsts(s.Manifest.Entries), func(ctx context.Context, i int) error {
		e := s.Manifest.Entries[i]
		f, err := readObject(ctx, s.st, e, 0)
		if err != nil {
			return err
		}
		lock.Lock()
		defer lock.Unlock()
		s.crc[e.SHA256] = f.crc
		// Of an object whose first version is damaged, streaming would give that one.
		if f.data != nil && (f.newer || held+len(f.data) <= maxKept) {
			s.kept[e.SHA256], held = f.data, held+len(f.data)
		}
		return nil
	})
}

// Size is how many octets Write writes.
func (s *Stored) Size() int64 { return s.Manifest.Size(s.RawManifest) }

// Write writes the bundle, the bytes that bundle.Pack produced. What was altered since
// it was opened is a *DamagedError, which may come after some octets.
func (s *Stored) Write(ctx context.Context, w io.Writer) error {
	entries := s.Manifest.Entries
	err := bundle.Stream(w, s.RawManifest, func(i int) uint32 { return s.crc[entries[i].SHA256] },
		func(i int, w io.Writer) error { return s.write(ctx, entries[i], w) })
	if err != nil {
		return s.failed(ctx, err)
	}
	return nil
}

// write writes one object, compared once more: with SHA-256 alone, since SHA-512 was
// compared with it when the bundle was opened.
func (s *Stored) write(ctx context.Context, e bundle.Entry, w io.Writer) error {
	from, ok := s.large(e)
	if !ok {
		return s.small(ctx, e, w)
	}
	d := newDigester(false, w)
	err := from.Stream(ctx, objectKey(e.SHA256), d)
	says := ""
	if got := d.digest(); errors.Is(err, errTooLong) || err == nil {
		err, says = nil, e.DiffersFrom(got.size, got.sha256, e.SHA512)
	}
	return objectError(e, says, err)
}

// large says whether the object of an entry is streamed, and from where.
func (s *Stored) large(e bundle.Entry) (Streamer, bool) {
	from, streams := s.st.(Streamer)
	_, kept := s.kept[e.SHA256]
	return from, streams && !kept && e.Size > streamed
}

// small writes an object that is kept, or read whole.
func (s *Stored) small(ctx context.Context, e bundle.Entry, w io.Writer) error {
	data, ok := s.kept[e.SHA256]
	if !ok {
		var err error
		if data, err = loadObject(ctx, s.st, e); err != nil {
			return err
		}
	}
	_, err := w.Write(data)
	return err
}

// SaveTo stores the bundle in another store, as Save does.
func (s *Stored) SaveTo(ctx context.Context, st Store) (id string, err error) {
	return save(ctx, st, saving{id: s.ID, manifest: s.RawManifest, entries: s.Manifest.Entries, put: func(ctx context.Context, i int) error {
		e := s.Manifest.Entries[i]
		key := objectKey(e.SHA256)
		from, ok := s.large(e)
		if !ok {
			var data bytes.Buffer
			if err := s.small(ctx, e, &data); err != nil {
				return err
			}
			return st.Put(ctx, key, data.Bytes())
		}
		return putFrom(ctx, st, key, Source{Size: e.Size, SHA256: e.SHA256, Write: func(ctx context.Context, w io.Writer) error {
			return objectError(e, "", from.Stream(ctx, key, w)) // the store compares
		}})
	}})
}
