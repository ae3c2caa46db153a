package report_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/signature"
)

// contract is every name of contract.md §2, written by hand: users' scripts build on
// them. More may come beside them; none may go.
var contract = []string{
	"file", "error.code", "error.message",
	"document.size", "document.sha256", "document.form",
	"validationTime", "policy.name", "policy.sha256",
	"trust.lists[].territory", "trust.lists[].sequence", "trust.lists[].issued", "trust.lists[].nextUpdate", "trust.lists[].sha256",
	"signaturesCount", "validSignaturesCount",
	"signatures[].id", "signatures[].path", "signatures[].format", "signatures[].indication", "signatures[].subIndication",
	"signatures[].qualification", "signatures[].signedBy", "signatures[].counterSignatureOf",
	"signatures[].signer.commonName", "signatures[].signer.givenName", "signatures[].signer.surname", "signatures[].signer.serialNumber",
	"signatures[].signer.country", "signatures[].signer.certificateSHA256",
	"signatures[].scheme.name", "signatures[].scheme.level",
	"signatures[].claimedSigningTime", "signatures[].bestSignatureTime", "signatures[].signatureIntact",
	"signatures[].references[].name", "signatures[].references[].type", "signatures[].references[].found", "signatures[].references[].intact",
	"signatures[].scopes[].name", "signatures[].scopes[].scope",
	"signatures[].chain[].subject", "signatures[].chain[].sha256",
	"signatures[].timestamps[].type", "signatures[].timestamps[].time", "signatures[].timestamps[].indication", "signatures[].timestamps[].subIndication",
	"signatures[].timestamps[].qualification", "signatures[].timestamps[].producedBy",
	"signatures[].revocations[].type", "signatures[].revocations[].producedAt", "signatures[].revocations[].thisUpdate",
	"signatures[].revocations[].status", "signatures[].revocations[].producedBy", "signatures[].revocations[].embedded",
	"signatures[].findings[].rule", "signatures[].findings[].clause", "signatures[].findings[].level", "signatures[].findings[].says",
	"timestamps[].type", "timestamps[].time", "timestamps[].indication", "timestamps[].qualification", "timestamps[].producedBy",
	"evidenceRecords[].id", "evidenceRecords[].path", "evidenceRecords[].indication", "evidenceRecords[].subIndication", "evidenceRecords[].poe",
	"evidenceRecords[].references[].name", "evidenceRecords[].references[].found", "evidenceRecords[].references[].intact",
	"evidenceRecords[].timestamps[].type", "evidenceRecords[].findings[].rule",
}

// full is a report in which nothing is absent.
func full() *report.Report {
	east := time.FixedZone("east", 3*3600)
	at := report.Time{Time: time.Date(2025, 3, 10, 15, 0, 0, 987654321, east)}
	id := evidence.Of([]byte("x"))
	finding := report.Finding{Rule: "R", Clause: "C 1", Level: "error", Says: "No.", About: &id, By: []evidence.ID{id}, At: at}
	stamp := report.Timestamp{Type: "SIGNATURE_TIMESTAMP", Time: at, Indication: "INDETERMINATE", SubIndication: "NO_POE", Qualification: "QTSA", ProducedBy: "TSA", Intact: true, SHA256: id.String(), Findings: []report.Finding{finding}}
	reference := report.Reference{Name: "a.txt", Type: "REFERENCE", Found: true, Intact: true, Digest: "SHA-256"}
	return &report.Report{
		File: "a.asice", Error: &report.Error{Code: "c", Message: "m", Hint: "h"}, Document: &report.Document{Size: 1, SHA256: id.String(), Form: "ASiC-E"},
		ValidationTime: at, Policy: &report.Policy{Name: "practice", SHA256: id.String()},
		Trust:           &report.Trust{Lists: []report.List{{Territory: "EE", Sequence: 62, Issued: at, NextUpdate: at, SHA256: id.String(), Source: "extra"}}},
		SignaturesCount: 1, ValidSignaturesCount: 0,
		Signatures: []report.Signature{{
			ID: "S-1", CounterSignatureOf: "S-0", Path: "p", Format: "XAdES-BASELINE-LT", Indication: "INDETERMINATE", SubIndication: "TRY_LATER", Qualification: "Indeterminate QESig",
			SignedBy: "A", Signer: &report.Signer{CommonName: "A", GivenName: "A", Surname: "A", Pseudonym: "A", Organization: "A", SerialNumber: "1", Country: "EE", Issuer: "CA", NotBefore: at, NotAfter: at, Qualification: "q", CertificateSHA256: id.String()},
			Scheme: &report.Scheme{Name: "Smart-ID", Level: "QUALIFIED", Test: true}, ClaimedSigningTime: at, BestSignatureTime: at, ProvenBy: id.String(), SignatureIntact: true, Algorithm: "a",
			PDF:        &report.PDF{Reason: "r", Location: "l", ByteRange: [4]int{0, 1, 2, 3}},
			References: []report.Reference{reference}, Scopes: []report.Scope{{Name: "a.txt", Scope: "FULL"}}, Chain: []report.Link{{Subject: "A", SHA256: id.String(), Anchor: true}},
			Timestamps: []report.Timestamp{stamp}, Revocations: []report.Revocation{{Type: "OCSP", About: "A", ProducedAt: at, ThisUpdate: at, NextUpdate: at, Status: "revoked", RevokedAt: at, ProducedBy: "R", Embedded: true, SHA256: id.String()}},
			Findings: []report.Finding{finding},
		}},
		Timestamps:      []report.Timestamp{stamp},
		EvidenceRecords: []report.EvidenceRecord{{ID: "E-1", Path: "p", Indication: "PASSED", SubIndication: "NO_POE", POE: at, References: []report.Reference{reference}, Timestamps: []report.Timestamp{stamp}, Findings: []report.Finding{finding}}},
	}
}

