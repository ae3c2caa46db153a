package stored

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

var made = time.Date(2023, 11, 10, 12, 0, 0, 0, time.UTC)

// testSigner stands for whoever signed the lists; nobody verifies it here.
func testSigner(t testing.TB) *certificate.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Scheme Operator"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func testList(t testing.TB, kind, territory string, sequence int, signer *certificate.Certificate) *trustlist.List {
	t.Helper()
	l, err := trustlist.Parse(fmt.Appendf(nil, `<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"><SchemeInformation>
<TSLVersionIdentifier>5</TSLVersionIdentifier><TSLSequenceNumber>%d</TSLSequenceNumber><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/%s</TSLType>
<SchemeTerritory>%s</SchemeTerritory><ListIssueDateTime>2023-01-01T00:00:00Z</ListIssueDateTime></SchemeInformation></TrustServiceStatusList>`, sequence, kind, territory))
	if err != nil {
		t.Fatal(err)
	}
	l.Name, l.Source = territory+".xml", trustlist.FromLOTL
	l.Signature = trustlist.SignatureStatus{Indication: "TOTAL-PASSED", Signer: signer, SigningTime: made.AddDate(-1, 0, 0)}
	return l
}

func testSnapshot(t testing.TB, sequence int) *trustlist.Snapshot {
	signer := testSigner(t)
	l := testList(t, "EUlistofthelists", "EU", 25, signer)
	ee, lv := testList(t, "EUgeneric", "EE", sequence, signer), testList(t, "EUgeneric", "LV", 3, signer)
	ee.LOTL, lv.LOTL = l, l
	return trustlist.NewSnapshot(trustlist.Contents{
		LOTLs: []*trustlist.List{l}, Pivots: []*trustlist.List{testList(t, "EUlistofthelists", "EU", 10, signer)}, Lists: []*trustlist.List{ee, lv},
		Rejected: []trustlist.Rejected{{File: "fi.xml", Why: "It was altered."}}, Missing: []trustlist.Missing{{Territory: "FI", Says: "It is missing."}},
		Anchors: []evidence.ID{{1}, {2}}, Journal: "OJ",
	})
}

// recognised is a snapshot with a third country's list under an agreement.
func recognised(t testing.TB) *trustlist.Snapshot {
	signer := testSigner(t)
	l, err := trustlist.Parse([]byte(`<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"><SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier>
<TSLSequenceNumber>25</TSLSequenceNumber><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists</TSLType><SchemeTerritory>EU</SchemeTerritory>
<PointersToOtherTSL><OtherTSLPointer><TSLLocation>https://zz.test/</TSLLocation><AdditionalInformation>
<OtherInformation><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/ZZlist</TSLType></OtherInformation><OtherInformation><SchemeTerritory>ZZ</SchemeTerritory></OtherInformation>
<OtherInformation><MutualRecognitionAgreementInformation xmlns="http://ec.europa.eu/tools/lotl/mra/schema/v2#" pointedContractingPartyLegislation="urn:zz"/></OtherInformation>
</AdditionalInformation></OtherTSLPointer></PointersToOtherTSL></SchemeInformation></TrustServiceStatusList>`))
	if err != nil {
		t.Fatal(err)
	}
	l.Name, l.Source, l.Signature = "EU.xml", trustlist.FromLOTL, trustlist.SignatureStatus{Indication: "TOTAL-PASSED", Signer: signer}
	zz := testList(t, "ZZlist", "ZZ", 3, signer)
	zz.Source, zz.LOTL, zz.MRA = trustlist.FromMRA, l, l.Pointers[0].MRA
	return trustlist.NewSnapshot(trustlist.Contents{LOTLs: []*trustlist.List{l}, Lists: []*trustlist.List{testList(t, "EUgeneric", "EE", 7, signer), zz}, Anchors: []evidence.ID{{1}}})
}

// TestMutualRecognition: a third country's list comes back with its label and its
// agreement, and with neither where nothing carries one for it.
func TestMutualRecognition(t *testing.T) {
	p := pack(t, recognised(t))
	s, m, err := Load(p.memory(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	ee, zz := s.List("EE"), s.List("ZZ")
	if zz.Source != trustlist.FromMRA || zz.LOTL != s.LOTLs[0] || zz.MRA == nil || zz.MRA.Pointed != "urn:zz" || ee.MRA != nil || ee.Source != trustlist.FromLOTL {
		t.Errorf("%+v, %+v", zz, ee)
	}
	if seen := m.Seen(); len(seen) != 3 || seen[1].ThirdCountry || !seen[2].ThirdCountry || seen[2].Territory != "ZZ" {
		t.Errorf("seen %+v", seen)
	}
	for name, change := range map[string]func(*Manifest){
		"an agreement for a member state": func(m *Manifest) { m.Lists[1].Source = "mra" },
		"no list of lists":                func(m *Manifest) { m.Lists = m.Lists[1:] },
		"a member state's":                func(m *Manifest) { m.Lists[2].Source = "lotl" },
	} {
		changed := *p
		changed.Manifest.Lists = append([]ListEntry(nil), p.Manifest.Lists...)
		change(&changed.Manifest)
		if s, _, err := Load(changed.memory(t), 1); err == nil || s != nil {
			t.Errorf("%s: it is loaded", name)
		}
	}
}

func pack(t testing.TB, s *trustlist.Snapshot) *Package {
	t.Helper()
	p, err := Pack(s, made)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// memory is the package as a file system.
func (p *Package) memory(t testing.TB) fstest.MapFS {
	t.Helper()
	raw, err := p.Manifest.JSON()
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{ManifestName: {Data: raw}}
	for name, data := range p.Files {
		fsys[name] = &fstest.MapFile{Data: data}
	}
	return fsys
}

func TestRoundTrip(t *testing.T) {
	want := testSnapshot(t, 7)
	got, m, err := Load(pack(t, want).memory(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	if got.Digest() != want.Digest() || len(got.Lists) != 2 || len(got.LOTLs) != 1 || len(got.Pivots) != 1 || got.Journal != "OJ" || !m.Made.Equal(made) {
		t.Errorf("%+v", got)
	}
	if got.Missing[0] != want.Missing[0] || got.Rejected[0] != want.Rejected[0] {
		t.Errorf("%+v, %+v", got.Missing, got.Rejected)
	}
	for i, l := range got.Lists {
		w := want.Lists[i]
		if l.Name != w.Name || l.Source != w.Source || l.LOTL != got.LOTLs[0] || !l.Signature.Passed() || l.Signature.Signer.ID != w.Signature.Signer.ID ||
			!l.Signature.SigningTime.Equal(w.Signature.SigningTime) || l.SHA256 != w.SHA256 {
			t.Errorf("%+v", l)
		}
	}
	if seen := m.Seen(); len(seen) != 3 || seen[0].Territory != "EU" || seen[0].Sequence != 25 || seen[1].Territory != "EE" || seen[1].Sequence != 7 {
		t.Errorf("seen %+v", seen)
	}
	anchor := func(b byte) lotl.Anchor { return lotl.Anchor{Fingerprint: evidence.ID{b}} }
	if !m.RestsOn([]lotl.Anchor{anchor(2), anchor(1)}) || m.RestsOn([]lotl.Anchor{anchor(1)}) || m.RestsOn([]lotl.Anchor{anchor(1), anchor(2), anchor(3)}) || m.RestsOn(nil) {
		t.Error("the anchors that the snapshot rests on")
	}
}

// TestLoadRefuses alters what is stored in one point at a time.
func TestLoadRefuses(t *testing.T) {
	p := pack(t, testSnapshot(t, 7))
	alter := func(change func(*Manifest)) func(fstest.MapFS) {
		return func(f fstest.MapFS) {
			var m Manifest
			if err := json.Unmarshal(f[ManifestName].Data, &m); err != nil {
				t.Fatal(err)
			}
			change(&m)
			raw, err := m.JSON()
			if err != nil {
				t.Fatal(err)
			}
			f[ManifestName] = &fstest.MapFile{Data: raw}
		}
	}
	ee := p.Manifest.Lists[2]
	for _, c := range []struct {
		name   string
		change func(fstest.MapFS)
		says   string
		is     error
	}{
		{"no manifest", func(f fstest.MapFS) { delete(f, ManifestName) }, "", ErrNone},
		{"half a manifest", func(f fstest.MapFS) {
			f[ManifestName] = &fstest.MapFile{Data: f[ManifestName].Data[:len(f[ManifestName].Data)/2]}
		}, "reading trust manifest", nil},
		{"an altered list", func(f fstest.MapFS) {
			f[ee.Path()] = &fstest.MapFile{Data: []byte(strings.Replace(string(f[ee.Path()].Data), ">7<", ">8<", 1))}
		}, "EE.xml of EE", nil},
		{"a list is missing", func(f fstest.MapFS) { delete(f, ee.Path()) }, "EE.xml of EE", nil},
		{"older rules", alter(func(m *Manifest) { m.Rules-- }), "", ErrStale},
		{"a newer format", alter(func(m *Manifest) { m.Format++ }), "", ErrStale},
		{"a list that failed", alter(func(m *Manifest) { m.Lists[2].Signature.Indication = "TOTAL-FAILED" }), "only authenticated", nil},
		{"a list as the list of lists", alter(func(m *Manifest) { m.Lists[2].Role = RoleLOTL }), "manifest says LOTL EE", nil},
		{"a list left out", alter(func(m *Manifest) { m.Lists = m.Lists[:3] }), "the manifest says", nil},
		{"another territory", alter(func(m *Manifest) { m.Lists[2].Territory = "SE" }), "manifest says TL SE", nil},
		{"another sequence number", alter(func(m *Manifest) { m.Lists[2].Sequence = 8 }), "EE 8", nil},
		{"no signer", alter(func(m *Manifest) { m.Lists[2].Signature.Signer = nil }), "signer of list EE.xml", nil},
		{"another source", alter(func(m *Manifest) { m.Lists[2].Source = "extra" }), "the manifest says", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := p.memory(t)
			c.change(fsys)
			s, _, err := Load(fsys, 1)
			if err == nil || s != nil || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("it says %v, want %q", err, c.says)
			}
		})
	}
}

// What is odd about a signature is stored, and that nobody wrote it down too: such a
// list is not known to the next authentication.
func TestProblemsOfSignaturesAreStored(t *testing.T) {
	for name, problems := range map[string][]string{"unknown": nil, "none": {}, "one": {"it is odd"}} {
		s := testSnapshot(t, 7)
		s.Lists[0].Signature.Problems = problems
		p, err := Pack(s, made)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Load(p.memory(t), 1)
		if err != nil {
			t.Fatal(err)
		}
		l := got.Lists[0]
		if !slices.Equal(l.Signature.Problems, problems) || (l.Signature.Problems == nil) != (problems == nil) {
			t.Errorf("%s: %q", name, l.Signature.Problems)
		}
		if known := slices.Contains(lotl.KnownIn(got), l); known != (problems != nil) {
			t.Errorf("%s: it is known: %t", name, known)
		}
	}
}

func TestPackRefuses(t *testing.T) {
	s := testSnapshot(t, 7)
	s.Lists[0].Signature.Indication = "INDETERMINATE"
	if _, err := Pack(s, made); err == nil {
		t.Error("a list that is not authenticated is stored")
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "trust")
	first, second := testSnapshot(t, 7), testSnapshot(t, 8)
	count := func() int {
		names, err := filepath.Glob(filepath.Join(dir, ListsDir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	write := func(s *trustlist.Snapshot, files int) {
		t.Helper()
		if err := Write(dir, pack(t, s)); err != nil {
			t.Fatal(err)
		}
		got, _, err := Load(os.DirFS(dir), 2)
		if err != nil || got.Digest() != s.Digest() {
			t.Errorf("loaded %v", err)
		}
		if n := count(); n != files {
			t.Errorf("%d lists in the folder, want %d", n, files)
		}
	}
	write(first, 4)
	write(second, 5) // the list that went stays for those who are reading
	write(second, 4)
	// What a crash left is cleared away, and does no harm before.
	for _, name := range []string{".writing-123", strings.Repeat("0", 64) + ".xml"} {
		if err := os.WriteFile(filepath.Join(dir, ListsDir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A list that the disc spoilt is written again.
	path := filepath.Join(dir, filepath.FromSlash(pack(t, second).Manifest.Lists[2].Path()))
	if err := os.WriteFile(path, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(os.DirFS(dir), 1); err == nil {
		t.Error("a spoilt list is loaded")
	}
	write(second, 4)
}

// TestCrash ends writing before every single effect on the disk, and leaves
// everything as it lies: the folder always holds the old snapshot or the new one,
// whole, and the next Write clears up.
func TestCrash(t *testing.T) {
	first, second := testSnapshot(t, 7), testSnapshot(t, 8)
	killed := errors.New("killed")
	old, renamed := 0, 0
	for stop := 0; ; stop++ {
		dir := t.TempDir()
		if err := Write(dir, pack(t, first)); err != nil {
			t.Fatal(err)
		}
		effects := 0
		err := Disk{Before: func(string) error {
			if effects++; effects > stop {
				return killed
			}
			return nil
		}}.Write(dir, pack(t, second))
		if err == nil {
			break // every effect was walked over
		}
		if !errors.Is(err, killed) {
			t.Fatalf("stopped before effect %d: %v", stop, err)
		}
		s, _, err := Load(os.DirFS(dir), 1)
		switch {
		case err != nil:
			t.Fatalf("stopped before effect %d: %v", stop, err)
		case s.Digest() == first.Digest() && renamed == 0:
			old++
		case s.Digest() == second.Digest():
			renamed++
		default:
			t.Fatalf("stopped before effect %d: neither the old snapshot nor the new one, or the old one after the new", stop)
		}
		if err := Write(dir, pack(t, second)); err != nil {
			t.Fatal(err)
		}
		if s, m, err := Load(os.DirFS(dir), 1); err != nil || s.Digest() != second.Digest() || encodings(os.DirFS(dir), m) != len(m.Lists) {
			t.Errorf("after the crash before effect %d: %v", stop, err)
		}
		for _, pattern := range []string{".writing-*", ListsDir + "/.writing-*", EncodedDir + "/.writing-*"} {
			if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
				t.Errorf("after the crash before effect %d, %v is left", stop, left)
			}
		}
	}
	if old < 12 || renamed == 0 {
		t.Errorf("%d effects before the new snapshot stands, %d after: is all of it walked over?", old, renamed)
	}
	// A folder that cannot be written is an error, and the old snapshot stays.
	dir := t.TempDir()
	if err := Write(dir, pack(t, first)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, ManifestName+".d"), 0o755); err != nil {
		t.Fatal(err)
	}
	broken := pack(t, second)
	broken.Files[broken.Manifest.Lists[2].Path()] = []byte("other octets")
	if err := Write(dir, broken); err == nil {
		t.Error("octets of another hash are stored")
	}
	if s, _, err := Load(os.DirFS(dir), 1); err != nil || s.Digest() != first.Digest() {
		t.Errorf("after a failed write: %v", err)
	}
}

// TestLock: one writer at a time, and the lock goes with its holder.
func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trust")
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		unlock, err := Lock(dir)
		if err == nil {
			err = unlock()
		}
		second <- err
	}()
	select {
	case err := <-second:
		t.Errorf("a second writer came in (%v)", err)
	default:
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Error(err)
	}
}

// FuzzLoad: whatever the manifest says, Load ends without panic.
func FuzzLoad(f *testing.F) {
	p := pack(f, testSnapshot(f, 7))
	raw, err := p.Manifest.JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"format":1,"rules":1,"lists":[{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fsys := fstest.MapFS{ManifestName: {Data: raw}}
		for name, data := range p.Files {
			fsys[name] = &fstest.MapFile{Data: data}
		}
		if s, m, err := Load(fsys, 1); err == nil && (s == nil || s.Digest() != m.Digest) {
			t.Error("loaded, and not what the manifest says")
		}
	})
}

// abroad is a snapshot with the list of a third country to which a list of lists of
// the operator's points, and one that he named.
func abroad(t testing.TB) *trustlist.Snapshot {
	signer := testSigner(t)
	other, err := trustlist.Parse([]byte(`<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"><SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier>
<TSLSequenceNumber>25</TSLSequenceNumber><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/ZZlistofthelists</TSLType><SchemeTerritory>ZZ</SchemeTerritory>
<PointersToOtherTSL><OtherTSLPointer><TSLLocation>https://zz.test/</TSLLocation><AdditionalInformation>
<OtherInformation><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/ZZlist</TSLType></OtherInformation><OtherInformation><SchemeTerritory>ZZ</SchemeTerritory></OtherInformation>
</AdditionalInformation></OtherTSLPointer></PointersToOtherTSL></SchemeInformation></TrustServiceStatusList>`))
	if err != nil {
		t.Fatal(err)
	}
	other.Name, other.Source, other.Signature = "ZZ-lotl.xml", trustlist.FromThirdCountry, trustlist.SignatureStatus{Indication: "TOTAL-PASSED", Signer: signer}
	l := testList(t, "EUlistofthelists", "EU", 25, signer)
	ee, zz, yy := testList(t, "EUgeneric", "EE", 7, signer), testList(t, "ZZlist", "ZZ", 3, signer), testList(t, "YYlist", "YY", 3, signer)
	ee.LOTL, zz.LOTL = l, other
	zz.Source, yy.Source = trustlist.FromThirdCountry, trustlist.FromThirdCountry
	return trustlist.NewSnapshot(trustlist.Contents{LOTLs: []*trustlist.List{l}, Others: []*trustlist.List{other}, Lists: []*trustlist.List{ee, yy, zz}, Anchors: []evidence.ID{{1}}})
}
