package ers_test

import (
	"crypto"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// manifestXML is an ASiCEvidenceRecordManifest of name and digest pairs.
func manifestXML(record, alg string, pairs ...any) []byte {
	out := `<ASiCManifest xmlns="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><SigReference URI="` + record + `"/>`
	for i := 0; i < len(pairs); i += 2 {
		out += `<DataObjectReference URI="` + pairs[i].(string) + `" MimeType="text/plain"><ds:DigestMethod Algorithm="` + alg + `"/><ds:DigestValue>` +
			base64.StdEncoding.EncodeToString(pairs[i+1].([]byte)) + `</ds:DigestValue></DataObjectReference>`
	}
	return []byte(out + `</ASiCManifest>`)
}

// TestContainer is preservation §1.6 and §3 for containers.
func TestContainer(t *testing.T) {
	a := newAuthority(t)
	d1, d2 := h256(doc1), h256(doc2)
	tree := recordASN1(t, []archiveTimeStamp{ats(a.stamp(t, crypto.SHA256, node(h256, d1, d2), 2020), list(d1, d2))})
	single := recordASN1(t, []archiveTimeStamp{ats(a.stamp(t, crypto.SHA256, d1, 2020))})
	const rec, man = "META-INF/evidencerecord001.ers", "META-INF/ASiCEvidenceRecordManifest001.xml"
	m := func(name string, data []byte) ers.File { return ers.File{Name: name, Data: data} }
	both := []any{"a%20b.txt", d1, "b", d2}
	cases := []struct {
		name  string
		form  signature.Form
		xades bool
		files []ers.File
		want  string
	}{
		{"E", signature.FormASiCE, false, []ers.File{m("a b.txt", doc1), m("b", doc2), m(rec, tree), m(man, manifestXML(rec, uri256, both...))}, "ok ok | stamped"},
		{"E, file gone", signature.FormASiCE, false, []ers.File{m("a b.txt", doc1), m(rec, tree), m(man, manifestXML(rec, uri256, both...))}, "ok missing | stamped"},
		{"E, file changed", signature.FormASiCE, false, []ers.File{m("a b.txt", doc1), m("b", doc3), m(rec, tree), m(man, manifestXML(rec, uri256, both...))}, "ok broken | stamped"},
		{"E, manifest and file changed", signature.FormASiCE, false, []ers.File{m("a b.txt", doc1), m("b", doc3), m(rec, tree), m(man, manifestXML(rec, uri256, "a%20b.txt", d1, "b", h256(doc3)))}, "ok orphan broken | stamped"},
		{"E, manifest digest wrong", signature.FormASiCE, false, []ers.File{m("a b.txt", doc1), m("b", doc2), m(rec, tree), m(man, manifestXML(rec, uri256, "a%20b.txt", d1, "b", h256(doc3)))}, "ok broken | stamped"},
		{"E, value without entry", signature.FormASiCE, false, []ers.File{m("a b.txt", doc1), m(rec, tree), m(man, manifestXML(rec, uri256, "a%20b.txt", d1))}, "ok orphan | stamped"},
		{"E, other algorithm in manifest", signature.FormASiCE, false, []ers.File{m("a b.txt", doc1), m("b", doc2), m(rec, tree), m(man, manifestXML(rec, uri512, "a%20b.txt", h512(doc1), "b", h512(doc2)))}, "broken broken | stamped"},
		{"E, manifest of another record", signature.FormASiCE, false, []ers.File{m("a b.txt", doc1), m("b", doc2), m(rec, tree), m(man, manifestXML("x.ers", uri256, both...))}, "orphan orphan | stamped"},
		{"E, no tree", signature.FormASiCE, false, []ers.File{m("a", doc1), m(rec, single), m(man, manifestXML(rec, uri256, "a", d1))}, "ok | stamped"},
		{"E, no tree, two entries (136)", signature.FormASiCE, false, []ers.File{m("a", doc1), m("b", doc2), m(rec, single), m(man, manifestXML(rec, uri256, "a", d1, "b", d2))}, "| nothing"},
		{"S", signature.FormASiCS, false, []ers.File{m("mimetype", nil), m("a", doc1), m("META-INF/evidencerecord.ers", tree)}, "ok orphan | stamped"},
		{"S, two root files", signature.FormASiCS, false, []ers.File{m("b", doc2), m("a", doc1), m("META-INF/evidencerecord.ers", tree)}, "orphan orphan | stamped"},
		{"S, another name", signature.FormASiCS, false, []ers.File{m("a", doc1), m(rec, single)}, "ok | stamped"},
		{"S with XAdES, another name", signature.FormASiCS, true, []ers.File{m("a", doc1), m(rec, single)}, "none"},
		{"wrong extension", signature.FormASiCS, false, []ers.File{m("a", doc1), m("META-INF/evidencerecord.xml", single)}, "none"},
		{"unreadable", signature.FormASiCS, false, []ers.File{m("a", doc1), m(rec, []byte{1, 2})}, "none"},
		{"not in META-INF", signature.FormASiCS, false, []ers.File{m("a", doc1), m("x/evidencerecord.ers", single)}, "none"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := "none"
			if r := ers.ReadContainer(c.form, c.xades, c.files); len(r) == 1 {
				got = state(t, r[0])
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if _, err := ers.ReadInContainer("META-INF/evidencerecord.xml", single, nil, nil); !errors.As(err, new(*signature.ReadError)) {
		t.Errorf("a record with the extension of the other syntax: %v", err)
	}
}

// TestManifest: what is no manifest, and one with a critical extension.
func TestManifest(t *testing.T) {
	for _, bad := range []string{"", "<a/>", `<ASiCManifest xmlns="http://uri.etsi.org/02918/v1.2.1#"/>`} {
		if _, ok := ers.ReadManifest("m", []byte(bad)); ok {
			t.Errorf("%q is read", bad)
		}
	}
	critical := strings.Replace(string(manifestXML("r", uri256)), "</ASiC", `<ASiCManifestExtensions><Extension Critical="true"/></ASiCManifestExtensions></ASiC`, 1)
	if m, ok := ers.ReadManifest("m", []byte(critical)); !ok || !m.CriticalExtension || m.Record != "r" {
		t.Errorf("%+v, %v", m, ok)
	}
}

// TestCover: signatures and time-stamps in covered files, and other records.
func TestCover(t *testing.T) {
	stamp, inner, later := &signature.Timestamp{Path: "META-INF/timestamp.tst"}, &signature.Timestamp{}, &signature.Timestamp{}
	sig := &signature.Signature{Path: "META-INF/signatures.xml", Timestamps: []*signature.Timestamp{inner}, Embedded: signature.Material{CRLs: [][]byte{{1}}}}
	not := &signature.Signature{Path: "META-INF/signatures2.xml"}
	old := &signature.EvidenceRecord{Path: "META-INF/evidencerecord001.xml", Tokens: []*signature.Timestamp{later}}
	r := &signature.EvidenceRecord{}
	for _, name := range []string{sig.Path, stamp.Path, old.Path} {
		r.References = append(r.References, &signature.Reference{Type: signature.RefArchiveObject, File: name, Found: true, Intact: true})
	}
	r.References = append(r.References, &signature.Reference{Type: signature.RefArchiveObject, File: not.Path, Found: true})
	ers.Cover(r, &signature.Document{Signatures: []*signature.Signature{sig, not}, Timestamps: []*signature.Timestamp{stamp}, Records: []*signature.EvidenceRecord{old, r}})
	if len(r.Signatures) != 1 || r.Signatures[0] != sig || len(r.CoversTokens) != 3 || len(r.Covers.CRLs) != 1 {
		t.Errorf("%d signatures, %d tokens, %d CRLs", len(r.Signatures), len(r.CoversTokens), len(r.Covers.CRLs))
	}
}

// TestEmbedded: records inside signatures, where every object must be covered.
func TestEmbedded(t *testing.T) {
	a := newAuthority(t)
	of := func(data ...[]byte) ers.Object {
		return ers.Object{Type: signature.RefMasterSignature, IDs: []evidence.ID{evidence.Of(data[0])}, Sums: func(d algo.Digest) [][]byte {
			var out [][]byte
			for _, one := range data {
				sum, _ := d.Sum(one)
				out = append(out, sum)
			}
			return out
		}}
	}
	single := recordASN1(t, []archiveTimeStamp{ats(a.stamp(t, crypto.SHA256, h256(doc1), 2020))})
	tree := recordASN1(t, []archiveTimeStamp{ats(a.stamp(t, crypto.SHA256, node(h256, h256(doc1), h256(doc2)), 2020), list(h256(doc1), h256(doc2)))})
	inXML := recordXML(chainXML(1, uri256, stampXML(1, timeStampXML(a.stamp(t, crypto.SHA256, h256(doc1), 2020)), list(h256(doc1)))))
	cases := []struct {
		name     string
		raw      []byte
		treeless bool
		objects  []ers.Object
		want     string
	}{
		{"CAdES without tree", single, true, []ers.Object{of(doc1)}, "ok | stamped"},
		{"CAdES, second encoding", single, true, []ers.Object{of(doc3, doc1)}, "ok | stamped"},
		{"XAdES without tree", single, false, []ers.Object{of(doc1)}, "| nothing"},
		{"tree", tree, false, []ers.Object{of(doc1)}, "ok orphan | stamped"},
		{"signature and file", tree, true, []ers.Object{of(doc1), of(doc2)}, "ok ok | stamped"},
		{"another signature", tree, true, []ers.Object{of(doc3)}, "orphan orphan broken | stamped"},
		{"without the file", tree, true, []ers.Object{of(doc1), {Type: signature.RefArchiveObject, Sums: func(algo.Digest) [][]byte { return nil }}}, "ok orphan missing | stamped"},
		{"element", inXML, false, []ers.Object{of(doc1)}, "ok | stamped"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var r *signature.EvidenceRecord
			var err error
			if c.raw[0] == '<' {
				doc, parsing := xmldom.Parse(c.raw, xmldom.DefaultLimits)
				if parsing != nil {
					t.Fatal(parsing)
				}
				r, err = ers.ReadElement(doc.Root, c.raw, c.objects)
			} else {
				r, err = ers.ReadEmbedded(c.raw, c.treeless, c.objects)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := state(t, r); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
