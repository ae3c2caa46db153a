package portable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
)

// The container is ZIP (PKWARE APPNOTE 6.3) with one way of writing it: entries
// stored one after the other, no dates, no extra fields, no comments, no ZIP64. It is
// written here and not by archive/zip, because its octets must stay the same
// whatever a later version of Go writes; and because what is written in one way can
// be read by comparing: nothing is unpacked, no name is looked up twice, and there is
// no room between entries where anything could hide (attack T8).

// entry is one file in the container.
type entry struct {
	name string
	raw  []byte
}

const (
	localLength  = 30
	centralFixed = 46
	endLength    = 22

	signatureLocal   = 0x04034b50
	signatureCentral = 0x02014b50
	signatureEnd     = 0x06054b50

	dosDate    = 0x0021         // 1980-01-01, the first day that ZIP knows
	needed     = 10             // version needed: stored entries
	madeBy     = 3<<8 | 20      // Unix
	attributes = 0o100644 << 16 // a plain file, rw-r--r--
)

// encode writes a container.
func encode(entries []entry) ([]byte, error) {
	size := endLength
	for _, e := range entries {
		size += localLength + centralFixed + 2*len(e.name) + len(e.raw)
	}
	if len(entries) > MaxEntries || size > math.MaxInt32 {
		return nil, fmt.Errorf("exporting trusted lists: %d entries of %d octets are too many", len(entries), size)
	}
	out := make([]byte, 0, size)
	sums := make([]uint32, len(entries))
	for i, e := range entries {
		sums[i] = crc32.ChecksumIEEE(e.raw)
		out = append(appendLocal(out, e, sums[i]), e.raw...)
	}
	return append(out, directory(entries, sums)...), nil
}

// appendLocal appends the header in front of an entry (APPNOTE 4.3.7).
func appendLocal(out []byte, e entry, sum uint32) []byte {
	out = binary.LittleEndian.AppendUint32(out, signatureLocal)
	out = appendCommon(out, e, sum)
	return append(out, e.name...)
}

// appendCommon appends what the two headers of an entry have in common.
func appendCommon(out []byte, e entry, sum uint32) []byte {
	le := binary.LittleEndian
	for _, v := range []uint16{needed, 0, 0, 0, dosDate} { // flags, method (stored), time
		out = le.AppendUint16(out, v)
	}
	for _, v := range []uint32{sum, uint32(len(e.raw)), uint32(len(e.raw))} {
		out = le.AppendUint32(out, v)
	}
	out = le.AppendUint16(out, uint16(len(e.name)))
	return le.AppendUint16(out, 0) // no extra field
}

// directory is the central directory and its end (APPNOTE 4.3.12, 4.3.16).
func directory(entries []entry, sums []uint32) []byte {
	le, offset := binary.LittleEndian, 0
	var out []byte
	for i, e := range entries {
		out = le.AppendUint16(le.AppendUint32(out, signatureCentral), madeBy)
		out = appendCommon(out, e, sums[i])
		for range 3 { // no comment, disk 0, no internal attributes
			out = le.AppendUint16(out, 0)
		}
		out = le.AppendUint32(le.AppendUint32(out, attributes), uint32(offset))
		out = append(out, e.name...)
		offset += localLength + len(e.name) + len(e.raw)
	}
	length := len(out)
	out = le.AppendUint32(le.AppendUint32(out, signatureEnd), 0) // disk 0 of 0
	out = le.AppendUint16(le.AppendUint16(out, uint16(len(entries))), uint16(len(entries)))
	out = le.AppendUint32(le.AppendUint32(out, uint32(length)), uint32(offset))
	return le.AppendUint16(out, 0)
}

// decode reads a container that encode wrote; of any other it says what is other.
// The entries share the octets of raw.
func decode(raw []byte) ([]entry, error) {
	if len(raw) > MaxFile {
		return nil, fmt.Errorf("it has %d octets, at most %d", len(raw), MaxFile)
	}
	if len(raw) < endLength || binary.LittleEndian.Uint32(raw) != signatureLocal {
		return nil, errors.New("it is no file of 'vidimus trust export'")
	}
	var entries []entry
	var sums []uint32
	names := map[string]bool{}
	rest := raw
	for len(rest) >= localLength && binary.LittleEndian.Uint32(rest) == signatureLocal {
		if len(entries) == MaxEntries {
			return nil, fmt.Errorf("it has more than %d entries", MaxEntries)
		}
		e, sum, length, err := decodeLocal(rest)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", len(entries)+1, err)
		}
		lower := strings.ToLower(e.name)
		if names[lower] {
			return nil, fmt.Errorf("entry %q stands in it twice", e.name)
		}
		names[lower] = true
		entries, sums, rest = append(entries, e), append(sums, sum), rest[length:]
	}
	if !bytes.Equal(rest, directory(entries, sums)) {
		return nil, errors.New("it is cut short or altered: the directory at its end does not fit the entries before it")
	}
	return entries, nil
}

// decodeLocal reads the entry that begins in raw.
func decodeLocal(raw []byte) (e entry, sum uint32, length int, err error) {
	le := binary.LittleEndian
	name, size := int(le.Uint16(raw[26:])), int64(le.Uint32(raw[22:]))
	switch {
	case name == 0 || name > maxName || len(raw) < localLength+name:
		return e, 0, 0, fmt.Errorf("its name has %d octets, at most %d, or the file is cut short", name, maxName)
	case le.Uint16(raw[8:]) != 0:
		return e, 0, 0, fmt.Errorf("it is compressed (method %d), and an export compresses nothing", le.Uint16(raw[8:]))
	}
	e.name = string(raw[localLength : localLength+name])
	if err := allowed(e.name, size); err != nil {
		return e, 0, 0, err
	}
	if int64(len(raw)-localLength-name) < size {
		return e, 0, 0, fmt.Errorf("%q is said to have %d octets, and the file is cut short", e.name, size)
	}
	length = localLength + name + int(size)
	e.raw = raw[localLength+name : length : length]
	sum = crc32.ChecksumIEEE(e.raw)
	if !bytes.Equal(raw[:localLength+name], appendLocal(nil, e, sum)) {
		return e, 0, 0, fmt.Errorf("%q was altered: its header is not the one that an export writes for these octets", e.name)
	}
	return e, sum, length, nil
}

// allowed says whether an entry may be called so, and be so long.
func allowed(name string, size int64) error {
	limit := int64(maxOther)
	switch {
	case name == readmeName, name == manifestName, name == sums256Name, name == sums512Name, aSigner.MatchString(name):
	case len(name) > len(listsDir) && name[:len(listsDir)] == listsDir && aName.MatchString(name[len(listsDir):]):
		limit = trustlist.MaxListSize
	default:
		return fmt.Errorf("%q is no name of an export's entry", name)
	}
	if size > limit {
		return fmt.Errorf("%q has %d octets, at most %d", name, size, limit)
	}
	return nil
}
