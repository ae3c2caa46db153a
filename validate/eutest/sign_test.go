package eutest_test

import (
	"bytes"
	"crypto"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/tst"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// Every method with every canonicalisation, in each of the four places, verifies by
// our own readers, which share no code with this package.
func TestSignaturesVerify(t *testing.T) {
	w, ca, _ := small(t)
	keys := map[string]*eutest.Signer{
		"RSA-2048": ca.Signer(eutest.RSA(2048)), "RSA-6143": ca.Signer(eutest.RSA(6143)),
		"P-256": ca.Signer(), "P-384": ca.Signer(eutest.EC(384)), "P-521": ca.Signer(eutest.EC(521)),
	}
	xml := []byte(`<a:doc xmlns:a="urn:a" xmlns="urn:b" xml:lang="et"><p a:x="1" b="&quot;2&quot;">r &amp; d</p></a:doc>`)
	for name, s := range keys {
		for _, c14n := range []string{eutest.ExclusiveC14N, eutest.InclusiveC14N, eutest.C14N11} {
			for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
				if slow := name == "RSA-6143" || name == "P-384" || name == "P-521"; slow && (hash != crypto.SHA512 || c14n != eutest.ExclusiveC14N) {
					continue // the combinations are the same for all keys
				}
				o := eutest.SignOptions{Level: eutest.B, C14N: c14n, Digest: hash, Hash: hash, Reference: eutest.Reference{V1: hash == crypto.SHA1}}
				variants := map[string]eutest.SignOptions{"": o}
				if strings.HasPrefix(name, "RSA") && hash != crypto.SHA1 {
					pss, params := o, o
					pss.PSS, params.PSSParams = true, true
					variants["PSS"], variants["PSS with parameters"] = pss, params
				}
				for variant, o := range variants {
					for place, raw := range map[string][]byte{
						"container": w.SignatureFile(s, contract, o), "detached": w.SignDetached(s, contract, o),
						"enveloped": w.SignEnveloped(s, xml, o), "enveloping": w.SignEnveloping(s, xml, o),
					} {
						about := fmt.Sprintf("%s %s %v %s %s", name, variant, hash, c14n, place)
						got := judge(t, raw, contract, spki(t, s.Certificate))
						if len(got) != 1 || !got[0].value || !all(got[0].references) {
							t.Errorf("%s: want one good signature, got %+v", about, got)
						}
					}
				}
			}
		}
	}
}

// Each option departs by what it says, and by nothing else.
func TestSignaturesWrongOnPurpose(t *testing.T) {
	w, ca, _ := small(t)
	s := ca.Signer(eutest.RSA(2048))
	replace := func(old, with string) func(string) string {
		return func(x string) string {
			if !strings.Contains(x, old) {
				t.Errorf("the hook finds no %q in %s", old, x)
			}
			return strings.Replace(x, old, with, 1)
		}
	}
	tests := map[string]struct {
		options    eutest.SignOptions
		signer     *eutest.Signer
		value      bool
		references []bool // contract.txt, the other file, SignedProperties
		contains   string
	}{
		"nothing":                     {eutest.SignOptions{}, s, true, []bool{true, true, true}, "SigningCertificateV2"},
		"wrong value":                 {eutest.SignOptions{WrongValue: true}, s, false, []bool{true, true, true}, ""},
		"only one file":               {eutest.SignOptions{Only: []string{"contract.txt"}}, s, true, []bool{true, true}, ""},
		"claimed time":                {eutest.SignOptions{Claimed: eutest.Day(2001, 2, 3)}, s, true, []bool{true, true, true}, "<xades:SigningTime>2001-02-03T12:00:00Z<"},
		"changed claimed time":        {eutest.SignOptions{After: replace("<xades:SigningTime>2025", "<xades:SigningTime>2024")}, s, true, []bool{true, true, false}, ""},
		"claimed time edited in time": {eutest.SignOptions{BeforeDigests: replace("<xades:SigningTime>2025", "<xades:SigningTime>2024")}, s, true, []bool{true, true, true}, "<xades:SigningTime>2024"},
		"digest edited in time":       {eutest.SignOptions{BeforeValue: replace("<ds:DigestValue>", "<ds:DigestValue>AA")}, s, true, []bool{false, true, true}, ""},
		"SignedInfo edited too late":  {eutest.SignOptions{BeforeTimestamp: replace("<ds:DigestValue>", "<ds:DigestValue>AA")}, s, false, []bool{false, true, true}, ""},
		"ECDSA in DER":                {eutest.SignOptions{DER: true}, ca.Signer(), false, []bool{true, true, true}, ""},
		"short salt":                  {eutest.SignOptions{PSS: true, PSSSalt: 20}, s, false, []bool{true, true, true}, ""},
		"no SignedProperties": {eutest.SignOptions{BeforeDigests: func(x string) string {
			from, to := strings.Index(x, `<ds:Reference Type=`), strings.Index(x, "</ds:SignedInfo>")
			return x[:from] + x[to:]
		}}, s, true, []bool{true, true}, ""},
		"twice the Id":       {eutest.SignOptions{After: replace("<ds:KeyInfo>", `<ds:KeyInfo Id="S0-SignedProperties">`)}, s, true, []bool{true, true, false}, ""},
		"no time":            {eutest.SignOptions{NoClaimed: true}, s, true, []bool{true, true, true}, "<xades:SignedSignatureProperties><xades:SigningCertificateV2>"},
		"V1":                 {eutest.SignOptions{Reference: eutest.Reference{V1: true}}, s, true, []bool{true, true, true}, "<xades:SigningCertificate>"},
		"V1 and V2":          {eutest.SignOptions{Reference: eutest.Reference{V1: true, V2: true}}, s, true, []bool{true, true, true}, "</xades:SigningCertificate><xades:SigningCertificateV2>"},
		"no reference":       {eutest.SignOptions{Reference: eutest.Reference{None: true}}, s, true, []bool{true, true, true}, "</xades:SigningTime></xades:SignedSignatureProperties>"},
		"policy":             {eutest.SignOptions{Policy: "urn:oid:1.2.3"}, s, true, []bool{true, true, true}, "<xades:Identifier>urn:oid:1.2.3<"},
		"role":               {eutest.SignOptions{Roles: []string{"CEO & more"}}, s, true, []bool{true, true, true}, "<xades:ClaimedRole>CEO &amp; more<"},
		"commitment":         {eutest.SignOptions{Commitment: "urn:x"}, s, true, []bool{true, true, true}, "<xades:AllSignedDataObjects>"},
		"another in KeyInfo": {eutest.SignOptions{KeyInfo: []*eutest.Certificate{ca.Certificate, s.Certificate}}, s, true, []bool{true, true, true}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			raw := w.SignatureFile(test.signer, contract, test.options)
			got := judge(t, raw, contract, spki(t, test.signer.Certificate))
			if len(got) != 1 || got[0].value != test.value || fmt.Sprint(got[0].references) != fmt.Sprint(test.references) {
				t.Errorf("value %t references %v, want %t %v", got[0].value, got[0].references, test.value, test.references)
			}
			if flat := strings.ReplaceAll(string(raw), "/>", ">"); !strings.Contains(flat, test.contains) {
				t.Errorf("no %s in %s", test.contains, raw)
			}
		})
	}
}

