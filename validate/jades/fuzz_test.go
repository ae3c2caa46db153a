package jades_test

import (
	"encoding/asn1"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/jades"
	"github.com/vidimus/vidimus/validate/signature"
)

// asn1Serial is the DER of IssuerSerial for a certificate (RFC 5035 §5).
func asn1Serial(t testing.TB, w who) []byte {
	t.Helper()
	name := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: w.cert.RawIssuer}
	out, err := asn1.Marshal(struct {
		Issuer []asn1.RawValue
		Serial int
	}{[]asn1.RawValue{name}, 42})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func FuzzOpen(f *testing.F) {
	w := newSigner(f, "ES256")
	p := url64([]byte(content))
	h := w.header(nil)
	value := w.value(f, h+"."+p)
	f.Add([]byte(w.compact(f, h, p)))
	f.Add(flat(h, p, value, element("sigTst", tokens(w.stamp(f, value))), element("cSig", h+".."+value), element("arcTst", tokens(w.stamp(f, value)))))
	f.Add([]byte(w.compact(f, w.header(fields{"b64": false, "sigD": fields{"mId": "http://uri.etsi.org/19182/ObjectIdByURIHash", "pars": []string{"a"}, "hashM": "S256", "hashV": []string{"AA"}}}), "")))
	f.Add(marshal(fields{"payload": p, "signatures": []any{fields{"protected": h, "signature": value}}}))
	files := []jades.File{{Name: "a", Data: []byte(content)}, {Name: "b"}}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jades.Open(data, files)
		if err != nil {
			return
		}
		for _, s := range doc.Signatures {
			for _, r := range s.References {
				if r.Intact && !r.Found {
					t.Fatalf("intact without being found: %+v", r)
				}
				if r.Type == signature.RefJWSSigningInput && r.Intact && s.ValueProblem != "" {
					t.Fatalf("intact with a value that never verifies: %s", s.ValueProblem)
				}
			}
			for _, ts := range s.Timestamps {
				ts.Imprint("SHA-256")
			}
		}
	})
}

// TestHostileCost: many signatures and objects over one large payload.
func TestHostileCost(t *testing.T) {
	w := newSigner(t, "ES256")
	large := make([]byte, 8<<20)
	h := w.header(nil)
	one := `{"protected":"` + h + `","signature":"AA"},`
	detached := []byte(`{"signatures":[` + strings.TrimSuffix(strings.Repeat(one, 900), ",") + `]}`)
	pars, values := make([]string, 4000), make([]string, 4000)
	for i := range pars {
		pars[i], values[i] = "a", "AA"
	}
	byHash := []byte(w.compact(t, w.header(fields{"sigD": fields{"mId": "http://uri.etsi.org/19182/ObjectIdByURIHash", "pars": pars, "hashM": "S512", "hashV": values}}), ""))
	byURI := []byte(w.compact(t, w.header(fields{"sigD": fields{"mId": "http://uri.etsi.org/19182/ObjectIdByURI", "pars": pars}}), ""))
	values2 := `{"a":[` + strings.Repeat("0,", 1<<20) + `0]}`
	for name, data := range map[string][]byte{"900 signatures": detached, "4000 objects by hash": byHash, "4000 objects by URI": byURI, "a million values": []byte(values2), "nesting": []byte(strings.Repeat(`{"a":`, 1<<20))} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := jades.Open(data, []jades.File{{Name: "a", Data: large}})
			took := time.Since(start)
			t.Logf("%d octets in %s: %v", len(data), took, err)
			if took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
