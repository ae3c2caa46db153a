package eutest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// Entry is one entry of a ZIP file, with what can be wrong about it.
type Entry struct {
	Name     string
	Data     []byte
	Deflate  bool
	Comment  string
	Extra    []byte // in the local header
	External uint32 // external attributes: 0xA1FF0000 is a symbolic link

	LocalName   string // the name in the local header, where it differs from the central directory's
	LocalData   []byte // what is really stored, where size and CRC of the central directory are those of Data
	WrongCRC    bool
	ClaimedSize uint32 // uncompressed size as the headers say, where it lies
	Encrypted   bool   // flag bit 0 (the data are as they are)
	Method      uint16 // another compression method number
	Descriptor  bool   // sizes and CRC in a data descriptor, zero in the local header
	NoCentral   bool   // only a local header: not in the central directory
	NoLocal     bool   // only in the central directory: points at the entry before
}

// Archive is a ZIP file in the making: written by hand, so that it can lie.
type Archive struct {
	Entries  []Entry
	Comment  string
	Prepend  []byte // octets before the first local header
	Append   []byte // octets after the end of central directory record
	OldStart bool   // offsets that do not count the prepended octets
}

// Bytes writes the ZIP file (APPNOTE.TXT 4.3).
func (a *Archive) Bytes() []byte {
	var out, central bytes.Buffer
	out.Write(a.Prepend)
	base, last, count := 0, 0, uint16(0)
	if a.OldStart {
		base = len(a.Prepend)
	}
	for _, e := range a.Entries {
		stored, method := e.stored()
		size := uint32(len(e.Data))
		if e.ClaimedSize > 0 {
			size = e.ClaimedSize
		}
		crc := crc32.ChecksumIEEE(e.Data)
		if e.WrongCRC {
			crc ^= 1
		}
		flags := uint16(0x0800) // names are UTF-8
		if e.Encrypted {
			flags |= 1
		}
		if e.Descriptor {
			flags |= 8
		}
		if !e.NoLocal {
			last = out.Len() - base
			e.local(&out, stored, method, flags, crc, size)
		}
		if e.NoCentral {
			continue
		}
		count++
		words(&central, uint32(0x02014b50), uint16(20), uint16(20), flags, method, uint16(0), uint16(0x21), crc, uint32(len(stored)), size,
			uint16(len(e.Name)), uint16(0), uint16(len(e.Comment)), uint16(0), uint16(0), e.External, uint32(last))
		central.WriteString(e.Name + e.Comment)
	}
	start := out.Len() - base
	out.Write(central.Bytes())
	words(&out, uint32(0x06054b50), uint16(0), uint16(0), count, count, uint32(central.Len()), uint32(start), uint16(len(a.Comment)))
	out.WriteString(a.Comment)
	out.Write(a.Append)
	return out.Bytes()
}

// local writes the local header and the data.
func (e *Entry) local(out *bytes.Buffer, stored []byte, method, flags uint16, crc, size uint32) {
	name, packed := e.LocalName, uint32(len(stored))
	if name == "" {
		name = e.Name
	}
	header := []uint32{crc, packed, size}
	if e.Descriptor {
		header = []uint32{0, 0, 0}
	}
	words(out, uint32(0x04034b50), uint16(20), flags, method, uint16(0), uint16(0x21), header[0], header[1], header[2],
		uint16(len(name)), uint16(len(e.Extra)))
	out.WriteString(name)
	out.Write(e.Extra)
	out.Write(stored)
	if e.Descriptor {
		words(out, uint32(0x08074b50), crc, packed, size)
	}
}

// stored is what is written for the entry, and the method's number.
func (e *Entry) stored() ([]byte, uint16) {
	data := e.Data
	if e.LocalData != nil {
		data = e.LocalData
	}
	if e.Method != 0 {
		return data, e.Method
	}
	if !e.Deflate {
		return data, 0
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return data, 0 // never: the level is a constant
	}
	_, _ = w.Write(data) // a bytes.Buffer takes all
	_ = w.Close()
	return b.Bytes(), 8
}

func words(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		switch v := v.(type) {
		case uint16:
			b.Write(binary.LittleEndian.AppendUint16(nil, v))
		case uint32:
			b.Write(binary.LittleEndian.AppendUint32(nil, v))
		}
	}
}
