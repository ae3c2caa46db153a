package cades

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

func (s *stage) token(message []byte, at time.Time) []byte {
	return s.tsa.Token(message, eutest.TokenOptions{Time: at})
}

// TestImprints makes a signature with every kind of time-stamp, each over what the
// table of formats §4.3 says, and reads it back.
func TestImprints(t *testing.T) {
	s := newStage(t)
	at := eutest.DefaultTime
	for _, detached := range []bool{false, true} {
		p := takeApart(t, s.CMS(s.signer.Certificate, content, eutest.CMSOptions{Detached: detached, SigningTime: at, Certificates: []*eutest.Certificate{s.signer.CA.Certificate},
			Attributes: [][]byte{attributeOf(oidContentTimestamp, s.token(content, at))}}))
		value := p.sd.Signers[0].Value
		sum, _ := digestSHA256(s.signer.CA.Raw)
		refs := attributeOf(oidCertificateRefs, der.Encode(0x30, der.Encode(0x30, der.Encode(0x30, der.Encode(0x30, []byte(oidSHA256)), der.Encode(4, sum)))))
		revocation := attributeOf(oidRevocationRefs, der.Encode(0x30))
		stamp := attributeOf(oidSignatureTimestamp, s.token(value, at.Add(time.Minute)))
		inner := func(a []byte) []byte {
			e, _ := der.One(a)
			return e.Body
		}
		p.unsigned = [][]byte{stamp, refs, revocation,
			attributeOf(oidCAdESCTimestamp, s.token(slices.Concat(value, inner(stamp), inner(refs), inner(revocation)), at.Add(2*time.Minute))),
			attributeOf(oidCertCRLTimestamp, s.token(slices.Concat(inner(refs), inner(revocation)), at.Add(3*time.Minute))),
		}
		var outside []byte
		if detached {
			outside = content
		}
		s.archiveV2(p, outside, at.Add(4*time.Minute), false)
		s.archiveV2(p, outside, at.Add(5*time.Minute), true)
		s.archiveV3(p, content, at.Add(6*time.Minute), 1, hashIndexOf(p, 1, false, nil), nil)
		named := hashIndexOf(p, 2, true, nil)
		s.archiveV3(p, content, at.Add(7*time.Minute), 2, hashIndexOf(p, 2, false, nil), named)
		s.archiveV3(p, content, at.Add(8*time.Minute), 3, hashIndexOf(p, 3, true, nil), nil)
		sig := one(t, p.bytes(), File{"a.txt", content})
		if len(sig.Timestamps) != 9 {
			t.Fatalf("%d time-stamps; %v", len(sig.Timestamps), sig.Problems)
		}
		want := []struct {
			kind      signature.TimestampType
			signature bool
			tokens    int
			certs     int
		}{
			{signature.ContentTimestamp, false, 0, 0}, {signature.SignatureTimestamp, true, 1, 1},
			{signature.ValidationDataTimestamp, true, 2, 2}, {signature.ValidationDataRefsTimestamp, false, 0, 1},
			{signature.ArchiveTimestamp, true, 4, 2}, {signature.ArchiveTimestamp, true, 5, 2},
			{signature.ArchiveTimestamp, true, 6, 3}, {signature.ArchiveTimestamp, true, 7, 3}, {signature.ArchiveTimestamp, true, 8, 3},
		}
		for i, ts := range sig.Timestamps {
			w := want[i]
			if !stamped(t, ts) || ts.Type != w.kind || ts.CoversSignature != w.signature || len(ts.CoversTokens) != w.tokens || len(ts.Covers.Certificates) != w.certs || len(ts.Problems) > 0 {
				t.Errorf("detached %v, time-stamp %d: %s imprint %v, signature %v, %d tokens, %d certificates, %v", detached, i, ts.Type, stamped(t, ts),
					ts.CoversSignature, len(ts.CoversTokens), len(ts.Covers.Certificates), ts.Problems)
			}
		}
		// Without the content only what is over attributes can be found.
		if detached {
			for i, ts := range one(t, p.bytes()).Timestamps {
				if got, want := stamped(t, ts), i == 1 || i == 2 || i == 3; got != want {
					t.Errorf("without content, time-stamp %d: %v", i, got)
				}
			}
		}
	}
}

