package asic

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
)

// readLocals reads the archive by its local headers alone, as a streaming reader
// does, and unpacks as it goes: sizes may stand behind the data only. It ends
// where no local header follows.
func (a *archive) readLocals() error {
	u := unpacker{packed: len(a.data)}
	var at int64
	for int64(len(a.data))-at >= localLength && u32(a.data[at:]) == localSignature {
		if len(a.entries) == signature.MaxZIPEntries {
			return tooManyEntries(signature.MaxZIPEntries + 1)
		}
		b := a.data[at:]
		name, extra := int(u16(b[26:])), int(u16(b[28:]))
		if localLength+name+extra > len(b) {
			a.note(signature.ZIPStructure, "The local header at octet %d is cut off.", at)
			break
		}
		e := &entry{
			raw: b[localLength : localLength+name], extra: b[localLength+name : localLength+name+extra],
			flags: u16(b[6:]), method: u16(b[8:]), crc: u32(b[14:]),
			compressed: uint64(u32(b[18:])), size: uint64(u32(b[22:])),
			offset: at, start: at + int64(localLength+name+extra),
		}
		e.name = a.decodeName(e, e.extra)
		if err := zip64Values(e.extra, &e.size, &e.compressed, nil); err != nil {
			a.note(signature.EntryMismatch, "The entry %q: %v.", e.name, err)
		}
		goesOn, err := a.readLocalData(e, &u)
		if err != nil {
			return err
		}
		a.entries = append(a.entries, e)
		if !goesOn {
			break
		}
		at = e.end
	}
	if len(a.entries) == 0 {
		return &signature.ReadError{Code: signature.Malformed,
			Message: "reading ZIP file: neither its central directory nor a first local header can be read"}
	}
	return nil
}

// readLocalData unpacks one entry found by its local header; false: the end of
// its data cannot be told, so nothing behind it can be read.
func (a *archive) readLocalData(e *entry, u *unpacker) (bool, error) {
	rest := a.data[e.start:]
	if e.flags&flagDescriptor == 0 || e.compressed > 0 {
		if e.compressed > uint64(len(rest)) {
			a.note(signature.EntryUnreadable, "The data of the entry %q are cut off.", e.name)
			return false, u.countUnreadable()
		}
		e.end = e.start + int64(e.compressed)
		if e.flags&flagDescriptor != 0 {
			e.end += descriptorLength(a.data[e.end:], e.crc, e.compressed, e.size)
		}
		return true, u.unpack(a, e)
	}
	if e.method == methodStored && e.folder() {
		e.end = e.start + descriptorLength(rest, 0, 0, 0)
		return true, nil
	}
	if e.method != methodDeflate || e.flags&(flagEncrypted|flagStrong|flagMasked) != 0 {
		a.note(signature.EntryUnreadable, "The end of the data of the entry %q cannot be told: method %d with a data descriptor.", e.name, e.method)
		return false, u.countUnreadable()
	}
	data, used, err := u.inflate(rest, -1)
	if refused := (*signature.ReadError)(nil); errors.As(err, &refused) {
		return false, refused
	}
	if err != nil {
		a.note(signature.EntryUnreadable, "The data of the entry %q cannot be unpacked: %v.", e.name, err)
		return false, u.countUnreadable()
	}
	e.end = e.start + int64(used)
	e.compressed, e.size, e.crc = uint64(used), uint64(len(data)), checksum(data)
	n := descriptorLength(a.data[e.end:], e.crc, e.compressed, e.size)
	if n == 0 {
		a.note(signature.EntryMismatch, "The data descriptor of the entry %q is missing, or does not fit its data.", e.name)
		return false, nil
	}
	e.end += n
	e.data, e.readable = data, true
	return true, nil
}

// countUnreadable refuses a container with more damaged entries than an honest
// accident explains (formats §2.1).
func (u *unpacker) countUnreadable() error {
	u.unreadable++
	if u.unreadable > maxUnreadable {
		return &signature.ReadError{Code: signature.Malformed,
			Message: fmt.Sprintf("reading ZIP file: more than %d entries cannot be read", maxUnreadable)}
	}
	return nil
}
