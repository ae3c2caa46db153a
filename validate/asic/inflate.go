package asic

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/vidimus/vidimus/validate/signature"
)

// maxDeflateRatio is the most that deflate can do (zlib's technical details:
// 1032:1); a header that promises more lies, and is not believed when memory is
// allocated.
const maxDeflateRatio = 1032

// unpacker unpacks the entries of one archive, each once, and counts.
type unpacker struct {
	packed     int    // length of the archive
	total      uint64 // octets unpacked so far
	unreadable int
	inflater   io.ReadCloser
}

// unpackAll unpacks all entries. Only what no honest file does is an error; an
// entry that cannot be unpacked is a problem.
func (a *archive) unpackAll() error {
	u := unpacker{packed: len(a.data)}
	for _, e := range a.entries {
		if err := u.unpack(a, e); err != nil {
			return err
		}
	}
	return nil
}

// unpack fills the data of an entry, and checks size and CRC.
func (u *unpacker) unpack(a *archive, e *entry) error {
	unreadable := func(format string, args ...any) error {
		a.note(signature.EntryUnreadable, "The entry %q cannot be read: %s.", e.name, fmt.Sprintf(format, args...))
		return u.countUnreadable()
	}
	if e.flags&(flagEncrypted|flagStrong|flagMasked) != 0 {
		return unreadable("it is encrypted")
	}
	packed := a.data[e.start : e.start+int64(e.compressed)]
	switch e.method {
	case methodStored:
		if e.compressed != e.size {
			return unreadable("stored as %d octets, said to be %d", e.compressed, e.size)
		}
		e.data = packed
		u.total += e.size
	case methodDeflate:
		if e.size > maxDeflateRatio*(e.compressed+1) {
			return unreadable("%d packed octets cannot become %d", e.compressed, e.size)
		}
		if err := checkUnpacked(u.total+e.size, u.packed); err != nil {
			return err
		}
		data, used, err := u.inflate(packed, int64(e.size))
		if refused := (*signature.ReadError)(nil); errors.As(err, &refused) {
			return refused
		}
		if err != nil {
			return unreadable("%v", err)
		}
		if used != len(packed) {
			a.note(signature.EntryMismatch, "Behind the packed data of the entry %q stand %d octets more.", e.name, len(packed)-used)
		}
		e.data = data
	default:
		return unreadable("it is packed by the unknown method %d", e.method)
	}
	if got := checksum(e.data); got != e.crc {
		e.data = nil
		return unreadable("its CRC is %08x, the header says %08x", got, e.crc)
	}
	if e.folder() && len(e.data) > 0 {
		a.note(signature.EntryMismatch, "The folder %q has %d octets of content.", e.name, len(e.data))
	}
	e.readable = true
	return checkUnpacked(u.total, u.packed)
}

var errSize = errors.New("its data are longer or shorter than its header says")

// inflate unpacks one deflate stream at the beginning of b. size is the length
// that it must have, -1 if that is not known. It returns how much of b was used.
func (u *unpacker) inflate(b []byte, size int64) (data []byte, used int, err error) {
	r := bytes.NewReader(b) // an io.ByteReader: flate takes no octet too many
	if u.inflater == nil {
		u.inflater = flate.NewReader(r)
	} else if again, ok := u.inflater.(flate.Resetter); !ok {
		u.inflater = flate.NewReader(r)
	} else if err := again.Reset(r, nil); err != nil {
		return nil, 0, err
	}
	// What may still be unpacked without the archive becoming a bomb.
	left := max(signature.MinZIPBomb, min(signature.MaxZIPRatio*uint64(u.packed), signature.MaxUnpacked))
	left -= min(u.total, left)
	if size >= 0 {
		data = make([]byte, size)
		if _, err := io.ReadFull(u.inflater, data); err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = errSize // or they are cut off, which is the same
			}
			return nil, 0, err
		}
		var one [1]byte
		if n, err := u.inflater.Read(one[:]); n != 0 || err != io.EOF {
			return nil, 0, errSize
		}
	} else {
		var out bytes.Buffer
		n, err := io.Copy(&out, io.LimitReader(u.inflater, int64(left)+1))
		if err != nil {
			return nil, 0, err
		}
		if uint64(n) > left {
			return nil, 0, checkUnpacked(u.total+max(uint64(n), signature.MaxZIPRatio*uint64(u.packed)+1, signature.MinZIPBomb+1), u.packed)
		}
		data = out.Bytes()
	}
	u.total += uint64(len(data))
	return data, len(b) - r.Len(), nil
}

func checksum(b []byte) uint32 { return crc32.ChecksumIEEE(b) }