// TestHashIndex: an archive time-stamp v3 covers what its index names and nothing
// else, and one that names what is not there says so (smartcases 128).
func TestHashIndex(t *testing.T) {
	s := newStage(t)
	at := eutest.DefaultTime
	p := takeApart(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{}))
	index := hashIndexOf(p, 3, true, nil)
	s.archiveV3(p, content, at.Add(time.Hour), 3, index, nil)
	last := func(data []byte) *signature.Timestamp {
		sig := one(t, data)
		return sig.Timestamps[len(sig.Timestamps)-1]
	}
	before := last(p.bytes())
	if !stamped(t, before) || len(before.Covers.OCSPs) == 0 || len(before.CoversTokens) != 1 {
		t.Fatalf("covers %d OCSP answers, %d tokens", len(before.Covers.OCSPs), len(before.CoversTokens))
	}
	// What is added later is not covered; the time-stamp stays as it is.
	p.sd.RawCRLs = der.Encode(0xa1, append(slices.Clone(p.sd.RevocationInfoChoices), eutest.OtherRevocation(der.Encode(0x30)))...)
	p.unsigned = slices.Insert(p.unsigned, 0, attributeOf(oidSignatureTimestamp, s.token(p.sd.Signers[0].Value, at.Add(2*time.Hour))))
	after := last(p.bytes())
	if !stamped(t, after) || len(after.Problems) > 0 || len(after.Covers.OCSPs) != len(before.Covers.OCSPs) || len(after.CoversTokens) != 1 {
		t.Errorf("after adding: %v, %d OCSP answers, %d tokens", after.Problems, len(after.Covers.OCSPs), len(after.CoversTokens))
	}
	// What is taken away is told.
	p.sd.RawCRLs = nil
	if gone := last(p.bytes()); len(gone.Problems) != 1 || gone.Problems[0].Code != signature.HashIndex || len(gone.Covers.OCSPs) != 0 {
		t.Errorf("after taking away: %v", gone.Problems)
	}
	for name, broken := range map[string][]byte{"no index": nil, "unreadable index": der.Encode(0x30, der.Encode(2, []byte{1}))} {
		p := takeApart(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{}))
		s.archiveV3(p, content, at.Add(time.Hour), 3, broken, index)
		if ts := last(p.bytes()); stamped(t, ts) || len(ts.Problems) != 1 || ts.Covers.OCSPs != nil {
			t.Errorf("%s: %v", name, ts.Problems)
		}
	}
}

// TestTampered: nothing that a time-stamp is over can be changed unseen.
func TestTampered(t *testing.T) {
	s := newStage(t)
	at := eutest.DefaultTime
	make2 := func() *parts {
		p := takeApart(t, s.SignCAdES(s.signer, content, true, eutest.SignOptions{}))
		s.archiveV2(p, content, at.Add(time.Hour), false)
		return p
	}
	for name, tamper := range map[string]func(p *parts) []byte{
		"content":         func(*parts) []byte { return []byte("changed") },
		"certificates":    func(p *parts) []byte { p.sd.RawCertificates = nil; return content },
		"revocation data": func(p *parts) []byte { p.sd.RawCRLs = nil; return content },
		"value":           func(p *parts) []byte { p.fields[5] = der.Encode(4, []byte("x")); return content },
		"unsigned":        func(p *parts) []byte { p.unsigned = p.unsigned[1:]; return content },
	} {
		p := make2()
		c := tamper(p)
		sig := one(t, p.bytes(), File{"a", c})
		if stamped(t, sig.Timestamps[len(sig.Timestamps)-1]) {
			t.Errorf("%s: the archive time-stamp does not see the change", name)
		}
	}
	sig := one(t, make2().bytes(), File{"a", content})
	if !stamped(t, sig.Timestamps[1]) || !sig.Structure.BaselineLTShape || sig.Structure.ArchiveTimestamp {
		t.Errorf("untouched: %v, %+v", stamped(t, sig.Timestamps[1]), sig.Structure)
	}
}

