package lotl

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
)

var estonia = listSpec{territory: "EE", sequence: 7}

// authenticateOne asks for one list whose signers are known.
func authenticateOne(t testing.TB, raw []byte, by ...*certificate.Certificate) FileReport {
	t.Helper()
	_, reports := Twice(t, Input{At: at2023, Extra: []Extra{{Name: "EE.xml", Raw: raw, Signers: by}}})
	return reports[0]
}

func (r FileReport) verdict() string {
	if r.Signature == nil {
		return "none"
	}
	return strings.TrimSuffix(r.Signature.Indication+"/"+r.Signature.SubIndication, "/")
}

// TestSignatureRules departs from a good signature in one point at a time.
func TestSignatureRules(t *testing.T) {
	s, other := newSigner(t, "Scheme Operator EE"), newSigner(t, "Somebody Else")
	renewed := certify(t, s.key, "Scheme Operator EE", 2020, 2040)
	list := estonia.xml()
	good := s.sign(t, list, how{})
	replaced := func(old, new string) []byte {
		out := bytes.Replace(good, []byte(old), []byte(new), 1)
		if bytes.Equal(out, good) {
			t.Fatalf("nothing replaced: %q", old)
		}
		return out
	}
	second := s.sign(t, string(good), how{})
	for _, c := range []struct {
		name string
		raw  []byte
		by   *certificate.Certificate
		want string
		says string
	}{
		{"good", good, s.cert, "TOTAL-PASSED", ""},
		{"same key and name in another certificate", good, renewed, "TOTAL-PASSED", ""},
		{"reference to the root by Id", s.sign(t, list, how{uri: "#list"}), s.cert, "TOTAL-PASSED", ""},
		{"inclusive canonicalisation of SignedInfo", s.sign(t, list, how{c14n: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}), s.cert, "TOTAL-PASSED", "inclusive"},
		{"SigningCertificate in version 6", s.sign(t, list, how{v1: true}), s.cert, "TOTAL-PASSED", "SigningCertificateV2"},
		{"wrong signer", good, other.cert, "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND", "Scheme Operator EE"},
		{"altered content", replaced("<tl:TSLSequenceNumber>7<", "<tl:TSLSequenceNumber>8<"), s.cert, "TOTAL-FAILED/HASH_FAILURE", "altered"},
		{"altered signed properties", replaced("2023-01-01T00:00:00Z</xa", "2023-01-02T00:00:00Z</xa"), s.cert, "TOTAL-FAILED/HASH_FAILURE", "signed properties"},
		{"altered digest", replaced("#sp\"><ds:Transforms><ds:Transform ", "#sp\"><ds:Transforms><ds:Transform  x=\"\" "), s.cert, "TOTAL-FAILED/SIG_CRYPTO_FAILURE", "verify"},
		{"signed by the key of another", (&signer{key: other.key, cert: s.cert}).sign(t, list, how{}), s.cert, "TOTAL-FAILED/SIG_CRYPTO_FAILURE", "verify"},
		{"not signed", []byte(list), s.cert, "none", "No ds:Signature"},
		{"two signatures", second, s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "2 ds:Signature"},
		{"no signing time", s.sign(t, list, how{noTime: true}), s.cert, "INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "signing time"},
		{"signed before the certificate", s.sign(t, list, how{time: "2011-01-01T00:00:00Z"}), s.cert, "INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "2011-01-01"},
		{"no signing-certificate attribute", s.sign(t, list, how{noAttribute: true}), s.cert, "INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "missing"},
		{"the attribute names another", s.sign(t, list, how{attribute: other.cert.Raw}), s.cert, "INDETERMINATE/SIG_CONSTRAINTS_FAILURE", "does not name"},
		{"no certificate", s.sign(t, list, how{noKeyInfo: true}), s.cert, "INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND", "KeyInfo"},
		{"SHA-1", s.sign(t, list, how{dataDigest: "sha1"}), s.cert, "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "SHA-1"},
		{"no reference to the properties", s.sign(t, list, how{noSPRef: true}), s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "no XAdES"},
		{"properties of another signature", s.sign(t, list, how{target: "#other"}), s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "#other"},
		{"reference to nothing", s.sign(t, list, how{spID: "elsewhere"}), s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "#sp"},
		{"only a part is covered", s.sign(t, list, how{uri: "#sig"}), s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "whole list"},
		{"a transform that filters", s.sign(t, list, how{transforms: `<ds:Transform Algorithm="` + enveloped + `"/><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>false()</ds:XPath></ds:Transform>`}), s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "transforms"},
		{"canonicalised with comments", s.sign(t, list, how{c14n: "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"}), s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "canonicalisation"},
		{"the signature's Id twice", s.sign(t, strings.Replace(list, "<tl:SchemeName/>", `<tl:SchemeName Id="sig"/>`, 1), how{}), s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "2 times"},
		{"the properties' Id twice", s.sign(t, strings.Replace(list, "<tl:SchemeName/>", `<tl:SchemeName Id="sp"/>`, 1), how{}), s.cert, "TOTAL-FAILED/FORMAT_FAILURE", "2 times"},
		{"a DTD", append([]byte(`<!DOCTYPE x>`), good...), s.cert, "none", "Reading trusted list"},
		{"no XML", []byte("hello"), s.cert, "none", "Reading trusted list"},
		{"nothing", nil, s.cert, "none", "empty"},
		{"two SchemeInformation", s.sign(t, strings.Replace(list, "<tl:TrustServiceProviderList>", "<tl:SchemeInformation/><tl:TrustServiceProviderList>", 1), how{}), s.cert, "none", "2 SchemeInformation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := authenticateOne(t, c.raw, c.by)
			if got := r.verdict(); got != c.want || r.Used != (c.want == "TOTAL-PASSED") {
				t.Errorf("%s, used %v, want %s: %v", got, r.Used, c.want, r.Problems)
			}
			if all := strings.Join(r.Problems, " "); !strings.Contains(all, c.says) || c.says == "" && all != "" {
				t.Errorf("it says %q, want %q", all, c.says)
			}
		})
	}
}

// TestSignatureWrapping moves the signed list inside another one (attack T4).
func TestSignatureWrapping(t *testing.T) {
	s := newSigner(t, "Scheme Operator EE")
	good := string(s.sign(t, estonia.xml(), how{uri: "#list"}))
	outer := strings.Replace(listSpec{territory: "EE", sequence: 99}.xml(), ` Id="list"`, "", 1)
	from := strings.Index(good, "<ds:Signature")
	to := strings.Index(good, "</tl:TrustServiceStatusList>")
	signature, inner := good[from:to], good[:from]+good[to:]
	wrapped := strings.Replace(outer, "</tl:TrustServiceStatusList>", signature+"<x>"+inner+"</x></tl:TrustServiceStatusList>", 1)
	if r := authenticateOne(t, []byte(wrapped), s.cert); r.Used || r.verdict() == "TOTAL-PASSED" {
		t.Errorf("a wrapped list is used: %+v", r)
	}
	deep := strings.Replace(outer, "</tl:TrustServiceStatusList>", "<x>"+good+"</x></tl:TrustServiceStatusList>", 1)
	if r := authenticateOne(t, []byte(deep), s.cert); r.Used || r.Signature != nil {
		t.Errorf("a list whose signature stands deeper is used: %+v", r)
	}
}

// TestFlipEveryByte alters each byte of a small signed list: whatever it gives,
// it is never another list.
func TestFlipEveryByte(t *testing.T) {
	s := newSigner(t, "Scheme Operator EE")
	spec := estonia
	spec.pointers = []pointerSpec{{territory: "EU", kind: "EUlistofthelists", location: "https://example.test/lotl.xml"}}
	raw := s.sign(t, spec.xml(), how{})
	want, err := trustlist.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	for i := range raw {
		altered := bytes.Clone(raw)
		altered[i] ^= 2
		snapshot, reports := Twice(t, Input{At: at2023, Extra: []Extra{{Name: "EE.xml", Raw: altered, Signers: []*certificate.Certificate{s.cert}}}})
		if len(snapshot.Lists) == 0 {
			if len(reports[0].Problems) == 0 {
				t.Fatalf("byte %d (%q): refused without a reason", i, raw[i])
			}
			continue
		}
		// The bits before the padding of base64 that say nothing are the only ones that may change.
		if i+1 == len(raw) || raw[i+1] != '=' {
			used++
		}
		if l := snapshot.Lists[0]; l.Sequence != want.Sequence || l.Territory != want.Territory || !l.Issued.Equal(want.Issued) || len(l.Pointers) != 1 {
			t.Fatalf("byte %d (%q): used as %s %d", i, raw[i], l.Territory, l.Sequence)
		}
	}
	if used > 0 {
		t.Errorf("%d of %d alterations pass", used, len(raw))
	}
}
