package certificate_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// Each row departs from the usual certificate as real ones do, and must be read.
func TestParseTolerates(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	n := private.N.Bytes()
	rsaKey := func(params, modulus []byte) []byte {
		key := seq(tlv(2, modulus), []byte{2, 3, 1, 0, 1})
		return seq(seq(oid("1.2.840.113549.1.1.1"), params), tlv(3, []byte{0}, key))
	}
	null := []byte{5, 0}
	at := func(s string) time.Time {
		u, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	type C = certificate.Certificate
	for name, row := range map[string]struct {
		change  func(*parts)
		is      func(*C) bool
		problem string // part of a problem; empty: there is none
	}{
		"usual":                 {func(p *parts) {}, func(c *C) bool { return c.Version == 3 && c.Serial.Int64() == 5 && c.PathLen == -1 && !c.NonMinimal }, ""},
		"version 1":             {func(p *parts) { p.version = nil }, func(c *C) bool { return c.Version == 1 }, ""},
		"version 1 stated":      {func(p *parts) { p.version = tlv(0xa0, []byte{2, 1, 0}) }, func(c *C) bool { return c.Version == 1 }, ""},
		"negative serial":       {func(p *parts) { p.serial = []byte{2, 2, 0xfe, 0} }, func(c *C) bool { return c.Serial.Int64() == -512 && !c.NonMinimal }, "not positive"},
		"zero serial":           {func(p *parts) { p.serial = []byte{2, 1, 0} }, func(c *C) bool { return c.Serial.Sign() == 0 }, "not positive"},
		"padded serial":         {func(p *parts) { p.serial = []byte{2, 3, 0, 0, 5} }, func(c *C) bool { return c.NonMinimal && c.Serial.Int64() == 5 }, "minimally"},
		"padded negative":       {func(p *parts) { p.serial = []byte{2, 2, 0xff, 0xfe} }, func(c *C) bool { return c.NonMinimal && c.Serial.Int64() == -2 }, "minimally"},
		"long serial":           {func(p *parts) { p.serial = tlv(2, bytes.Repeat([]byte{0x11}, 100)) }, func(c *C) bool { return c.Serial.BitLen() == 797 }, ""},
		"long length":           {func(p *parts) { p.serial = []byte{2, 0x83, 0, 0, 1, 5} }, func(c *C) bool { return c.Serial.Int64() == 5 }, ""},
		"RSA without NULL":      {func(p *parts) { p.spki = rsaKey(nil, append([]byte{0}, n...)) }, func(c *C) bool { return c.Key != nil && c.Key.Bits == 1024 }, "lacks its NULL"},
		"negative modulus":      {func(p *parts) { p.spki = rsaKey(null, n) }, func(c *C) bool { return c.Key != nil && c.Key.N.Cmp(private.N) == 0 }, "negative INTEGER"},
		"padded modulus":        {func(p *parts) { p.spki = rsaKey(null, append([]byte{0, 0}, n...)) }, func(c *C) bool { return c.NonMinimal && c.Key.Bits == 1024 }, "not minimally"},
		"unknown key":           {func(p *parts) { p.spki = seq(seq(oid("1.2.3")), tlv(3, []byte{0, 1})) }, func(c *C) bool { return c.Key == nil && strings.Contains(c.KeyProblem, "1.2.3") }, ""},
		"broken key":            {func(p *parts) { p.spki = seq() }, func(c *C) bool { return c.Key == nil && c.KeyProblem != "" }, ""},
		"octets behind":         {func(p *parts) { p.tail = []byte("\r\n") }, func(c *C) bool { return len(c.Raw) == 4+(int(c.Raw[2])<<8|int(c.Raw[3])) }, "2 octets follow"},
		"unused bits":           {func(p *parts) { p.unused = 1 }, func(c *C) bool { return c.CheckSignatureFrom(c) == nil }, "unused bits"},
		"NULL on one side":      {func(p *parts) { p.outer = seq(oid("1.2.840.10045.4.3.2"), null) }, func(c *C) bool { return !c.AlgorithmMismatch && c.CheckSignatureFrom(c) == nil }, "NULL and absent"},
		"empty subject":         {func(p *parts) { p.subject = seq() }, func(c *C) bool { return len(c.Subject.RDNs) == 0 && c.SignerName() == "" }, ""},
		"odd attribute type":    {func(p *parts) { p.subject = seq(tlv(0x31, seq(tlv(6, []byte{0x80}), tlv(12, []byte("x"))))) }, func(c *C) bool { return c.Subject.Get("#80") == "x" }, ""},
		"odd extension id":      {func(p *parts) { p.extensions = seq(seq(tlv(6, []byte{0x2a, 0x83}), tlv(4))) }, func(c *C) bool { return c.Extensions[0].OID == "#2a83" }, "malformed"},
		"UUID extension":        {func(p *parts) { p.extensions = seq(seq(oid("2.25.329800735698586629295641978511506172918"), tlv(4))) }, func(c *C) bool { return len(c.Extensions) == 1 }, ""},
		"UTCTime 49":            {func(p *parts) { p.notAfter = tlv(0x17, []byte("491231235959Z")) }, func(c *C) bool { return c.NotAfter.Equal(at("2049-12-31T23:59:59Z")) }, ""},
		"UTCTime 50":            {func(p *parts) { p.notBefore = tlv(0x17, []byte("500101000000Z")) }, func(c *C) bool { return c.NotBefore.Equal(at("1950-01-01T00:00:00Z")) }, ""},
		"UTCTime, no seconds":   {func(p *parts) { p.notBefore = tlv(0x17, []byte("2002290000Z")) }, func(c *C) bool { return c.NotBefore.Equal(at("2020-02-29T00:00:00Z")) }, "not in the form"},
		"UTCTime, offset":       {func(p *parts) { p.notBefore = tlv(0x17, []byte("200101000000+0230")) }, func(c *C) bool { return c.NotBefore.Equal(at("2019-12-31T21:30:00Z")) }, "not in the form"},
		"no end":                {func(p *parts) { p.notAfter = tlv(0x18, []byte("99991231235959Z")) }, func(c *C) bool { return c.NotAfter.Equal(at("9999-12-31T23:59:59Z")) }, ""},
		"early GeneralizedTime": {func(p *parts) { p.notBefore = tlv(0x18, []byte("19991231235959Z")) }, func(c *C) bool { return c.NotBefore.Equal(at("1999-12-31T23:59:59Z")) }, ""},
		"fraction":              {func(p *parts) { p.notBefore = tlv(0x18, []byte("20200101000000.1234567891Z")) }, func(c *C) bool { return c.NotBefore.Equal(at("2020-01-01T00:00:00.123456789Z")) }, "not in the form"},
		"no zone":               {func(p *parts) { p.notBefore = tlv(0x18, []byte("20200101000000")) }, func(c *C) bool { return c.NotBefore.Equal(at("2020-01-01T00:00:00Z")) }, "not in the form"},
		"hour only":             {func(p *parts) { p.notBefore = tlv(0x18, []byte("2020010112Z")) }, func(c *C) bool { return c.NotBefore.Equal(at("2020-01-01T12:00:00Z")) }, "not in the form"},
	} {
		p := usual()
		row.change(&p)
		c, err := certificate.Parse(p.der(t))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !row.is(c) {
			t.Errorf("%s: read as %+v", name, c)
		}
		all := strings.Join(c.Problems, "; ")
		if row.problem == "" && all != "" || !strings.Contains(all, row.problem) {
			t.Errorf("%s: problems %q", name, all)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", 2000)
	var names, extensions [][]byte
	for range 300 {
		names = append(names, attribute("2.5.4.3", 12, "x"))
		extensions = append(extensions, extension("1.2.3", false, nil))
	}
	for name, row := range map[string]struct {
		change func(*parts)
		want   string
	}{
		"month 13":           {func(p *parts) { p.notBefore = tlv(0x17, []byte("201301000000Z")) }, "notBefore"},
		"30 February":        {func(p *parts) { p.notAfter = tlv(0x17, []byte("200230000000Z")) }, "notAfter"},
		"29 February 2100":   {func(p *parts) { p.notAfter = tlv(0x18, []byte("21000229000000Z")) }, "notAfter"},
		"hour 24":            {func(p *parts) { p.notAfter = tlv(0x18, []byte("20200228240000Z")) }, "notAfter"},
		"time of letters":    {func(p *parts) { p.notAfter = tlv(0x17, []byte("abcdefghijklZ")) }, "notAfter"},
		"long time":          {func(p *parts) { p.notAfter = tlv(0x18, []byte("20200228000000."+strings.Repeat("1", 99)+"Z")) }, "notAfter"},
		"empty time":         {func(p *parts) { p.notAfter = tlv(0x18) }, "notAfter"},
		"time is a string":   {func(p *parts) { p.notAfter = tlv(12, []byte("200101000000Z")) }, "notAfter"},
		"version 4":          {func(p *parts) { p.version = tlv(0xa0, []byte{2, 1, 3}) }, "version"},
		"empty serial":       {func(p *parts) { p.serial = []byte{2, 0} }, "serialNumber"},
		"endless serial":     {func(p *parts) { p.serial = tlv(2, bytes.Repeat([]byte{1}, 513)) }, "at most 512"},
		"serial is a text":   {func(p *parts) { p.serial = tlv(12, []byte("5")) }, "serialNumber"},
		"no issuer":          {func(p *parts) { p.issuer = nil }, "issuer"},
		"endless name":       {func(p *parts) { p.issuer = seq(names...) }, "more than 256"},
		"huge name":          {func(p *parts) { p.issuer = seq(attribute("2.5.4.3", 12, strings.Repeat(long, 40))) }, "at most 65536"},
		"endless extensions": {func(p *parts) { p.extensions = seq(extensions...) }, "more than 200"},
		"no algorithm":       {func(p *parts) { p.outer = seq() }, "signatureAlgorithm"},
	} {
		p := usual()
		row.change(&p)
		if _, err := certificate.Parse(p.der(t)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error %v does not say %q", name, err, row.want)
		}
	}
	der := usual().der(t)
	for i := range der {
		if _, err := certificate.Parse(der[:i]); err == nil {
			t.Errorf("%d of %d octets are read as a certificate", i, len(der))
		}
	}
	indefinite := append([]byte{0x30, 0x80}, append(bytes.Clone(der[4:]), 0, 0)...)
	for name, raw := range map[string][]byte{
		"too large": make([]byte, 1<<20+1), "indefinite length": indefinite, "long tag": {0x3f, 0x81, 0, 0}, "length of 2^64": {0x30, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		"length of 2^63": {0x30, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0}, "PEM": []byte("-----BEGIN CERTIFICATE-----"),
	} {
		if _, err := certificate.Parse(raw); err == nil {
			t.Errorf("%s: is read", name)
		}
	}
}

func TestCheckSignature(t *testing.T) {
	parse := func(p parts) *certificate.Certificate {
		c, err := certificate.Parse(p.der(t))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	good := parse(usual())
	if err := good.CheckSignatureFrom(good); err != nil {
		t.Error(err)
	}
	// Both sides name algorithms that would verify: it is the difference that fails (C4).
	swapped := usual()
	swapped.inner = seq(oid("1.2.840.10045.4.3.3"))
	if c := parse(swapped); !c.AlgorithmMismatch || c.CheckSignatureFrom(good) == nil {
		t.Error("an algorithm that is not the signed one verifies")
	}
	unknown := usual()
	unknown.inner, unknown.outer = seq(oid("1.2.3")), seq(oid("1.2.3"))
	if parse(unknown).CheckSignatureFrom(good) == nil {
		t.Error("an unknown algorithm verifies")
	}
	noKey := usual()
	noKey.spki = seq()
	if good.CheckSignatureFrom(parse(noKey)) == nil {
		t.Error("an issuer without a key verifies")
	}
	der := usual().der(t)
	for _, at := range []int{len(der) - 1, 20, 60} {
		wrong := bytes.Clone(der)
		wrong[at] ^= 1
		if c, err := certificate.Parse(wrong); err == nil && c.CheckSignatureFrom(good) == nil {
			t.Errorf("verifies with octet %d changed", at)
		}
	}
	// Another key of the same name.
	private, _ := rsa.GenerateKey(rand.Reader, 1024)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), RawSubject: good.RawSubject}
	other, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Parse(other)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.RawSubject, good.RawSubject) || good.CheckSignatureFrom(c) == nil || c.CheckSignatureFrom(c) != nil {
		t.Error("the key of another certificate of the same name verifies, or its own does not")
	}
}
