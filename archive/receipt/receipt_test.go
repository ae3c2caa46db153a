package receipt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
)

var at = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// keyPair makes a key with a self-signed certificate, in PEM.
func certificateOf(t *testing.T, key crypto.Signer, serial *big.Int) (cert []byte) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "Archive of TEST AS"},
		NotBefore: at.AddDate(-1, 0, 0), NotAfter: at.AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

// A signature is verified by our reader, and by openssl where it is there; one over other
// content is not.
func TestSign(t *testing.T) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	high := new(big.Int).SetBytes([]byte{0x80, 1, 2, 3})
	for name, key := range map[string]crypto.Signer{"RSA": r, "ECDSA": e} {
		t.Run(name, func(t *testing.T) {
			cert := certificateOf(t, key, high)
			s, err := New(key, certificatesOf(t, cert))
			if err != nil {
				t.Fatal(err)
			}
			content := []byte("record of a deletion\n")
			raw, err := s.Sign(content, at)
			if err != nil {
				t.Fatal(err)
			}
			sd, err := cms.Parse(raw)
			if err != nil || len(sd.Signers) != 1 {
				t.Fatalf("parsed: %+v, %v", sd, err)
			}
			block, _ := pem.Decode(cert)
			x, err := certificate.Parse(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			signer := sd.Signers[0]
			if !signer.Names(x) {
				t.Error("the signature does not name its certificate")
			}
			if err := signer.Verify(x.Key, content); err != nil {
				t.Error(err)
			}
			if err := signer.Verify(x.Key, []byte("another\n")); err == nil {
				t.Error("it verifies over other content")
			}
			openssl(t, cert, content, raw)
		})
	}
}

func openssl(t *testing.T, cert, content, signature []byte) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Log("openssl is not there")
		return
	}
	folder := t.TempDir()
	for name, data := range map[string][]byte{"SIGNER.pem": cert, "ID.json": content, "ID.json.p7s": signature} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := strings.Fields("cms -verify -binary -inform DER -in ID.json.p7s -content ID.json -CAfile SIGNER.pem -purpose any -out /dev/null")
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %v\n%s", err, out)
	}
}

func TestNewRefuses(t *testing.T) {
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := certificateOf(t, e, big.NewInt(1))
	keys := map[string]crypto.PrivateKey{"not of the certificate": other, "no key": nil, "no signer": "a key"}
	if weak, err := rsa.GenerateKey(rand.Reader, 1024); err == nil { // some versions of Go make none
		keys["weak"] = weak
		weakCert := certificateOf(t, weak, big.NewInt(1))
		cert = append(cert, weakCert...)
	}
	for name, key := range keys {
		if _, err := New(key, certificatesOf(t, cert)); err == nil {
			t.Errorf("%s: it is accepted", name)
		}
	}
	if _, err := New(e, nil); err == nil {
		t.Error("without a certificate: it is accepted")
	}
}

// certificatesOf reads PEM.
func certificatesOf(t *testing.T, raw []byte) (out []*x509.Certificate) {
	t.Helper()
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		x, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}
