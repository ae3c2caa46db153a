package archive_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/storetest"
)

// streaming is a store in memory that counts what is streamed from it.
type streaming struct {
	*storetest.Memory
	octets int64
}

func (s *streaming) Stream(ctx context.Context, key string, w io.Writer) error {
	data, err := s.Get(ctx, key)
	if err != nil {
		return err
	}
	n, err := w.Write(data)
	s.octets += int64(n)
	return err
}

// large is a bundle with an original that is streamed.
func large(t *testing.T) (*bundle.Bundle, []byte) {
	t.Helper()
	c := bundle.Content{Report: []byte("{}"), Policy: []byte("{}"), Input: []byte("{}"), Originals: []bundle.Original{
		{Name: "large.pdf", Role: bundle.Document, Data: bytes.Repeat([]byte("large "), 1<<20)},
		{Name: "same.pdf", Role: bundle.Detached, Data: bytes.Repeat([]byte("large "), 1<<20)},
		{Name: "small.txt", Role: bundle.Detached, Data: []byte("small")},
	}}
	b, err := bundle.New(c)
	if err != nil {
		t.Fatal(err)
	}
	id, raw, err := bundle.Pack(c)
	if err != nil || id != b.ID {
		t.Fatalf("ID %s, packed %s, %v", b.ID, id, err)
	}
	return b, raw
}

// TestLoadTo: what is streamed is, octet for octet, what Pack and Load give.
func TestLoadTo(t *testing.T) {
	b, raw := large(t)
	folder, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	counting := &streaming{Memory: storetest.NewMemory()}
	for name, st := range map[string]archive.Store{"dir": folder, "streaming": counting, "memory": storetest.NewMemory()} {
		id, err := archive.SaveBundle(t.Context(), st, b)
		if err != nil || id != b.ID {
			t.Fatalf("%s: %s, %v", name, id, err)
		}
		var out bytes.Buffer
		if err := archive.LoadTo(t.Context(), st, id, &out); err != nil || !bytes.Equal(out.Bytes(), raw) {
			t.Errorf("%s: %d octets, want %d; %v", name, out.Len(), len(raw), err)
		}
		if got, err := archive.Load(t.Context(), st, id); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%s: Load gives %d octets, want %d; %v", name, len(got), len(raw), err)
		}
	}
	if counting.octets != 3*6<<20 { // compared once, written twice
		t.Errorf("%d octets were streamed", counting.octets)
	}
	var none *archive.NotFoundError
	if err := archive.LoadTo(t.Context(), folder, strings.Repeat("0", 64), io.Discard); !errors.As(err, &none) {
		t.Errorf("an unknown bundle: %v", err)
	}
}

// TestLoadToDamaged: nothing is written of a bundle that is damaged, whatever part of it
// is, and a writer's error comes back.
func TestLoadToDamaged(t *testing.T) {
	b, _ := large(t)
	st := &streaming{Memory: storetest.NewMemory()}
	if _, err := archive.SaveBundle(t.Context(), st, b); err != nil {
		t.Fatal(err)
	}
	changes := map[string]func([]byte) []byte{
		"altered": func(d []byte) []byte { d[len(d)/2] ^= 1; return d }, "cut": func(d []byte) []byte { return d[:len(d)-1] },
		"longer": func(d []byte) []byte { return append(d, 0) }, "missing": func([]byte) []byte { return nil },
	}
	for _, e := range b.Manifest.Entries {
		key := "objects/sha256/" + e.SHA256.String()[:2] + "/" + e.SHA256.String()
		before, err := st.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range changes {
			st.Alter(key, change)
			var out bytes.Buffer
			var damaged *archive.DamagedError
			if err := archive.LoadTo(t.Context(), st, b.ID, &out); !errors.As(err, &damaged) || damaged.Key != key || out.Len() > 0 {
				t.Errorf("%s %s: %d octets written, %v", e.Path, name, out.Len(), err)
			}
			st.Alter(key, func([]byte) []byte { return bytes.Clone(before) })
		}
	}
	stop := errors.New("the disk is full")
	if err := archive.LoadTo(t.Context(), st, b.ID, full{stop}); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }
