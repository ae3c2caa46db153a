package sign_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/report/sign"
)

// eutestKey is the key of a signer of the virtual EU.
func eutestKey(t *testing.T) *sign.Key {
	t.Helper()
	s := eutest.New(t).MemberState("EE").Provider("TEST").CA("TEST CA").Signer()
	c, err := x509.ParseCertificate(s.Raw)
	if err != nil {
		t.Fatal(err)
	}
	k, err := sign.NewKey(s.Key, []*x509.Certificate{c})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// What vidimus did not write is not signed as its report, and a signature is made of
// the same bytes at each run. That others judge it valid, cmd/vidimus shows.
func TestSign(t *testing.T) {
	k, at := eutestKey(t), time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, raw := range []string{"", "<a/>", "<?xml version=\"1.0\"?>\n<a></a>\n", "%PDF-1.4\n%%EOF\n", "?>\n<ValidationReport "} {
		if _, err := sign.XAdES([]byte(raw), k, at); err == nil {
			t.Errorf("XAdES signs %q", raw)
		}
		if _, err := sign.PAdES([]byte(raw), k, at); err == nil {
			t.Errorf("PAdES signs %q", raw)
		}
	}
	raw, err := os.ReadFile("../../../testdata/reports/contract.strict.xml")
	if err != nil {
		t.Fatal(err)
	}
	first, err := sign.XAdES(raw, k, at)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := sign.XAdES(raw, k, at); err != nil || !bytes.Equal(first, again) {
		t.Errorf("signing twice gives other bytes (%v)", err)
	}
}

func TestNewKeyRefuses(t *testing.T) {
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sign.NewKey("no key", nil); err == nil {
		t.Error("a string is a key")
	}
	if _, err := sign.NewKey(other, nil); err == nil {
		t.Error("a key of Ed25519, which PAdES validators do not know, is taken")
	}
	s := eutest.New(t).MemberState("EE").Provider("TEST").CA("TEST CA").Signer()
	if _, err := sign.NewKey(s.Key, nil); err == nil {
		t.Error("a key without its certificate is taken")
	}
}
