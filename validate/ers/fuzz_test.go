package ers_test

import (
	"bytes"
	"crypto"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/ers"
)

func FuzzOpen(f *testing.F) {
	a := newAuthority(f)
	token := a.stamp(f, crypto.SHA256, h256(doc1), 2020)
	first := ats(token, list(h256(doc1)), list(other))
	f.Add(recordASN1(f, []archiveTimeStamp{ats(token)}))
	f.Add(recordASN1(f, []archiveTimeStamp{first, ats(token, list(h256(token)))}, []archiveTimeStamp{first}))
	f.Add(recordXML(chainXML(1, uri256, stampXML(1, timeStampXML(token), list(h256(doc1)), list(other)), stampXML(2, timeStampXML(token))), chainXML(2, uri512, stampXML(1, timeStampXML(token)))))
	f.Add(manifestXML("META-INF/evidencerecord001.ers", uri256, "a", h256(doc1)))
	files := []ers.File{{Name: "a", Data: doc1}, {Name: "a.xml", Data: xml1}}
	f.Fuzz(func(t *testing.T, data []byte) {
		ers.Is(data)
		m, _ := ers.ReadManifest("META-INF/ASiCEvidenceRecordManifest.xml", data)
		if r, err := ers.ReadInContainer("META-INF/evidencerecord.ers", data, m, files); err == nil {
			state(t, r)
		}
		doc, err := ers.Open(data, files)
		if err != nil {
			return
		}
		r := doc.Records[0]
		for _, ref := range r.References {
			if ref.Intact && (!ref.Found || len(ref.Value) == 0) {
				t.Fatalf("intact without being found: %+v", ref)
			}
		}
		state(t, r)
	})
}

// TestHostileCost: records whose chains each ask for all chains before them, and
// for large data, cost no more than their budget.
func TestHostileCost(t *testing.T) {
	a := newAuthority(t)
	token := a.stamp(t, crypto.SHA256, h256(doc1), 2020)
	big := make([][]byte, 300)
	for i := range big {
		big[i] = h256([]byte{byte(i), byte(i >> 8)})
	}
	var chains [][]archiveTimeStamp
	var inXML []string
	for i := range 60 {
		chains = append(chains, []archiveTimeStamp{ats(token, big)})
		inXML = append(inXML, chainXML(i+1, uri512, stampXML(1, timeStampXML(token), big)))
	}
	files := []ers.File{{Name: "large.xml", Data: []byte("<a>" + strings.Repeat("<b/>", 100_000) + "</a>")}, {Name: "a", Data: doc1}}
	deep := ers.File{Name: "deep.xml", Data: bytes.Repeat([]byte("<a>"), 1<<20)}
	for name, raw := range map[string][]byte{"ASN.1": recordASN1(t, chains...), "XML": recordXML(inXML...)} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			doc, err := ers.Open(raw, append(files, deep))
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			t.Logf("%d octets in %s", len(raw), took)
			if took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			for _, ref := range doc.Records[0].Tokens[59].References {
				if ref.Intact {
					t.Error("a wrong link is intact")
				}
			}
		})
	}
}
