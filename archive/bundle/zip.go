package bundle

import (
	"encoding/binary"
	"hash/crc32"
)

// The container, octet by octet (APPNOTE.TXT 4.3). Nothing in it is free: the
// version needed is 1.0 for a stored entry, the time stands still at the first
// day that a ZIP can name, there are no flags, extra fields or comments. So the
// bytes follow from the manifest and the objects alone.
const (
	localSignature   = 0x04034b50
	centralSignature = 0x02014b50
	endSignature     = 0x06054b50
	localSize        = 30
	centralSize      = 46
	endSize          = 22
	zipVersion       = 10
	zipDate          = 1<<5 | 1 // 1980-01-01
)

// piece is a run of octets of the container and what it is.
type piece struct {
	what   string // "local header of", "central directory entry of", … of name; "" for an entry's data
	name   string
	octets []byte
}

// containerSize is what an entry costs in the container, headers included.
func containerSize(path string, size int64) int64 {
	return localSize + centralSize + 2*int64(len(path)) + size
}

// layout gives the container piece by piece: mimetype first, as EN 319 162-1
// Annex A asks, then manifest.json, so that a truncated bundle can still say
// what is missing, then the other entries in manifest order.
func layout(manifest []byte, entries []Entry, data func(int) []byte) []piece {
	pieces := make([]piece, 0, 3*len(entries)+4)
	central := make([]piece, 0, len(entries)+1)
	offset := uint32(0)
	add := func(name string, octets []byte) {
		f := fields(name, crcOf(octets), int64(len(octets)))
		pieces = append(pieces, piece{"local header of", name, f.local(name)}, piece{"", name, octets})
		central = append(central, piece{"central directory entry of", name, f.central(name, offset)})
		offset += uint32(localSize + len(name) + len(octets))
	}
	for i, e := range entries {
		add(e.Path, data(i))
		if i == 0 {
			add(manifestPath, manifest)
		}
	}
	directory := 0
	for _, p := range central {
		directory += len(p.octets)
	}
	pieces = append(pieces, central...)
	return append(pieces, piece{"end of central directory", "", end(len(central), directory, offset)})
}

// header is what the local header and the central directory say alike.
type header struct{ version, flags, method, time, date, crc, size, nameLength uint32 }

func fields(name string, crc uint32, size int64) header {
	return header{version: zipVersion, date: zipDate, crc: crc, size: uint32(size), nameLength: uint32(len(name))}
}

func crcOf(octets []byte) uint32 { return crc32.ChecksumIEEE(octets) }

func (h header) common(b []byte) []byte {
	for _, v := range []uint32{h.version, h.flags, h.method, h.time, h.date} {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	for _, v := range []uint32{h.crc, h.size, h.size} { // stored: packed size = size
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return binary.LittleEndian.AppendUint16(b, uint16(h.nameLength))
}

func (h header) local(name string) []byte {
	b := make([]byte, 0, localSize+len(name))
	b = h.common(binary.LittleEndian.AppendUint32(b, localSignature))
	return append(append(b, 0, 0), name...) // no extra field
}

func (h header) central(name string, offset uint32) []byte {
	b := make([]byte, 0, centralSize+len(name))
	b = binary.LittleEndian.AppendUint32(b, centralSignature)
	b = h.common(binary.LittleEndian.AppendUint16(b, zipVersion))
	b = append(b, make([]byte, 12)...) // extra, comment, disk, internal and external attributes
	return append(binary.LittleEndian.AppendUint32(b, offset), name...)
}

func end(entries, directory int, offset uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, endSignature)
	b = append(b, 0, 0, 0, 0) // disk numbers
	b = binary.LittleEndian.AppendUint16(b, uint16(entries))
	b = binary.LittleEndian.AppendUint16(b, uint16(entries))
	b = binary.LittleEndian.AppendUint32(b, uint32(directory))
	b = binary.LittleEndian.AppendUint32(b, offset)
	return append(b, 0, 0) // no comment
}

func assemble(pieces []piece) []byte {
	n := 0
	for _, p := range pieces {
		n += len(p.octets)
	}
	raw := make([]byte, 0, n)
	for _, p := range pieces {
		raw = append(raw, p.octets...)
	}
	return raw
}
