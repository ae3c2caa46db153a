package ades_test

import (
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/vidimus/vidimus/validate/eutest"
)

// Hooks and worlds that several clauses share.

func b64(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

// swap puts another certificate where one stands among the CertificateValues.
func swap(old, with *eutest.Certificate) func(string) string {
	return func(x string) string {
		const open, end = "<xades:EncapsulatedX509Certificate>", "</xades:EncapsulatedX509Certificate>"
		return replace(open+b64(old.Raw)+end, open+b64(with.Raw)+end)(x)
	}
}

var ocspValue = regexp.MustCompile(`<xades:EncapsulatedOCSPValue>[^<]*</xades:EncapsulatedOCSPValue>`)

// onlyOCSP keeps one of the OCSP answers of RevocationValues.
func onlyOCSP(kept int) func(string) string {
	return func(x string) string {
		n := -1
		return ocspValue.ReplaceAllStringFunc(x, func(v string) string {
			if n++; n == kept {
				return v
			}
			return ""
		})
	}
}

// cut is a hook that takes a part of the XML out, from one mark to before the next.
func cut(from, to string) func(string) string {
	return func(x string) string {
		i := strings.Index(x, from)
		if i < 0 {
			panic("the hook finds no " + from)
		}
		j := strings.Index(x[i:], to)
		if j < 0 {
			panic("the hook finds no " + to)
		}
		return x[:i] + x[i+j:]
	}
}

// both carries out two hooks.
func both(a, b func(string) string) func(string) string {
	return func(x string) string { return b(a(x)) }
}

// noData makes a signature without revocation data of its signer.
func noData(options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		return s.Sign(s.issuer().Signer(options...), contract, eutest.SignOptions{NoRevocation: true})
	}
}

// sign makes a signature by an ordinary signer with these options.
func sign(o eutest.SignOptions) func(*scene) []byte {
	return func(s *scene) []byte { return s.Sign(s.issuer().Signer(), contract, o) }
}

type certificateDER struct {
	TBS       asn1.RawValue
	Algorithm pkix.AlgorithmIdentifier
	Signature asn1.BitString
}

type tbsDER struct {
	Version    int `asn1:"optional,explicit,default:0,tag:0"`
	Serial     asn1.RawValue
	Algorithm  asn1.RawValue
	Issuer     asn1.RawValue
	Validity   asn1.RawValue
	Subject    asn1.RawValue
	Key        asn1.RawValue
	Extensions []pkix.Extension `asn1:"explicit,tag:3"`
}

// resign has the issuer sign the certificate again with some extensions only.
func resign(c *eutest.Certificate, keep func(pkix.Extension) bool) {
	remake(c, func(t *tbsDER) {
		var kept []pkix.Extension
		for _, x := range t.Extensions {
			if keep(x) {
				kept = append(kept, x)
			}
		}
		t.Extensions = kept
	})
}

// remake has the issuer sign the certificate again after an edit of its DER.
func remake(c *eutest.Certificate, edit func(*tbsDER)) {
	var whole certificateDER
	var tbs tbsDER
	must(asn1.Unmarshal(c.Raw, &whole))
	must(asn1.Unmarshal(whole.TBS.FullBytes, &tbs))
	edit(&tbs)
	raw, err := asn1.Marshal(tbs)
	must(nil, err)
	signWhole(c, &whole, raw)
}

// signWhole signs tbs as the certificate's own issuer did.
func signWhole(c *eutest.Certificate, whole *certificateDER, tbs []byte) {
	key := c.Issuer.Key
	digest, hash := digestBy(whole.Algorithm.Algorithm.String(), tbs)
	value, err := key.Sign(nil, digest, hash)
	must(nil, err)
	whole.TBS = asn1.RawValue{FullBytes: tbs}
	whole.Signature = asn1.BitString{Bytes: value, BitLength: 8 * len(value)}
	c.Raw, err = asn1.Marshal(*whole)
	must(nil, err)
}

// digestBy is the digest of a signature algorithm of the virtual EU.
func digestBy(oid string, message []byte) ([]byte, crypto.Hash) {
	if oid == "1.2.840.10045.4.3.3" || oid == "1.2.840.113549.1.1.12" {
		sum := sha512.Sum384(message)
		return sum[:], crypto.SHA384
	}
	sum := sha256.Sum256(message)
	return sum[:], crypto.SHA256
}

func must(_ []byte, err error) {
	if err != nil {
		panic(err)
	}
}
