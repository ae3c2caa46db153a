package archive

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// streamed is the size, in octets, up to which objects are read whole. What is larger is
// read as a stream, where the store is a Streamer.
const streamed = 4 << 20

// digest is what is known of octets that need not be in memory.
type digest struct {
	size   int64
	sha256 evidence.ID
	sha512 bundle.SHA512 // zero where it was not asked for
	crc    uint32        // CRC-32 (IEEE); as sha512
}

// digester makes a digest of what is written to it.
type digester struct {
	size           int64
	sum256, sum512 hash.Hash
	crc            hash.Hash32
	to             io.Writer // the hashes, and who else gets the octets
}

// newDigester hashes by SHA-256, and with all by the rest too; also gets the octets.
func newDigester(all bool, also ...io.Writer) *digester {
	d := &digester{sum256: sha256.New(), sum512: sha512.New(), crc: crc32.NewIEEE()}
	to := []io.Writer{d.sum256}
	if all {
		to = append(to, d.sum512, d.crc)
	}
	d.to = io.MultiWriter(append(to, also...)...)
	return d
}

var errTooLong = errors.New("more octets than an object has")

func (d *digester) Write(p []byte) (int, error) {
	if d.size += int64(len(p)); d.size > MaxObject {
		return 0, errTooLong
	}
	return d.to.Write(p)
}

func (d *digester) digest() digest {
	return digest{d.size, evidence.ID(d.sum256.Sum(nil)), bundle.SHA512(d.sum512.Sum(nil)), d.crc.Sum32()}
}

// digestOf is the digest of octets in memory.
func digestOf(data []byte, all bool) digest {
	d := newDigester(all)
	_, _ = d.Write(data) // hashes never fail
	return d.digest()
}

// found is what was read under a key and compared.
type found struct {
	digest
	data  []byte // nil: it was read as a stream
	newer bool   // the first version is damaged, and this one was restored over it
	says  string // what is wrong with it; "": nothing
}

// compared is fitting of something that, where it is large, is not held in memory. size
// is how many octets it ought to have, or the store says; also sees what is streamed, and
// sees it again where that broke off.
func compared(ctx context.Context, st Store, key string, size int64, all bool, differs func(digest) string, also ...io.Writer) (found, error) {
	s, ok := st.(Streamer)
	if !ok || size <= streamed {
		f := found{}
		var err error
		f.data, f.newer, f.says, err = fitting(ctx, st, key, func(data []byte) string {
			f.digest = digestOf(data, all)
			return differs(f.digest)
		})
		if f.says != "" {
			f.digest = digestOf(f.data, all) // of the first version, not of the last
		}
		return f, err
	}
	d, err := digested(ctx, s, key, size, all, also...)
	f := found{digest: d}
	var damaged *DamagedError
	switch {
	case errors.As(err, &damaged):
		f.says = damaged.Says
	case err != nil:
		return found{}, err
	default:
		f.says = differs(d)
	}
	v, ok := st.(Versioned)
	if f.says == "" || !ok {
		return f, nil
	}
	for other, err := range v.Versions(ctx, key) {
		if err != nil {
			return found{}, err
		}
		if d := digestOf(other, all); differs(d) == "" {
			return found{digest: d, data: other, newer: true}, nil
		}
	}
	return f, nil
}

// streamTries bounds how often a stream that breaks off is begun again.
const streamTries = 3

// digested reads what stands under a key as a stream. What is too long for an object is
// a *DamagedError, as for Get.
func digested(ctx context.Context, st Streamer, key string, size int64, all bool, also ...io.Writer) (digest, error) {
	for try := 1; ; try++ {
		d := newDigester(all, also...)
		err := st.Stream(ctx, key, d)
		switch {
		case errors.Is(err, errTooLong):
			return digest{}, &DamagedError{Key: key, Says: fmt.Sprintf("%d octets, at most %d can have been written", max(size, d.size), MaxObject)}
		case err == nil:
			return d.digest(), nil
		case errors.Is(err, io.ErrUnexpectedEOF) && try < streamTries:
			continue
		}
		return digest{}, err
	}
}

// readObject reads the object of an entry and compares it with all its hashes, as
// loadObject does, without holding a large one in memory. size is what the store says of
// it, 0 where it was not asked.
func readObject(ctx context.Context, st Store, e bundle.Entry, size int64) (found, error) {
	f, err := compared(ctx, st, objectKey(e.SHA256), max(size, e.Size), true, func(d digest) string { return e.DiffersFrom(d.size, d.sha256, d.sha512) })
	return f, objectError(e, f.says, err)
}

// objectError is what it means that an object could not be read, or is not as it was.
func objectError(e bundle.Entry, says string, err error) error {
	key := objectKey(e.SHA256)
	var none *NotFoundError
	switch {
	case errors.As(err, &none):
		return &DamagedError{Key: key, Object: e.Path, Says: "it is missing"}
	case err != nil:
		return err
	case says != "":
		return &DamagedError{Key: key, Object: e.Path, Says: says}
	}
	return nil
}
