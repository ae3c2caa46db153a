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
func keyPair(t *testing.T, key crypto.Signer, serial *big.Int) (cert, private []byte) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "Archive of TEST AS"},
		NotBefore: at.AddDate(-1, 0, 0), NotAfter: at.AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	p8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p8})
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
			cert, private := keyPair(t, key, high)
			s, err := Load(cert, private)
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

func TestLoadRefuses(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go makes no RSA keys of 1024 bits")
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weakCert, weakKey := keyPair(t, weak, big.NewInt(1))
	cert, key := keyPair(t, e, big.NewInt(1))
	for name, tc := range map[string][2][]byte{"weak": {weakCert, weakKey}, "not of the certificate": {weakCert, key}, "nothing": {nil, key}, "no key": {cert, nil}} {
		if _, err := Load(tc[0], tc[1]); err == nil {
			t.Errorf("%s: it is accepted", name)
		}
	}
}
