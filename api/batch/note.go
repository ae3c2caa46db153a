package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/vidimus/vidimus/api"
)

// A bundle holds the time of its judging, so that a file that is judged twice gives two
// of them. So what is to be archived is noted before it is: the first verdict of a file
// stands, with its bundle to the octet, beside the file, until the file's line is
// written. Whoever goes on after a crash, or beside a process that was taken for dead,
// archives the same bundle, which a store keeps once.

// noteSuffix ends the name of a file's note.
const noteSuffix = ".note"

// note is the first line of a note; the bundle follows it.
type note struct {
	At         time.Time `json:"at"` // of the judging
	Indication string    `json:"indication"`
	Report     []byte    `json:"report"`
	SHA256     string    `json:"sha256"` // of the bundle's octets
}

// archived judges a file whose evidence is to be archived, or takes the verdict that was
// noted, and archives it.
func (b *Batches) archived(ctx context.Context, j *job, h held, up api.Upload) (Verdict, error) {
	v, found, err := b.noted(h)
	if err != nil {
		return v, err
	}
	if !found {
		if v, err = b.Judge(ctx, j.tenant, up, true); err != nil {
			return v, err
		}
		v.At = b.Clock().UTC()
		if v, err = b.note(h, v); err != nil {
			return v, err
		}
	}
	v.Bundle, err = b.Archive(ctx, j.tenant, v.Packed)
	v.Packed = nil
	return v, err
}

// noted is the verdict that stands beside a file. One that cannot be read, which no
// crash leaves, is as none.
func (b *Batches) noted(h held) (v Verdict, found bool, err error) {
	raw, err := os.ReadFile(b.path(h) + noteSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return v, false, nil
	}
	if err != nil {
		return v, false, &Outage{fmt.Errorf("reading a note of a judging: %w", err)}
	}
	var n note
	head, packed, whole := bytes.Cut(raw, []byte("\n"))
	if !whole || json.Unmarshal(head, &n) != nil || hashOf(packed) != n.SHA256 {
		b.Log.Error("a note of a judging is damaged; the file is judged again", "file", filepath.Base(b.path(h)))
		return v, false, b.unnote(h)
	}
	return Verdict{Indication: n.Indication, Report: n.Report, Packed: packed, At: n.At}, true, nil
}

func (b *Batches) unnote(h held) error {
	if err := os.Remove(b.path(h) + noteSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Outage{fmt.Errorf("removing a note of a judging: %w", err)}
	}
	return nil
}

// note makes a verdict durable. Where there is one already, of another process, that
// one counts.
func (b *Batches) note(h held, v Verdict) (Verdict, error) {
	failed := func(err error) (Verdict, error) {
		return Verdict{}, &Outage{fmt.Errorf("noting a judging: %w", err)}
	}
	head, err := encoded(note{At: v.At, Indication: v.Indication, Report: v.Report, SHA256: hashOf(v.Packed)})
	if err != nil {
		return Verdict{}, err
	}
	dir := filepath.Join(b.Dir, h.intake)
	f, err := os.CreateTemp(dir, noteSuffix+"-*")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has its name, or it is of no use
	_, err = f.Write(append(head, '\n'))
	if err == nil {
		_, err = f.Write(v.Packed)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return failed(err)
	}
	switch err := os.Link(f.Name(), b.path(h)+noteSuffix); {
	case errors.Is(err, fs.ErrExist):
		other, found, err := b.noted(h)
		if err != nil {
			return failed(err)
		}
		if found {
			return other, nil
		}
		return failed(errors.New("another process's note is damaged"))
	case err != nil: // a file system without links: the last one counts
		if err := os.Rename(f.Name(), b.path(h)+noteSuffix); err != nil {
			return failed(err)
		}
	}
	if err := syncDir(dir); err != nil {
		return failed(err)
	}
	return v, nil
}
