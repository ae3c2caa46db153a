package ades_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// The attacks of the plan that XAdES and ASiC can suffer, by their ids. None may
// end TOTAL-PASSED.

// attack is one attempt. want are the conclusions or refusals that are right, the
// first that fits; none: anything but TOTAL-PASSED.
type attack struct {
	name string
	made func(s *scene) []byte
	want []string
	at   time.Time
}

// refuse is how an attempt that is refused is written among what is wanted.
func refuse(c signature.ErrorCode) string { return "refused: " + string(c) }

func withstand(t *testing.T, attacks []attack) {
	t.Helper()
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			l := law{name: t.Name(), made: a.made, at: a.at}
			start := time.Now()
			o := l.judge(t)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			for _, name := range []string{"strict", "practice"} {
				if l.policy = name; name != "strict" {
					o = l.again(t, o)
				}
				var got []string
				if o.refused != nil {
					got = append(got, refuse(o.refused.Code))
				}
				for _, r := range o.results {
					got = append(got, words(r.Conclusion))
					if r.Indication == verdict.TotalPassed {
						t.Errorf("%s: TOTAL-PASSED%s", name, o.heard())
					}
				}
				for _, g := range got {
					if len(a.want) > 0 && !slices.Contains(a.want, g) {
						t.Errorf("%s: %s, want one of %q%s", name, g, a.want, o.heard())
					}
				}
				if len(got) == 0 && len(a.want) > 0 {
					t.Errorf("%s: nothing was found and nothing refused, want one of %q", name, a.want)
				}
				speaks(t, o)
			}
		})
	}
}

// afterwards is a good signature whose file is changed.
func afterwards(hook func(string) string) func(*scene) []byte {
	return sign(eutest.SignOptions{After: hook})
}

// meant is a signature that its signer made so on purpose.
func meant(hook func(string) string) func(*scene) []byte {
	return sign(eutest.SignOptions{BeforeDigests: hook})
}

func doctype(subset string) func(string) string {
	return func(x string) string {
		i := strings.Index(x, "<asic:")
		return x[:i] + "<!DOCTYPE x " + subset + ">" + x[i:]
	}
}

func TestX1_DTD(t *testing.T) {
	withstand(t, []attack{
		{name: "an external entity", made: afterwards(doctype(`[<!ENTITY e SYSTEM "file:///etc/passwd">]`)), want: []string{refuse(signature.Hostile)}},
		{name: "an external DTD", made: afterwards(doctype(`SYSTEM "http://127.0.0.1/x.dtd"`)), want: []string{refuse(signature.Hostile)}},
		{name: "a parameter entity", made: afterwards(doctype(`[<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]`)), want: []string{refuse(signature.Hostile)}},
		{name: "an entity that nobody declared", made: afterwards(replace("</ds:X509Certificate>", "&x;</ds:X509Certificate>")), want: []string{refuse(signature.Malformed), refuse(signature.Hostile)}},
	})
}

func TestX2_Bombs(t *testing.T) {
	laughs := `[<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]`
	inside := func(x string) func(string) string {
		return replace("</ds:Signature>", "<ds:Object>"+x+"</ds:Object></ds:Signature>")
	}
	withstand(t, []attack{
		{name: "laughs", made: afterwards(doctype(laughs)), want: []string{refuse(signature.Hostile)}},
		{name: "depth", made: afterwards(inside(strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000))), want: []string{refuse(signature.TooLarge)}},
		{name: "attributes", made: afterwards(func(x string) string {
			var b strings.Builder
			for i := range 100_000 {
				fmt.Fprintf(&b, ` a%d=""`, i)
			}
			return inside("<a" + b.String() + "/>")(x)
		}), want: []string{refuse(signature.TooLarge)}},
	})
}

// wrap moves the signed content of an enveloping signature: XSW. kept is what
// stands in the old place, hidden where the original goes.
func wrap(edit func(x, object string) string) func(*scene) []byte {
	return func(s *scene) []byte {
		s.name = "signature.xml"
		raw := string(s.SignEnveloping(s.issuer().Signer(), []byte(`<pay xmlns="urn:x">1 EUR</pay>`), eutest.SignOptions{}))
		i := strings.Index(raw, `<ds:Object Id="S0-Object"`)
		j := i + strings.Index(raw[i:], "</ds:Object>") + len("</ds:Object>")
		return []byte(edit(raw, raw[i:j]))
	}
}

