package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Disk writes files so that a crash leaves each as it was or as it is to be. The
// disk of package stored is one.
type Disk interface {
	MkdirAll(dir string) error
	Replace(path string, raw []byte) error
	Remove(path string) error
}

// Bounds of a folder: of a file, in octets, and of the files that are looked at.
const (
	maxFile  = 2*MaxBody + 16<<10 // base64, and the rest
	maxFiles = 100_000
)

// folderFormat is the version of the files.
const folderFormat = 1

// Folder is an Outbox of one file for each delivery.
type Folder struct {
	dir  string
	disk Disk
	now  func() time.Time
	log  *slog.Logger
}

// NewFolder returns the outbox in dir, which is made when something is put there.
func NewFolder(dir string, disk Disk, now func() time.Time, log *slog.Logger) *Folder {
	return &Folder{dir, disk, now, log}
}

// leftAfter is how old a file without a name of ours must be to be what a crash left,
// and not what another process is writing.
const leftAfter = time.Hour

// stored is a file of the folder.
type stored struct {
	Format int `json:"format"`
	Delivery
}

var fileName = regexp.MustCompile(`^[0-9a-f]{32}\.json$`)

func (f *Folder) path(key string) string { return filepath.Join(f.dir, key+".json") }

// Put writes the file of a delivery, durably.
func (f *Folder) Put(d Delivery) error {
	raw, err := json.Marshal(stored{folderFormat, d})
	if err != nil {
		return fmt.Errorf("putting a webhook into the outbox: %w", err)
	}
	if _, err := os.Stat(f.dir); err != nil {
		if err := f.disk.MkdirAll(f.dir); err != nil {
			return fmt.Errorf("putting a webhook into the outbox: %w", err)
		}
	}
	if err := f.disk.Replace(f.path(d.Key), raw); err != nil {
		return fmt.Errorf("putting a webhook into the outbox: %w", err)
	}
	return nil
}

// Remove removes the file of a delivery.
func (f *Folder) Remove(key string) error { return f.disk.Remove(f.path(key)) }

// All reads the folder. A file that is no delivery is removed, and the log says so.
func (f *Folder) All() ([]Delivery, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the outbox of webhooks: %w", err)
	}
	if len(entries) > maxFiles {
		return nil, fmt.Errorf("reading the outbox of webhooks: %s has %d files, at most %d are read", f.dir, len(entries), maxFiles)
	}
	var out []Delivery
	for _, e := range entries {
		if !fileName.MatchString(e.Name()) || !e.Type().IsRegular() {
			f.sweep(e)
			continue
		}
		raw, err := readFile(filepath.Join(f.dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process has delivered it
		}
		if err != nil {
			return nil, fmt.Errorf("reading the outbox of webhooks: %w", err)
		}
		d, err := readDelivery(raw)
		if err == nil && d.Key+".json" != e.Name() {
			err = errors.New("reading a webhook: the file has the name of another")
		}
		if err != nil {
			f.log.Error("a file of the webhooks' outbox is damaged and is removed", "file", e.Name(), "cause", errors.Join(err, f.disk.Remove(filepath.Join(f.dir, e.Name()))).Error())
			continue
		}
		out = append(out, d)
	}
	return out, nil
}

// sweep removes what a crash left half written.
func (f *Folder) sweep(e fs.DirEntry) {
	info, err := e.Info()
	if err != nil || !info.Mode().IsRegular() || !strings.HasPrefix(e.Name(), ".") || f.now().Sub(info.ModTime()) < leftAfter {
		return
	}
	if err := f.disk.Remove(filepath.Join(f.dir, e.Name())); err != nil {
		f.log.Warn("what a crash left in the webhooks' outbox could not be removed", "file", e.Name(), "cause", err.Error())
	}
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

// readDelivery reads a file of the folder.
func readDelivery(raw []byte) (Delivery, error) {
	if len(raw) > maxFile {
		return Delivery{}, fmt.Errorf("reading a webhook: the file has more than %d octets", maxFile)
	}
	var s stored
	if err := json.Unmarshal(raw, &s); err != nil {
		return Delivery{}, fmt.Errorf("reading a webhook: %w", err)
	}
	if s.Format != folderFormat {
		return Delivery{}, fmt.Errorf("reading a webhook: it has format %d, and this version knows %d", s.Format, folderFormat)
	}
	return s.Delivery, s.check()
}
