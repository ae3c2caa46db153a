package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Bundle packs a small bundle; n makes it another one, the list is shared by all.
func Bundle(t testing.TB, n int) (id string, raw []byte) {
	t.Helper()
	object := func(kind evidence.Kind, raw string) evidence.Object {
		return evidence.Object{ID: evidence.Of([]byte(raw)), Kind: kind, Raw: []byte(raw)}
	}
	id, raw, err := bundle.Pack(bundle.Content{
		Originals: []bundle.Original{
			{Name: "contract.asice", Role: bundle.Document, Data: fmt.Appendf(nil, "signed file %d", n)},
			{Name: "again.asice", Role: bundle.Detached, Data: fmt.Appendf(nil, "signed file %d", n)}, // same octets
		},
		Report:   fmt.Appendf(nil, `{"file":"contract %d"}`, n),
		Evidence: []evidence.Object{object(evidence.Certificate, "certificate"), object(evidence.OCSP, fmt.Sprint("ocsp ", n))},
		Lists:    []bundle.ListFile{{Name: "EE.xml", Role: bundle.List, Data: []byte("<list/>")}},
		Policy:   []byte(`{"name":"practice"}`),
		Input:    fmt.Appendf(nil, `{"n":%d}`, n),
	})
	if err != nil {
		t.Fatal(err)
	}
	return id, raw
}

func bundles(t *testing.T, p Place) {
	st := p.Open(t)
	want := map[string][]byte{}
	objects := 0
	for n := range 3 {
		id, raw := Bundle(t, n)
		for range 2 {
			if got, err := archive.Save(t.Context(), st, raw); err != nil || got != id {
				t.Fatalf("saving gives %q, %v; want %q", got, err, id)
			}
		}
		want[id] = raw
		if n == 0 {
			objects = len(keys(t, st, "objects/"))
		}
	}
	// Of 11 objects five differ from bundle to bundle: original, report, OCSP,
	// input, sha256sums.txt, and META-INF/manifest.xml, which names the OCSP answer.
	if got := len(keys(t, st, "objects/")); got != objects+2*6 {
		t.Errorf("%d objects after one bundle, %d after three; shared ones are stored again", objects, got)
	}
	seen := 0
	for b, err := range archive.List(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		got, err := archive.Load(t.Context(), st, b.ID)
		if err != nil || !bytes.Equal(got, want[b.ID]) {
			t.Errorf("loading %s: same bytes %v, %v", b.ID, bytes.Equal(got, want[b.ID]), err)
		}
		if damages, err := archive.Verify(t.Context(), st, strings.ToUpper(b.ID)); err != nil || len(damages) != 0 {
			t.Errorf("verifying %s: %v, %v", b.ID, damages, err)
		}
	}
	if seen != len(want) {
		t.Errorf("%d bundles listed, want %d", seen, len(want))
	}
	var none *archive.NotFoundError
	unknown := strings.Repeat("0", 64)
	if _, err := archive.Load(t.Context(), st, unknown); !errors.As(err, &none) {
		t.Errorf("loading an unknown bundle: %v", err)
	}
	if _, err := archive.Verify(t.Context(), st, unknown); !errors.As(err, &none) {
		t.Errorf("verifying an unknown bundle: %v", err)
	}
	if _, err := archive.Load(t.Context(), st, "../../etc/passwd"); err == nil {
		t.Error("an ID that is a path is accepted")
	}
}

// bundleAltered is attack A1: every stored object in turn is flipped, cut, grown,
// swapped for another, removed.
func bundleAltered(t *testing.T, p Place) {
	if p.Alter == nil {
		t.Skip("this place cannot be reached from behind the store")
	}
	st := p.Open(t)
	id, raw := Bundle(t, 1)
	if _, err := archive.Save(t.Context(), st, raw); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	objectOf := map[string]string{evidence.Of(b.RawManifest).String(): "manifest.json"}
	for e := range b.Objects {
		if _, same := objectOf[e.SHA256.String()]; !same {
			objectOf[e.SHA256.String()] = e.Path
		}
	}
	all := keys(t, st, "")
	for name, change := range map[string]func([]byte) []byte{
		"flip":  func(d []byte) []byte { d[len(d)/2] ^= 1; return d },
		"cut":   func(d []byte) []byte { return d[:len(d)-1] },
		"grow":  func(d []byte) []byte { return append(d, '\n') },
		"empty": func([]byte) []byte { return []byte{} },
		"swap":  func([]byte) []byte { return []byte("certificate") },
		"gone":  func([]byte) []byte { return nil },
	} {
		for _, key := range all {
			var before []byte
			p.Alter(t, key, func(d []byte) []byte { before = bytes.Clone(d); return change(d) })
			after, err := st.Get(t.Context(), key)
			if err == nil && bytes.Equal(before, after) {
				continue // swapped for itself
			}
			want := objectFor(t, key, objectOf)
			if _, err := archive.Load(t.Context(), st, id); err == nil {
				t.Errorf("%s %s: loads", name, want)
			}
			damages, err := archive.Verify(t.Context(), st, id)
			var none *archive.NotFoundError
			switch {
			case want == "manifest.json" && name == "gone":
				if !errors.As(err, &none) {
					t.Errorf("manifest gone: %v, %v", damages, err)
				}
			case err != nil || len(damages) == 0 || damages[0].Object != want:
				t.Errorf("%s %s: found %v, %v", name, want, damages, err)
			}
			if name != "gone" && !p.TrustsChecksums { // Save must not build on a damaged object
				var damaged *archive.DamagedError
				if _, err := archive.Save(t.Context(), st, raw); !errors.As(err, &damaged) || damaged.Object != want {
					t.Errorf("%s %s: saving over it: %v", name, want, err)
				}
			}
			p.Alter(t, key, func([]byte) []byte { return before })
		}
	}
	if got, err := archive.Load(t.Context(), st, id); err != nil || !bytes.Equal(got, raw) {
		t.Fatalf("after all is restored: %v", err)
	}
}

// objectFor finds the object whose hash a key holds.
func objectFor(t *testing.T, key string, objectOf map[string]string) string {
	t.Helper()
	for hash, object := range objectOf {
		if strings.Contains(key, hash) {
			return object
		}
	}
	t.Fatalf("key %q belongs to no object of the bundle", key)
	return ""
}
