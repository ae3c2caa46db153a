package tst

import (
	"bytes"
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/evidence"
)

func TestReadsAndVerifiesWhatTimestampBuilds(t *testing.T) {
	tsa := newAuthority(t)
	_, raw := tsa.stamp(t, nil)
	tok, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !tok.GenTime.Equal(genTime) || tok.Accuracy != 1500*time.Millisecond || !tok.HasAccuracy || !tok.Ordering || tok.Version != 1 {
		t.Errorf("genTime %s accuracy %s ordering %v version %d", tok.GenTime, tok.Accuracy, tok.Ordering, tok.Version)
	}
	if tok.Policy != "0.4.0.2023.1.1" || tok.HashAlgorithm != algo.SHA256 || tok.Nonce.Int64() != 4711 || !tok.Qualified {
		t.Errorf("policy %s hash %s nonce %s qualified %v", tok.Policy, tok.HashAlgorithm, tok.Nonce, tok.Qualified)
	}
	if len(tok.Problems) != 0 || tok.ID != evidence.Of(raw) {
		t.Errorf("problems %q", tok.Problems)
	}
	if same, ok := tok.ImprintIs(document); !same || !ok {
		t.Error("imprint is not of the document")
	}
	if same, _ := tok.ImprintIs(document[1:]); same {
		t.Error("imprint is of another document")
	}
	candidates := tok.Candidates()
	if len(candidates) != 1 || candidates[0].ID != tsa.cert.ID {
		t.Fatalf("%d candidates", len(candidates))
	}
	if !tok.SignerMatches(tsa.cert) {
		t.Error("sid does not name the TSA")
	}
	if present, ok := tok.CertificateReferenceMatches(tsa.cert); !present || !ok {
		t.Errorf("signing-certificate present %v ok %v", present, ok)
	}
	if present, ok := tok.IssuerSerialMatches(tsa.cert); present && !ok {
		t.Error("issuer and serial number of the reference differ")
	}
	if err := tok.Verify(tsa.cert); err != nil {
		t.Error(err)
	}

	other := newAuthority(t)
	if err := tok.Verify(other.cert); !errors.Is(err, cms.ErrValue) {
		t.Errorf("another TSA's key: %v", err)
	}
	if tok.SignerMatches(other.cert) {
		t.Error("sid names another TSA")
	}
	if present, ok := tok.CertificateReferenceMatches(other.cert); !present || ok {
		t.Errorf("another TSA's certificate: present %v ok %v", present, ok)
	}
	if err := tok.Verify(nil); err == nil {
		t.Error("verifies without certificate")
	}
}

// TestWithoutCertificates: digitorus/timestamp accepts an altered token that
// carries no certificate (deps.md A); we read it, and verify with the
// certificate from elsewhere.
func TestWithoutCertificates(t *testing.T) {
	tsa := newAuthority(t)
	_, raw := tsa.stamp(t, func(ts *timestamp.Timestamp) { ts.AddTSACertificate = false })
	tok, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(tok.Candidates()) != 0 {
		t.Fatal("the token has certificates")
	}
	if err := tok.Verify(tsa.cert); err != nil {
		t.Error(err)
	}
	altered := bytes.Replace(raw, []byte("20240229123456Z"), []byte("20230229123456Z"), 1)
	altered = bytes.Replace(altered, []byte("20230229"), []byte("20230228"), 1)
	tok, err = Parse(altered)
	if err != nil {
		t.Fatal(err)
	}
	if err := tok.Verify(tsa.cert); !errors.Is(err, cms.ErrDigest) {
		t.Errorf("altered genTime %s: %v", tok.GenTime, err)
	}
}

func TestEveryOctetOfTSTInfoCountsR6(t *testing.T) {
	tsa := newAuthority(t)
	_, raw := tsa.stamp(t, nil)
	tok, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, tok.CMS.Content)
	for i := range tok.CMS.Content {
		altered := bytes.Clone(raw)
		altered[at+i] ^= 1
		if got, err := Parse(altered); err == nil && got.Verify(tsa.cert) == nil {
			t.Errorf("octet %d of TSTInfo altered, still verifies", i)
		}
	}
}