func TestX3_Wrapping(t *testing.T) {
	million := func(object string) string { return strings.Replace(object, "1 EUR", "1000000 EUR", 1) }
	noID := func(object string) string { return strings.Replace(object, ` Id="S0-Object"`, "", 1) }
	properties := func(edit func(sp string) (old, added string)) func(string) string {
		return func(x string) string {
			i, j := strings.Index(x, "<xades:SignedProperties"), strings.Index(x, "</xades:SignedProperties>")+len("</xades:SignedProperties>")
			old, added := edit(x[i:j])
			return strings.Replace(x[:i]+old+x[j:], "</ds:Signature>", added+"</ds:Signature>", 1)
		}
	}
	declared := func(sp string) string {
		return strings.Replace(sp, "<xades:SignedProperties", `<xades:SignedProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"`, 1)
	}
	withstand(t, []attack{
		{name: "1 a copy with the same Id before", made: wrap(func(x, o string) string { return strings.Replace(x, o, million(o)+o, 1) }), want: []string{misshapen}},
		{name: "2 a copy with the same Id after", made: wrap(func(x, o string) string { return strings.Replace(x, o, o+million(o), 1) }), want: []string{misshapen}},
		{name: "3 the original hidden in another Object", made: wrap(func(x, o string) string {
			return strings.Replace(x, o, noID(million(o))+`<ds:Object>`+o+`</ds:Object>`, 1)
		}), want: []string{notFound, misshapen}},
		{name: "4 the original hidden in the unsigned part", made: wrap(func(x, o string) string {
			x = strings.Replace(x, o, noID(million(o)), 1)
			return strings.Replace(x, "</xades:UnsignedSignatureProperties>", "<x>"+o+"</x></xades:UnsignedSignatureProperties>", 1)
		}), want: []string{notFound, misshapen}},
		{name: "5 the signature inside a forged document", made: wrap(func(x, o string) string {
			return "<doc>" + million(o[:0]) + `<ds:Object xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="S0-Object"><pay>1000000 EUR</pay></ds:Object>` + x[strings.Index(x, "<ds:Signature"):] + "</doc>"
		}), want: []string{misshapen}},
		{name: "6 Id in capitals", made: wrap(func(x, o string) string {
			return strings.Replace(x, o, strings.Replace(million(o), " Id=", " ID=", 1)+o, 1)
		}), want: []string{misshapen}},
		{name: "7 other signed properties in their place", made: afterwards(properties(func(sp string) (string, string) {
			forged := replace("2025-03-10T", "2025-03-01T")(replace("S0-SignedProperties", "forged")(sp))
			return forged, "<ds:Object>" + declared(sp) + "</ds:Object>"
		})), want: []string{notFound, misshapen}},
		{name: "8 signed properties twice", made: afterwards(properties(func(sp string) (string, string) {
			return replace("2025-03-10T", "2025-03-01T")(sp) + sp, ""
		})), want: []string{misshapen, notFound}},
	})
}

// What lies beside the signed part is not among what the report says is covered.
func TestX3_EachSignatureSaysWhatItCovers(t *testing.T) {
	l := law{name: t.Name(), made: func(s *scene) []byte {
		s.name = "signature.xml"
		return s.SignEnveloping(s.issuer().Signer(), []byte(`<pay xmlns="urn:x">1 EUR</pay>`), eutest.SignOptions{
			After: replace("</ds:Signature>", `<ds:Object Id="more"><pay xmlns="urn:x">1000000 EUR</pay></ds:Object></ds:Signature>`)})
	}}
	o := l.judge(t)
	if got := words(o.results[0].Conclusion); got != passed {
		t.Fatalf("%s%s", got, o.heard())
	}
	for _, r := range o.results[0].Signature.References {
		if strings.Contains(r.Name, "more") {
			t.Errorf("the unsigned object is among what is covered: %+v", r)
		}
	}
}

