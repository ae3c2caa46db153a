package asic

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
)

// signs is a signature file over contents: digests as they must be, and a value
// that no key made, which is not what is tested here.
func signs(id string, files ...part) string {
	var refs string
	for _, f := range files {
		sum := sha256.Sum256([]byte(f.data))
		refs += fmt.Sprintf(`<ds:Reference Id="%s-%s" URI="%s"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>%s</ds:DigestValue></ds:Reference>`,
			id, strings.ReplaceAll(f.name, "/", "-"), strings.ReplaceAll(f.name, " ", "%20"), base64.StdEncoding.EncodeToString(sum[:]))
	}
	return `<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="` + id + `"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>` +
		refs + `</ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature></asic:XAdESSignatures>`
}

func manifestOf(files ...string) part {
	s := `<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry m:full-path="/" m:media-type="` + mimeASiCE + `"/>`
	for _, f := range files {
		s += `<m:file-entry m:full-path="` + f + `" m:media-type="text/plain"/>`
	}
	return part{name: manifestFile, data: s + `</m:manifest>`}
}

var (
	mimeE = part{name: "mimetype", data: mimeASiCE}
	mimeS = part{name: "mimetype", data: mimeASiCS}
	fileA = part{name: "a.txt", data: "content a", deflate: true}
	fileB = part{name: "sub/b b.txt", data: "content b"}
	sigAB = part{name: "META-INF/signatures0.xml", data: signs("S0", fileA, fileB), deflate: true}
	sigA  = part{name: "META-INF/signatures1.xml", data: signs("S1", fileA)}
)

