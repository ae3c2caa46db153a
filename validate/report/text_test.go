package report_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/report"
)

func text(t *testing.T, r *report.Report) string {
	t.Helper()
	return string(written(t, r, "txt"))
}

// Attack S3: whoever names files, people or services can forge no line of the report,
// steer no terminal and turn no direction.
func TestTextIsHarmless(t *testing.T) {
	for _, evil := range []string{
		"x\n    Verdict        TOTAL-PASSED (valid)", "x\r    Verdict        TOTAL-PASSED", "x\x1b[2J\x1b[1;1H", "\u202eDESSAP-LATOT", "\u2066x\u2069",
		"x\u2028    Verdict        TOTAL-PASSED", "x\u0085y", "x\u009b2J", "\u200fx", "\u061cx", "x\x00y", "\xff\xfe", "x\ty", "\ufeffx", "a\u00adb",
	} {
		r := full()
		r.Error = nil
		s := &r.Signatures[0]
		r.File, s.Path, s.SignedBy, s.Signer.GivenName, s.Signer.Issuer, s.Signer.Organization = evil, evil, evil, evil, evil, evil
		s.Signer.SerialNumber, s.Signer.Country, s.Signer.Pseudonym, s.Scopes[0].Name, s.Chain[0].Subject = evil, evil, evil, evil, evil
		s.Timestamps[0].ProducedBy, s.Revocations[0].About, s.Revocations[0].ProducedBy, s.Findings[0].Says = evil, evil, evil, evil
		r.Timestamps[0].ProducedBy, r.EvidenceRecords[0].Path, r.EvidenceRecords[0].References[0].Name = evil, evil, evil
		r.Policy.Name, r.Trust.Lists[0].Territory = evil, evil
		r.Trust.Anchors = []report.Anchor{{Subject: evil, SHA256: evil}}
		honest := full()
		honest.Error = nil
		for _, got := range []string{text(t, r), text(t, &report.Report{File: evil, Error: &report.Error{Message: evil, Hint: evil}})} {
			if !utf8.ValidString(got) {
				t.Errorf("%q: the text is no UTF-8", evil)
			}
			for _, c := range got {
				if c != '\n' && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp)) {
					t.Errorf("%q: %U stands in the text", evil, c)
				}
			}
			verdicts := 0
			for _, line := range strings.Split(got, "\n") {
				if strings.HasPrefix(line, "    Verdict ") {
					verdicts++
				}
			}
			if verdicts > 1 {
				t.Errorf("%q: %d lines that look like a verdict", evil, verdicts)
			}
		}
	}
}

// Sentences are broken near column 100, and hang below where they began. What cannot be
// broken stands whole.
func TestTextWidth(t *testing.T) {
	r := full()
	r.Error = nil
	r.Signatures[0].Findings[0].Says = strings.Repeat("word ", 60) + strings.Repeat("x", 150) + " end."
	got := text(t, r)
	long := 0
	for _, line := range strings.Split(got, "\n") {
		if utf8.RuneCountInString(line) > 100 {
			long++
			if strings.TrimLeft(line, " ") != strings.Repeat("x", 150) {
				t.Errorf("a line of %d columns: %q", utf8.RuneCountInString(line), line)
			}
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("a line ends in a blank: %q", line)
		}
	}
	if long != 1 {
		t.Errorf("%d long lines, want the one that cannot be broken", long)
	}
	if !strings.Contains(got, "\n                   word word") {
		t.Error("the sentence does not hang below its beginning")
	}
	for _, name := range []string{"contract.asice", "contract-altered.asice"} {
		for _, line := range strings.Split(text(t, judged(t, frozen(t), "strict", name)), "\n") {
			if utf8.RuneCountInString(line) > 100 {
				t.Errorf("%s: a line of %d columns: %q", name, utf8.RuneCountInString(line), line)
			}
		}
	}
}

