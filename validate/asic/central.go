package asic

import (
	"bytes"
	"errors"
	"fmt"
	"sort"

	"github.com/vidimus/vidimus/validate/signature"
)

// directoryEnd is what the end of central directory record says, zip64 included.
type directoryEnd struct {
	at      int64 // where the first of the closing records begins: the directory must end here
	offset  uint64
	size    uint64
	entries uint64
}

// readCentral fills the entries from the central directory and checks them
// against the local headers. An error that is no *signature.ReadError means that
// the directory is broken.
func (a *archive) readCentral() error {
	end, err := a.findEnd()
	if err != nil {
		return err
	}
	if end.entries > signature.MaxZIPEntries {
		// Count what is there before believing so large a number.
		if end.entries > uint64(len(a.data))/centralLength {
			return fmt.Errorf("it announces %d entries, more than fit", end.entries)
		}
		return tooManyEntries(end.entries)
	}
	if end.size > uint64(end.at) || end.offset > uint64(end.at)-end.size {
		return errors.New("it lies outside of the file")
	}
	if end.offset+end.size != uint64(end.at) {
		return fmt.Errorf("it ends at octet %d, and not at %d where its end is recorded: data stand before or inside the archive", end.offset+end.size, end.at)
	}
	if err := a.readRecords(a.data[end.offset:end.at], end.entries); err != nil {
		return err
	}
	sort.SliceStable(a.entries, func(i, j int) bool { return a.entries[i].offset < a.entries[j].offset })
	return a.tile(int64(end.offset))
}

// findEnd finds the end of central directory record: the last one whose comment
// reaches the end of the file, else the last one, with data behind it.
func (a *archive) findEnd() (directoryEnd, error) {
	lowest := max(0, len(a.data)-endLength-maxComment)
	at, trailing := -1, 0
	for i := len(a.data) - endLength; i >= lowest; i-- {
		if a.data[i] != 'P' || u32(a.data[i:]) != endSignature {
			continue
		}
		rest := len(a.data) - i - endLength - int(u16(a.data[i+20:]))
		if rest == 0 {
			at, trailing = i, 0
			break
		}
		if rest > 0 && at < 0 {
			at, trailing = i, rest
		}
	}
	if at < 0 {
		return directoryEnd{}, errors.New("its end record is missing")
	}
	if trailing > 0 {
		a.note(signature.ZIPStructure, "%d octets stand behind the end of the ZIP archive.", trailing)
	}
	b := a.data[at:]
	a.comment = string(b[endLength : endLength+int(u16(b[20:]))])
	end := directoryEnd{at: int64(at), offset: uint64(u32(b[16:])), size: uint64(u32(b[12:])), entries: uint64(u16(b[10:]))}
	zip64 := end.offset == 1<<32-1 || end.size == 1<<32-1 || end.entries == 1<<16-1 || u16(b[8:]) == 1<<16-1
	hasLocator := at >= locator64Length && u32(a.data[at-locator64Length:]) == locator64Signature
	if zip64 && hasLocator {
		return a.findEnd64(at - locator64Length)
	}
	if u16(b[4:]) != 0 || u16(b[6:]) != 0 || u16(b[8:]) != u16(b[10:]) {
		return directoryEnd{}, errors.New("it is spread over several disks")
	}
	if hasLocator {
		// A zip64 record that nothing asks for: its numbers must be the same.
		end64, err := a.findEnd64(at - locator64Length)
		if err != nil {
			return directoryEnd{}, err
		}
		if end64.offset != end.offset || end64.size != end.size || end64.entries != end.entries {
			return directoryEnd{}, errors.New("its two end records contradict each other")
		}
		return end64, nil
	}
	return end, nil
}

