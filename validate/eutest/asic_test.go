package eutest_test

import (
	"crypto"
	"testing"

	"github.com/vidimus/vidimus/validate/asic"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

// A container of a CAdES signature, a time-stamp and an evidence record is read as
// one, all references of which hold.
func TestASiCOfCAdES(t *testing.T) {
	w, ca, tsa := small(t)
	c := w.Container(eutest.Text("a b.txt", "one"), eutest.Text("c.txt", "two"))
	c.SignCAdES(ca.Signer(), eutest.SignOptions{Level: eutest.LTA, TSA: tsa}).Timestamp(tsa, eutest.TokenOptions{})
	c.Record(eutest.RecordOptions{TSA: tsa, Stamps: []eutest.RecordStamp{{}, {}, {Hash: crypto.SHA512}}})
	doc, err := asic.Open("x.asice", c.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Signatures) != 1 || len(doc.Timestamps) != 1 || len(doc.Records) != 1 || len(doc.Problems) > 0 {
		t.Fatalf("%d signatures, %d time-stamps, %d records, problems %v", len(doc.Signatures), len(doc.Timestamps), len(doc.Records), doc.Problems)
	}
	references := append(doc.Signatures[0].References, doc.Timestamps[0].References...)
	references = append(references, doc.Records[0].References...)
	for _, stamp := range doc.Records[0].Tokens {
		references = append(references, stamp.References...)
		if len(stamp.Problems) > 0 {
			t.Errorf("problems of a record's time-stamp: %v", stamp.Problems)
		}
	}
	for _, r := range references {
		if r.Type != signature.RefMessageImprint && !(r.Found && r.Intact) {
			t.Errorf("%s %q is not intact: %s", r.Type, r.Name, r.Why)
		}
	}
	if len(doc.Records[0].Tokens) != 3 || len(doc.Records[0].Problems)+len(doc.Signatures[0].Problems)+len(doc.Timestamps[0].Problems) > 0 {
		t.Errorf("%d tokens, problems %v %v %v", len(doc.Records[0].Tokens), doc.Records[0].Problems, doc.Signatures[0].Problems, doc.Timestamps[0].Problems)
	}
}

// A record over something else finds nothing of what lies beside it.
func TestForeignRecord(t *testing.T) {
	w, _, tsa := small(t)
	for _, foreign := range []bool{false, true} {
		raw := w.EvidenceRecord(eutest.RecordOptions{TSA: tsa, Foreign: foreign}, []byte("one"))
		doc, err := ers.Open(raw, []ers.File{{Name: "one.txt", Data: []byte("one")}})
		if err != nil {
			t.Fatal(err)
		}
		if found := doc.Records[0].References[0].Found; found == foreign {
			t.Errorf("foreign: %t, found: %t", foreign, found)
		}
	}
}