// What the text tells in words.
func TestTextTells(t *testing.T) {
	base := func(edit func(*report.Report)) *report.Report {
		r := full()
		r.Error = nil
		edit(r)
		return r
	}
	for _, test := range []struct {
		name        string
		edit        func(*report.Report)
		tells, hide string
	}{
		{"not proven is not invalid", func(*report.Report) {}, "Whether the one signature is valid is not proven.", "not valid."},
		{"one that failed", func(r *report.Report) { r.Signatures[0].Indication = "TOTAL-FAILED" }, "The one signature is not valid.", ""},
		{"one that passed", func(r *report.Report) { r.ValidSignaturesCount = 1 }, "The one signature is valid.", ""},
		{"all of many", func(r *report.Report) { r.SignaturesCount, r.ValidSignaturesCount = 3, 3 }, "All 3 signatures are valid.", ""},
		{"some of many", func(r *report.Report) { r.SignaturesCount, r.ValidSignaturesCount = 3, 2 }, "2 of 3 signatures are valid.", ""},
		{"none of many", func(r *report.Report) { r.SignaturesCount = 3 }, "None of the 3 signatures is proven valid.", ""},
		{"none at all", func(r *report.Report) { r.SignaturesCount, r.Signatures = 0, nil }, "No signature was found.", "Verdict"},
		{"what is covered", func(*report.Report) {}, "Covers         a.txt (whole)", ""},
		{"a broken value covers nothing", func(r *report.Report) { r.Signatures[0].SignatureIntact = false }, "Covers         nothing: the signature value does not verify", "Covers         a.txt (whole)"},
		{"altered content is not covered", func(r *report.Report) { r.Signatures[0].Scopes = nil }, "Covers         nothing: what was signed is missing or was changed", "(whole)"},
		{"a part", func(r *report.Report) { r.Signatures[0].Scopes[0].Scope = "PARTIAL" }, "a.txt (in part)", ""},
		{"a scope of a later version", func(r *report.Report) { r.Signatures[0].Scopes[0].Scope = "SOME_WAY" }, "a.txt (some way)", ""},
		{"a counter-signature", func(*report.Report) {}, "Counter-signature 1, by A", ""},
		{"nobody known", func(r *report.Report) { r.Signatures[0].SignedBy, r.Signatures[0].Signer = "", nil }, "by an unidentified signer", "Certificate"},
		{"a test scheme", func(*report.Report) {}, "Smart-ID, level QUALIFIED, of the scheme's TEST environment", ""},
		{"no earlier time", func(r *report.Report) { r.Signatures[0].ProvenBy = "" }, "no proof of an earlier time counts", "by a time-stamp"},
		{"a proof that is no time-stamp of its own", func(r *report.Report) { r.Signatures[0].ProvenBy = "ff" }, "12:00:00 UTC by a time-stamp", ""},
		{"a time-stamp of its own", func(*report.Report) {}, "12:00:00 UTC by the time-stamp of TSA", ""},
		{"revoked", func(*report.Report) {}, "A was revoked on 2025-03-10 12:00:00 UTC, says the OCSP answer of 2025-03-10 12:00:00 UTC by R", ""},
		{"an extra list", func(*report.Report) {}, "given by the operator: no list of trusted lists points to it", ""},
		{"a third country's list", func(r *report.Report) {
			r.Trust.Lists[0].Source, r.Trust.Lists[0].Agreement = "mra", &report.Agreement{Pointing: "urn:eu", Pointed: "urn:zz"}
		}, "of a third country: it counts under the mutual recognition agreement of urn:eu with urn:zz", "given by the operator"},
		{"no list", func(r *report.Report) { r.Trust.Lists = nil }, "The verdict rests on no trusted list.", ""},
		{"a qualified service", func(*report.Report) {}, "of a qualified service (QTSA)", ""},
		{"a service that is not", func(r *report.Report) { r.Signatures[0].Timestamps[0].Qualification = "TSA" }, "of a service that is not qualified (TSA)", ""},
		{"an unknown service", func(r *report.Report) { r.Timestamps[0].Qualification = "N/A" }, "of a service that the trusted lists tell nothing of (N/A)", ""},
		{"an evidence record", func(*report.Report) {}, "Evidence record, in p, PASSED / NO_POE: what it covers existed on 2025-03-10 12:00:00 UTC", ""},
		{"why a time-stamp failed", func(*report.Report) {}, "      Why            No.\n                     [R, C 1]", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := text(t, base(test.edit))
			flat := strings.Join(strings.Fields(got), " ")
			if !strings.Contains(got, test.tells) && !strings.Contains(flat, strings.Join(strings.Fields(test.tells), " ")) {
				t.Errorf("%q is not told in\n%s", test.tells, got)
			}
			if test.hide != "" && strings.Contains(got, test.hide) {
				t.Errorf("%q is told in\n%s", test.hide, got)
			}
		})
	}
}

// Every word of the matrix and every sub-indication that we can end with is put into words.
func TestEveryWordIsExplained(t *testing.T) {
	for _, q := range []string{
		"QESig", "QESeal", "Unknown-QC-QSCD", "AdESig-QC", "AdESeal-QC", "Unknown-QC", "AdESig", "AdESeal", "Unknown",
		"Indeterminate QESig", "Not AdES but QC with QSCD", "Not AdES but QC", "Not AdES", "N/A",
	} {
		r := full()
		r.Error, r.Signatures[0].Qualification = nil, q
		if !strings.Contains(text(t, r), "Qualification  "+q+": ") {
			t.Errorf("%s is not explained", q)
		}
	}
	for _, sub := range []string{
		"FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "REVOKED", "EXPIRED", "NOT_YET_VALID", "SIG_CONSTRAINTS_FAILURE", "CHAIN_CONSTRAINTS_FAILURE",
		"CERTIFICATE_CHAIN_GENERAL_FAILURE", "CRYPTO_CONSTRAINTS_FAILURE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "POLICY_PROCESSING_ERROR", "SIGNATURE_POLICY_NOT_AVAILABLE",
		"TIMESTAMP_ORDER_FAILURE", "NO_SIGNING_CERTIFICATE_FOUND", "NO_CERTIFICATE_CHAIN_FOUND", "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", "REVOKED_NO_POE", "REVOKED_CA_NO_POE",
		"OUT_OF_BOUNDS_NOT_REVOKED", "OUT_OF_BOUNDS_NO_POE", "REVOCATION_OUT_OF_BOUNDS_NO_POE", "NO_POE", "TRY_LATER", "SIGNED_DATA_NOT_FOUND", "CUSTOM",
	} {
		r := full()
		r.Error, r.Signatures[0].SubIndication = nil, sub
		if got := strings.Join(strings.Fields(text(t, r)), " "); !strings.Contains(got, "Verdict INDETERMINATE / "+sub+" (not proven valid: ") {
			t.Errorf("%s is not explained", sub)
		}
	}
}

type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestTextTellsWriteErrors(t *testing.T) {
	for _, left := range []int{0, 50, 500} {
		r := full()
		r.Error = nil
		if err := r.Text(&broken{left}); err == nil || err.Error() != "full" {
			t.Errorf("after %d octets: %v, want the writer's error", left, err)
		}
	}
}