func TestX4_DoubledIds(t *testing.T) {
	withstand(t, []attack{
		{name: "Id", made: afterwards(replace("<ds:KeyInfo>", `<ds:KeyInfo Id="S0-SignedProperties">`)), want: []string{misshapen}},
		{name: "ID", made: afterwards(replace("<ds:KeyInfo>", `<ds:KeyInfo ID="S0-SignedProperties">`)), want: []string{misshapen}},
		{name: "id", made: afterwards(replace("<ds:KeyInfo>", `<ds:KeyInfo id="S0-SignedProperties">`)), want: []string{misshapen}},
		{name: "by a DTD", made: afterwards(doctype(`[<!ATTLIST ds:KeyInfo name ID #IMPLIED>]`)), want: []string{refuse(signature.Hostile)}},
	})
}

func TestX5_References(t *testing.T) {
	withstand(t, []attack{
		{name: "none", made: meant(cut("<ds:Reference", "</ds:SignedInfo>")), want: []string{notFound}},
		{name: "none to the properties", made: meant(cut("<ds:Reference Type=", "</ds:SignedInfo>")), want: []string{unwanted}},
		{name: "another type", made: meant(replace(`Type="http://uri.etsi.org/01903#SignedProperties"`, `Type="http://uri.etsi.org/01903#Else"`)), want: []string{unwanted, misshapen}},
		{name: "only to the properties", made: meant(cut("<ds:Reference", "<ds:Reference Type=")), want: []string{notFound}},
	})
}

func TestX6_Transforms(t *testing.T) {
	with := func(transform string) func(string) string {
		return replace("<ds:DigestMethod", `<ds:Transforms><ds:Transform Algorithm="`+transform+`"/></ds:Transforms><ds:DigestMethod`)
	}
	uri := func(u string) func(string) string { return replace(`URI="contract.txt"`, `URI="`+u+`"`) }
	two := func(hook func(string) string) func(*scene) []byte {
		return func(s *scene) []byte {
			return s.Container(contract...).Sign(s.issuer().Signer(), eutest.SignOptions{BeforeDigests: hook}).Replace("contract.txt", []byte("else")).Bytes()
		}
	}
	withstand(t, []attack{
		{name: "XSLT", made: meant(with("http://www.w3.org/TR/1999/REC-xslt-19991116")), want: []string{notFound}},
		{name: "decryption", made: meant(with("http://www.w3.org/2002/07/decrypt#XML")), want: []string{notFound}},
		{name: "XPath filter", made: meant(with("http://www.w3.org/2002/06/xmldsig-filter2")), want: []string{notFound, changed}},
		{name: "http", made: two(uri("http://127.0.0.1/contract.txt")), want: []string{notFound}},
		{name: "file", made: two(uri("file:///etc/passwd")), want: []string{notFound}},
		{name: "above", made: two(uri("../../etc/passwd")), want: []string{notFound}},
	})
}

func TestX8_Comments(t *testing.T) {
	// A comment is no part of a canonical form without comments, and does not part
	// text: what was signed is read. One that changes what is read must not pass.
	l := law{name: t.Name(), made: afterwards(func(x string) string {
		return strings.Replace(x, "<ds:DigestValue>", "<ds:DigestValue><!-- A -->", 1)
	})}
	if o := l.judge(t); words(o.results[0].Conclusion) != passed {
		t.Errorf("a comment in a digest value changes it: %s%s", words(o.results[0].Conclusion), o.heard())
	}
	withstand(t, []attack{
		{name: "text in CDATA", made: afterwards(replace("<ds:DigestValue>", "<ds:DigestValue><![CDATA[AAAA]]>"))},
		{name: "an element in a digest", made: afterwards(replace("<ds:DigestValue>", "<ds:DigestValue><x/>"))},
		{name: "a claimed time cut by a comment", made: afterwards(replace("2025-03-10T12:00:00Z", "2025-03-10T12:00:00Z<!-- -->1"))},
	})
}

