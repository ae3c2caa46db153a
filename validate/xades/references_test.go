package xades

import (
	"errors"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
)

func reference(attributes, transforms string) string {
	if transforms != "" {
		transforms = "<ds:Transforms>" + transforms + "</ds:Transforms>"
	}
	return `<ds:Reference ` + attributes + `>` + transforms + `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>@digest@</ds:DigestValue></ds:Reference>`
}

const (
	enveloped    = `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>`
	typeObjectAt = `Type="http://www.w3.org/2000/09/xmldsig#Object" `
	typeManifAt  = `Type="http://www.w3.org/2000/09/xmldsig#Manifest" `
	object       = `<ds:Object Id="o1"><data xmlns="urn:d">text</data></ds:Object>`
)

func inDocument(s string) string {
	return `<doc xmlns="urn:doc"><part Id="p1">one</part><part Id="p2">two</part>` + s + `</doc>`
}

// TestReferenceTypes: the table of formats §12.2, and how much is covered (§12).
func TestReferenceTypes(t *testing.T) {
	manifest := `<ds:Object><ds:Manifest Id="m1">` + fileReference("e0", "a.txt") + reference(`URI="#o1"`, "") + strings.Replace(fileReference("e2", "none.txt"), digestMark, "AAAA", 1) + `</ds:Manifest></ds:Object>` + object
	tests := []struct {
		name       string
		references string
		objects    string
		wrap       func(string) string
		states     string
		scope      signature.Scope
	}{
		{"file", fileReference("r0", "a.txt"), "", nil, "REFERENCE+ SIGNED_PROPERTIES+", signature.ScopeFull},
		{"whole document", reference(`Id="r0" URI=""`, enveloped), "", inDocument, "REFERENCE+ SIGNED_PROPERTIES+", signature.ScopeFull},
		{"part of the document", reference(`Id="r0" URI="#p1"`, ""), "", inDocument, "REFERENCE+ SIGNED_PROPERTIES+", signature.ScopePartial},
		{"xpointer", reference(`Id="r0" URI="#xpointer(/)"`, enveloped), "", inDocument, "XPOINTER+ SIGNED_PROPERTIES+", signature.ScopeFull},
		{"object", reference(typeObjectAt+`URI="#o1"`, ""), object, nil, "OBJECT+ SIGNED_PROPERTIES+", signature.ScopePartial},
		{"object without type", reference(`URI="#o1"`, ""), object, nil, "REFERENCE+ SIGNED_PROPERTIES+", signature.ScopePartial},
		{"X3 object moved out", reference(typeObjectAt+`URI="#o1"`, ""), "", func(s string) string { return "<w>" + s + `<o Id="o1"/></w>` }, "OBJECT- SIGNED_PROPERTIES+", signature.ScopePartial},
		{"X3 object moved down", reference(typeObjectAt+`URI="#o1"`, ""), "<ds:Object><w>" + object + "</w></ds:Object>", nil, "OBJECT- SIGNED_PROPERTIES+", signature.ScopePartial},
		{"manifest", reference(typeManifAt+`URI="#m1"`, ""), manifest, nil, "MANIFEST+ MANIFEST_ENTRY+ MANIFEST_ENTRY+ MANIFEST_ENTRY- SIGNED_PROPERTIES+", signature.ScopePartial},
		{"X3 manifest moved out", reference(typeManifAt+`URI="#m1"`, ""), "", func(s string) string {
			return `<w>` + s + `<ds:Manifest xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="m1"/></w>`
		}, "MANIFEST- SIGNED_PROPERTIES+", signature.ScopePartial},
		{"signature properties", fileReference("r0", "a.txt") + reference(`URI="#q1"`, ""), `<ds:Object><ds:SignatureProperties Id="q1"/></ds:Object>`, nil, "REFERENCE+ SIGNATURE_PROPERTIES+ SIGNED_PROPERTIES+", signature.ScopeFull},
		{"X5 nothing but properties", "", "", nil, "SIGNED_PROPERTIES+ REFERENCE-", signature.ScopeNone},
		{"counter-signature type without a master", reference(`Type="http://uri.etsi.org/01903#CountersignedSignature" URI="#p1"`, ""), "", inDocument, "REFERENCE+ SIGNED_PROPERTIES+", signature.ScopePartial},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := honest()
			m.references, m.objects, m.wrap = tt.references, tt.objects, tt.wrap
			s := one(t, m.xml(t), m.files)
			if got := states(s); got != tt.states {
				t.Errorf("references %s, want %s: %v", got, tt.states, s.Problems)
			}
			if got := s.References[0].Scope; got != tt.scope {
				t.Errorf("scope %s, want %s", got, tt.scope)
			}
			for _, r := range s.References {
				if (r.Type == signature.RefManifestEntry) != r.Lenient {
					t.Errorf("%s lenient: %v", r.Type, r.Lenient)
				}
			}
		})
	}
}

func TestZeroReferences(t *testing.T) {
	m := honest()
	m.references, m.noReference, m.formats = "", true, ""
	if got := states(one(t, m.xml(t), m.files)); got != "REFERENCE-" {
		t.Errorf("references %s", got)
	}
}

