package changes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/changes"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
)

// snapshot is what a world's lists say now.
func snapshot(t *testing.T, w *eutest.World) *trustlist.Snapshot {
	t.Helper()
	in := lotl.Input{At: w.Now()}
	for _, a := range w.Anchors() {
		c, err := certificate.Parse(a.Certificate.Raw)
		if err != nil {
			t.Fatal(err)
		}
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: c.ID, Certificate: c})
	}
	for _, f := range w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	s, _ := lotl.Authenticate(in)
	if len(s.LOTLs) != 1 {
		t.Fatalf("%+v", s.Rejected)
	}
	return s
}

// TestBetween changes one thing of a world at a time, and asks what is told.
func TestBetween(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(w *eutest.World, ee *eutest.MemberState, ca *eutest.CA)
		want   []changes.Kind
		says   string
	}{
		{"nothing", func(*eutest.World, *eutest.MemberState, *eutest.CA) {}, nil, ""},
		{"a new issue", func(_ *eutest.World, ee *eutest.MemberState, _ *eutest.CA) { ee.List.Sequence = 9 }, []changes.Kind{changes.ListIssued}, "number 9"},
		{"another signer", func(_ *eutest.World, ee *eutest.MemberState, _ *eutest.CA) {
			ee.List.Sequence, ee.List.Signer = 9, ee.Signers[1]
		},
			[]changes.Kind{changes.ListIssued, changes.SignerChanged}, `List Signer EE 2"`},
		{"a new country", func(w *eutest.World, _ *eutest.MemberState, _ *eutest.CA) {
			w.MemberState("SE")
			w.LOTL().List.Sequence = 400
		},
			[]changes.Kind{changes.ListIssued, changes.ListAdded}, "list of SE is new"},
		{"a country less", func(w *eutest.World, ee *eutest.MemberState, _ *eutest.CA) {
			ee.List.NotPointed = true
			w.LOTL().List.Sequence = 400
		},
			[]changes.Kind{changes.ListIssued, changes.ListRemoved}, "not in force any more"},
		{"a new pivot", func(w *eutest.World, _ *eutest.MemberState, _ *eutest.CA) {
			w.LOTL().NewPivot()
			w.LOTL().List.Sequence = 400
		},
			[]changes.Kind{changes.ListIssued, changes.SignerChanged, changes.PivotAdded, changes.ListIssued}, "Pivot 310"},
		{"another notice", func(w *eutest.World, _ *eutest.MemberState, _ *eutest.CA) {
			w.LOTL().Journal.URL, w.LOTL().List.Sequence = eutest.Journal2026, 400
		}, []changes.Kind{changes.ListIssued, changes.Journal}, "C/2026/1944"},
		{"another place", func(w *eutest.World, ee *eutest.MemberState, _ *eutest.CA) {
			ee.Location, w.LOTL().List.Sequence = "https://elsewhere.example/EE.xml", 400
		}, []changes.Kind{changes.ListIssued, changes.Location}, "elsewhere.example"},
		{"a service is withdrawn", func(_ *eutest.World, ee *eutest.MemberState, _ *eutest.CA) {
			ee.List.Sequence = 9
			ee.List.Edit = func(x string) string { return strings.Replace(x, "Svcstatus/granted", "Svcstatus/withdrawn", 1) }
		}, []changes.Kind{changes.ListIssued, changes.ServiceStatus}, "is withdrawn since"},
		{"a new service", func(_ *eutest.World, ee *eutest.MemberState, _ *eutest.CA) {
			ee.List.Sequence = 9
			ee.Provider("SK", "VATEE-1").CA("Another CA", eutest.EC(256))
		}, []changes.Kind{changes.ListIssued, changes.ServiceAdded}, `"SK"`},
		{"many new services", func(_ *eutest.World, ee *eutest.MemberState, _ *eutest.CA) {
			ee.List.Sequence = 9
			for i := range 12 {
				ee.Provider("SK", "VATEE-1").CA("CA "+string(rune('a'+i)), eutest.EC(256))
			}
		}, append(append([]changes.Kind{changes.ListIssued}, slices.Repeat([]changes.Kind{changes.ServiceAdded}, 12)...), changes.AnchorsJumped), "names 13 certificates"},
		{"another scope", func(_ *eutest.World, ee *eutest.MemberState, ca *eutest.CA) {
			ee.List.Sequence, ca.Service.ASI = 9, []string{eutest.ForeSeals}
		}, []changes.Kind{changes.ListIssued, changes.ServiceScope}, "has another scope: for electronic seals; before, it was: for electronic signatures."},
		{"another qualifier", func(_ *eutest.World, ee *eutest.MemberState, ca *eutest.CA) {
			ee.List.Sequence = 9
			ca.Service.Qualified = []eutest.Qualification{{Qualifiers: []string{eutest.QCWithQSCD}, Criteria: eutest.Criteria{Assert: "all", PolicySets: [][]string{{"1.2.3"}}}}}
		}, []changes.Kind{changes.ListIssued, changes.ServiceScope}, "of certificates with certificate policy 1.2.3: the key is in a qualified"},
		{"another name", func(_ *eutest.World, ee *eutest.MemberState, ca *eutest.CA) {
			ee.List.Sequence, ca.Service.Name = 9, "New"
		},
			[]changes.Kind{changes.ListIssued, changes.ServiceRenamed}, `"New" of "SK" (CA/QC) was called "CA" before`},
		{"another provider", func(_ *eutest.World, ee *eutest.MemberState, ca *eutest.CA) {
			ee.List.Sequence, ca.Provider.Name = 9, "SK ID"
		}, []changes.Kind{changes.ListIssued, changes.ServiceProvider}, `was of "SK" before`},
		{"one more certificate", func(_ *eutest.World, ee *eutest.MemberState, ca *eutest.CA) {
			ee.List.Sequence = 9
			ca.Service.Certificates = append(ca.Service.Certificates, ca.Twin())
		}, []changes.Kind{changes.ListIssued, changes.ServiceCertificates}, "is identified by the certificate of SHA-256"},
		{"the past goes on", func(_ *eutest.World, ee *eutest.MemberState, ca *eutest.CA) {
			ee.List.Sequence = 9
			ca.Service.History = append(ca.Service.History, eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2025, 5, 1)})
		}, []changes.Kind{changes.ListIssued, changes.ServiceStatus}, "is withdrawn since 2025-05-01; before, it was granted since"},
		{"the past is rewritten", func(_ *eutest.World, ee *eutest.MemberState, ca *eutest.CA) {
			ee.List.Sequence, ca.Service.History = 9, ca.Service.History[1:]
		}, []changes.Kind{changes.ListIssued, changes.ServiceHistory}, "it is not told any more that it was undersupervision since 2015-01-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := eutest.New(t)
			w.MemberState("LV")
			ee := w.MemberState("EE")
			ca := ee.Provider("SK", "VATEE-1").CA("CA", eutest.EC(256), eutest.HistoryOf(eutest.Status{URI: eutest.UnderSupervision, Since: eutest.Day(2015, 1, 1)},
				eutest.Status{URI: eutest.Granted, Since: eutest.EIDAS}))
			before := snapshot(t, w)
			c.change(w, ee, ca)
			got := changes.Between(before, snapshot(t, w))
			var kinds []changes.Kind
			told := false
			for _, g := range got {
				kinds = append(kinds, g.Kind)
				told = told || strings.Contains(g.Says, c.says)
				if about := strings.HasPrefix(string(g.Kind), "service-"); about != (g.Service != "") {
					t.Errorf("%q names the service %q", g.Kind, g.Service)
				}
			}
			if c.name == "a new pivot" {
				kinds = slices.DeleteFunc(kinds, func(k changes.Kind) bool { return k == changes.ListIssued })
				c.want = []changes.Kind{changes.SignerChanged, changes.PivotAdded} // each national list points back, so all are issued anew
			}
			if !slices.Equal(kinds, c.want) || c.says != "" && !told {
				t.Errorf("%q, want %q and %q", got, c.want, c.says)
			}
		})
	}
	w := eutest.New(t)
	w.MemberState("EE")
	s := snapshot(t, w)
	if got := changes.Between(nil, s); len(got) != 2 || got[0].Kind != changes.ListAdded {
		t.Errorf("from nothing: %q", got)
	}
	if got := changes.Between(s, nil); len(got) != 2 || got[1].Kind != changes.ListRemoved {
		t.Errorf("to nothing: %q", got)
	}
}
