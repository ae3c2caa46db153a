package main

import (
	"fmt"
	"os"
	"time"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/signature"
)

// mapFrom is the size, in octets, from which a file is mapped and not read: below
// it a copy costs less than the care that a mapping wants.
const mapFrom = 16 << 20

// largeFiles are the files of one job that are mapped into memory instead of read,
// so that a signed content of a gigabyte is hashed in a few megabytes. Readers see
// the same octets either way.
type largeFiles struct {
	files []*largeFile
	stop  chan struct{} // closed: nothing more is given back
	done  chan struct{} // closed: the last octet was given back
}

// largeFile is a file while it is judged from its mapping.
type largeFile struct {
	name string
	file *os.File
	data []byte
	info os.FileInfo // as it was before
}

// open reads a job's files; large ones are mapped, where the system can do it. A file
// that cannot be read is told like one that cannot be judged.
func (j job) open(at time.Time, large *largeFiles) (validate.Request, *signature.ReadError) {
	req := validate.Request{At: at}
	data, readErr := large.open(j.file)
	if readErr != nil {
		return req, readErr
	}
	req.File = validate.File{Name: j.file, Data: data}
	for _, d := range j.detached {
		data, readErr := large.open(d)
		if readErr != nil {
			return req, readErr
		}
		req.Detached = append(req.Detached, validate.File{Name: baseName(d), Data: data})
	}
	large.watch()
	return req, nil
}

// open gives the octets of one file.
func (l *largeFiles) open(name string) ([]byte, *signature.ReadError) {
	f, err := os.Open(name) //#nosec G304 -- the operator names the file
	if err != nil {
		return readInput(name) // which says why in its own words
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() >= mapFrom && info.Size() <= signature.MaxFileSize {
		if data, err := mapFile(f, info.Size()); err == nil {
			l.files = append(l.files, &largeFile{name: name, file: f, data: data, info: info})
			return data, nil
		}
	}
	_ = f.Close() // it was only looked at
	return readInput(name)
}

// giveBack is how often the memory of mapped files is given back to the system.
// Between two times a pass over a file fills what it reads meanwhile: at a
// gigabyte a second some 10 MB.
const giveBack = 10 * time.Millisecond

// watch gives the memory of mapped files back while they are judged: the kernel
// keeps what was read for as long as nobody else wants the room, and it counts as
// ours.
func (l *largeFiles) watch() {
	if len(l.files) == 0 {
		return
	}
	l.stop, l.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(l.done)
		tick := time.NewTicker(giveBack)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-l.stop:
				return
			}
			for _, f := range l.files {
				forget(f.data)
			}
		}
	}()
}

// close ends the watch and says whether a file was changed while it was judged: its
// parts were then read at different times, and no verdict can rest on them. The
// mappings stay until the program ends, since a report may hold octets of them.
func (l *largeFiles) close() (changed *signature.ReadError) {
	if l.stop != nil {
		close(l.stop)
		<-l.done
	}
	changed = l.changed()
	for _, f := range l.files {
		forget(f.data)
		_ = f.file.Close() // it was only read
	}
	return changed
}

// changed says whether a file was changed since it was opened.
func (l *largeFiles) changed() (changed *signature.ReadError) {
	for _, f := range l.files {
		if now, err := f.file.Stat(); err != nil || now.Size() != f.info.Size() || changeTime(now) != changeTime(f.info) {
			changed = &signature.ReadError{
				Code:    signature.Unreadable,
				Message: fmt.Sprintf("The file %q was changed while it was judged; it had %d octets at first.", f.name, f.info.Size()),
				Hint:    "Validate it again when nothing writes to it.",
			}
		}
	}
	return changed
}
