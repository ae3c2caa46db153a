package dir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		root := filepath.Join(t.TempDir(), "archive")
		return storetest.Place{
			Open: func(t *testing.T) archive.Store { return open(t, root) },
			Alter: func(t *testing.T, key string, change func([]byte) []byte) {
				t.Helper()
				name := filepath.Join(root, filepath.FromSlash(key))
				data, err := os.ReadFile(name)
				if err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				_ = os.Remove(name) // it is read-only
				if data = change(data); data == nil {
					return
				}
				if err := os.WriteFile(name, data, fileMode); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

func TestOpen(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("opening a file: %v", err)
	}
	missing := filepath.Join(root, "missing")
	s := open(t, missing)
	for range s.List(t.Context(), "") {
		t.Error("a missing folder lists something")
	}
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Error("opening and listing made the folder")
	}
	if s.Capabilities().WORM || !strings.Contains(s.Capabilities().Statement, "not WORM") {
		t.Errorf("a folder says of itself: %+v", s.Capabilities())
	}
}

// Links, foreign files and folders in the archive are neither listed nor read.
func TestZ2_ForeignFiles(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	if err := s.Put(t.Context(), "a/b", []byte("x")); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	for _, err := range []error{
		os.WriteFile(secret, []byte("secret"), 0o600),
		os.Symlink(secret, filepath.Join(root, "a", "link")),
		os.Symlink(filepath.Dir(secret), filepath.Join(root, "folder")),
		os.WriteFile(filepath.Join(root, "a", "name with space"), nil, 0o600),
		os.WriteFile(filepath.Join(root, "a", ".hidden"), nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	if strings.Join(keys, " ") != "a/b" {
		t.Errorf("listed %q", keys)
	}
	if data, err := s.Get(t.Context(), "a/link"); err == nil {
		t.Errorf("read through a link: %q", data)
	}
}

func TestModes(t *testing.T) {
	root := t.TempDir()
	if err := open(t, root).Put(t.Context(), "a/b", []byte("x")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(root, "a", "b"))
	if err != nil || info.Mode().Perm() != fileMode {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Join(root, "a")); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("others may enter the folder: %v, %v", info.Mode(), err)
	}
}

// Leftovers of crashes go after a day, files being written stay.
func TestSweep(t *testing.T) {
	root := t.TempDir()
	tmp := filepath.Join(root, temporary)
	if err := os.Mkdir(tmp, folderMode); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(tmp, "put-old"), filepath.Join(tmp, "put-young")
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(old)
	if err != nil {
		t.Fatal(err)
	}
	long := info.ModTime().Add(-leftoverAge - time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	if err := open(t, root).Put(t.Context(), "k", []byte("x")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(tmp)
	if err != nil || len(entries) != 1 || entries[0].Name() != "put-young" {
		t.Errorf("after a put there are %v, %v", entries, err)
	}
}