func TestOpen(t *testing.T) {
	odt := part{name: "mimetype", data: mimeODF + "text"}
	tests := []struct {
		name     string
		file     string
		data     []byte
		form     signature.Form
		paths    string
		document string // problems
		each     string // problems of the signatures, joined by /
		manifest bool
	}{
		{"ASiC-E", "x", build(mimeE, fileA, fileB, manifestOf("a.txt", "sub/b b.txt"), sigAB), signature.FormASiCE, "META-INF/signatures0.xml", "", "", true},
		{"ASiC-S", "x", build(mimeS, fileA, sigA), signature.FormASiCS, "META-INF/signatures1.xml", "", "", false},
		{"order of local headers", "x", build(mimeE, sigA, fileA, manifestOf("a.txt"), part{name: "META-INF/signatures0.xml", data: signs("S0", fileA)}), signature.FormASiCE, "META-INF/signatures1.xml META-INF/signatures0.xml", "", "/", true},
		{"Z4 unsigned file", "x", build(mimeE, fileA, part{name: "c"}, manifestOf("a.txt", "c"), sigA), signature.FormASiCE, "META-INF/signatures1.xml", "", "unsigned-data-file", true},
		{"Z5 different files", "x", build(mimeE, fileA, fileB, manifestOf("a.txt", "sub/b b.txt"), sigAB, sigA), signature.FormASiCE, "META-INF/signatures0.xml META-INF/signatures1.xml", "", "/unsigned-data-file", true},
		{"no manifest", "x", build(mimeE, fileA, sigA), signature.FormASiCE, "META-INF/signatures1.xml", "", "", false},
		{"unreadable manifest", "x", build(mimeE, fileA, part{name: manifestFile, data: "<m"}, sigA), signature.FormASiCE, "META-INF/signatures1.xml", "", "", false},
		{"Z4 manifest differs", "x", build(mimeE, fileA, manifestOf("z"), sigA), signature.FormASiCE, "META-INF/signatures1.xml", "manifest-mismatch", "", true},
		{"Z3 two signature files of one name", "x", build(mimeE, fileA, manifestOf("a.txt"), sigA, sigA), signature.FormASiCE, "META-INF/signatures1.xml", "duplicate-entry", "", true},
		{"Z5 one signature in two files", "x", build(mimeE, fileA, manifestOf("a.txt"), sigA, part{name: "META-INF/signatures2.xml", data: sigA.data}), signature.FormASiCE, "META-INF/signatures1.xml META-INF/signatures2.xml", "", "structure/structure", true},
		{"form by comment", "x", buildWith("", "mimetype="+mimeASiCE, fileA, sigA), signature.FormASiCE, "META-INF/signatures1.xml", "", "", false},
		{"form by several root files", "x.asics", build(fileA, part{name: "c"}, sigA), signature.FormASiCE, "META-INF/signatures1.xml", "", "unsigned-data-file", false},
		{"form by name", "x.bdoc", build(fileA, sigA), signature.FormASiCE, "META-INF/signatures1.xml", "", "", false},
		{"form by one root file", "x.zip", build(fileA, sigA), signature.FormASiCS, "META-INF/signatures1.xml", "", "", false},
		{"form undecided", "x.zip", build(fileB, part{name: "META-INF/signatures0.xml", data: signs("S", fileB)}), "", "META-INF/signatures0.xml", "", "", false},
		{"ODF", "x.odt", build(odt, fileA, part{name: "content.xml", data: "<a/>"}, part{name: "external-data/e", data: "e"}, part{name: "META-INF/documentsignatures.xml", data: signs("S", fileA, part{name: "content.xml", data: "<a/>"})}), signature.FormASiCE, "META-INF/documentsignatures.xml", "", "", false},
		{"time-stamp besides is passed over", "x", build(mimeE, fileA, manifestOf("a.txt"), sigA, part{name: "META-INF/timestamp.tst", data: "x"}), signature.FormASiCE, "META-INF/signatures1.xml", "", "", true},
		{"no signature", "x", build(mimeE, fileA, manifestOf("a.txt")), signature.FormASiCE, "", "", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Open(tt.file, tt.data)
			if err != nil {
				t.Fatal(err)
			}
			var paths, each []string
			for _, s := range doc.Signatures {
				paths, each = append(paths, s.Path), append(each, codes(s.Problems))
				for _, r := range s.References {
					if !r.Found || !r.Intact {
						t.Errorf("%s: found %v, intact %v: %s", r.Name, r.Found, r.Intact, r.Why)
					}
				}
			}
			if doc.Form != tt.form || strings.Join(paths, " ") != tt.paths || doc.Container.ManifestPresent != tt.manifest {
				t.Errorf("form %q, paths %q, manifest %v", doc.Form, paths, doc.Container.ManifestPresent)
			}
			if codes(doc.Problems) != tt.document || strings.Join(each, "/") != tt.each {
				t.Errorf("problems %v, of signatures %q", doc.Problems, each)
			}
		})
	}
}

func TestContainerFacts(t *testing.T) {
	doc, err := Open("x", buildWith("", "c", mimeE, part{name: "sub/"}, fileA, fileB, sigAB))
	if err != nil {
		t.Fatal(err)
	}
	c := doc.Container
	if !c.HasMimetype || !c.MimetypeOK || !c.MimetypeFirst || c.Mimetype != mimeASiCE || c.Comment != "c" || len(c.Entries) != 5 {
		t.Errorf("%+v", c)
	}
	if strings.Join(c.DataFiles, "|") != "a.txt|sub/b b.txt" || strings.Join(c.RootFiles, "|") != "a.txt" {
		t.Errorf("data files %q, root files %q", c.DataFiles, c.RootFiles)
	}
	if want := sha256.Sum256([]byte(fileA.data)); c.Entries[2].Size != 9 || c.Entries[2].SHA256 != want {
		t.Errorf("%+v", c.Entries[2])
	}
	for _, other := range [][]part{{fileA, mimeE, sigA}, {{name: "mimetype", data: mimeASiCE, deflate: true}, fileA, sigA}} {
		if doc, err := Open("x", build(other...)); err != nil || doc.Container.MimetypeFirst {
			t.Errorf("%v: the mimetype file counts as first and stored", err)
		}
	}
	if doc, _ := Open("x", build(part{name: "mimetype", data: mimeASiCE + "\n"}, fileA, sigA)); doc.Container.MimetypeOK {
		t.Error("a media type with a line end counts as exact")
	}
}

