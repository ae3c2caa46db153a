package main

import (
	"os"
	"path/filepath"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// mapped opens a file of mapFrom octets, and a small detached one.
func mapped(t *testing.T) (name string, large *largeFiles, data []byte) {
	t.Helper()
	dir := t.TempDir()
	name = filepath.Join(dir, "large")
	small := filepath.Join(dir, "small")
	for file, size := range map[string]int64{name: mapFrom, small: 10} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(file, size); err != nil {
			t.Fatal(err)
		}
	}
	large = &largeFiles{}
	req, readErr := job{file: name, detached: []string{small}}.open(time.Unix(0, 0), large)
	if readErr != nil {
		t.Fatal(readErr.Message)
	}
	if len(req.File.Data) != mapFrom || len(req.Detached) != 1 || len(req.Detached[0].Data) != 10 || req.Detached[0].Name != "small" {
		t.Fatalf("%d octets, detached %v", len(req.File.Data), req.Detached)
	}
	if want := map[bool]int{true: 1}[goruntime.GOOS == "linux"]; len(large.files) != want {
		t.Fatalf("%d files are mapped, want %d", len(large.files), want)
	}
	return name, large, req.File.Data
}

func TestLargeFileUnchanged(t *testing.T) {
	_, large, data := mapped(t)
	for range 3 { // what was given back is there again
		if data[0]|data[mapFrom-1] != 0 {
			t.Error("octets that the file does not hold")
		}
		time.Sleep(2 * giveBack)
	}
	if changed := large.close(); changed != nil {
		t.Error(changed.Message)
	}
}

// TestLargeFileChanged: a verdict must not rest on two states of a file.
func TestLargeFileChanged(t *testing.T) {
	if goruntime.GOOS != "linux" {
		t.Skip("files are mapped on Linux only")
	}
	for name, change := range map[string]func(name string) error{
		"an octet, and its time put back": func(name string) error {
			info, err := os.Stat(name)
			if err != nil {
				return err
			}
			time.Sleep(20 * time.Millisecond) // the kernel's clock for files is coarse
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			if _, err := f.WriteAt([]byte{1}, 0); err != nil {
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
			return os.Chtimes(name, info.ModTime(), info.ModTime())
		},
		"shorter": func(name string) error { return os.Truncate(name, 1000) },
	} {
		t.Run(name, func(t *testing.T) {
			file, large, data := mapped(t)
			if err := change(file); err != nil {
				t.Fatal(err)
			}
			fault := func() (p any) {
				defer func() { p = recover() }()
				defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
				if evidence.Of(data).IsZero() { // the fault comes in the midst of a hash, which is assembly
					t.Error("no hash")
				}
				return nil
			}()
			if (fault != nil) != (name == "shorter") {
				t.Errorf("hashing the file gives %v", fault)
			}
			changed := large.close()
			if changed == nil || changed.Code != signature.Unreadable || !strings.Contains(changed.Message, "was changed while it was judged") {
				t.Errorf("close says %v", changed)
			}
		})
	}
}