// keys lists the paths of a JSON value, and fails at a null.
func keys(t *testing.T, at string, v any, into map[string]bool) {
	t.Helper()
	switch x := v.(type) {
	case nil:
		t.Errorf("%s is null; absent things are left out", at)
	case map[string]any:
		for k, y := range x {
			keys(t, strings.TrimPrefix(at+"."+k, "."), y, into)
		}
	case []any:
		for _, y := range x {
			keys(t, at+"[]", y, into)
		}
		into[at+"[]"] = true
	default:
		into[at] = true
	}
}

func decoded(t *testing.T, raw []byte) map[string]bool {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	keys(t, "", v, got)
	return got
}

func TestContractKeys(t *testing.T) {
	raw := written(t, full(), "json")
	got := decoded(t, raw)
	for _, k := range contract {
		if !got[k] {
			t.Errorf("%s is not in the report", k)
		}
	}
	if bytes.Count(raw, []byte("\n")) != 1 || raw[len(raw)-1] != '\n' {
		t.Error("want one line, ending in a newline")
	}
	// contract.md §2: times are UTC, RFC 3339
	times := regexp.MustCompile(`"([0-9]{4}-[^"]*)"`).FindAllSubmatch(raw, -1)
	if len(times) < 15 {
		t.Errorf("%d times, want 15 at least", len(times))
	}
	for _, m := range times {
		if string(m[1]) != "2025-03-10T12:00:00Z" {
			t.Errorf("time %s, want it in UTC, to the second", m[1])
		}
	}
}

// Nothing is null, and lists that are empty are there (readers need not ask).
func TestNoNulls(t *testing.T) {
	reports := map[string]*report.Report{
		"nothing":       {File: "x"},
		"an empty one":  {File: "x", Document: &report.Document{}, Policy: &report.Policy{}, Trust: &report.Trust{}},
		"bare elements": {File: "x", Signatures: []report.Signature{{Timestamps: make([]report.Timestamp, 1)}}, Timestamps: make([]report.Timestamp, 1), EvidenceRecords: []report.EvidenceRecord{{Timestamps: make([]report.Timestamp, 1)}}},
		"a failure":     report.Failure("x", &signature.ReadError{Code: "unsupported-format", Message: "No."}),
	}
	for _, name := range []string{"contract.asice", "contract-altered.asice", "README.md"} {
		reports[name] = judged(t, frozen(t), "strict", name)
	}
	for name, r := range reports {
		t.Run(name, func(t *testing.T) {
			got := decoded(t, written(t, r, "json"))
			for _, k := range []string{"file", "signaturesCount", "validSignaturesCount", "signatures[]", "timestamps[]", "evidenceRecords[]"} {
				if !got[k] {
					t.Errorf("%s is not there", k)
				}
			}
			if len(r.Signatures) > 0 {
				for _, k := range []string{"references", "scopes", "chain", "timestamps", "revocations", "findings"} {
					if !got["signatures[]."+k+"[]"] {
						t.Errorf("signatures[].%s is not there", k)
					}
				}
			}
			for k := range got {
				if strings.HasSuffix(k, "Time") || strings.HasSuffix(k, "At") || strings.HasSuffix(k, ".poe") {
					if bytes.Contains(written(t, r, "json"), []byte("0001-01-01")) && name != "bare elements" {
						t.Errorf("%s: a time that is not there is written", k)
					}
				}
			}
		})
	}
}

func TestFailure(t *testing.T) {
	r := report.Failure("x.bin", &signature.ReadError{Code: "unsupported-format", Message: "It is no signed file.", Hint: "Look again."})
	want := `{"file":"x.bin","error":{"code":"unsupported-format","message":"It is no signed file.","hint":"Look again."},"signaturesCount":0,"validSignaturesCount":0,"signatures":[],"timestamps":[],"evidenceRecords":[]}` + "\n"
	if got := string(written(t, r, "json")); got != want {
		t.Errorf("got %swant %s", got, want)
	}
	if got, want := string(written(t, r, "txt")), "x.bin\n  Could not be judged: It is no signed file.\n  Hint: Look again.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Names go into JSON as they are, and come out again: no HTML escapes, no broken lines.
func TestJSONNames(t *testing.T) {
	for _, name := range []string{"a<b>&c.txt", "a\nb", "läbi & ümber", "\u202egnp.exe", "\x1b[2J"} {
		raw := written(t, &report.Report{File: name}, "json")
		var back struct{ File string }
		if err := json.Unmarshal(raw, &back); err != nil || back.File != name {
			t.Errorf("%q came back as %q (%v)", name, back.File, err)
		}
		if bytes.Count(raw, []byte("\n")) != 1 || bytes.Contains(raw, []byte(`\u003c`)) || bytes.Contains(raw, []byte{0x1b}) {
			t.Errorf("%q is written as %s", name, raw)
		}
	}
}