// findEnd64 reads the zip64 end record that the locator at the given octet
// points to; both must stand side by side (APPNOTE §4.3.14, §4.3.15).
func (a *archive) findEnd64(locator int) (directoryEnd, error) {
	at := u64(a.data[locator+8:])
	if locator < end64Length || at > uint64(locator-end64Length) || u32(a.data[at:]) != end64Signature {
		return directoryEnd{}, errors.New("its zip64 end record is missing")
	}
	b := a.data[at:]
	if u64(b[4:]) != uint64(locator)-at-12 {
		return directoryEnd{}, errors.New("its zip64 end record does not reach its locator")
	}
	if u32(b[16:]) != 0 || u32(b[20:]) != 0 || u64(b[24:]) != u64(b[32:]) || u32(a.data[locator+4:]) != 0 {
		return directoryEnd{}, errors.New("it is spread over several disks")
	}
	return directoryEnd{at: int64(at), offset: u64(b[48:]), size: u64(b[40:]), entries: u64(b[32:])}, nil
}

// readRecords reads the records of the central directory (APPNOTE §4.3.12).
func (a *archive) readRecords(b []byte, want uint64) error {
	a.entries = make([]*entry, 0, want)
	for len(b) > 0 {
		if uint64(len(a.entries)) == want {
			return fmt.Errorf("%d octets stand behind its %d entries", len(b), want)
		}
		if len(b) < centralLength || u32(b) != centralSignature {
			return fmt.Errorf("its record %d is no record", len(a.entries)+1)
		}
		name, extra, comment := int(u16(b[28:])), int(u16(b[30:])), int(u16(b[32:]))
		length := centralLength + name + extra + comment
		if length > len(b) {
			return fmt.Errorf("its record %d is cut off", len(a.entries)+1)
		}
		e := &entry{
			raw:  b[centralLength : centralLength+name],
			made: u16(b[4:]), flags: u16(b[8:]), method: u16(b[10:]), crc: u32(b[16:]),
			compressed: uint64(u32(b[20:])), size: uint64(u32(b[24:])), attributes: u32(b[38:]),
			offset: int64(u32(b[42:])),
		}
		ext := b[centralLength+name : centralLength+name+extra]
		offset := uint64(e.offset)
		if err := zip64Values(ext, &e.size, &e.compressed, &offset); err != nil {
			return fmt.Errorf("its record %d: %w", len(a.entries)+1, err)
		}
		if offset > uint64(len(a.data)) || e.compressed > uint64(len(a.data)) || u16(b[34:]) != 0 && u16(b[34:]) != 1<<16-1 {
			return fmt.Errorf("its record %d points outside of the file", len(a.entries)+1)
		}
		e.offset = int64(offset)
		e.name = a.decodeName(e, ext)
		a.entries = append(a.entries, e)
		b = b[length:]
	}
	if uint64(len(a.entries)) != want {
		return fmt.Errorf("it announces %d entries and holds %d", want, len(a.entries))
	}
	return nil
}

// zip64Values replaces the values that say "see the zip64 extra field", in the
// order of APPNOTE §4.5.3. offset is nil for local headers.
func zip64Values(extra []byte, size, compressed, offset *uint64) error {
	need := []*uint64{size, compressed}
	if offset != nil {
		need = append(need, offset)
	}
	field, ok := extraField(extra, 0x0001)
	for _, v := range need {
		if *v != 1<<32-1 {
			continue
		}
		if !ok || len(field) < 8 {
			return errors.New("its zip64 sizes are missing")
		}
		*v, field = u64(field), field[8:]
	}
	return nil
}

// extraField returns the extra field with this header (APPNOTE §4.5.1).
func extraField(extra []byte, header uint16) ([]byte, bool) {
	for len(extra) >= 4 {
		n := int(u16(extra[2:]))
		if n > len(extra)-4 {
			return nil, false
		}
		if u16(extra) == header {
			return extra[4 : 4+n], true
		}
		extra = extra[4+n:]
	}
	return nil, false
}

// tile checks that the local headers and their data fill the file from its first
// octet to the central directory, one after the other: what lies in a gap or an
// overlap would be seen by one reader and not by another (attacks Z1, Z3).
func (a *archive) tile(directory int64) error {
	var at int64
	for i, e := range a.entries {
		next := directory
		if i+1 < len(a.entries) {
			next = a.entries[i+1].offset
		}
		if err := a.readLocal(e, directory); err != nil {
			return err
		}
		switch {
		case e.offset > at:
			a.note(signature.ZIPStructure, "%d octets before the entry %q belong to no entry of the ZIP archive.", e.offset-at, e.name)
		case e.offset < at:
			a.note(signature.ZIPStructure, "The entry %q overlaps the one before it.", e.name)
		}
		a.readDescriptor(e, next)
		at = max(at, e.end)
	}
	if at < directory {
		a.note(signature.ZIPStructure, "%d octets before the central directory belong to no entry of the ZIP archive.", directory-at)
	} else if at > directory {
		a.note(signature.ZIPStructure, "The last entry of the ZIP archive overlaps its central directory.")
	}
	return nil
}

