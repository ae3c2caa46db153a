package revocation

import (
	"bytes"
	"crypto"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

type world struct{ ca, other, signer, responder party }

func newWorld(t testing.TB) world {
	ca := newParty(t, "Test CA", big.NewInt(1), nil)
	return world{
		ca: ca, other: newParty(t, "Other CA", big.NewInt(1), nil),
		signer:    newParty(t, "Signer", new(big.Int).Lsh(big.NewInt(0x81), 120), &ca),
		responder: newParty(t, "Responder", big.NewInt(3), &ca),
	}
}

// TestReadsWhatOCSPBuilds compares every fact with what x/crypto/ocsp reads.
func TestReadsWhatOCSPBuilds(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*ocsp.Response){
		"good":    nil,
		"unknown": func(r *ocsp.Response) { r.Status = ocsp.Unknown },
		"revoked": func(r *ocsp.Response) {
			r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, revokedAt, ocsp.KeyCompromise
		},
		"on hold": func(r *ocsp.Response) {
			r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, revokedAt, ocsp.CertificateHold
		},
		"SHA-256":      func(r *ocsp.Response) { r.IssuerHash = crypto.SHA256 },
		"SHA-512":      func(r *ocsp.Response) { r.IssuerHash = crypto.SHA512 },
		"without cert": func(r *ocsp.Response) { r.Certificate = nil },
	} {
		raw := answer(t, w.ca, w.responder, w.signer.cert.Serial, change)
		o, err := ParseOCSP(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := ocsp.ParseResponse(raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := o.For(w.signer.cert, w.ca.cert)
		if s == nil {
			t.Errorf("%s: no answer about the signer", name)
			continue
		}
		status := map[Status]int{Good: ocsp.Good, Revoked: ocsp.Revoked, Unknown: ocsp.Unknown}[s.Status]
		if status != want.Status || !s.ThisUpdate.Equal(want.ThisUpdate) || s.NextUpdate == nil || !s.NextUpdate.Equal(want.NextUpdate) ||
			!o.ProducedAt.Equal(want.ProducedAt) || s.Serial.Cmp(want.SerialNumber) != 0 || !bytes.Equal(o.Value, want.Signature) ||
			!bytes.Equal(o.TBS, want.TBSResponseData) || !bytes.Equal(o.ResponderName, want.RawResponderName) {
			t.Errorf("%s: reads %+v, the library %+v", name, s, want)
		}
		if s.Status == Revoked && (!s.RevokedAt.Equal(want.RevokedAt) || s.Reason != want.RevocationReason) || s.Status != Revoked && s.Reason != NoReason {
			t.Errorf("%s: revoked at %s for reason %d", name, s.RevokedAt, s.Reason)
		}
		if (len(o.Certificates) == 1) != (want.Certificate != nil) {
			t.Errorf("%s: %d certificates", name, len(o.Certificates))
		}
		if !o.ResponderIs(w.responder.cert) || o.ResponderIs(w.ca.cert) {
			t.Errorf("%s: responder is not told apart", name)
		}
		if err := o.Verify(w.responder.cert); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if o.Verify(w.ca.cert) == nil || o.Verify(nil) == nil {
			t.Errorf("%s: verifies with another key", name)
		}
		// The BasicOCSPResponse alone reads the same.
		basic, err := ParseOCSP(o.Basic)
		if err != nil || basic.Verify(w.responder.cert) != nil || basic.For(w.signer.cert, w.ca.cert) == nil {
			t.Errorf("%s: bare BasicOCSPResponse: %v", name, err)
		}
		if len(o.Problems)+len(basic.Problems) != 0 {
			t.Errorf("%s: problems %q %q", name, o.Problems, basic.Problems)
		}
	}
}

func TestForMatchesExactlyR3(t *testing.T) {
	w := newWorld(t)
	o, err := ParseOCSP(answer(t, w.ca, w.responder, w.signer.cert.Serial, nil))
	if err != nil {
		t.Fatal(err)
	}
	if o.For(w.responder.cert, w.ca.cert) != nil {
		t.Error("answers for another serial number")
	}
	if o.For(w.signer.cert, w.other.cert) != nil {
		t.Error("answers for another issuer")
	}
	if o.For(nil, w.ca.cert) != nil || o.For(w.signer.cert, nil) != nil {
		t.Error("answers for nothing")
	}
	// Same name and serial number, another key.
	namesake := newParty(t, "Test CA", big.NewInt(1), nil)
	if o.For(w.signer.cert, namesake.cert) != nil {
		t.Error("answers for a namesake of the issuer")
	}
	// A CertID of an algorithm that cannot be computed matches nothing, even
	// with empty hashes.
	id := seq(seq(oidDER("1.2.3.4")), octets(nil), octets(nil), marshal(t, w.signer.cert.Serial))
	o, err = ParseOCSP(basicResponse(t, w.ca, explicit(1, w.ca.cert.RawSubject), [][]byte{seq(id, []byte{0x80, 0}, generalized("20240229120000Z"))}))
	if err != nil {
		t.Fatal(err)
	}
	if o.For(w.signer.cert, w.ca.cert) != nil {
		t.Error("answers by an unknown digest")
	}
}

func TestSeveralResponsesR3(t *testing.T) {
	w := newWorld(t)
	id := certID(t, algo.SHA256, "2.16.840.1.101.3.4.2.1", w.signer, w.ca)
	other := certID(t, algo.SHA256, "2.16.840.1.101.3.4.2.1", w.responder, w.ca)
	sha1 := certID(t, algo.SHA1, "1.3.14.3.2.26", w.signer, w.ca)
	good, unknown := []byte{0x80, 0}, []byte{0x82, 0}
	revoked := explicit(1, generalized("20240201102030Z"))
	early, late := generalized("20240101000000Z"), generalized("20240229120000Z")
	for name, c := range map[string]struct {
		singles [][]byte
		want    Status
	}{
		"latest wins":           {[][]byte{seq(id, revoked, late), seq(id, good, early)}, Revoked},
		"latest wins, good":     {[][]byte{seq(id, revoked, early), seq(id, good, late)}, Good},
		"same time, gravest":    {[][]byte{seq(id, good, late), seq(id, revoked, late), seq(id, unknown, late)}, Revoked},
		"other certificate":     {[][]byte{seq(other, revoked, late), seq(id, good, early)}, Good},
		"other CertID digest":   {[][]byte{seq(sha1, revoked, late), seq(id, good, early)}, Revoked},
		"unknown is not good":   {[][]byte{seq(id, unknown, late)}, Unknown},
		"good in definite form": {[][]byte{seq(id, []byte{0x80, 0}, late)}, Good},
	} {
		o, err := ParseOCSP(basicResponse(t, w.ca, explicit(1, w.ca.cert.RawSubject), c.singles))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := o.For(w.signer.cert, w.ca.cert); s == nil || s.Status != c.want {
			t.Errorf("%s: %+v, want %s", name, s, c.want)
		}
	}
}

func TestOCSPExtensions(t *testing.T) {
	w := newWorld(t)
	id := certID(t, algo.SHA1, "1.3.14.3.2.26", w.signer, w.ca)
	sum, _ := algo.SHA256.Sum(w.signer.cert.Raw)
	certHash := seq(seq(oidDER("2.16.840.1.101.3.4.2.1")), octets(sum))
	single := func(x ...[]byte) []byte {
		return seq(id, []byte{0x80, 0}, generalized("20240229120000Z"), explicit(1, seq(x...)))
	}
	cutoff := generalized("20000101000000Z")
	bits, err := keyBits(w.ca.cert.RawSPKI)
	if err != nil {
		t.Fatal(err)
	}
	keyHash, _ := algo.SHA1.Sum(bits)
	raw := basicResponse(t, w.ca, explicit(2, octets(keyHash)),
		[][]byte{single(extension(oidCertHash, false, certHash), extension(oidArchiveCutoff, false, cutoff), extension("1.2.3.4", true, nil), extension("1.2.3.5", false, nil))},
		extension(oidNonce, false, octets([]byte("nonce"))), extension(oidArchiveCutoff, false, cutoff), extension("1.2.3.6", true, nil))
	o, err := ParseOCSP(raw)
	if err != nil {
		t.Fatal(err)
	}
	if string(o.Nonce) != "nonce" || len(o.RawNonce) != 7 || o.ArchiveCutoff == nil || len(o.CriticalUnknown) != 1 || o.CriticalUnknown[0] != "1.2.3.6" {
		t.Errorf("nonce %q cutoff %v critical %q", o.Nonce, o.ArchiveCutoff, o.CriticalUnknown)
	}
	if !o.ResponderIs(w.ca.cert) || o.ResponderIs(w.other.cert) {
		t.Error("byKey does not tell responders apart")
	}
	if err := o.Verify(w.ca.cert); err != nil {
		t.Error(err)
	}
	s := o.For(w.signer.cert, w.ca.cert)
	if s == nil || s.ArchiveCutoff == nil || !s.ArchiveCutoff.Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) || s.NextUpdate != nil {
		t.Fatalf("single %+v", s)
	}
	if len(s.CriticalUnknown) != 1 || s.CriticalUnknown[0] != "1.2.3.4" {
		t.Errorf("critical %q", s.CriticalUnknown)
	}
	if present, ok := s.CertHashMatches(w.signer.cert); !present || !ok {
		t.Error("certHash is not of the signer")
	}
	if _, ok := s.CertHashMatches(w.ca.cert); ok {
		t.Error("certHash is of another certificate")
	}
	// A raw nonce (not wrapped) stays as it is.
	o, err = ParseOCSP(basicResponse(t, w.ca, explicit(1, w.ca.cert.RawSubject), [][]byte{single()}, extension(oidNonce, false, []byte("12345678901234567890"))))
	if err != nil || string(o.Nonce) != "12345678901234567890" {
		t.Errorf("raw nonce %q (%v)", o.Nonce, err)
	}
}

func TestOCSPRefusals(t *testing.T) {
	w := newWorld(t)
	id := certID(t, algo.SHA1, "1.3.14.3.2.26", w.signer, w.ca)
	single := seq(id, []byte{0x80, 0}, generalized("20240229120000Z"))
	many := make([][]byte, maxSingleResponses+1)
	for i := range many {
		many[i] = single
	}
	name := explicit(1, w.ca.cert.RawSubject)
	for says, in := range map[string][]byte{
		"tryLater":                       ocsp.TryLaterErrorResponse,
		"unauthorized":                   ocsp.UnauthorizedErrorResponse,
		"not id-pkix-ocsp-basic":         seq([]byte{0x0a, 1, 0}, explicit(0, seq(oidDER("1.2.3"), octets(nil)))),
		"[0] is missing":                 seq([]byte{0x0a, 1, 0}),
		"more than 1000 SingleResponses": basicResponse(t, w.ca, name, many),
		"neither byName nor byKey":       basicResponse(t, w.ca, explicit(3, w.ca.cert.RawSubject), [][]byte{single}),
		"none of good, revoked, unknown": basicResponse(t, w.ca, name, [][]byte{seq(id, []byte{0x83, 0}, generalized("20240229120000Z"))}),
		"thisUpdate":                     basicResponse(t, w.ca, name, [][]byte{seq(id, []byte{0x80, 0})}),
		"at most":                        make([]byte, maxOCSPSize+1),
	} {
		if _, err := ParseOCSP(in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func TestEveryOctetOfOCSPCounts(t *testing.T) {
	w := newWorld(t)
	raw := answer(t, w.ca, w.responder, w.signer.cert.Serial, func(r *ocsp.Response) { r.Certificate = nil })
	o, err := ParseOCSP(raw)
	if err != nil {
		t.Fatal(err)
	}
	from := bytes.Index(raw, o.TBS)
	for i := from; i < from+len(o.TBS); i++ {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		if got, err := ParseOCSP(altered); err == nil && got.Verify(w.responder.cert) == nil {
			t.Errorf("octet %d altered, still verifies", i)
		}
	}
}

func TestNewRequest(t *testing.T) {
	w := newWorld(t)
	raw, err := NewRequest(w.signer.cert, w.ca.cert)
	if err != nil {
		t.Fatal(err)
	}
	request, err := ocsp.ParseRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := certID(t, algo.SHA1, "1.3.14.3.2.26", w.signer, w.ca)
	if !bytes.Contains(want, request.IssuerKeyHash) || !bytes.Contains(want, request.IssuerNameHash) || request.SerialNumber.Cmp(w.signer.cert.Serial) != 0 {
		t.Errorf("request %+v", request)
	}
	if _, err := NewRequest(w.signer.cert, nil); err == nil {
		t.Error("request without issuer")
	}
}

func FuzzParseOCSP(f *testing.F) {
	w := newWorld(f)
	f.Add(answer(f, w.ca, w.responder, w.signer.cert.Serial, nil))
	f.Add(answer(f, w.ca, w.ca, w.signer.cert.Serial, func(r *ocsp.Response) {
		r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, revokedAt, ocsp.KeyCompromise
	}))
	id := certID(f, algo.SHA1, "1.3.14.3.2.26", w.signer, w.ca)
	f.Add(basicResponse(f, w.ca, explicit(2, octets(make([]byte, 20))),
		[][]byte{seq(id, []byte{0x80, 0}, generalized("20240229120000Z"), explicit(0, generalized("20240301120000Z")), explicit(1, seq(extension(oidArchiveCutoff, true, generalized("20000101000000Z")))))},
		extension(oidNonce, false, der.Encode(4, []byte("nonce")))))
	f.Fuzz(func(t *testing.T, in []byte) {
		o, err := ParseOCSP(in)
		if err != nil {
			return
		}
		o.For(w.signer.cert, w.ca.cert)
		o.ResponderIs(w.responder.cert)
		_ = o.Verify(w.responder.cert)
	})
}