func TestX9_Methods(t *testing.T) {
	method := func(uri string) func(string) string {
		return func(x string) string {
			i := strings.Index(x, `<ds:SignatureMethod Algorithm="`) + len(`<ds:SignatureMethod Algorithm="`)
			return x[:i] + uri + x[i+strings.Index(x[i:], `"`):]
		}
	}
	withstand(t, []attack{
		{name: "two values", made: afterwards(replace("<ds:KeyInfo>", "<ds:SignatureValue>AAAA</ds:SignatureValue><ds:KeyInfo>"))},
		{name: "two SignedInfo", made: afterwards(func(x string) string {
			i, j := strings.Index(x, "<ds:SignedInfo>"), strings.Index(x, "</ds:SignedInfo>")+len("</ds:SignedInfo>")
			return x[:j] + x[i:]
		})},
		{name: "HMAC", made: afterwards(method("http://www.w3.org/2000/09/xmldsig#hmac-sha1"))},
		{name: "truncated HMAC", made: afterwards(replace("<ds:Reference", `<ds:HMACOutputLength>8</ds:HMACOutputLength><ds:Reference`))},
		{name: "MD5", made: afterwards(method("http://www.w3.org/2001/04/xmldsig-more#rsa-md5"))},
		{name: "none", made: afterwards(method("urn:none"))},
		{name: "another hash", made: afterwards(method("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"))},
		{name: "not base64", made: afterwards(replace(`-SIG">`, `-SIG">!!!!`))},
		{name: "empty", made: afterwards(func(x string) string { return cut(`-SIG">`, "</ds:SignatureValue>")(x)[:0] + emptied(x) })},
	})
}

func emptied(x string) string {
	i := strings.Index(x, `-SIG">`) + len(`-SIG">`)
	return x[:i] + x[i+strings.Index(x[i:], "</ds:SignatureValue>"):]
}

func TestX10_SwappedCertificates(t *testing.T) {
	withstand(t, []attack{
		{name: "another certificate of the same key", made: func(s *scene) []byte {
			ca := s.issuer()
			signer := ca.Signer()
			twin := ca.Signer(eutest.WithKey(signer.Key), eutest.Natural("EE", "SOMEBODY", "ELSE", "38001010000"))
			return s.Sign(signer, contract, eutest.SignOptions{KeyInfo: []*eutest.Certificate{twin.Certificate}})
		}, want: []string{noSigner}},
		{name: "two certificates, of which none is named", made: func(s *scene) []byte {
			ca := s.issuer()
			signer := ca.Signer()
			return s.Sign(signer, contract, eutest.SignOptions{KeyInfo: []*eutest.Certificate{ca.Signer().Certificate, signer.Certificate}, Reference: eutest.Reference{Wrong: true}})
		}, want: []string{noSigner}},
	})
}

func TestX11_ManyReferences(t *testing.T) {
	withstand(t, []attack{
		{name: "ten thousand", made: meant(func(x string) string {
			i, j := strings.Index(x, "<ds:Reference"), strings.Index(x, "<ds:Reference Type=")
			return x[:i] + strings.Repeat(x[i:j], 10_000) + x[j:]
		})},
	})
}

func TestX12_Encodings(t *testing.T) {
	utf16 := func(x string) string {
		var b bytes.Buffer
		b.WriteString("\xff\xfe")
		for _, c := range []byte(x) {
			b.Write([]byte{c, 0})
		}
		return b.String()
	}
	withstand(t, []attack{
		{name: "UTF-16", made: afterwards(utf16), want: []string{refuse(signature.Malformed)}},
		{name: "UTF-7", made: afterwards(replace(`encoding="UTF-8"`, `encoding="UTF-7"`)), want: []string{refuse(signature.Malformed)}},
		{name: "invalid UTF-8", made: afterwards(replace("<ds:KeyInfo>", "<ds:KeyInfo>\xff\xfe")), want: []string{refuse(signature.Malformed)}},
		{name: "NUL", made: afterwards(replace("<ds:KeyInfo>", "<ds:KeyInfo>\x00")), want: []string{refuse(signature.Malformed)}},
		{name: "a name of two colons", made: afterwards(replace("</ds:Signature>", "<ds:Object><a:b:c/></ds:Object></ds:Signature>")), want: []string{refuse(signature.Malformed)}},
		{name: "a prefix that nobody declared", made: afterwards(replace("</ds:Signature>", "<ds:Object><zz:c/></ds:Object></ds:Signature>")), want: []string{refuse(signature.Malformed)}},
	})
}
