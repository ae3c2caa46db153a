package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vidimus/vidimus/api"
)

// A bundle holds the time of its judging, so that a file that is judged twice gives two
// of them. So the ID of a bundle is noted beside the file, with the verdict, before the
// bundle is archived, until the file's line is written. Whoever goes on after a crash
// finds out whether that bundle is there: then the line is that of the noted verdict. A
// bundle is there whole or not at all; where it is not, the file is judged anew.

// noteSuffix ends the name of a file's note.
const noteSuffix = ".note"

// unnamedNote begins the name of a note that is being written.
const unnamedNote = noteSuffix + "-"

// maxNote bounds a note, in octets: a report in base64.
const maxNote = 64 << 20

// note is what stands in one.
type note struct {
	At         time.Time `json:"at"` // of the judging
	Indication string    `json:"indication"`
	Bundle     string    `json:"bundle"`
	Report     []byte    `json:"report"`
}

// archived judges a file whose evidence is to be archived, and archives it, or takes the
// verdict that was noted where that was archived.
func (b *Batches) archived(ctx context.Context, j *job, h held, up api.Upload) (Verdict, error) {
	v, found, err := b.noted(h)
	if err == nil && found {
		found, err = b.Archived(ctx, j.tenant, v.Bundle)
	}
	if err != nil || found {
		return v, err
	}
	if v, err = b.Judge(ctx, j.tenant, up, true); err != nil {
		return v, err
	}
	v.At = b.Clock().UTC()
	if err := b.note(h, v); err != nil {
		return v, err
	}
	return v, v.Save(ctx)
}

// noted is the verdict that stands beside a file. One that cannot be read, which no
// crash leaves, is as none.
func (b *Batches) noted(h held) (v Verdict, found bool, err error) {
	raw, err := readNote(b.path(h) + noteSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return v, false, nil
	}
	if err != nil {
		return v, false, &Outage{fmt.Errorf("reading a note of a judging: %w", err)}
	}
	var n note
	if json.Unmarshal(raw, &n) != nil || n.Bundle == "" {
		b.Log.Error("a note of a judging is damaged; the file is judged again", "file", filepath.Base(b.path(h)))
		return v, false, b.unnote(h)
	}
	return Verdict{Indication: n.Indication, Bundle: n.Bundle, Report: n.Report, At: n.At}, true, nil
}

// readNote reads at most maxNote octets: what is cut there is damaged.
func readNote(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxNote))
	return raw, errors.Join(err, f.Close())
}

func (b *Batches) unnote(h held) error {
	if err := os.Remove(b.path(h) + noteSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Outage{fmt.Errorf("removing a note of a judging: %w", err)}
	}
	return nil
}

// note makes a verdict durable, in place of one whose bundle never came.
func (b *Batches) note(h held, v Verdict) error {
	raw, err := encoded(note{At: v.At, Indication: v.Indication, Bundle: v.Bundle, Report: v.Report})
	if err != nil {
		return err
	}
	if err := b.replace(h, raw); err != nil {
		return &Outage{fmt.Errorf("noting a judging: %w", err)}
	}
	return nil
}

func (b *Batches) replace(h held, raw []byte) error {
	dir := filepath.Join(b.Dir, h.intake)
	f, err := os.CreateTemp(dir, unnamedNote+"*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has its name, or it is of no use
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), b.path(h)+noteSuffix); err != nil {
		return err
	}
	return syncDir(dir)
}

// removeUnnamed deletes the notes of a folder that were being written. A process whose
// job was given to another may be writing one still: it fails, and its job is no longer
// its own.
func removeUnnamed(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Outage{fmt.Errorf("looking for notes of a process that died: %w", err)}
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), unnamedNote) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &Outage{fmt.Errorf("removing a note of a process that died: %w", err)}
		}
	}
	return nil
}
