package xades

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

const dsNamespace = ` xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`

// element is the canonical form of an element without child namespaces, cut out of
// the text: what the maker writes is canonical but for the declaration of ds.
func element(t *testing.T, xml, start string) []byte {
	t.Helper()
	name := strings.FieldsFunc(start, func(r rune) bool { return r == '<' || r == ' ' || r == '>' })[0]
	from := strings.Index(xml, start)
	to := strings.Index(xml[max(from, 0):], "</"+name+">")
	if from < 0 || to < 0 {
		t.Fatalf("no %s", start)
	}
	text := xml[from : from+to+len("</"+name+">")]
	return []byte("<" + name + dsNamespace + text[len("<"+name):])
}

// sealed makes a signature with a manifest and an evidence record over the group of
// parts that a function picks (formats §10).
func sealed(t *testing.T, pick func(parts map[string][]byte) [][]byte) *signature.EvidenceRecord {
	t.Helper()
	m := honest()
	m.references += `<ds:Reference Id="rm" Type="http://www.w3.org/2000/09/xmldsig#Manifest" URI="#m"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>@digest@</ds:DigestValue></ds:Reference>`
	m.objects = `<ds:Object><ds:Manifest Id="m">` + fileReference("e0", "b.txt") + `</ds:Manifest></ds:Object>`
	m.unsigned = `<e:SealingEvidenceRecords xmlns:e="http://uri.etsi.org/19132/v1.1.1#"><e:ASN1EvidenceRecord>@record@</e:ASN1EvidenceRecord></e:SealingEvidenceRecords>`
	xml := m.xml(t)
	properties := element(t, xml, `<x:SignedProperties `)
	properties = bytes.Replace(properties, []byte(dsNamespace), []byte(` xmlns:x="http://uri.etsi.org/01903/v1.3.2#"`), 1)
	for _, name := range []string{"DigestMethod", "DigestValue"} {
		properties = bytes.ReplaceAll(properties, []byte("<ds:"+name), []byte("<ds:"+name+dsNamespace))
	}
	object := element(t, xml, `<ds:Object><ds:Manifest`)
	parts := pick(map[string][]byte{
		"a.txt": []byte("content"), "SignedProperties": properties, "Manifest": element(t, xml, `<ds:Manifest `), "b.txt": []byte("other"),
		"SignedInfo": element(t, xml, "<ds:SignedInfo>"), "SignatureValue": element(t, xml, "<ds:SignatureValue "), "KeyInfo": element(t, xml, "<ds:KeyInfo>"), "Object": object,
	})
	var sums [][]byte
	for _, p := range parts {
		sum := sha256.Sum256(p)
		sums = append(sums, sum[:])
	}
	slices.SortFunc(sums, bytes.Compare)
	w := eutest.New(t)
	tsa := w.MemberState("EE").Provider("TEST Trust AS").TSA("TEST TSA")
	record := w.EvidenceRecord(eutest.RecordOptions{TSA: tsa}, bytes.Join(sums, nil))
	s := one(t, strings.Replace(xml, "@record@", base64.StdEncoding.EncodeToString(record), 1), m.files)
	if len(s.Records) != 1 {
		t.Fatalf("%d evidence records; %s", len(s.Records), problems(s))
	}
	return s.Records[0]
}

func every(parts map[string][]byte) [][]byte {
	var out [][]byte
	for _, p := range parts {
		out = append(out, p)
	}
	return out
}

// EN 319 132-3, formats §10: the group that a sealing evidence record covers holds
// each part of the signature, and each object that a signed manifest lists.
func TestSealingRecord(t *testing.T) {
	covers := func(r *signature.EvidenceRecord) bool {
		return slices.ContainsFunc(r.References, func(x *signature.Reference) bool {
			return x.Type == signature.RefMasterSignature && x.Found && x.Intact
		})
	}
	r := sealed(t, every)
	if !covers(r) || len(r.CoversData) == 0 {
		t.Errorf("the signature is not covered: %+v", r.References)
	}
	for _, left := range []string{"a.txt", "b.txt", "SignedProperties", "Manifest", "SignedInfo", "SignatureValue", "KeyInfo", "Object"} {
		r := sealed(t, func(parts map[string][]byte) [][]byte {
			delete(parts, left)
			return every(parts)
		})
		if covers(r) || len(r.CoversData) > 0 {
			t.Errorf("without %s the signature is covered", left)
		}
	}
}
