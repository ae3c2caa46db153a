package browse_test

import (
	"bytes"
	"encoding/pem"
	"testing"

	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/validate/eutest"
)

func TestCertificates(t *testing.T) {
	der := eutest.New(t).ListSigner("EE", "Operator", "1").Raw
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key := []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
	for _, c := range []struct {
		name string
		raw  []byte
		want int // 0: refused
	}{
		{"DER", der, 1},
		{"PEM", block, 1},
		{"two, and a key", bytes.Join([][]byte{[]byte("subject=x\n"), block, key, block}, nil), 2},
		{"as many as may be", bytes.Repeat(block, browse.MaxCertificates), browse.MaxCertificates},
		{"too many", bytes.Repeat(block, browse.MaxCertificates+1), 0},
		{"a key alone", key, 0},
		{"nothing", nil, 0},
		{"no certificate", []byte("hello"), 0},
		{"no certificate in PEM", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0},
		{"too large", make([]byte, browse.MaxUpload+1), 0},
	} {
		got, err := browse.Certificates(c.raw)
		if len(got) != c.want || (err == nil) != (c.want > 0) {
			t.Errorf("%s: %d, %v", c.name, len(got), err)
		}
	}
}

func FuzzCertificates(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Add([]byte{0x30, 0x03, 0x30, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := browse.Certificates(raw)
		if err == nil && (len(all) == 0 || len(all) > browse.MaxCertificates) {
			t.Errorf("%d certificates", len(all))
		}
		for _, c := range all {
			browse.CertificateOf(c)
		}
	})
}
