package bundle

import (
	"encoding/binary"
	"hash/crc32"
)

// found is an entry as a walk over the container saw it.
type found struct {
	name string
	data []byte
	crc  uint32 // as its header says
}

func (f found) crcFits() bool { return crc32.ChecksumIEEE(f.data) == f.crc }

// walkLocal follows the local headers from the first octet for as long as they
// make sense. A bundle has no gaps, so this sees every entry of a whole bundle,
// and those before the cut of a truncated one.
func walkLocal(raw []byte) []found {
	var out []found
	for at := 0; len(raw)-at >= localSize && len(out) <= MaxEntries; {
		h := raw[at:]
		if binary.LittleEndian.Uint32(h) != localSignature {
			break
		}
		size := int64(binary.LittleEndian.Uint32(h[22:]))
		names, extra := int(binary.LittleEndian.Uint16(h[26:])), int(binary.LittleEndian.Uint16(h[28:]))
		start := localSize + names + extra
		if names > maxPath || int64(len(h)-start) < size {
			break
		}
		out = append(out, found{
			name: string(h[localSize : localSize+names]),
			data: h[start : start+int(size)],
			crc:  binary.LittleEndian.Uint32(h[14:]),
		})
		at += start + int(size)
	}
	return out
}

// walkCentral reads the central directory backed by the end record in the last
// 22 octets. All data together may not be longer than the file, which stops
// entries that lie over each other and are hashed again and again (attack Z1).
func walkCentral(raw []byte) []found {
	if len(raw) < endSize {
		return nil
	}
	e := raw[len(raw)-endSize:]
	count, at := int(binary.LittleEndian.Uint16(e[10:])), int64(binary.LittleEndian.Uint32(e[16:]))
	if binary.LittleEndian.Uint32(e) != endSignature || count > MaxEntries+1 || at > int64(len(raw)) {
		return nil
	}
	var out []found
	total := int64(0)
	for d := raw[at:]; len(out) < count; {
		if len(d) < centralSize || binary.LittleEndian.Uint32(d) != centralSignature {
			break
		}
		size, offset := int64(binary.LittleEndian.Uint32(d[24:])), int64(binary.LittleEndian.Uint32(d[42:]))
		names := int(binary.LittleEndian.Uint16(d[28:]))
		if names > maxPath || len(d) < centralSize+names {
			break
		}
		start := offset + localSize + int64(names) // bundles have no extra fields
		if total += size; start+size > int64(len(raw)) || total > int64(len(raw)) {
			break
		}
		out = append(out, found{
			name: string(d[centralSize : centralSize+names]),
			data: raw[start : start+size],
			crc:  binary.LittleEndian.Uint32(d[16:]),
		})
		d = d[centralSize+names:]
	}
	return out
}
