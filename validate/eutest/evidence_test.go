package eutest_test

import (
	"bytes"
	"crypto"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/tst"
	"golang.org/x/crypto/ocsp"
)

func TestOCSP(t *testing.T) {
	w, ca, _ := small(t)
	before, after := w.Now().AddDate(0, 0, -1), w.Now().AddDate(0, 0, 1)
	tests := map[string]struct {
		signer  *eutest.Signer
		options eutest.OCSPOptions
		status  int
		reason  int
	}{
		"good":            {ca.Signer(), eutest.OCSPOptions{}, ocsp.Good, 0},
		"revoked before":  {ca.Signer().RevokedOn(before, eutest.KeyCompromise), eutest.OCSPOptions{}, ocsp.Revoked, ocsp.KeyCompromise},
		"revoked after":   {ca.Signer().RevokedOn(after, eutest.KeyCompromise), eutest.OCSPOptions{}, ocsp.Good, 0},
		"on hold":         {ca.Signer().OnHold(before), eutest.OCSPOptions{}, ocsp.Revoked, ocsp.CertificateHold},
		"unknown":         {ca.Signer(), eutest.OCSPOptions{Status: "unknown"}, ocsp.Unknown, 0},
		"forced good":     {ca.Signer().RevokedOn(before, 0), eutest.OCSPOptions{Status: "good"}, ocsp.Good, 0},
		"nonce, certHash": {ca.Signer(), eutest.OCSPOptions{Nonce: []byte("nonce"), CertHash: true, NextUpdate: after}, ocsp.Good, 0},
		"SHA-256 CertID":  {ca.Signer(), eutest.OCSPOptions{Hash: crypto.SHA256, Digest: crypto.SHA512}, ocsp.Good, 0},
	}
	responders := map[string]*eutest.Responder{"delegated": ca.OCSP(), "by name": ca.OCSP(eutest.ByName()), "the CA itself": ca.OCSPDirect(), "RSA": ca.OCSP(eutest.RSA(2048))}
	for name, test := range tests {
		for who, responder := range responders {
			raw := responder.Response(test.signer.Certificate, test.options)
			r, err := ocsp.ParseResponseForCert(raw, test.signer.Parsed, ca.Parsed)
			if err != nil {
				t.Errorf("%s, %s: %v", name, who, err)
				continue
			}
			if r.Status != test.status || r.RevocationReason != test.reason && test.status == ocsp.Revoked || !r.ProducedAt.Equal(w.Now()) {
				t.Errorf("%s, %s: status %d reason %d at %s, want %d %d %s", name, who, r.Status, r.RevocationReason, r.ProducedAt, test.status, test.reason, w.Now())
			}
			ours, err := revocation.ParseOCSP(raw)
			if err != nil {
				t.Errorf("%s, %s: our own reader: %v", name, who, err)
				continue
			}
			if by := parse(t, responder.Raw); !ours.ResponderIs(by) || ours.Verify(by) != nil {
				t.Errorf("%s, %s: our own reader does not find the responder, or not its signature", name, who)
			}
			if ours.For(parse(t, test.signer.Raw), parse(t, ca.Raw)) == nil {
				t.Errorf("%s, %s: our own reader does not find the certificate in it", name, who)
			}
		}
	}
}

func TestOCSPWrongOnPurpose(t *testing.T) {
	_, ca, _ := small(t)
	other := ca.Provider.CA("TEST other")
	s := ca.Signer()
	r := ca.OCSP()
	if _, err := ocsp.ParseResponse(r.Response(s.Certificate, eutest.OCSPOptions{WrongSignature: true}), ca.Parsed); err == nil {
		t.Error("an answer with a wrong signature verifies")
	}
	if _, err := ocsp.ParseResponse(ca.OCSP(eutest.IssuedBy(other)).Response(s.Certificate, eutest.OCSPOptions{}), ca.Parsed); err == nil {
		t.Error("an answer by a responder of another CA verifies under this one")
	}
	if c := ca.OCSP(eutest.ExtendedKeyUsage(false), eutest.NoCheck(false)).Parsed; len(c.ExtKeyUsage) > 0 || len(parse(t, c.Raw).ExtKeyUsage) > 0 || parse(t, c.Raw).OCSPNoCheck {
		t.Error("a responder without EKU has one, or has nocheck")
	}
	var refused ocsp.ResponseError
	if _, err := ocsp.ParseResponse(r.Response(s.Certificate, eutest.OCSPOptions{ResponseStatus: 3}), nil); !errors.As(err, &refused) || refused.Status != ocsp.TryLater {
		t.Errorf("tryLater is read as %v", err)
	}
	wrong, err := revocation.ParseOCSP(r.Response(s.Certificate, eutest.OCSPOptions{Issuer: other.Certificate}))
	if err != nil || wrong.For(parse(t, s.Raw), parse(t, ca.Raw)) != nil {
		t.Errorf("a CertID of another issuer fits (%v)", err)
	}
}

