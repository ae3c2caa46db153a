package xades

import (
	"errors"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
)

func TestHonest(t *testing.T) {
	m := honest()
	s := one(t, m.xml(t), m.files)
	if got, want := states(s), "REFERENCE+ SIGNED_PROPERTIES+"; got != want {
		t.Errorf("references %s, want %s", got, want)
	}
	if !verifies(s) {
		t.Error("the value does not verify")
	}
	if got := s.ClaimedSigningTime.Format("2006-01-02T15:04:05Z07:00"); got != "2024-05-06T07:08:09Z" {
		t.Errorf("signing time %s", got)
	}
	if !s.Structure.BES || !s.Structure.BaselineB || s.Structure.EPES || s.Structure.Timestamped || !s.Structure.BaselineLTShape {
		t.Errorf("structure %+v", s.Structure)
	}
	if !s.Properties || len(s.Problems) > 0 || len(s.KeyInfo) != 1 || s.SigningCertificateAttributes != 1 {
		t.Errorf("%+v", s)
	}
	r := s.References[0]
	if r.File != "a.txt" || !r.NameMatches || r.MIMEType != "text/plain" || r.Scope != signature.ScopeFull || r.DataID.IsZero() {
		t.Errorf("reference %+v", r)
	}
	if !strings.HasPrefix(s.ID, "S-") || len(s.ID) != 66 || s.ObjectID.IsZero() {
		t.Errorf("ID %s", s.ID)
	}
	if again := one(t, m.xml(t), m.files); again.ID == s.ID {
		t.Error("two signatures have one ID")
	}
}

// TestTampered alters a valid signature and tells what must be seen of it.
func TestTampered(t *testing.T) {
	m := honest()
	valid := m.xml(t)
	sp := valid[strings.Index(valid, "<x:SignedProperties"):]
	sp = sp[:strings.Index(sp, "</x:SignedProperties>")+len("</x:SignedProperties>")]
	later := strings.Replace(sp, "2024-05-06", "2023-05-06", 1)
	spNS := strings.Replace(sp, "<x:SignedProperties", `<x:SignedProperties xmlns:x="http://uri.etsi.org/01903/v1.3.2#"`, 1)
	tests := []struct {
		name     string
		xml      string
		files    []File
		states   string
		problems string
	}{
		{"content altered", valid, []File{{"a.txt", []byte("Content")}, {"b.txt", nil}}, "REFERENCE~ SIGNED_PROPERTIES+", ""},
		{"content missing", valid, []File{{"b.txt", []byte("x")}, {"c.txt", []byte("y")}}, "REFERENCE- SIGNED_PROPERTIES+", ""},
		{"no files", valid, nil, "REFERENCE- SIGNED_PROPERTIES+", ""},
		{"one file under another name", valid, []File{{"z.txt", []byte("content")}}, "REFERENCE+ SIGNED_PROPERTIES+", ""},
		{"one altered file under another name", valid, []File{{"z.txt", []byte("?")}}, "REFERENCE~ SIGNED_PROPERTIES+", ""},
		{"renamed among others", valid, []File{{"z.txt", []byte("content")}, {"y", nil}}, "REFERENCE+ SIGNED_PROPERTIES+", ""},
		{"signed properties altered", strings.Replace(valid, "2024-05-06", "2024-05-07", 1), m.files, "REFERENCE+ SIGNED_PROPERTIES~", ""},
		{"X3 signed properties moved, others in place", strings.Replace(strings.Replace(valid, sp, strings.Replace(later, "S0-sp", "other", 1), 1), "</ds:Signature>", "<ds:Object>"+spNS+"</ds:Object></ds:Signature>", 1),
			m.files, "REFERENCE+ SIGNED_PROPERTIES-", "wrapped-properties"},
		{"X4 doubled Id", strings.Replace(valid, "</ds:Signature>", "<ds:Object>"+spNS+"</ds:Object></ds:Signature>", 1), m.files, "REFERENCE+ SIGNED_PROPERTIES-", "duplicate-id"},
		{"X4 doubled Id in another case", strings.Replace(valid, "</ds:Signature>", `<ds:Object><z ID="S0-sp"/></ds:Object></ds:Signature>`, 1), m.files, "REFERENCE+ SIGNED_PROPERTIES-", "duplicate-id"},
		{"doubled Id that nothing means", strings.Replace(valid, "</ds:Signature>", `<ds:Object><z ID="z"/><z Id="z"/></ds:Object></ds:Signature>`, 1), m.files, "REFERENCE+ SIGNED_PROPERTIES+", ""},
		{"X5 wrong Type", strings.Replace(valid, "01903#SignedProperties", "01903#signedProperties", 1), m.files, "REFERENCE+ REFERENCE+", ""},
		{"X8 comment inside a digest", strings.Replace(valid, "<ds:DigestValue>", "<ds:DigestValue><!-- c -->", 1), m.files, "REFERENCE+ SIGNED_PROPERTIES+", ""},
		{"Target of another signature", strings.Replace(valid, `Target="#S0"`, `Target="#S1"`, 1), m.files, "REFERENCE+ SIGNED_PROPERTIES+", "structure"},
		{"unknown digest", strings.Replace(valid, "xmlenc#sha256", "xmlenc#sha257", 1), m.files, "REFERENCE~ SIGNED_PROPERTIES+", ""},
		{"time without zone", strings.Replace(valid, "+02:00", "", 1), m.files, "REFERENCE+ SIGNED_PROPERTIES~", "time-without-zone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := one(t, tt.xml, tt.files)
			if got := states(s); got != tt.states {
				t.Errorf("references %s, want %s (%s)", got, tt.states, s.References[0].Why)
			}
			if got := problems(s); got != tt.problems {
				t.Errorf("problems %q, want %q: %v", got, tt.problems, s.Problems)
			}
			if tt.name == "one file under another name" && s.References[0].NameMatches {
				t.Error("the other name was not seen")
			}
			if strings.HasPrefix(tt.name, "X5") && s.Properties {
				t.Error("properties count as signed without a reference of that type")
			}
		})
	}
}