// The levels hold what they are to hold, and the time-stamp is over the value.
func TestLevels(t *testing.T) {
	w, ca, _ := small(t)
	s := ca.Signer()
	at := eutest.Day(2025, 3, 11)
	tests := map[string]struct {
		options                               eutest.SignOptions
		stamps, archive, answers, crls, certs int
	}{
		"B":                  {eutest.SignOptions{Level: eutest.B}, 0, 0, 0, 0, 0},
		"T":                  {eutest.SignOptions{Level: eutest.T}, 1, 0, 0, 0, 0},
		"LT":                 {eutest.SignOptions{}, 1, 0, 1, 0, 2},
		"LTA":                {eutest.SignOptions{Level: eutest.LTA}, 1, 1, 1, 0, 2},
		"LT without stamp":   {eutest.SignOptions{NoTimestamp: true}, 0, 0, 1, 0, 2},
		"LT without answers": {eutest.SignOptions{NoRevocation: true}, 1, 0, 0, 0, 2},
		"two stamps, a CRL":  {eutest.SignOptions{Timestamps: []eutest.Stamp{{}, {}}, CRLs: [][]byte{ca.CRL(at, eutest.CRLOptions{})}}, 2, 0, 0, 1, 2},
		"both":               {eutest.SignOptions{OCSPs: [][]byte{ca.OCSP().Response(s.Certificate, eutest.OCSPOptions{})}, CRLs: [][]byte{ca.CRL(at, eutest.CRLOptions{})}}, 1, 0, 1, 1, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.options.At = at
			raw := string(w.SignatureFile(s, contract, test.options))
			for what, want := range map[string]int{"<xades:SignatureTimeStamp ": test.stamps, "<xades141:ArchiveTimeStamp ": test.archive,
				"<xades:EncapsulatedOCSPValue>": test.answers, "<xades:EncapsulatedCRLValue>": test.crls, "<xades:EncapsulatedX509Certificate>": test.certs} {
				if got := strings.Count(raw, what); got != want {
					t.Errorf("%d times %s, want %d", got, what, want)
				}
			}
			checkStamps(t, []byte(raw), at)
		})
	}
}

// checkStamps compares the imprints with what our own canonicaliser makes of the value.
func checkStamps(t *testing.T, raw []byte, at time.Time) {
	t.Helper()
	doc, err := xmldom.Parse(raw, xmldom.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var value *xmldom.Node
	doc.Root.Walk(func(n *xmldom.Node) bool {
		if n.Is(xmldsig.Space, "SignatureValue") {
			value = n
		}
		if n.Local != "SignatureTimeStamp" {
			return true
		}
		message, err := xmldsig.CanonicalOctets(value, eutest.ExclusiveC14N)
		if err != nil {
			t.Fatal(err)
		}
		token, err := tst.Parse(decode(t, n.First(n.Space, "EncapsulatedTimeStamp").Content()))
		if err != nil {
			t.Fatal(err)
		}
		if sum, _ := token.HashAlgorithm.Sum(message); !bytes.Equal(sum, token.Imprint) {
			t.Error("the time-stamp is not over the signature value")
		}
		if !token.GenTime.Equal(at.Add(time.Second)) {
			t.Errorf("the time-stamp is of %s, want a second after %s", token.GenTime, at)
		}
		return true
	})
}

// What has no listed issuer gets an answer of its own.
func TestUnlistedIntermediate(t *testing.T) {
	w, ca, _ := small(t)
	sub := ca.SubCA("TEST unlisted", eutest.PathLen(0))
	raw := string(w.SignatureFile(sub.Signer(), contract, eutest.SignOptions{}))
	if n := strings.Count(raw, "<xades:EncapsulatedOCSPValue>"); n != 2 {
		t.Errorf("%d answers, want 2: of the signer and of the unlisted CA", n)
	}
}