func TestTimestampShapes(t *testing.T) {
	s := newStage(t)
	p := takeApart(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B}))
	value := p.sd.Signers[0].Value
	token := s.token(value, eutest.DefaultTime)
	p.unsigned = [][]byte{attributeOf(oidSignatureTimestamp, token, s.token(value, eutest.DefaultTime)), attributeOf(oidSignatureTimestamp, der.Encode(0x30, der.Encode(0x30, der.Encode(2, []byte{0})), token)),
		attributeOf(oidSignatureTimestamp), attributeOf(oidSignatureTimestamp, der.Encode(4, token))}
	sig := one(t, p.bytes())
	if len(sig.Timestamps) != 0 || len(sig.Problems) != 4 || sig.Structure.Timestamped {
		t.Errorf("%d time-stamps, %v", len(sig.Timestamps), sig.Problems)
	}
	p.unsigned = [][]byte{attributeOf(oidSignatureTimestamp, token), attributeOf(oidSignatureTimestamp, s.token([]byte("another value"), eutest.DefaultTime))}
	sig = one(t, p.bytes())
	if len(sig.Timestamps) != 2 || !stamped(t, sig.Timestamps[0]) || stamped(t, sig.Timestamps[1]) {
		t.Errorf("%d time-stamps, %v", len(sig.Timestamps), sig.Problems)
	}
	p.unsigned = [][]byte{attributeOf(oidArchiveTimestampV2, token)}
	found, err := Read(p.bytes(), "", nil, InPDF)
	if err != nil || len(found) != 1 || len(found[0].Timestamps) != 0 {
		t.Errorf("in PDF: %v", err)
	}
}

func TestOpenToken(t *testing.T) {
	s := newStage(t)
	token := s.token(content, eutest.DefaultTime)
	for _, tt := range []struct {
		files         []File
		found, intact bool
	}{{nil, false, false}, {[]File{{"a", content}}, true, true}, {[]File{{"a", []byte("x")}}, true, false}, {[]File{{"a", content}, {"b", content}}, false, false}} {
		doc, err := Open(token, tt.files)
		if err != nil || doc.Form != signature.FormTimestamp || len(doc.Signatures) != 0 || len(doc.Timestamps) != 1 {
			t.Fatalf("%v, %+v", err, doc)
		}
		ts := doc.Timestamps[0]
		if r := ts.References[0]; ts.Type != signature.ContentTimestamp || stamped(t, ts) != tt.intact || r.Type != signature.RefMessageImprint || r.Found != tt.found || r.Intact != tt.intact {
			t.Errorf("%d files: %+v, %v", len(tt.files), r, stamped(t, ts))
		}
	}
	if _, err := OpenToken(s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B}), nil); err == nil || !strings.Contains(err.Error(), "TSTInfo") {
		t.Errorf("a signature as token: %v", err)
	}
}

// TestCoverCounter: an archive time-stamp over a counter-signature proves nothing
// of what came into SignedData later.
func TestCoverCounter(t *testing.T) {
	s := newStage(t)
	p := takeApart(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{}))
	p.unsigned = append(p.unsigned, s.counterOf(t, p.sd.Signers[0].Value))
	s.archiveV3(p, content, eutest.DefaultTime.Add(time.Hour), 3, hashIndexOf(p, 3, true, nil), nil)
	open := func() (*signature.Signature, *signature.Timestamp) {
		doc, err := Open(p.bytes(), nil)
		if err != nil || len(doc.Signatures) != 2 {
			t.Fatalf("%v", err)
		}
		all := doc.Signatures[0].Timestamps
		return doc.Signatures[1], all[len(all)-1]
	}
	c, ts := open()
	if len(ts.CoversSignatures) != 1 || ts.CoversSignatures[0] != c || !stamped(t, ts) {
		t.Errorf("covers %d counter-signatures", len(ts.CoversSignatures))
	}
	p.sd.RawCRLs = der.Encode(0xa1, append(slices.Clone(p.sd.RevocationInfoChoices), eutest.OtherRevocation(der.Encode(0x30)))...)
	c, ts = open()
	if len(ts.CoversSignatures) != 0 || !slices.Contains(ts.CoversData, c.ObjectID) || !stamped(t, ts) {
		t.Errorf("after SignedData grew: covers %d counter-signatures as a whole", len(ts.CoversSignatures))
	}
}
