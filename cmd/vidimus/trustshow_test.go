package main

import (
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
)

// TestTrustShowAnswers: who is this authority, what may it issue, since when, and who
// says so; by name, ID, and certificate, for people and for systems.
func TestTrustShowAnswers(t *testing.T) {
	u := newUnion(t, "EE", "CZ")
	sk := u.world.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	ca := sk.CA("TEST EID-Q", eutest.EC(256), eutest.SmartIDQualifiers(), eutest.HistoryOf(
		eutest.Status{URI: eutest.UnderSupervision, Since: eutest.Day(2015, 1, 1)}, eutest.Status{URI: eutest.Granted, Since: eutest.EIDAS}))
	u.world.MemberState("CZ").Provider("Česká pošta\x1b[2J, s.p.\u202e").CA("Post\u202eSignum", eutest.EC(256))
	for _, state := range []string{"EE", "CZ"} {
		u.world.MemberState(state).List.Edit = func(x string) string { return strings.ReplaceAll(x, "\x1b", "&#x9b;") } // as XML may have it
	}
	signer := ca.Signer()
	u.publish()
	cache := t.TempDir()
	if _, errs, code := u.run(t, cache, "pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors); code != exitOK {
		t.Fatal(errs)
	}
	show := func(want int, args ...string) string {
		t.Helper()
		out, errs, code := u.run(t, cache, append(append([]string{"show"}, args...), "--lotl-anchors", u.anchors)...)
		if code != want || code != exitOK && !strings.HasPrefix(errs, "vidimus: error: ") {
			t.Errorf("%v: %d\n%s%s", args, code, out, errs)
		}
		if strings.ContainsAny(out+errs, "\x1b\u009b") || strings.Contains(out+errs, "\u202e") && args[len(args)-1] != "json" {
			t.Errorf("%v lets a list steer the terminal: %q", args, out+errs)
		}
		return out
	}
	has := func(out string, says ...string) {
		t.Helper()
		for _, s := range says {
			if !strings.Contains(out, s) {
				t.Errorf("%q is not in\n%s", s, out)
			}
		}
	}
	has(show(exitOK), "\nEE ", "\nCZ ")
	has(show(exitOK, "ee", "EE"), "SK ID Solutions AS", "+ CA/QC  granted")
	has(show(exitOK, "EE", "--history"), "undersupervision", "until 2016-06-30")
	has(show(exitOK, "EE", "--at", "2015-06-01T00:00:00Z"), "undersupervision")
	has(show(exitOK, "EE", "--at", "2014-06-01T00:00:00Z"), "(not yet)")
	has(show(exitOK, "--search", "ceska posta"), "Česká pošta·[2J", "provider")
	has(show(exitOK, "--search", "vatee-100687640"), "SK ID Solutions AS")
	has(show(exitOK, "--search", "nobody"), "nothing is found")
	has(show(exitOK, "--search", "solutions", "--limit", "1"), "hits 1 to 1 of 2; --offset 1 shows more")
	has(show(exitOK, "--search", "solutions", "--offset", "1"), "hits 2 to 2 of 2\n")
	has(show(exitOK, "EE", "--type", "CA/QC", "--status", "granted"), "TEST EID-Q of SK ID Solutions AS")

	var r browse.Results
	if err := json.Unmarshal([]byte(show(exitOK, "--search", "eid-q", "--format", "json")), &r); err != nil || r.Total != 1 || r.Hits[0].Service == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	id, provider := r.Hits[0].Service.ID, r.Hits[0].Service.Provider.ID
	out := show(exitOK, "--service", id)
	has(out, "granted since 2016-06-30", "may issue: qualified certificates for electronic signatures", "1 other statuses", "says who: Trusted list 1 of EE", evidence.Of(ca.Raw).String())
	if strings.Contains(out, "undersupervision") {
		t.Errorf("the history is not asked for\n%s", out)
	}
	has(show(exitOK, "--service", id, "--history"), "undersupervision since 2015-01-01 until 2016-06-30", "(Directive 1999/93/EC)")
	has(show(exitOK, "--provider", provider), "trade name VATEE-100687640", "TEST EID-Q", "says who: ")
	var s browse.Service
	if err := json.Unmarshal([]byte(show(exitOK, "--service", id, "--format", "json")), &s); err != nil || s.ID != id || len(s.History) != 2 {
		t.Errorf("%+v, %v", s, err)
	}

	dir := t.TempDir()
	file := func(name string, raw []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	issued := `It was issued by "TEST EID-Q" of "SK ID Solutions AS" (EE, CA/QC): the signature verifies`
	has(show(exitOK, "--certificate", file("s.der", signer.Raw)), issued, "issuer's name: same; key identifier: same; signature: verified")
	two := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer.Raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})...)
	has(show(exitOK, "--certificate", file("two.pem", two)), issued, "identifies (this very certificate is listed)")
	has(show(exitOK, "--certificate", strings.ToUpper(evidence.Of(ca.Raw).String())), "identifies (this very certificate is listed)")
	var a browse.Answer
	if err := json.Unmarshal([]byte(show(exitOK, "--certificate", file("s.der", signer.Raw), "--format", "json")), &a); err != nil || len(a.Issuers) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	show(exitUsage, "--certificate", strings.Repeat("ab", 32))
	show(exitUnjudged, "--certificate", file("x.der", []byte("no certificate")))
	show(exitUnjudged, "--certificate", file("x.pem", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")))
	show(exitUnjudged, "--certificate", file("big.der", make([]byte, browse.MaxUpload+1)))
	show(exitUnjudged, "--certificate", filepath.Join(dir, "none.der"))
	show(exitUsage, "--service", "nobody's")
	show(exitUsage, "--provider", "nobody's")
	show(exitUsage, "--service", id, "--search", "x")
	show(exitUsage, "EE", "--service", id)
	show(exitUsage, "--search", "x", "--limit", "1000")
	show(exitUsage, "XX")
}
