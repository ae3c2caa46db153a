package cades

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// stage is a virtual world with a signer and a time-stamping unit.
type stage struct {
	*eutest.World
	signer *eutest.Signer
	tsa    *eutest.TSA
}

func newStage(t testing.TB) *stage {
	w := eutest.New(t)
	p := w.MemberState("EE").Provider("Test Provider", "VATEE-1")
	ca := p.CA("Test CA")
	return &stage{w, ca.Signer(), p.TSA("Test TSA")}
}

var content = []byte("what is signed")

// one opens a message and wants exactly one signature in it.
func one(t *testing.T, data []byte, files ...File) *signature.Signature {
	t.Helper()
	doc, err := Open(data, files)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Signatures) != 1 {
		t.Fatalf("%d signatures", len(doc.Signatures))
	}
	return doc.Signatures[0]
}

// intact says whether the key of a certificate that the signature offers verifies
// its value, as the judge asks.
func intact(s *signature.Signature) bool {
	if s.ValueProblem != "" {
		return false
	}
	for _, raw := range s.KeyInfo {
		if c, err := certificate.Parse(raw); err == nil && c.Key != nil && c.Key.Verify(s.Algorithm, s.Signed, s.Value) == nil {
			return true
		}
	}
	return false
}

// stamped says whether the imprint of a time-stamp is that of its token.
func stamped(t *testing.T, ts *signature.Timestamp) bool {
	t.Helper()
	token, err := tst.Parse(ts.Raw)
	if err != nil {
		t.Fatal(err)
	}
	sum, ok := ts.Imprint(token.HashAlgorithm)
	return ok && bytes.Equal(sum, token.Imprint)
}

// oidOf encodes an OBJECT IDENTIFIER below 2^14 in each arc but the first two; the
// tests need no others besides those of RSA, whose arcs are written out.
func oidOf(dotted string) []byte {
	var arcs []int
	n := 0
	for _, c := range dotted + "." {
		if c == '.' {
			arcs, n = append(arcs, n), 0
			continue
		}
		n = n*10 + int(c-'0')
	}
	body := []byte{byte(arcs[0]*40 + arcs[1])}
	for _, a := range arcs[2:] {
		var part []byte
		for part = []byte{byte(a & 0x7f)}; a > 0x7f; {
			a >>= 7
			part = append([]byte{byte(a&0x7f) | 0x80}, part...)
		}
		body = append(body, part...)
	}
	return der.Encode(6, body)
}

func attributeOf(oid string, values ...[]byte) []byte {
	return der.Encode(0x30, oidOf(oid), der.Encode(0x31, values...))
}

// parts are a message taken to pieces, to be changed and put together again.
type parts struct {
	sd       *cms.SignedData
	fields   [][]byte // of the first SignerInfo, but for the unsigned attributes
	unsigned [][]byte
	signers  [][]byte // further ones
}

func takeApart(t testing.TB, data []byte) *parts {
	t.Helper()
	sd, err := cms.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	si := sd.Signers[0]
	p := &parts{sd: sd, fields: [][]byte{si.RawVersion, si.RawSID, si.RawDigestAlgorithm, si.RawSignedField, si.RawSignatureAlgorithm, si.RawSignature}}
	for _, a := range si.UnsignedAttributes {
		p.unsigned = append(p.unsigned, a.Raw)
	}
	return p
}

func (p *parts) signer() []byte {
	fields := slices.Clone(p.fields)
	if len(p.unsigned) > 0 {
		fields = append(fields, der.Encode(0xa1, p.unsigned...))
	}
	return der.Encode(0x30, fields...)
}

func (p *parts) bytes() []byte {
	sd := p.sd
	data := der.Encode(0x30, sd.RawVersion, sd.RawDigestAlgorithms, sd.RawEncapContentInfo, sd.RawCertificates, sd.RawCRLs,
		der.Encode(0x31, append([][]byte{p.signer()}, p.signers...)...))
	return der.Encode(0x30, oidOf(cms.OIDSignedData), der.Encode(0xa0, data))
}

// archiveV2 adds an archive time-stamp v2; bare leaves tag and length of the
// unsigned attributes out, as older writers did.
func (s *stage) archiveV2(p *parts, detached []byte, at time.Time, bare bool) {
	message := slices.Concat(p.sd.RawEncapContentInfo, detached, p.sd.RawCertificates, p.sd.RawCRLs)
	message = append(message, bytes.Join(p.fields, nil)...)
	if bare {
		message = append(message, bytes.Join(p.unsigned, nil)...)
	} else {
		message = append(message, der.Encode(0xa1, p.unsigned...)...)
	}
	p.unsigned = append(p.unsigned, attributeOf(oidArchiveTimestampV2, s.tsa.Token(message, eutest.TokenOptions{Time: at})))
}

// hashIndexOf is an ats-hash-index of a version over a message as it is.
func hashIndexOf(p *parts, version int, named bool, extra []byte) []byte {
	hash := func(parts ...[]byte) []byte {
		sum, _ := digestSHA256(bytes.Join(parts, nil))
		return der.Encode(4, sum)
	}
	var lists [3][][]byte
	for _, c := range p.sd.CertificateChoices {
		lists[0] = append(lists[0], hash(c))
	}
	for _, c := range p.sd.RevocationInfoChoices {
		lists[1] = append(lists[1], hash(c))
	}
	for _, a := range p.unsigned {
		if version < 3 {
			lists[2] = append(lists[2], hash(a))
			continue
		}
		e, _ := der.One(a)
		r := e.Reader()
		oid, _ := r.Next()
		set, _ := r.Next()
		for values := set.Reader(); !values.Empty(); {
			v, _ := values.Next()
			lists[2] = append(lists[2], hash(oid.Raw, v.Raw))
		}
	}
	if extra != nil {
		lists[1] = append(lists[1], der.Encode(4, extra))
	}
	var out [][]byte
	if named {
		out = append(out, der.Encode(0x30, []byte(oidSHA256)))
	}
	for _, l := range lists {
		out = append(out, der.Encode(0x30, l...))
	}
	return der.Encode(0x30, out...)
}

// archiveV3 adds an archive time-stamp v3 whose token carries the index. stamped is
// the index that is hashed, where it differs.
func (s *stage) archiveV3(p *parts, content []byte, at time.Time, version int, index, stamped []byte) {
	if stamped == nil {
		stamped = index
	}
	e, _ := der.One(p.sd.RawEncapContentInfo)
	r := e.Reader()
	contentType, _ := r.Next()
	sum, _ := digestSHA256(content)
	message := slices.Concat(contentType.Raw, sum, bytes.Join(p.fields, nil), stamped)
	oid := map[int]string{1: oidHashIndex, 2: oidHashIndexV2, 3: oidHashIndexV3}[version]
	token := s.tsa.Token(message, eutest.TokenOptions{Time: at, Unsigned: [][]byte{attributeOf(oid, index)}})
	p.unsigned = append(p.unsigned, attributeOf(oidArchiveTimestampV3, token))
}
