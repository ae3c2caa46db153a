package revocation

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

func x509CRL(t testing.TB, ca party, change func(*x509.RevocationList)) []byte {
	t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(42), ThisUpdate: thisUpdate, NextUpdate: nextUpdate}
	if change != nil {
		change(template)
	}
	raw, err := x509.CreateRevocationList(rand.Reader, template, ca.x509, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// handCRL signs a TBSCertList made by hand.
func handCRL(t testing.TB, ca party, entries [][]byte, extensions ...[]byte) []byte {
	t.Helper()
	alg := seq(oidDER("1.2.840.10045.4.3.2"))
	tbs := [][]byte{{2, 1, 1}, alg, ca.cert.RawSubject, generalized("20240229120000Z"), generalized("20240301120000Z")}
	if entries != nil {
		tbs = append(tbs, seq(entries...))
	}
	if len(extensions) > 0 {
		tbs = append(tbs, explicit(0, seq(extensions...)))
	}
	signed := seq(tbs...)
	sum, _ := algo.SHA256.Sum(signed)
	value, err := ca.key.Sign(rand.Reader, sum, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return seq(signed, alg, der.Encode(0x03, []byte{0}, value))
}

// entry is a revoked certificate of this serial number.
func entry(serial []byte, extensions ...[]byte) []byte {
	fields := [][]byte{der.Encode(2, serial), generalized("20240201102030Z")}
	if len(extensions) > 0 {
		fields = append(fields, seq(extensions...))
	}
	return seq(fields...)
}

func reason(n byte) []byte { return extension(oidReason, false, []byte{0x0a, 1, n}) }

func mustCRL(t testing.TB, raw []byte) *CRL {
	t.Helper()
	c, err := ParseCRL(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReadsWhatX509Builds(t *testing.T) {
	w := newWorld(t)
	large := new(big.Int).Lsh(big.NewInt(0x81), 152)
	raw := x509CRL(t, w.ca, func(l *x509.RevocationList) {
		l.RevokedCertificateEntries = []x509.RevocationListEntry{
			{SerialNumber: big.NewInt(7), RevocationTime: revokedAt},
			{SerialNumber: large, RevocationTime: revokedAt.Add(time.Hour), ReasonCode: ReasonKeyCompromise},
			{SerialNumber: big.NewInt(128), RevocationTime: revokedAt},
		}
	})
	c := mustCRL(t, raw)
	want, err := x509.ParseRevocationList(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.RawIssuer, want.RawIssuer) || !c.ThisUpdate.Equal(want.ThisUpdate) || !c.NextUpdate.Equal(want.NextUpdate) ||
		c.Number.Cmp(want.Number) != 0 || !bytes.Equal(c.AKI, want.AuthorityKeyId) || !bytes.Equal(c.TBS, want.RawTBSRevocationList) ||
		!bytes.Equal(c.Value, want.Signature) || c.Entries != 3 || len(c.Problems) != 0 || len(c.CriticalUnknown) != 0 {
		t.Errorf("reads %+v", c)
	}
	for _, e := range want.RevokedCertificateEntries {
		got, ok := c.Lookup(e.SerialNumber)
		if !ok || !got.RevokedAt.Equal(e.RevocationTime) || max(got.Reason, 0) != e.ReasonCode || got.Serial.Cmp(e.SerialNumber) != 0 {
			t.Errorf("serial number %s: %+v", e.SerialNumber, got)
		}
		if got, ok := c.LookupIssued(w.ca.cert.RawSubject, e.SerialNumber); !ok || got.CertificateIssuer != nil {
			t.Errorf("serial number %s of the CA: %+v", e.SerialNumber, got)
		}
		if _, ok := c.LookupIssued(w.other.cert.RawSubject, e.SerialNumber); ok {
			t.Errorf("serial number %s of another CA is revoked", e.SerialNumber)
		}
	}
	for _, n := range []*big.Int{big.NewInt(8), big.NewInt(0), big.NewInt(-128), nil} {
		if e, ok := c.Lookup(n); ok {
			t.Errorf("serial number %s: %+v", n, e)
		}
	}
	if err := c.Verify(w.ca.cert); err != nil {
		t.Error(err)
	}
	if c.Verify(w.other.cert) == nil || c.Verify(nil) == nil {
		t.Error("verifies with another key")
	}
	empty := mustCRL(t, x509CRL(t, w.ca, nil))
	if _, ok := empty.Lookup(big.NewInt(7)); ok || empty.Entries != 0 {
		t.Error("an empty CRL revokes")
	}
}

func TestEveryOctetOfCRLCounts(t *testing.T) {
	w := newWorld(t)
	raw := handCRL(t, w.ca, [][]byte{entry([]byte{7}, reason(1))})
	c := mustCRL(t, raw)
	from := bytes.Index(raw, c.TBS)
	for i := from; i < from+len(c.TBS); i++ {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		if got, err := ParseCRL(altered); err == nil && got.Verify(w.ca.cert) == nil {
			t.Errorf("octet %d altered, still verifies", i)
		}
	}
}

// TestSerialNumbersC9: non-minimal and negative ones, in the list and asked for.
func TestSerialNumbersC9(t *testing.T) {
	w := newWorld(t)
	c := mustCRL(t, handCRL(t, w.ca, [][]byte{entry([]byte{0, 0, 7}), entry([]byte{0xff, 0xff, 0x81}), entry([]byte{0, 0xff, 0x80}), entry([]byte{0})}))
	for n, want := range map[int64]bool{7: true, -127: true, 0xff80: true, 0: true, 129: false, 0x80: false, -128: false, -7: false, 0xffff81: false} {
		if _, ok := c.Lookup(big.NewInt(n)); ok != want {
			t.Errorf("serial number %d: found %v", n, ok)
		}
	}
}

func TestCRLExtensionsR4(t *testing.T) {
	w := newWorld(t)
	uri := explicit(0, explicit(0, der.Encode(0x86, []byte("http://crl.example/1.crl")), explicit(4, w.ca.cert.RawSubject)))
	yes := func(n byte) []byte { return der.Encode(0x80|n, []byte{0xff}) }
	cases := map[string]struct {
		extensions [][]byte
		check      func(*CRL) bool
	}{
		"expiredCertsOnCRL": {[][]byte{extension(oidExpiredCertsOnCRL, false, generalized("20000101000000Z"))}, func(c *CRL) bool { return c.ExpiredCertsOnCRL != nil && c.ExpiredCertsOnCRL.Year() == 2000 }},
		"delta":             {[][]byte{extension(oidDeltaCRLIndicator, true, []byte{2, 1, 41})}, func(c *CRL) bool { return c.Delta && c.BaseNumber.Int64() == 41 && len(c.CriticalUnknown) == 0 }},
		"delta unreadable":  {[][]byte{extension(oidDeltaCRLIndicator, false, nil)}, func(c *CRL) bool { return c.Delta && len(c.CriticalUnknown) == 1 }},
		"unknown critical":  {[][]byte{extension("1.2.3.4", true, nil)}, func(c *CRL) bool { return len(c.CriticalUnknown) == 1 && c.CriticalUnknown[0] == "1.2.3.4" }},
		"unknown":           {[][]byte{extension("1.2.3.4", false, nil)}, func(c *CRL) bool { return len(c.CriticalUnknown) == 0 }},
		"IDP names": {[][]byte{extension(oidIDP, true, seq(uri))}, func(c *CRL) bool {
			return c.IDP != nil && len(c.IDP.URIs) == 1 && c.IDP.URIs[0] == "http://crl.example/1.crl" && bytes.Equal(c.IDP.DirectoryNames[0], w.ca.cert.RawSubject)
		}},
		"IDP users": {[][]byte{extension(oidIDP, true, seq(yes(1)))}, func(c *CRL) bool {
			return c.IDP.OnlyUser && !c.IDP.OnlyCA && !c.IDP.Indirect
		}},
		"IDP CAs":           {[][]byte{extension(oidIDP, true, seq(yes(2)))}, func(c *CRL) bool { return c.IDP.OnlyCA && !c.IDP.OnlyUser }},
		"IDP attributes":    {[][]byte{extension(oidIDP, true, seq(yes(5)))}, func(c *CRL) bool { return c.IDP.OnlyAttribute }},
		"IDP indirect":      {[][]byte{extension(oidIDP, true, seq(yes(4)))}, func(c *CRL) bool { return c.IDP.Indirect }},
		"IDP reasons":       {[][]byte{extension(oidIDP, true, seq(der.Encode(0x83, []byte{6, 0x40})))}, func(c *CRL) bool { return c.IDP.OnlySomeReasons }},
		"IDP relative":      {[][]byte{extension(oidIDP, true, seq(explicit(0, explicit(1, []byte{5, 0}))))}, func(c *CRL) bool { return c.IDP.RelativeName != nil }},
		"IDP unreadable":    {[][]byte{extension(oidIDP, false, []byte{5, 0})}, func(c *CRL) bool { return len(c.CriticalUnknown) == 1 && len(c.Problems) == 1 }},
		"IDP unknown field": {[][]byte{extension(oidIDP, true, seq(yes(9)))}, func(c *CRL) bool { return len(c.CriticalUnknown) == 1 }},
		"AKI":               {[][]byte{extension(oidAuthorityKeyID, false, seq(der.Encode(0x80, []byte{1, 2})))}, func(c *CRL) bool { return bytes.Equal(c.AKI, []byte{1, 2}) }},
		"number unreadable": {[][]byte{extension(oidCRLNumber, false, []byte{5, 0})}, func(c *CRL) bool { return c.Number == nil && len(c.Problems) == 1 && len(c.CriticalUnknown) == 0 }},
	}
	for name, k := range cases {
		c := mustCRL(t, handCRL(t, w.ca, nil, k.extensions...))
		if !k.check(c) {
			t.Errorf("%s: %+v, IDP %+v", name, c, c.IDP)
		}
	}
}

func TestEntriesR5(t *testing.T) {
	w := newWorld(t)
	issuer := func(p party) []byte {
		return extension(oidCertificateIssuer, true, seq(explicit(4, p.cert.RawSubject)))
	}
	third := newParty(t, "Third CA", big.NewInt(1), nil)
	c := mustCRL(t, handCRL(t, w.ca, [][]byte{
		entry([]byte{1}, reason(1), extension(oidInvalidityDate, false, generalized("20240101000000Z"))),
		entry([]byte{2}, issuer(w.other)),
		entry([]byte{3}),
		entry([]byte{1}, issuer(third), reason(6)),
		entry([]byte{4}, reason(8), extension("1.2.3.4", true, nil)),
		entry([]byte{5}, []byte{5, 0}),
		entry([]byte{6}, reason(6)),
		entry([]byte{6}, reason(8)),
		entry([]byte{6}, reason(4)),
	}, extension(oidIDP, true, seq(der.Encode(0x84, []byte{0xff})))))
	at := func(p party, n int64) (CRLEntry, bool) { return c.LookupIssued(p.cert.RawSubject, big.NewInt(n)) }
	if e, ok := at(w.ca, 1); !ok || e.Reason != ReasonKeyCompromise || e.InvalidityDate == nil || e.CertificateIssuer != nil {
		t.Errorf("1 of the CA: %+v", e)
	}
	if e, ok := at(third, 1); !ok || e.Reason != ReasonCertificateHold {
		t.Errorf("1 of the third: %+v", e)
	}
	if e, ok := at(w.other, 3); !ok || !bytes.Equal(e.CertificateIssuer, w.other.cert.RawSubject) {
		t.Errorf("3 of the other, carried along: %+v", e)
	}
	if _, ok := at(w.ca, 3); ok {
		t.Error("3 of the CA is revoked by an entry about another issuer")
	}
	if e, ok := c.Lookup(big.NewInt(4)); !ok || e.Reason != ReasonRemoveFromCRL || len(e.CriticalUnknown) != 1 {
		t.Errorf("4: %+v", e)
	}
	if e, ok := c.Lookup(big.NewInt(5)); !ok || len(e.CriticalUnknown) != 1 {
		t.Errorf("5, extensions unreadable: %+v", e)
	}
	if e, ok := c.Lookup(big.NewInt(6)); !ok || e.Reason != 4 {
		t.Errorf("6, three entries: %+v", e)
	}
}

func TestCRLRefusals(t *testing.T) {
	w := newWorld(t)
	for says, in := range map[string][]byte{
		"entry 2":                 handCRL(t, w.ca, [][]byte{entry([]byte{1}), {5, 0}}),
		"entry 1: revocationDate": handCRL(t, w.ca, [][]byte{seq([]byte{2, 1, 1})}),
		"two issuingDistribution": handCRL(t, w.ca, nil, extension(oidIDP, true, seq()), extension(oidIDP, true, seq())),
		"crlExtensions":           handCRL(t, w.ca, nil, []byte{5, 0}),
		"SEQUENCE should stand":   {5, 0},
	} {
		if _, err := ParseCRL(in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
	if _, err := ParseCRL(make([]byte, maxCRLSize+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("too large: %v", err)
	}
}

func TestAlgorithmMismatchC4(t *testing.T) {
	w := newWorld(t)
	raw := handCRL(t, w.ca, nil)
	if c := mustCRL(t, raw); c.AlgorithmMismatch || c.Verify(w.ca.cert) != nil {
		t.Error("equal algorithms differ")
	}
	outer := bytes.LastIndex(raw, oidDER("1.2.840.10045.4.3.2"))
	raw[outer+9] = 3 // ecdsa-with-SHA384 outside, not signed
	c := mustCRL(t, raw)
	if err := c.Verify(w.ca.cert); !c.AlgorithmMismatch || err == nil {
		t.Errorf("mismatch %v, verifies %v", c.AlgorithmMismatch, err)
	}
}

// TestHugeCRLR4: 50 MB of entries cost no memory beyond the input.
func TestHugeCRLR4(t *testing.T) {
	w := newWorld(t)
	one := entry([]byte{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}, reason(1))
	entries := bytes.Repeat(one, (50<<20)/len(one))
	raw := handCRL(t, w.ca, [][]byte{entries})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	c := mustCRL(t, raw)
	parsed := time.Since(start)
	start = time.Now()
	_, found := c.Lookup(big.NewInt(99))
	looked := time.Since(start)
	runtime.ReadMemStats(&after)
	took := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d entries in %d octets: parsed in %s, looked up in %s, %d octets allocated", c.Entries, len(raw), parsed, looked, took)
	if found || took > 1<<20 || parsed+looked > 10*time.Second {
		t.Errorf("found %v", found)
	}
}

func FuzzParseCRL(f *testing.F) {
	w := newWorld(f)
	f.Add(x509CRL(f, w.ca, func(l *x509.RevocationList) {
		l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: big.NewInt(7), RevocationTime: revokedAt, ReasonCode: 1}}
		l.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3}, Value: []byte{5, 0}}}
	}))
	f.Add(handCRL(f, w.ca, [][]byte{entry([]byte{7}, extension(oidCertificateIssuer, true, seq(explicit(4, w.other.cert.RawSubject)))), entry([]byte{8})},
		extension(oidIDP, true, seq(der.Encode(0x84, []byte{0xff}), explicit(0, explicit(0, der.Encode(0x86, []byte("x"))))))))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := ParseCRL(in)
		if err != nil {
			return
		}
		c.Lookup(big.NewInt(7))
		c.LookupIssued(w.other.cert.RawSubject, big.NewInt(8))
		_ = c.Verify(w.ca.cert)
	})
}