// TestRefused: what makes the whole file unreadable (formats §13).
func TestRefused(t *testing.T) {
	m := honest()
	valid := m.xml(t)
	si := valid[strings.Index(valid, "<ds:SignedInfo>") : strings.Index(valid, "</ds:SignedInfo>")+len("</ds:SignedInfo>")]
	tests := []struct {
		name, xml string
		code      signature.ErrorCode
	}{
		{"X1 DOCTYPE", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>` + valid, signature.Hostile},
		{"X2 depth", strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300), signature.TooLarge},
		{"X9 two SignedInfo", strings.Replace(valid, si, si+si, 1), signature.Malformed},
		{"no SignedInfo", strings.Replace(valid, si, "", 1), signature.Malformed},
		{"X9 HMAC", strings.Replace(valid, "2001/04/xmldsig-more#ecdsa-sha256", "2000/09/xmldsig#hmac-sha1", 1), signature.UnsupportedFormat},
		{"unknown method", strings.Replace(valid, "ecdsa-sha256", "ecdsa-sha255", 1), signature.UnsupportedFormat},
		{"X11 references", strings.Replace(valid, "<ds:Reference ", strings.Repeat(`<ds:Reference URI="x"/>`, 5000)+"<ds:Reference ", 1), signature.TooLarge},
		{"not well-formed", valid[:len(valid)-3], signature.Malformed},
		{"X12 UTF-16", "\xff\xfe<\x00a\x00", signature.Malformed},
		{"empty", "", signature.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open([]byte(tt.xml), m.files)
			var e *signature.ReadError
			if !errors.As(err, &e) || e.Code != tt.code {
				t.Fatalf("error %v, want code %s", err, tt.code)
			}
		})
	}
}

// TestTransforms: what is never run (attack X6).
func TestTransforms(t *testing.T) {
	for _, uri := range []string{"http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/2002/07/decrypt#XML", "urn:x"} {
		m := honest()
		m.references = `<ds:Reference Id="r0" URI=""><ds:Transforms><ds:Transform Algorithm="` + uri + `"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>`
		s := one(t, m.xml(t), nil)
		if got := states(s); got != "REFERENCE- SIGNED_PROPERTIES+" {
			t.Errorf("%s: %s", uri, got)
		}
		if got := problems(s); got != "unsupported-transform" {
			t.Errorf("%s: problems %q", uri, got)
		}
	}
}

// TestExternalSchemes: a URI with a scheme is a name like any other (attack X6).
func TestExternalSchemes(t *testing.T) {
	for _, uri := range []string{"http://example.org/a.txt", "file:///etc/passwd", "/a.txt", "../a.txt"} {
		m := honest()
		m.references = strings.Replace(fileReference("r0", uri), digestMark, "AAAA", 1)
		if got := states(one(t, m.xml(t), m.files)); got != "REFERENCE- SIGNED_PROPERTIES+" {
			t.Errorf("%s: %s", uri, got)
		}
	}
}

// TestNames: percent-encoding is undone once (attack X13; smartcases 80).
func TestNames(t *testing.T) {
	tests := []struct {
		uri, name string
		matches   bool
	}{
		{"a%20b.txt", "a b.txt", true}, {"%C3%A4.txt", "ä.txt", true}, {"a%2520b", "a%20b", true}, {"a%2520b", "a b", false},
		{"a+b", "a b", true}, {"a+b", "a+b", true}, {"a%zz", "a%zz", true}, {"a%2", "a%2", true}, {"100%", "100%", true}, {"a", "A", false},
	}
	for _, tt := range tests {
		if got := nameMatches(tt.uri, tt.name); got != tt.matches {
			t.Errorf("%q, %q: %v", tt.uri, tt.name, got)
		}
	}
}

func TestDateTime(t *testing.T) {
	tests := []struct {
		in, want string
		zoned    bool
	}{
		{"2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z", true},
		{" 2024-05-06T07:08:09.123456789+02:00\n", "2024-05-06T05:08:09.123456789Z", true},
		{"2024-05-06T07:08:09-00:30", "2024-05-06T07:38:09Z", true},
		{"2024-05-06T07:08:09", "2024-05-06T07:08:09Z", false},
		{"2024-05-06T24:00:00Z", "2024-05-07T00:00:00Z", true},
		{"2024-05-06", "2024-05-06T00:00:00Z", false},
		{"2024-05-06Z", "2024-05-06T00:00:00Z", true},
		{"2024-13-06T07:08:09Z", "", false}, {"", "", false}, {"yesterday at noon", "", false}, {"2024-05-06T07:08:09+99:99", "", false},
	}
	for _, tt := range tests {
		at, zoned, ok := dateTime(tt.in)
		if ok != (tt.want != "") || zoned != tt.zoned && ok || ok && at.Format("2006-01-02T15:04:05.999999999Z07:00") != tt.want {
			t.Errorf("%q: %v %v %v, want %s", tt.in, at, zoned, ok, tt.want)
		}
	}
}
