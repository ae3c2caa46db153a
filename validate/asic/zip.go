package asic

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
)

// Signatures and fixed lengths of the records of APPNOTE.TXT 6.3.10 §4.3.
const (
	localSignature      = 0x04034b50
	centralSignature    = 0x02014b50
	endSignature        = 0x06054b50
	end64Signature      = 0x06064b50
	locator64Signature  = 0x07064b50
	descriptorSignature = 0x08074b50

	localLength     = 30
	centralLength   = 46
	endLength       = 22
	end64Length     = 56
	locator64Length = 20
	maxComment      = 1<<16 - 1
)

// Bits of the general purpose flag, and the methods that we unpack (§4.4.4, §4.4.5).
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3
	flagStrong     = 1 << 6
	flagUTF8       = 1 << 11
	flagMasked     = 1 << 13

	methodStored  = 0
	methodDeflate = 8
)

// maxUnreadable is how many damaged entries a container may have before it is
// refused (formats §2.1).
const maxUnreadable = 100

// archive is a ZIP file as read: its entries in the order of their local
// headers, and what is wrong with it.
type archive struct {
	data     []byte
	comment  string
	entries  []*entry
	problems []signature.Problem
}

// entry is one file or folder of an archive.
type entry struct {
	name       string // decoded; what all readers of this package go by
	raw        []byte // the octets of the name
	made       uint16 // "version made by", upper byte: the system
	attributes uint32 // external file attributes
	flags      uint16
	method     uint16
	crc        uint32
	compressed uint64
	size       uint64
	extra      []byte // of the local header

	offset int64 // of the local header
	start  int64 // of the packed data
	end    int64 // behind the packed data and its data descriptor

	readable bool
	data     []byte
}

// folder says whether the entry names a directory (APPNOTE §4.3.8).
func (e *entry) folder() bool { return e.name != "" && e.name[len(e.name)-1] == '/' }

// note adds a problem, once for each sentence.
func (a *archive) note(code signature.ProblemCode, format string, args ...any) {
	p := signature.Problem{Code: code, Says: fmt.Sprintf(format, args...)}
	if len(a.problems) < 2*signature.MaxZIPEntries {
		a.problems = append(a.problems, p)
	}
}

// readArchive reads a ZIP file strictly: the central directory and the local
// headers must tell one story and fill the file without gaps. Where they do not,
// that is a problem of the archive. Where the central directory cannot be read
// at all, the local headers are (formats §2.1). Nothing is unpacked before the
// declared sizes have been found harmless.
func readArchive(data []byte) (*archive, error) {
	a := &archive{data: data}
	why := a.readCentral()
	if refused := (*signature.ReadError)(nil); errors.As(why, &refused) {
		return nil, refused
	}
	if why == nil {
		if err := a.checkDeclared(); err != nil {
			return nil, err
		}
		return a, a.unpackAll()
	}
	*a = archive{data: data}
	a.note(signature.ZIPStructure, "The central directory of the ZIP file cannot be read (%v); the local headers were read instead.", why)
	return a, a.readLocals()
}

// checkDeclared refuses bombs by what the headers say of themselves.
func (a *archive) checkDeclared() error {
	var total uint64
	for _, e := range a.entries {
		if e.size > signature.MaxUnpacked {
			return tooLarge(e.size, len(a.data))
		}
		total += e.size // no overflow: at most MaxZIPEntries times MaxUnpacked
	}
	return checkUnpacked(total, len(a.data))
}

// checkUnpacked applies the limits on what is unpacked in all (attack Z1).
func checkUnpacked(total uint64, packed int) error {
	if total > signature.MinZIPBomb && total > signature.MaxZIPRatio*uint64(packed) {
		return &signature.ReadError{Code: signature.Hostile,
			Message: fmt.Sprintf("reading ZIP file: %d octets would unpack to %d, more than %d times as much", packed, total, signature.MaxZIPRatio),
			Hint:    "such a file is a compression bomb; pack the content without compression if it is honest"}
	}
	if total > signature.MaxUnpacked {
		return tooLarge(total, packed)
	}
	return nil
}

func tooLarge(total uint64, packed int) error {
	if total > signature.MaxZIPRatio*uint64(packed) {
		return checkUnpacked(total, packed)
	}
	return &signature.ReadError{Code: signature.TooLarge,
		Message: fmt.Sprintf("reading ZIP file: the entries unpack to %d octets, at most %d are read", total, signature.MaxUnpacked)}
}

func tooManyEntries(n uint64) error {
	return &signature.ReadError{Code: signature.TooLarge,
		Message: fmt.Sprintf("reading ZIP file: %d entries, at most %d are read", n, signature.MaxZIPEntries)}
}

// u16, u32 and u64 read little-endian numbers; callers have checked the length.
func u16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func u64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
