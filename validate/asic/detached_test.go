package asic

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// stage is a virtual world with a signer and a time-stamping unit.
type stage struct {
	*eutest.World
	signer *eutest.Signer
	tsa    *eutest.TSA
}

func newStage(t testing.TB) *stage {
	w := eutest.New(t)
	p := w.MemberState("EE").Provider("Test Provider", "VATEE-1")
	ca := p.CA("Test CA")
	return &stage{w, ca.Signer(), p.TSA("Test TSA")}
}

// sign is a CAdES signature file over data, detached.
func (s *stage) sign(name, data string) part {
	return part{name: "META-INF/" + name, data: string(s.SignCAdES(s.signer, []byte(data), true, eutest.SignOptions{}))}
}

// enclose is one that holds what it signs.
func (s *stage) enclose(name, data string) part {
	return part{name: "META-INF/" + name, data: string(s.SignCAdES(s.signer, []byte(data), false, eutest.SignOptions{Level: eutest.B}))}
}

func (s *stage) stamp(name, data string, after time.Duration) part {
	return part{name: "META-INF/" + name, data: string(s.tsa.Token([]byte(data), eutest.TokenOptions{Time: eutest.DefaultTime.Add(after)}))}
}

// asicManifest lists files for the file that reference names.
func asicManifest(name, reference string, files ...part) part {
	var b strings.Builder
	fmt.Fprintf(&b, `<a:ASiCManifest xmlns:a="http://uri.etsi.org/02918/v1.2.1#" xmlns:d="http://www.w3.org/2000/09/xmldsig#"><a:SigReference URI="META-INF/%s"/>`, reference)
	for _, f := range files {
		sum := sha256.Sum256([]byte(f.data))
		fmt.Fprintf(&b, `<a:DataObjectReference URI="%s" MimeType="text/plain"><d:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><d:DigestValue>%s</d:DigestValue></a:DataObjectReference>`,
			strings.ReplaceAll(f.name, " ", "%20"), base64.StdEncoding.EncodeToString(sum[:]))
	}
	return part{name: "META-INF/" + name, data: b.String() + `</a:ASiCManifest>`}
}

// told writes what was found of references: type, name, and found and intact.
func told(refs []*signature.Reference) string {
	var out []string
	for _, r := range refs {
		state := "missing"
		if r.Found {
			state = "broken"
		}
		if r.Intact {
			state = "intact"
		}
		out = append(out, fmt.Sprintf("%s %s %s", r.Type, r.Name, state))
	}
	return strings.Join(out, "; ")
}