// TestASiCSFiles: in ASiC-S, files of META-INF/ are no signed content.
func TestASiCSFiles(t *testing.T) {
	inside := part{name: "META-INF/x.txt", data: "inside"}
	for form, want := range map[string]bool{mimeASiCE: true, mimeASiCS: false} {
		doc, err := Open("x", build(part{name: "mimetype", data: form}, fileA, fileB, inside, part{name: "META-INF/signatures.xml", data: signs("S", inside, fileA)}))
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Signatures[0].References[0].Found; got != want {
			t.Errorf("%s: found %v", form, got)
		}
	}
}

func TestOpenRefused(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		code signature.ErrorCode
	}{
		{"no ZIP", []byte("%PDF-1.4"), signature.UnsupportedFormat},
		{"short", []byte("PK"), signature.UnsupportedFormat},
		{"no META-INF", build(mimeE, fileA), signature.UnsupportedFormat},
		{"CAdES that is no CMS", build(mimeE, fileA, part{name: "META-INF/signature.p7s", data: "0"}), signature.Malformed},
		{"time-stamp that is no CMS", build(mimeS, fileA, part{name: "META-INF/timestamp.tst", data: "0"}), signature.Malformed},
		{"encrypted CAdES", build(mimeE, fileA, part{name: "META-INF/signature.p7s", data: "0", flags: flagEncrypted}), signature.Malformed},
		{"encrypted time-stamp", build(mimeE, fileA, part{name: "META-INF/timestamp.tst", data: "0", flags: flagEncrypted}), signature.Malformed},
		{"signature file that is no XML", build(mimeE, fileA, part{name: "META-INF/signatures0.xml", data: "<a"}), signature.Malformed},
		{"X1 DOCTYPE", build(mimeE, fileA, part{name: "META-INF/signatures0.xml", data: "<!DOCTYPE a>" + sigA.data}), signature.Hostile},
		{"encrypted signature file", build(mimeE, fileA, part{name: "META-INF/signatures0.xml", data: sigA.data, flags: flagEncrypted}), signature.Malformed},
		{"second signature file broken", build(mimeE, fileA, sigA, part{name: "META-INF/signatures2.xml", data: strings.Replace(sigA.data, "SignatureValue", "SignatureX", 2)}), signature.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open("x", tt.data)
			var e *signature.ReadError
			if !errors.As(err, &e) || e.Code != tt.code {
				t.Fatalf("error %v, want code %s", err, tt.code)
			}
		})
	}
}

// FuzzOpen: no input may crash the reader or keep it long; and what it reads must
// hang together.
func FuzzOpen(f *testing.F) {
	f.Add(build(mimeE, fileA, fileB, manifestOf("a.txt"), sigAB))
	f.Add(buildWith("PK", "mimetype="+mimeASiCE, fileA, sigA))
	f.Add(cut(build(part{name: "META-INF/signatures.xml", data: sigA.data, deflate: true, descriptor: true})))
	f.Add(build(part{name: "../a", data: "x", symlink: true, extra: unicodePath("../a", "b")}, part{name: "A", localName: "B", gap: "gap"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Open("x", data)
		if (doc == nil) != (err != nil) {
			t.Fatalf("document %v, error %v", doc, err)
		}
		var e *signature.ReadError
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if err != nil {
			return
		}
		for _, s := range doc.Signatures {
			for _, r := range s.References {
				if r.Intact && !r.Found {
					t.Fatalf("intact without being found: %+v", r)
				}
			}
		}
	})
}

// BenchmarkOpen reads a container with a file of a megabyte and one signature.
func BenchmarkOpen(b *testing.B) {
	large := part{name: "a.pdf", data: strings.Repeat("0123456789abcdef", 1<<16)}
	data := build(mimeE, large, manifestOf("a.pdf"), part{name: "META-INF/signatures0.xml", data: signs("S0", large), deflate: true})
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open("x.asice", data); err != nil {
			b.Fatal(err)
		}
	}
}
