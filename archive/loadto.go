package archive

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Objects of at most streamed octets are read whole, and kept while a bundle is written
// as long as they have no more than inMemory octets together.
const (
	streamed = 4 << 20
	inMemory = 64 << 20
)

// LoadTo writes the bytes that Load returns, without holding them in memory, where the
// store is a Streamer: large objects are read twice, to compare their hashes and to
// write them, and compared both times. Damage that is there before anything is written
// is a *DamagedError and writes nothing; other errors may come after some octets.
func LoadTo(ctx context.Context, st Store, id string, w io.Writer) error {
	want, err := bundleID(id)
	if err != nil {
		return err
	}
	if err := loadTo(ctx, st, want, w); err != nil {
		return fmt.Errorf("loading bundle %s: %w", want, gone(ctx, st, want, err))
	}
	return nil
}

func loadTo(ctx context.Context, st Store, id evidence.ID, w io.Writer) error {
	manifest, m, err := loadManifest(ctx, st, id)
	if err != nil {
		return err
	}
	l := &loading{st: st, crc: map[evidence.ID]uint32{}, kept: map[evidence.ID][]byte{}}
	for _, i := range firsts(m.Entries) {
		e := m.Entries[i]
		err := l.write(ctx, e, io.Discard)
		var damaged *DamagedError
		if errors.As(err, &damaged) && e.Size > streamed { // an older version may be whole
			l.kept[e.SHA256], err = loadObject(ctx, st, e)
			l.crc[e.SHA256] = crc32.ChecksumIEEE(l.kept[e.SHA256])
		}
		if err != nil {
			return err
		}
	}
	return bundle.Stream(w, manifest, func(i int) uint32 { return l.crc[m.Entries[i].SHA256] },
		func(i int, w io.Writer) error { return l.write(ctx, m.Entries[i], w) })
}

// loading is a bundle on its way out.
type loading struct {
	st   Store
	crc  map[evidence.ID]uint32
	kept map[evidence.ID][]byte
	held int
}

// write writes one object, compared with its hashes, and notes its CRC-32.
func (l *loading) write(ctx context.Context, e bundle.Entry, w io.Writer) error {
	data, ok := l.kept[e.SHA256]
	s, streams := l.st.(Streamer)
	if !ok && e.Size > streamed && streams {
		return l.stream(ctx, s, e, w)
	}
	if !ok {
		var err error
		if data, err = loadObject(ctx, l.st, e); err != nil {
			return err
		}
		l.crc[e.SHA256] = crc32.ChecksumIEEE(data)
		if l.held+len(data) <= inMemory {
			l.kept[e.SHA256], l.held = data, l.held+len(data)
		}
	}
	_, err := w.Write(data)
	return err
}

func (l *loading) stream(ctx context.Context, s Streamer, e bundle.Entry, w io.Writer) error {
	key := objectKey(e.SHA256)
	sum256, sum512, crc := sha256.New(), sha512.New(), crc32.NewIEEE()
	err := s.Stream(ctx, key, io.MultiWriter(sum256, sum512, crc, w))
	var none *NotFoundError
	if errors.As(err, &none) {
		return &DamagedError{Key: key, Object: e.Path, Says: "it is missing"}
	}
	if err != nil {
		return err
	}
	if evidence.ID(sum256.Sum(nil)) != e.SHA256 || bundle.SHA512(sum512.Sum(nil)) != e.SHA512 {
		return &DamagedError{Key: key, Object: e.Path, Says: fmt.Sprintf("SHA-256 is %x, the manifest says %s, or SHA-512 differs", sum256.Sum(nil), e.SHA256)}
	}
	l.crc[e.SHA256] = crc.Sum32()
	return nil
}
