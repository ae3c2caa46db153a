package cades

import (
	"bytes"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

// recordOver is an evidence record without hash tree over data (RFC 4998 §3.1).
func (s *stage) recordOver(data []byte, at time.Time) []byte {
	sha256 := der.Encode(0x30, []byte(oidSHA256))
	stamp := der.Encode(0x30, s.token(data, at))
	return der.Encode(0x30, der.Encode(2, []byte{1}), der.Encode(0x30, sha256), der.Encode(0x30, der.Encode(0x30, stamp)))
}

// TestRecords: a record inside is over the message as it was before (RFC 5276 §3.1).
func TestRecords(t *testing.T) {
	s := newStage(t)
	later := eutest.DefaultTime.Add(time.Hour)
	p := takeApart(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{}))
	before := p.bytes()
	p.unsigned = append(p.unsigned, attributeOf(oidInternalRecord, s.recordOver(before, later)))
	sig := one(t, p.bytes())
	if len(sig.Records) != 1 || !sig.Structure.SealedRecords {
		t.Fatalf("%d records, %v", len(sig.Records), sig.Problems)
	}
	r := sig.Records[0]
	sum, _ := r.Tokens[0].Imprint(algo.SHA256)
	want, _ := digestSHA256(before)
	if len(r.Signatures) != 1 || len(r.CoversTokens) != 1 || !bytes.Equal(sum, want) || len(r.Covers.OCSPs) == 0 {
		t.Errorf("covers %d signatures, %d tokens; references %+v", len(r.Signatures), len(r.CoversTokens), r.References)
	}
	// Values that were added after the record are not covered by it.
	p.unsigned = append(p.unsigned, attributeOf(oidCertificateValues, der.Encode(0x30, s.signer.CA.Raw)))
	if r := one(t, p.bytes()).Records[0]; len(r.Signatures) != 0 || len(r.CoversTokens) != 1 {
		t.Errorf("with later values: covers %d signatures as a whole, %d tokens", len(r.Signatures), len(r.CoversTokens))
	}
	p = takeApart(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{}))
	p.unsigned = append(p.unsigned, attributeOf(oidInternalRecord, s.recordOver([]byte("other"), later), der.Encode(0x30)))
	sig = one(t, p.bytes())
	if len(sig.Records) != 1 || len(sig.Records[0].Signatures) != 0 || len(sig.Records[0].CoversTokens) != 0 || len(sig.Problems) != 1 || sig.Problems[0].Code != signature.BadStructure {
		t.Errorf("a record over something else: %d records, %v", len(sig.Records), sig.Problems)
	}
}
