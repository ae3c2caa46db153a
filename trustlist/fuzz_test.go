package trustlist

import (
	"strings"
	"testing"
)

// FuzzParse: whatever the bytes, Parse ends, does not panic, and what it returns
// keeps its own rules.
func FuzzParse(f *testing.F) {
	f.Add(listXML(goodScheme, provider(`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z", "")+`<ServiceHistory>`+
		inst("ServiceHistoryInstance", "CA/QC", "withdrawn", "2017-01-01T00:00:00Z", "")+`</ServiceHistory></TSPService>`)))
	f.Add(criteriaXML(`<q:CriteriaList assert="atLeastOne"><q:KeyUsage><q:KeyUsageBit name="crlSign">true</q:KeyUsageBit></q:KeyUsage><q:CriteriaList assert="none"/></q:CriteriaList>`))
	f.Add(listXML(goodScheme+`<PointersToOtherTSL><OtherTSLPointer><TSLLocation>x</TSLLocation></OtherTSLPointer></PointersToOtherTSL>`, ""))
	f.Add(wholeMRA())
	f.Add([]byte(`<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"/>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := Parse(raw)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "reading trusted list: ") {
				t.Errorf("an error that does not say what was being done: %v", err)
			}
			return
		}
		if len(l.Problems) > MaxProblems+1 {
			t.Errorf("%d problems", len(l.Problems))
		}
		for _, p := range l.Providers {
			for _, s := range p.Services {
				for n, i := range s.Instances {
					if (n == 0) != (i.End == nil) {
						t.Fatalf("instance %d has end %v", n, i.End)
					}
					if n > 0 && i.End.Before(i.Start) {
						t.Fatalf("instance %d ends before it starts", n)
					}
				}
			}
		}
		checkAgreements(t, l)
		NewSnapshot(Contents{Lists: []*List{l}})
	})
}

// checkAgreements: an equivalence that was read has an order in time and an end where
// the next one starts, and stays within its bounds.
func checkAgreements(t *testing.T, l *List) {
	for p := range l.Pointers {
		m := l.Pointers[p].MRA
		if m == nil {
			continue
		}
		if len(m.Equivalences) > MaxEquivalences {
			t.Fatalf("%d equivalences", len(m.Equivalences))
		}
		for _, e := range m.Equivalences {
			for n, i := range e.Instances {
				if (n == 0) != (i.End == nil) || n > 0 && i.End.Before(i.Start) || len(i.Contents) > MaxEquivalenceTerms || len(i.Qualifiers) > MaxEquivalenceTerms {
					t.Fatalf("instance %d is from %v to %v, with %d contents and %d qualifiers", n, i.Start, i.End, len(i.Contents), len(i.Qualifiers))
				}
				i.Type("urn:zz:ca", nil)
				i.StatusOf("urn:zz:good")
			}
		}
	}
}