func TestQualifiedIsOnlyTheStatement(t *testing.T) {
	tsa := newAuthority(t)
	statement := func(oid asn1.ObjectIdentifier, critical bool, value any) pkix.Extension {
		raw, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return pkix.Extension{Id: oid, Critical: critical, Value: raw}
	}
	type qc struct{ ID asn1.ObjectIdentifier }
	statements := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}
	for name, c := range map[string]struct {
		extensions []pkix.Extension
		qualified  bool
		critical   int
		problems   int
	}{
		"none":              {nil, false, 0, 0},
		"the statement":     {[]pkix.Extension{statement(statements, false, []qc{{asn1.ObjectIdentifier{0, 4, 0, 19422, 1, 1}}})}, true, 0, 0},
		"among others":      {[]pkix.Extension{statement(statements, false, []qc{{asn1.ObjectIdentifier{1, 2, 3}}, {asn1.ObjectIdentifier{0, 4, 0, 19422, 1, 1}}})}, true, 0, 0},
		"another statement": {[]pkix.Extension{statement(statements, false, []qc{{asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 1}}})}, false, 0, 0},
		"other extension":   {[]pkix.Extension{statement(asn1.ObjectIdentifier{1, 2, 3}, false, []qc{{asn1.ObjectIdentifier{0, 4, 0, 19422, 1, 1}}})}, false, 0, 0},
		"critical":          {[]pkix.Extension{statement(asn1.ObjectIdentifier{1, 2, 3}, true, 1)}, false, 1, 0},
		"unreadable":        {[]pkix.Extension{statement(statements, false, []int{1})}, false, 0, 1},
	} {
		_, raw := tsa.stamp(t, func(ts *timestamp.Timestamp) { ts.Qualified, ts.ExtraExtensions = false, c.extensions })
		tok, err := Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if tok.Qualified != c.qualified || len(tok.CriticalUnknown) != c.critical || len(tok.Problems) != c.problems {
			t.Errorf("%s: qualified %v critical %q problems %q", name, tok.Qualified, tok.CriticalUnknown, tok.Problems)
		}
	}
}

// info builds a TSTInfo by hand and wraps it into SignedData of tsa.
func (a authority) wrap(t testing.TB, info []byte) []byte {
	t.Helper()
	sd, err := pkcs7.NewSignedData(info)
	if err != nil {
		t.Fatal(err)
	}
	sd.SetContentType(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4})
	sd.SetDigestAlgorithm(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1})
	if err := sd.AddSigner(a.x509, a.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	raw, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTSTInfoFields(t *testing.T) {
	tsa := newAuthority(t)
	sha256 := []byte{0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1}
	imprint := func(n int) []byte { return der.Encode(0x30, sha256, der.Encode(4, make([]byte, n))) }
	head := [][]byte{{2, 1, 1}, {6, 3, 0x2a, 3, 4}, imprint(32), {2, 1, 9}}
	at := func(s string) []byte { return der.Encode(0x18, []byte(s)) }
	accuracy := func(parts ...[]byte) []byte { return der.Encode(0x30, parts...) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		head     [][]byte
		tail     []byte
		fails    string
		problems int
		time     time.Time
		accuracy time.Duration
	}{
		"least":             {head, at("20240229123456Z"), "", 0, genTime, 0},
		"fractions":         {head, at("20240229123456.789Z"), "", 0, genTime.Add(789 * time.Millisecond), 0},
		"no zone":           {head, at("20240229123456"), "", 1, genTime, 0},
		"accuracy all":      {head, join(at("20240229123456Z"), accuracy([]byte{2, 1, 2}, []byte{0x80, 1, 3}, []byte{0x81, 1, 4})), "", 0, genTime, 2*time.Second + 3*time.Millisecond + 4*time.Microsecond},
		"accuracy micros":   {head, join(at("20240229123456Z"), accuracy([]byte{0x81, 2, 3, 0xe7})), "", 0, genTime, 999 * time.Microsecond},
		"accuracy empty":    {head, join(at("20240229123456Z"), accuracy()), "", 0, genTime, 0},
		"accuracy negative": {head, join(at("20240229123456Z"), accuracy([]byte{2, 1, 0xff})), "out of range", 0, genTime, 0},
		"accuracy too many": {head, join(at("20240229123456Z"), accuracy([]byte{0x80, 2, 3, 0xe8})), "out of range", 0, genTime, 0},
		"imprint too short": {[][]byte{head[0], head[1], imprint(20), head[3]}, at("20240229123456Z"), "", 1, genTime, 0},
		"version 2":         {[][]byte{{2, 1, 2}, head[1], head[2], head[3]}, at("20240229123456Z"), "", 1, genTime, 0},
		"UTCTime":           {head, der.Encode(0x17, []byte("240229123456Z")), "GeneralizedTime should stand", 0, genTime, 0},
		"no genTime":        {head, nil, "genTime", 0, genTime, 0},
		"no such day":       {head, at("20240230123456Z"), "is not a time", 0, genTime, 0},
		"something after":   {head, join(at("20240229123456Z"), []byte{5, 0}), "", 1, genTime, 0},
		"no imprint":        {[][]byte{head[0], head[1]}, at("20240229123456Z"), "messageImprint", 0, genTime, 0},
	} {
		tok, err := Parse(tsa.wrap(t, der.Encode(0x30, append(c.head[:len(c.head):len(c.head)], c.tail)...)))
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: error %v, want one that says %q", name, err, c.fails)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(tok.Problems) != c.problems || !tok.GenTime.Equal(c.time) || tok.Accuracy != c.accuracy {
			t.Errorf("%s: problems %q genTime %s accuracy %s", name, tok.Problems, tok.GenTime, tok.Accuracy)
		}
		if err := tok.Verify(tsa.cert); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if present, _ := tok.CertificateReferenceMatches(tsa.cert); present {
			t.Errorf("%s: a signing-certificate attribute is seen", name)
		}
	}
}