// readLocal reads the local header of an entry and compares it with the record
// of the central directory (attack Z3).
func (a *archive) readLocal(e *entry, directory int64) error {
	if e.offset > directory-localLength || u32(a.data[e.offset:]) != localSignature {
		return fmt.Errorf("no local header stands where it points to for %q", e.name)
	}
	b := a.data[e.offset:directory]
	name, extra := int(u16(b[26:])), int(u16(b[28:]))
	if localLength+name+extra > len(b) {
		return fmt.Errorf("the local header of %q is cut off", e.name)
	}
	e.start = e.offset + int64(localLength+name+extra)
	e.extra = b[localLength+name : localLength+name+extra]
	if int64(e.compressed) > directory-e.start {
		return fmt.Errorf("the data of %q reach beyond it", e.name)
	}
	e.end = e.start + int64(e.compressed)

	differ := func(what string, local, central any) {
		a.note(signature.EntryMismatch, "The local header of the entry %q says %s %v, the central directory %v.", e.name, what, local, central)
	}
	if raw := b[localLength : localLength+name]; !bytes.Equal(raw, e.raw) {
		differ("name", fmt.Sprintf("%q", raw), fmt.Sprintf("%q", e.raw))
	}
	flags, method, crc := u16(b[6:]), u16(b[8:]), u32(b[14:])
	compressed, size := uint64(u32(b[18:])), uint64(u32(b[22:]))
	if err := zip64Values(e.extra, &size, &compressed, nil); err != nil {
		differ("zip64 sizes", "nothing", e.size)
	}
	if method != e.method {
		differ("method", method, e.method)
	}
	if (flags^e.flags)&(flagEncrypted|flagStrong|flagMasked) != 0 || (flags^e.flags)&flagUTF8 != 0 && !ascii(e.raw) {
		differ("flags", flags, e.flags)
	}
	// With a data descriptor the three values may be left at zero (§4.4.4, bit 3).
	later := flags&flagDescriptor != 0
	if crc != e.crc && !(later && crc == 0) {
		differ("CRC", crc, e.crc)
	}
	if compressed != e.compressed && !(later && compressed == 0) {
		differ("packed size", compressed, e.compressed)
	}
	if size != e.size && !(later && size == 0) {
		differ("size", size, e.size)
	}
	e.flags = e.flags&^flagDescriptor | flags&flagDescriptor
	return nil
}

// readDescriptor steps over the data descriptor of an entry that has one; it
// must repeat the values of the central directory (APPNOTE §4.3.9). next is
// where the following record begins.
func (a *archive) readDescriptor(e *entry, next int64) {
	if e.flags&flagDescriptor == 0 || e.end == next && e.folder() {
		return
	}
	if n := descriptorLength(a.data[e.end:], e.crc, e.compressed, e.size); n > 0 {
		e.end += n
		return
	}
	a.note(signature.EntryMismatch, "The data descriptor of the entry %q is missing, or differs from the central directory.", e.name)
}

// descriptorLength is the length of a data descriptor with these values at the
// beginning of b, in one of its four layouts; 0 if there is none.
func descriptorLength(b []byte, crc uint32, compressed, size uint64) int64 {
	for _, signed := range []int{4, 0} {
		if signed == 4 && (len(b) < 4 || u32(b) != descriptorSignature) {
			continue
		}
		d := b[signed:]
		if len(d) >= 12 && u32(d) == crc && uint64(u32(d[4:])) == compressed && uint64(u32(d[8:])) == size {
			return int64(signed + 12)
		}
		if len(d) >= 20 && u32(d) == crc && u64(d[4:]) == compressed && u64(d[12:]) == size {
			return int64(signed + 20)
		}
	}
	return 0
}