func TestCAdES(t *testing.T) {
	s := newStage(t)
	list := asicManifest("ASiCManifest1.xml", "signature1.p7s", fileA, fileB)
	sig := s.sign("signature1.p7s", list.data)
	entries := "; MANIFEST_ENTRY a.txt intact; MANIFEST_ENTRY sub/b b.txt intact"
	changed := part{name: fileA.name, data: "changed"}
	other := asicManifest("ASiCManifest2.xml", "signature2.p7s", fileA)
	tests := []struct {
		name       string
		data       []byte
		references string
		problems   string
		manifest   bool
	}{
		{"ASiC-S", build(mimeS, fileA, s.sign("signature.p7s", fileA.data)), "MESSAGE_DIGEST a.txt intact", "", false},
		{"ASiC-S, file changed", build(mimeS, changed, s.sign("signature.p7s", fileA.data)), "MESSAGE_DIGEST a.txt broken", "", false},
		{"ASiC-S, two files", build(mimeS, fileA, part{name: "c"}, s.sign("signature.p7s", fileA.data)), "MESSAGE_DIGEST  missing", "unsigned-data-file", false},
		{"ASiC-S, one file at the root", build(mimeS, fileA, fileB, s.sign("signature.p7s", fileA.data)), "MESSAGE_DIGEST a.txt intact", "unsigned-data-file", false},
		{"ASiC-S, content enclosed", build(mimeS, fileA, s.enclose("signature.p7s", fileA.data)), "MESSAGE_DIGEST  intact", "", false},
		{"Z4 ASiC-S, another content enclosed", build(mimeS, fileA, s.enclose("signature.p7s", "other")), "MESSAGE_DIGEST  missing", "unsigned-data-file", false},
		{"ASiC-E", build(mimeE, fileA, fileB, list, sig), "MESSAGE_DIGEST META-INF/ASiCManifest1.xml intact" + entries, "", true},
		{"ASiC-E, file missing", build(mimeE, fileB, list, sig), "MESSAGE_DIGEST META-INF/ASiCManifest1.xml intact; MANIFEST_ENTRY a.txt missing; MANIFEST_ENTRY sub/b b.txt intact", "", true},
		{"ASiC-E, file changed", build(mimeE, changed, fileB, list, sig), "MESSAGE_DIGEST META-INF/ASiCManifest1.xml intact; MANIFEST_ENTRY a.txt broken; MANIFEST_ENTRY sub/b b.txt intact", "", true},
		{"ASiC-E, manifest changed", build(mimeE, fileA, fileB, part{name: list.name, data: list.data + " "}, sig), "MESSAGE_DIGEST META-INF/ASiCManifest1.xml broken" + entries, "", true},
		{"Z4 ASiC-E, unsigned file", build(mimeE, fileA, fileB, part{name: "c"}, list, sig), "MESSAGE_DIGEST META-INF/ASiCManifest1.xml intact" + entries, "unsigned-data-file", true},
		{"ASiC-E, the only manifest names another", build(mimeE, fileA, fileB, list, part{name: "META-INF/signature9.p7s", data: sig.data}), "MESSAGE_DIGEST META-INF/ASiCManifest1.xml intact" + entries, "", true},
		{"ASiC-E, no manifest names it", build(mimeE, fileA, fileB, list, other, part{name: "META-INF/signature9.p7s", data: sig.data}), "MESSAGE_DIGEST  missing", "unsigned-data-file", true},
		{"ASiC-E, no manifest", build(mimeE, fileA, s.sign("signature1.p7s", fileA.data)), "MESSAGE_DIGEST  missing", "unsigned-data-file", false},
		{"ASiC-E, META-INF/manifest.xml is not one", build(mimeE, fileA, manifestOf("a.txt"), s.sign("signature1.p7s", fileA.data)), "MESSAGE_DIGEST  missing", "unsigned-data-file", false},
		{"ASiC-E, manifest enclosed", build(mimeE, fileA, fileB, list, s.enclose("signature1.p7s", list.data)), "MESSAGE_DIGEST  intact" + entries, "", true},
		{"X3 ASiC-E, another manifest enclosed", build(mimeE, fileA, fileB, list, s.enclose("signature1.p7s", other.data)),
			"MESSAGE_DIGEST  missing; MANIFEST_ENTRY a.txt missing; MANIFEST_ENTRY sub/b b.txt missing", "unsigned-data-file", true},
		{"ASiC-E, content enclosed without manifest", build(mimeE, fileA, s.enclose("signature1.p7s", fileA.data)), "MESSAGE_DIGEST  intact", "manifest-mismatch unsigned-data-file", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Open("x", tt.data)
			if err != nil || len(doc.Signatures) != 1 {
				t.Fatalf("%v, %+v", err, doc)
			}
			s := doc.Signatures[0]
			if got := told(s.References); got != tt.references || codes(s.Problems) != tt.problems || doc.Container.ManifestPresent != tt.manifest {
				t.Errorf("%s\nwant %s\nproblems %v, manifest %v", got, tt.references, s.Problems, doc.Container.ManifestPresent)
			}
		})
	}
	doc, err := Open("x", build(mimeE, fileA, fileB, list, sig, other, s.sign("signature2.p7s", other.data)))
	if err != nil || len(doc.Signatures) != 2 || codes(doc.Signatures[0].Problems) != "" || codes(doc.Signatures[1].Problems) != "unsigned-data-file" {
		t.Errorf("Z5 two signatures: %v, %+v", err, doc)
	}
}

func imprintIs(t *testing.T, ts *signature.Timestamp) bool {
	t.Helper()
	token, err := tst.Parse(ts.Raw)
	if err != nil {
		t.Fatal(err)
	}
	sum, ok := ts.Imprint(token.HashAlgorithm)
	return ok && bytes.Equal(sum, token.Imprint)
}

// TestContainerTimestamps: tokens over the data file, over manifests, and chains of
// archive manifests (smartcases 83, 85, 88).
func TestContainerTimestamps(t *testing.T) {
	s := newStage(t)
	first := s.stamp("timestamp.tst", fileA.data, 0)
	archive := asicManifest("ASiCArchiveManifest001.xml", "timestamp002.tst", first, fileA)
	second := s.stamp("timestamp002.tst", archive.data, time.Hour)
	last := asicManifest("ASiCArchiveManifest.xml", "timestamp003.tst", first, second, archive, fileA)
	third := s.stamp("timestamp003.tst", last.data, 2*time.Hour)
	short := asicManifest("ASiCArchiveManifest001.xml", "timestamp002.tst", first)
	forgetful := asicManifest("ASiCArchiveManifest.xml", "timestamp003.tst", second, archive, fileA)
	tests := []struct {
		name     string
		data     []byte
		stamps   string // of each: imprint, problems, covered tokens and data
		document string
	}{
		{"one", build(mimeS, fileA, first), "true [] 0 1", ""},
		{"three", build(mimeS, fileA, first, second, archive, third, last), "true [] 0 1|true [] 1 3|true [] 2 5", ""},
		{"data file changed", build(mimeS, part{name: "a.txt", data: "x"}, first, second, archive), "false [] 0 1|true [] 1 2", ""},
		{"manifest without content", build(mimeS, fileA, first, short, s.stamp("timestamp002.tst", short.data, time.Hour)), "true [] 0 1|true [timestamp-coverage] 1 2", ""},
		{"manifest without all that is listed inside", build(mimeS, fileA, first, second, archive, forgetful, s.stamp("timestamp003.tst", forgetful.data, time.Hour)),
			"true [] 0 1|true [] 1 3|true [timestamp-coverage] 1 4", ""},
		{"two files and no manifest", build(mimeS, fileA, part{name: "c"}, first), "", "structure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Open("x", tt.data)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ts := range doc.Timestamps {
				got = append(got, fmt.Sprintf("%v [%s] %d %d", imprintIs(t, ts), codes(ts.Problems), len(ts.CoversTokens), len(ts.CoversData)))
				if ts.Type != signature.ContainerTimestamp || !strings.HasPrefix(ts.Path, "META-INF/timestamp") {
					t.Errorf("%s, %s", ts.Type, ts.Path)
				}
			}
			if strings.Join(got, "|") != tt.stamps || codes(doc.Problems) != tt.document {
				t.Errorf("%s\nwant %s\n%v", strings.Join(got, "|"), tt.stamps, doc.Problems)
			}
		})
	}
}

// TestTimestampOverSignature: a time-stamp whose manifest lists a signature file
// stands under the signature too, the same one.
func TestTimestampOverSignature(t *testing.T) {
	s := newStage(t)
	list := asicManifest("ASiCManifest1.xml", "signature1.p7s", fileA)
	sig := s.sign("signature1.p7s", list.data)
	archive := asicManifest("ASiCArchiveManifest1.xml", "timestamp1.tst", sig, list, fileA)
	stamp := s.stamp("timestamp1.tst", archive.data, time.Hour)
	again := asicManifest("ASiCArchiveManifest2.xml", "timestamp2.tst", sig, list, fileA, stamp, archive)
	doc, err := Open("x", build(mimeE, fileA, list, sig, archive, stamp, again, s.stamp("timestamp2.tst", again.data, 2*time.Hour)))
	if err != nil || len(doc.Signatures) != 1 || len(doc.Timestamps) != 2 {
		t.Fatalf("%v, %+v", err, doc)
	}
	signed := doc.Signatures[0]
	if len(signed.Timestamps) != 3 || signed.Timestamps[1] != doc.Timestamps[0] || signed.Timestamps[2] != doc.Timestamps[1] || !signed.Structure.ArchiveTimestamp {
		t.Fatalf("%d time-stamps under the signature, structure %+v", len(signed.Timestamps), signed.Structure)
	}
	one, two := doc.Timestamps[0], doc.Timestamps[1]
	if !one.CoversSignature || len(one.Problems) > 0 || len(one.Covers.Certificates) < 2 || len(one.CoversTokens) != 1 || one.CoversTokens[0] != signed.Timestamps[0] {
		t.Errorf("the first covers %d certificates, %d tokens; %v", len(one.Covers.Certificates), len(one.CoversTokens), one.Problems)
	}
	if len(two.CoversTokens) != 2 || len(two.CoversSignatures) != 0 {
		t.Errorf("the second covers %d tokens", len(two.CoversTokens))
	}
	// A signature file that was changed since is listed, and not covered.
	sig.data += "\x00"
	doc, err = Open("x", build(mimeE, fileA, list, sig, archive, stamp))
	if err != nil || len(doc.Signatures[0].Timestamps) != 2 || doc.Timestamps[0].CoversSignature || len(doc.Timestamps[0].CoversTokens) != 0 {
		t.Errorf("changed since: %v, %+v", err, doc.Timestamps[0])
	}
}

// FuzzASiCManifest: what a manifest lists, whatever it is, never counts as intact
// without being found.
func FuzzASiCManifest(f *testing.F) {
	s := newStage(f)
	list := asicManifest("ASiCManifest1.xml", "signature1.p7s", fileA, fileB)
	sig := s.sign("signature1.p7s", list.data)
	stamp := s.stamp("timestamp.tst", list.data, 0)
	f.Add(list.data)
	f.Add(strings.Replace(list.data, "signature1.p7s", "timestamp.tst", 1))
	f.Add(strings.Replace(list.data, "a.txt", "%61.txt", 1))
	f.Fuzz(func(t *testing.T, manifest string) {
		doc, err := Open("x", build(mimeE, fileA, fileB, part{name: list.name, data: manifest}, sig, stamp))
		if err != nil || len(doc.Signatures) != 1 {
			t.Fatalf("%v", err)
		}
		refs := doc.Signatures[0].References
		for _, r := range refs {
			if r.Intact && !r.Found {
				t.Fatalf("intact without being found: %+v", r)
			}
		}
		if refs[0].Intact && manifest != list.data {
			t.Fatalf("another manifest is the signed one: %q", manifest)
		}
	})
}

// BenchmarkTimestampChain opens a container with a chain of a hundred time-stamps.
func BenchmarkTimestampChain(b *testing.B) {
	s := newStage(b)
	parts := []part{mimeS, fileA}
	all := []part{fileA}
	for i := range 100 {
		m := asicManifest(fmt.Sprintf("ASiCArchiveManifest%d.xml", i), fmt.Sprintf("timestamp%d.tst", i), all...)
		stamp := s.stamp(fmt.Sprintf("timestamp%d.tst", i), m.data, time.Duration(i)*time.Minute)
		parts, all = append(parts, m, stamp), append(all, m, stamp)
	}
	data := build(parts...)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open("x", data); err != nil {
			b.Fatal(err)
		}
	}
}
