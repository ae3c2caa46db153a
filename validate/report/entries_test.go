package report_test

import (
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// Reason, place and ByteRange of a PDF are told in every voice and language; what
// readers cannot see is not handed on to a screen.
func TestPDFEntriesAreTold(t *testing.T) {
	w := eutest.New(t)
	provider := w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	provider.TSA("TEST TSA")
	signer := provider.CA("TEST CA").Signer()
	p, err := policy.Named("practice")
	if err != nil {
		t.Fatal(err)
	}
	v, err := validate.New(path.NewTrust(nil, nil), p)
	if err != nil {
		t.Fatal(err)
	}
	raw := w.SignPDF(signer, eutest.PDFOptions{Entries: "/Reason<feff00520065 2067 0061202E>/Location(Narva <b>)"})
	judged, err := v.Validate(validate.Request{File: validate.File{Name: "a.pdf", Data: raw}, At: eutest.Day(2025, 3, 20)})
	if err != nil {
		t.Fatal(err)
	}
	r := judged.Report
	if got := r.Signatures[0].PDF; got == nil || got.Reason != "Re\u2067a\u202e" || got.Location != "Narva <b>" || got.ByteRange[0] != 0 {
		t.Fatalf("%+v", got)
	}
	told := func(where, text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not tell %q", where, want)
			}
		}
	}
	told("text", string(written(t, r, "txt")), "Reason         Re\ufffda\ufffd (what the signer says)", "Location       Narva <b>", "ByteRange      [0 ")
	told("etsi", string(written(t, r, "xml")), "<ReasonElement>Re\u2067a\u202e</ReasonElement>", "<AddressString>Narva &lt;b&gt;</AddressString>", "<ByteRange>0 ")
	told("json", string(written(t, r, "json")), `"pdf":{"reason":"Re`, `"location":"Narva <b>","byteRange":[0,`)
	for _, l := range lang.All() {
		page, err := r.HTML(l)
		if err != nil {
			t.Fatal(err)
		}
		told("html in "+string(l), string(page), l.Say(lang.ClaimedReason), "Re\ufffda\ufffd", l.Say(lang.ClaimedLocation), "Narva &lt;b&gt;", l.Say(lang.ByteRange), "[0 ")
		var text strings.Builder
		if err := r.TextIn(&text, l); err != nil {
			t.Fatal(err)
		}
		told("text in "+string(l), text.String(), "Re\ufffda\ufffd", "Narva <b>", "[0 ")
	}
	old, err := r.JSONOf(report.Voices - 1)
	if err != nil || strings.Contains(string(old), `"pdf":`) || r.Signatures[0].PDF == nil {
		t.Errorf("as before: %s (%v)", old, err)
	}
	now, err := r.JSONOf(report.Voices)
	if err != nil || string(now) != string(written(t, r, "json")) {
		t.Errorf("as now: %s (%v)", now, err)
	}
}
