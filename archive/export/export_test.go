package export_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/export"
	"github.com/vidimus/vidimus/archive/storetest"
)

var today = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// filled has the bundles 1 and 2, a record, a third that was deleted, and an audit log.
func filled(t testing.TB) (*storetest.Memory, []string) {
	t.Helper()
	st := storetest.NewMemory()
	var ids []string
	log := audit.Open(st, func() time.Time { return today })
	for n := 1; n <= 3; n++ {
		_, raw := storetest.Bundle(t, n)
		id, err := archive.Save(t.Context(), st, raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Append(t.Context(), audit.Event{Who: "clerk", What: "put", Object: id, Result: "ok"}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	_, err := archive.Delete(t.Context(), st, archive.DeleteOptions{Bundles: ids[2:], Reason: "over", By: "clerk", At: today, Unretained: true,
		Sign: func([]byte) ([]byte, error) { return []byte("signature"), nil }})
	if err := errors.Join(err, archive.PutRecord(t.Context(), st, ids[0], 1, []byte("a record"))); err != nil {
		t.Fatal(err)
	}
	return st, ids
}

func written(t testing.TB, st archive.Store, ids []string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := export.Write(t.Context(), st, &b, export.Options{IDs: ids, At: today}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func checked(t *testing.T, raw []byte) export.Checked {
	t.Helper()
	c, err := export.Check(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExportAndImport(t *testing.T) {
	st, ids := filled(t)
	raw := written(t, st, nil)
	if again := written(t, st, nil); !bytes.Equal(raw, again) {
		t.Error("the same archive gives other octets")
	}
	c := checked(t, raw)
	if len(c.Damages) != 0 || len(c.Manifest.Bundles) != 2 || !slices.Equal(c.Manifest.Deleted, ids[2:]) {
		t.Errorf("checked: %+v", c)
	}
	other := storetest.NewMemory()
	for range 2 {
		done, err := export.Import(t.Context(), bytes.NewReader(raw), int64(len(raw)), other)
		if err != nil || done.Bundles != 2 || done.Records != 1 {
			t.Errorf("imported %+v, %v", done, err)
		}
	}
	for n, id := range ids[:2] {
		_, want := storetest.Bundle(t, n+1)
		if got, err := archive.Load(t.Context(), other, id); err != nil || !bytes.Equal(got, want) {
			t.Errorf("bundle %d after import: %v", n+1, err)
		}
	}
	if record, err := archive.Record(t.Context(), other, ids[0], 1); err != nil || string(record) != "a record" {
		t.Errorf("the record after import: %q, %v", record, err)
	}
	f, err := archive.Fixity(t.Context(), other, archive.FixityOptions{At: today})
	if err != nil || f.Records != 1 || f.Unnoted+f.Damaged != 0 {
		t.Errorf("fixity after import: %+v, %v", f, err)
	}
	other.Alter("bundles/"+ids[0][:2]+"/"+ids[0]+"/record-000001.ers", func([]byte) []byte { return []byte("b record") })
	if f, err := archive.Fixity(t.Context(), other, archive.FixityOptions{At: today}); err != nil || f.Damaged != 1 {
		t.Errorf("fixity of an altered record: %+v, %v", f, err)
	}
}

// TestImportBesideRecords: a record that the store has of its own is not accused by that
// of the package.
func TestImportBesideRecords(t *testing.T) {
	st, ids := filled(t)
	raw := written(t, st, ids[:1])
	other := storetest.NewMemory()
	_, packed := storetest.Bundle(t, 1)
	_, err := archive.Save(t.Context(), other, packed)
	if err := errors.Join(err, archive.PutRecord(t.Context(), other, ids[0], 1, []byte("its own"))); err != nil {
		t.Fatal(err)
	}
	done, err := export.Import(t.Context(), bytes.NewReader(raw), int64(len(raw)), other)
	if err != nil || done.Bundles != 1 || done.Records != 0 {
		t.Errorf("imported %+v, %v", done, err)
	}
	if f, err := archive.Fixity(t.Context(), other, archive.FixityOptions{At: today}); err != nil || f.Unnoted != 1 || f.Damaged != 0 {
		t.Errorf("fixity: %+v, %v", f, err)
	}
}

// Of some bundles nothing about others is told.
func TestExportOfSome(t *testing.T) {
	st, ids := filled(t)
	raw := written(t, st, []string{ids[1], strings.ToUpper(ids[1]), ids[2]})
	c := checked(t, raw)
	if len(c.Damages) != 0 || !slices.Equal(c.Manifest.Bundles, ids[1:2]) || !slices.Equal(c.Manifest.Deleted, ids[2:]) {
		t.Errorf("checked: %+v", c)
	}
	if bytes.Contains(raw, []byte(ids[0])) || bytes.Count(raw, []byte(`"what":"put"`)) != 2 {
		t.Error("it tells of a bundle that was not asked for, or not of those that were")
	}
	if _, err := export.Write(t.Context(), st, io.Discard, export.Options{IDs: []string{strings.Repeat("0", 64)}, At: today}); err == nil {
		t.Error("a bundle that is not there is exported")
	}
}

// A1: every fifth octet of a package in turn is altered; it is found, or it is no package.
func TestA1_Octets(t *testing.T) {
	st, ids := filled(t)
	raw := written(t, st, ids[:1])
	step := 5
	if testing.Short() {
		step = 37
	}
	missed := 0
	for at := 0; at < len(raw); at += step {
		raw[at] ^= 1
		c, err := export.Check(bytes.NewReader(raw), int64(len(raw)))
		if err == nil && len(c.Damages) == 0 {
			missed++
			// What no hash is over: fields of the ZIP itself, and the lists of hashes,
			// which are for other tools.
			if !inStructure(t, raw, at) {
				t.Errorf("octet %d of %d was altered and is not found", at, len(raw))
			}
		}
		raw[at] ^= 1
	}
	t.Logf("%d of %d octets are of the ZIP's own fields and say nothing", missed, len(raw)/step)
}

// inStructure says whether an octet is outside the data of the entries that are hashed.
func inStructure(t *testing.T, raw []byte, at int) bool {
	t.Helper()
	raw = bytes.Clone(raw)
	raw[at] ^= 1 // as written
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		offset, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		if int64(at) >= offset && int64(at) < offset+int64(f.UncompressedSize64) {
			return f.Name == "SHA256SUMS" || f.Name == "SHA512SUMS"
		}
	}
	return true
}

// What is renamed, swapped, left out or added is named.
func TestHostilePackages(t *testing.T) {
	st, ids := filled(t)
	raw := written(t, st, ids[:2])
	a, b := "bundles/"+ids[0]+".asice", "bundles/"+ids[1]+".asice"
	for name, tc := range map[string]struct {
		edit func(name string, data []byte) (string, []byte)
		want string
	}{
		"left out": {func(n string, d []byte) (string, []byte) {
			if n == a {
				return "", nil
			}
			return n, d
		}, "missing"},
		"renamed": {func(n string, d []byte) (string, []byte) { return strings.Replace(n, a, "../"+a, 1), d }, "missing"},
		"swapped": {func(n string, d []byte) (string, []byte) {
			switch n {
			case a:
				n = b
			case b:
				n = a
			}
			return n, d
		}, "altered"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w := zip.NewWriter(&out)
			z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range z.File {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				n, data := tc.edit(f.Name, data)
				if n == "" {
					continue
				}
				x, err := w.CreateHeader(&zip.FileHeader{Name: n, Method: zip.Store})
				if err == nil {
					_, err = x.Write(data)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			c, err := export.Check(bytes.NewReader(out.Bytes()), int64(out.Len()))
			if err != nil || len(c.Damages) == 0 || c.Damages[0].Problem != tc.want {
				t.Errorf("%+v, %v; want %s", c.Damages, err, tc.want)
			}
			var damaged *bundle.DamagedError
			if _, err := export.Import(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()), storetest.NewMemory()); !errors.As(err, &damaged) {
				t.Errorf("imported: %v", err)
			}
		})
	}
}

// The steps of README.txt, by the tools that it names.
func TestCommonTools(t *testing.T) {
	for _, tool := range []string{"unzip", "sha256sum", "sha512sum", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not there", tool)
		}
	}
	st, ids := filled(t)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "FILE"), written(t, st, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	script := `set -e
unzip -q FILE -d package
cd package
sha256sum --quiet --check SHA256SUMS
sha512sum --quiet --check SHA512SUMS
sha256sum bundles/ID.manifest.json | grep -q ^ID
unzip -q bundles/ID.asice -d bundle
cd bundle
sha256sum --quiet --check sha256sums.txt
sha256sum manifest.json | grep -q ^ID
`
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(script, "ID", ids[0]))
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func FuzzCheck(f *testing.F) {
	st, ids := filled(f)
	small := written(f, st, ids[2:]) // large seeds make slow fuzzing
	f.Add(small)
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = export.Check(bytes.NewReader(raw), int64(len(raw)))
	})
}
