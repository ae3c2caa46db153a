package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/vidimus/vidimus/validate/report/sign"
)

// signFlags name the operator's key, with which reports are signed.
type signFlags struct {
	SignReport         string `name:"sign-report" placeholder:"FILE" help:"With etsi or pdf: sign the report (XAdES or PAdES, level B) with the key of this PKCS#12 or PEM file."`
	SignReportPassword string `name:"sign-report-password-file" placeholder:"FILE" help:"The file whose first line is the password of the PKCS#12 file."`

	key *sign.Key
	at  time.Time
}

// maxSignKey bounds a key file, in octets.
const maxSignKey = 1 << 20

// prepare reads the key once, before anything is judged.
func (f *signFlags) prepare(rt *runtime, format string) error {
	if f.SignReport == "" {
		return nil
	}
	if format != "etsi" && format != "pdf" {
		return usage("--format etsi or --format pdf", "--sign-report signs ETSI and PDF reports; the format is %s", format)
	}
	raw, err := readFile(f.SignReport, maxSignKey)
	if err != nil {
		return usage("", "reading --sign-report: %v", err)
	}
	password, err := f.password()
	if err != nil {
		return err
	}
	private, certificates, err := keyOf(raw, password)
	if err != nil {
		return usage("it is a PKCS#12 file with one key, or a PEM file with an unencrypted key and its certificates", "reading --sign-report %s: %v", f.SignReport, err)
	}
	if f.key, err = sign.NewKey(private, certificates); err != nil {
		return usage("", "--sign-report %s: %v", f.SignReport, err)
	}
	f.at = rt.Now()
	return nil
}

func (f *signFlags) password() (string, error) {
	return passwordOf("sign-report-password-file", f.SignReportPassword)
}

// passwordOf is the first line of the file that a flag names; empty without one.
func passwordOf(flag, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	raw, err := readFile(file, maxSignKey)
	if err != nil {
		return "", usage("", "reading --%s: %v", flag, err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// keyOf reads a private key and certificates from PEM or PKCS#12 (RFC 7292).
func keyOf(raw []byte, password string) (crypto.PrivateKey, []*x509.Certificate, error) {
	if !bytes.Contains(raw, []byte("-----BEGIN ")) {
		private, own, above, err := pkcs12.DecodeChain(raw, password)
		if err != nil {
			return nil, nil, fmt.Errorf("reading PKCS#12: %w", err)
		}
		return private, append([]*x509.Certificate{own}, above...), nil
	}
	var private crypto.PrivateKey
	var certificates []*x509.Certificate
	for rest := raw; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		switch {
		case b.Type == "CERTIFICATE":
			c, err := x509.ParseCertificate(b.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("reading a certificate: %w", err)
			}
			certificates = append(certificates, c)
		case b.Type == "ENCRYPTED PRIVATE KEY" || b.Headers["DEK-Info"] != "":
			return nil, nil, errors.New("its private key is encrypted, which is read from PKCS#12 only: openssl pkcs12 -export -in FILE -out FILE.p12")
		case strings.HasSuffix(b.Type, "PRIVATE KEY"):
			key, err := privateKey(b.Bytes)
			if err != nil {
				return nil, nil, err
			}
			private = key
		}
	}
	if private == nil || len(certificates) == 0 {
		return nil, nil, fmt.Errorf("it holds %d certificates, and a private key: %v; both are needed", len(certificates), private != nil)
	}
	return private, certificates, nil
}

// privateKey reads PKCS#8, PKCS#1 or SEC 1.
func privateKey(raw []byte) (crypto.PrivateKey, error) {
	if k, err := x509.ParsePKCS8PrivateKey(raw); err == nil {
		return k, nil
	}
	if k, err := x509.ParsePKCS1PrivateKey(raw); err == nil {
		return k, nil
	}
	k, err := x509.ParseECPrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	return k, nil
}

// signed signs a report where that was asked for.
func (f *signFlags) signed(format string, out []byte) ([]byte, error) {
	switch {
	case f.key == nil:
		return out, nil
	case format == "etsi":
		return sign.XAdES(out, f.key, f.at)
	}
	return sign.PAdES(out, f.key, f.at)
}