func TestCRL(t *testing.T) {
	w, ca, _ := small(t)
	revoked, held, later := ca.Signer(), ca.Signer(), ca.Signer()
	revoked.RevokedOn(w.Now().AddDate(0, -1, 0), eutest.KeyCompromise)
	held.OnHold(w.Now().AddDate(0, -1, 0))
	later.RevokedOn(w.Now().AddDate(0, 1, 0), eutest.Superseded)
	raw := ca.CRL(w.Now(), eutest.CRLOptions{Number: 7, ExpiredCertsSince: w.Now().AddDate(-5, 0, 0)})
	crl, err := x509.ParseRevocationList(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := crl.CheckSignatureFrom(ca.Parsed); err != nil {
		t.Error(err)
	}
	if len(crl.RevokedCertificateEntries) != 2 || crl.RevokedCertificateEntries[0].ReasonCode != 1 || crl.RevokedCertificateEntries[1].ReasonCode != 6 || crl.Number.Int64() != 7 {
		t.Errorf("entries %v, number %v", crl.RevokedCertificateEntries, crl.Number)
	}
	ours, err := revocation.ParseCRL(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, found := ours.Lookup(later.Parsed.SerialNumber); found || ours.Verify(parse(t, ca.Raw)) != nil || ours.ExpiredCertsOnCRL == nil {
		t.Error("our own reader finds one that was not revoked yet, or no signature, or no expiredCertsOnCRL")
	}
	if ours, err = revocation.ParseCRL(ca.CRL(w.Now(), eutest.CRLOptions{WrongSignature: true})); err != nil || ours.Verify(parse(t, ca.Raw)) == nil {
		t.Errorf("a CRL with a wrong signature verifies (%v)", err)
	}
}

func TestTokens(t *testing.T) {
	w, _, tsa := small(t)
	at := time.Date(2025, 2, 3, 4, 5, 6, 0, time.UTC)
	rsaTSA := w.MemberState("EE").Provider("SK ID Solutions AS").TSA("TEST TSA R", eutest.RSA(2048))
	for name, unit := range map[string]*eutest.TSA{"EC": tsa, "RSA": rsaTSA} {
		raw := unit.Token([]byte("stamped"), eutest.TokenOptions{Time: at, Hash: crypto.SHA512, Accuracy: 1500 * time.Millisecond, Qualified: true})
		theirs, err := timestamp.Parse(raw)
		if err != nil {
			t.Fatalf("%s: digitorus/timestamp: %v", name, err)
		}
		want := sha512.Sum512([]byte("stamped"))
		if !theirs.Time.Equal(at) || !bytes.Equal(theirs.HashedMessage, want[:]) || !theirs.Qualified || theirs.Accuracy != 1500*time.Millisecond {
			t.Errorf("%s: token of %s, accuracy %s, qualified %t", name, theirs.Time, theirs.Accuracy, theirs.Qualified)
		}
		ours, err := tst.Parse(raw)
		if err != nil {
			t.Fatalf("%s: our own reader: %v", name, err)
		}
		signer := parse(t, unit.Raw)
		if present, ok := ours.CertificateReferenceMatches(signer); ours.Verify(signer) != nil || !ours.SignerMatches(signer) || !present || !ok || len(ours.Problems) > 0 {
			t.Errorf("%s: our own reader: verify %v, reference %t %t, problems %q", name, ours.Verify(signer), present, ok, ours.Problems)
		}
	}
}

func TestTokensWrongOnPurpose(t *testing.T) {
	_, _, tsa := small(t)
	signer := parse(t, tsa.Raw)
	for name, test := range map[string]struct {
		options   eutest.TokenOptions
		reference bool
	}{
		"value":     {eutest.TokenOptions{WrongSignature: true}, true},
		"digest":    {eutest.TokenOptions{WrongDigest: true}, true},
		"reference": {eutest.TokenOptions{Reference: "wrong"}, false},
	} {
		raw := tsa.Token([]byte("stamped"), test.options)
		token, err := tst.Parse(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, ok := token.CertificateReferenceMatches(signer)
		if verifies := token.Verify(signer) == nil; verifies == test.reference || ok != test.reference {
			t.Errorf("%s: verifies %t, reference fits %t", name, verifies, ok)
		}
	}
	good, _ := tst.Parse(tsa.Token([]byte("stamped"), eutest.TokenOptions{}))
	bad, err := tst.Parse(tsa.Token([]byte("stamped"), eutest.TokenOptions{WrongImprint: true}))
	if err != nil || bytes.Equal(good.Imprint, bad.Imprint) || bad.Verify(signer) != nil {
		t.Errorf("a wrong imprint is to stand in a good token (%v)", err)
	}
}

func TestCMS(t *testing.T) {
	w, ca, _ := small(t)
	for _, o := range []eutest.CMSOptions{{}, {SigningTime: w.Now(), Digest: crypto.SHA384}} {
		p7, err := pkcs7.Parse(w.CMS(ca.Signer(eutest.RSA(2048)).Certificate, []byte("content"), o))
		if err != nil {
			t.Fatal(err)
		}
		if err := p7.Verify(); err != nil && !strings.Contains(err.Error(), "expired") {
			t.Error(err)
		}
	}
}

func parse(t *testing.T, raw []byte) *certificate.Certificate {
	t.Helper()
	c, err := certificate.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