// TestCounterSignature: it follows its master, and must sign its value
// (smartcases 59).
func TestCounterSignature(t *testing.T) {
	counter := func(uri string) string {
		c := maker{id: "C0", references: reference(`Type="http://uri.etsi.org/01903#CountersignedSignature" URI="`+uri+`"`, "")}
		return "<x:CounterSignature>" + unfilled(c) + "</x:CounterSignature>"
	}
	master := honest()
	master.unsigned = counter("#S0-value")
	xml := master.xml(t)
	xml = fillCounter(t, xml, master.files)
	all := mustRead(t, xml, master.files)
	if len(all) != 2 || all[1].Master != all[0] || all[0].Master != nil {
		t.Fatalf("%d signatures", len(all))
	}
	if got := states(all[1]); got != "COUNTER_SIGNATURE+ COUNTER_SIGNED_SIGNATURE_VALUE+ SIGNED_PROPERTIES+" {
		t.Errorf("references %s", got)
	}
	if !verifies(all[0]) || !verifies(all[1]) {
		t.Error("a value does not verify")
	}
	if all[1].References[0].Scope != signature.ScopeCounter {
		t.Errorf("scope %s", all[1].References[0].Scope)
	}
	// Over another element than the value of its master.
	foreign := honest()
	foreign.unsigned = counter("#S0-sp")
	xml = fillCounter(t, foreign.xml(t), foreign.files)
	if got := states(mustRead(t, xml, foreign.files)[1]); got != "COUNTER_SIGNATURE+ COUNTER_SIGNED_SIGNATURE_VALUE~ SIGNED_PROPERTIES+" {
		t.Errorf("over a foreign element: %s", got)
	}
}

// unfilled is a signature with its marks, for nesting; digests are marked apart
// from those of the master, which must be filled first.
func unfilled(m maker) string {
	return strings.ReplaceAll(strings.ReplaceAll(m.raw(), digestMark, "@later@"), "@valueC0@", "AAAA")
}

// fillCounter fills the digests of a nested signature, and its value.
func fillCounter(t *testing.T, xml string, files []File) string {
	t.Helper()
	xml = strings.ReplaceAll(xml, "@later@", digestMark)
	at := strings.Index(xml, `Id="C0-value">AAAA`)
	xml = xml[:at] + `Id="C0-value">@valueC0@` + xml[at+len(`Id="C0-value">AAAA`):]
	return maker{id: "C0", files: files}.fill(t, xml)
}

func TestDuplicateSignature(t *testing.T) {
	m := honest()
	m.wrap = func(s string) string { return "<w>" + s + "</w>" }
	xml := m.xml(t)
	sig := xml[3 : len(xml)-4]
	all := mustRead(t, "<w>"+sig+sig+"</w>", m.files)
	if len(all) != 2 || !strings.Contains(problems(all[0]), "duplicate-signature") || !strings.Contains(problems(all[1]), "duplicate-signature") {
		t.Errorf("%d signatures: %s, %s", len(all), problems(all[0]), problems(all[1]))
	}
}

// TestWhatCounts: which ds:Signature elements are signatures of the document
// (formats §1.2).
func TestWhatCounts(t *testing.T) {
	m := honest()
	sig := m.xml(t)
	for name, tt := range map[string]struct {
		xml  string
		want int
	}{
		"root": {sig, 1}, "deep": {"<a><b>" + sig + "</b></a>", 1},
		"in asic":                     {`<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#">` + sig + `</asic:XAdESSignatures>`, 1},
		"in saml":                     {`<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">` + sig + `</saml2:Assertion>`, 0},
		"in saml with another prefix": {`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` + sig + `</saml:Assertion>`, 1},
		"none":                        {"<a/>", 0},
		"another namespace":           {strings.ReplaceAll(sig, "2000/09/xmldsig#\"", "2000/09/other#\""), 0},
	} {
		if got := len(mustRead(t, tt.xml, m.files)); got != tt.want {
			t.Errorf("%s: %d signatures, want %d", name, got, tt.want)
		}
	}
}

// TestWorkIsBounded: four thousand references to a whole document (attack X11)
// are given up, not computed.
func TestWorkIsBounded(t *testing.T) {
	m := honest()
	m.references = strings.Repeat(strings.Replace(reference(`URI=""`, enveloped), digestMark, "AAAA", 1), 4000)
	m.wrap = func(s string) string { return "<d>" + strings.Repeat("<e>text</e>", 50_000) + s + "</d>" }
	doc, err := Open([]byte(strings.ReplaceAll(m.raw(), digestMark, "AAAA")), nil)
	var e *signature.ReadError
	if errors.As(err, &e) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, r := range doc.Signatures[0].References {
		if r.Found {
			found++
		}
	}
	if found > 1000 {
		t.Errorf("%d references of 4000 were computed", found)
	}
}

// TestNamespacesMultiplied: a long namespace that every element would repeat in
// exclusive canonical form (attack X2).
func TestNamespacesMultiplied(t *testing.T) {
	m := honest()
	m.references = strings.Replace(reference(`Id="r0" URI="#big"`, `<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>`), digestMark, "AAAA", 1)
	m.wrap = func(s string) string {
		return `<d xmlns:p="urn:` + strings.Repeat("u", 100_000) + `">` + s + `<e Id="big">` + strings.Repeat("<p:a/>", 20_000) + `</e></d>`
	}
	_, err := Open([]byte(strings.ReplaceAll(m.raw(), digestMark, "AAAA")), nil)
	var e *signature.ReadError
	if !errors.As(err, &e) || e.Code != signature.Hostile {
		t.Errorf("error %v, want code hostile", err)
	}
}