func TestNotATokenF8(t *testing.T) {
	tsa := newAuthority(t)
	response, raw := tsa.stamp(t, nil)
	sd, err := pkcs7.NewSignedData(document)
	if err != nil {
		t.Fatal(err)
	}
	sd.SetDigestAlgorithm(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1})
	for range 2 {
		if err := sd.AddSigner(tsa.x509, tsa.key, pkcs7.SignerInfoConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	data, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	sd.SetContentType(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4})
	two, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	for says, in := range map[string][]byte{
		"TimeStampResp": response, "OCTET STRING": der.Encode(4, raw), "not TSTInfo": data, "2 SignerInfos": two, "ends inside": nil,
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func TestClient(t *testing.T) {
	tsa := newAuthority(t)
	sum, _ := algo.SHA256.Sum(document)
	raw, err := NewRequest(algo.SHA256, sum, big.NewInt(4711))
	if err != nil {
		t.Fatal(err)
	}
	request, err := timestamp.ParseRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	if request.HashAlgorithm != crypto.SHA256 || !bytes.Equal(request.HashedMessage, sum) || !request.Certificates || request.Nonce.Int64() != 4711 {
		t.Errorf("request %+v", request)
	}
	for _, bad := range []algo.Digest{"", algo.MD5, algo.SHA512} {
		if _, err := NewRequest(bad, sum, nil); err == nil {
			t.Errorf("request with digest %q", bad)
		}
	}
	response, token := tsa.stamp(t, nil)
	tok, err := ParseResponse(response)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(tok.Raw, token) || tok.Verify(tsa.cert) != nil {
		t.Error("the response's token is not the token")
	}
	refused, err := timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.UnacceptedPolicy)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseResponse(refused); err == nil || !strings.Contains(err.Error(), "policy is not supported") {
		t.Errorf("refusal reads %v", err)
	}
	for _, in := range [][]byte{nil, token, {0x30, 0}, {0x30, 5, 0x30, 3, 2, 1, 0}} {
		if _, err := ParseResponse(in); err == nil {
			t.Errorf("response %x… is read", in[:min(len(in), 8)])
		}
	}
}

func FuzzParse(f *testing.F) {
	tsa := newAuthority(f)
	response, raw := tsa.stamp(f, nil)
	f.Add(raw)
	f.Add(response)
	_, bare := tsa.stamp(f, func(ts *timestamp.Timestamp) { ts.AddTSACertificate, ts.Qualified = false, false })
	f.Add(bare)
	f.Fuzz(func(t *testing.T, in []byte) {
		_, _ = ParseResponse(in)
		tok, err := Parse(in)
		if err != nil {
			return
		}
		tok.Candidates()
		tok.SignerMatches(tsa.cert)
		tok.CertificateReferenceMatches(tsa.cert)
		if tok.Verify(tsa.cert) == nil && !tok.GenTime.Equal(genTime) {
			t.Fatalf("a token of %s verifies", tok.GenTime)
		}
	})
}
