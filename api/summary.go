package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/vidimus/vidimus/validate/report"
)

// The depths of a report.
const (
	DepthFull    = "full"    // all that was found
	DepthSummary = "summary" // each signature's verdict, and why
)

// SummaryReport is the report for who wants the verdict and no evidence.
type SummaryReport struct {
	File                 string             `json:"file"`
	Document             *report.Document   `json:"document,omitempty"`
	ValidationTime       report.Time        `json:"validationTime,omitzero"`
	Policy               *report.Policy     `json:"policy,omitempty"`
	SignaturesCount      int                `json:"signaturesCount"`
	ValidSignaturesCount int                `json:"validSignaturesCount"`
	Signatures           []SummarySignature `json:"signatures"`
}

// SummarySignature is one signature's verdict.
type SummarySignature struct {
	ID                 string      `json:"id"`
	CounterSignatureOf string      `json:"counterSignatureOf,omitempty"`
	Path               string      `json:"path,omitempty"`
	Format             string      `json:"format"`
	Indication         string      `json:"indication"`
	SubIndication      string      `json:"subIndication,omitempty"`
	Qualification      string      `json:"qualification"`
	SignedBy           string      `json:"signedBy,omitempty"`
	BestSignatureTime  report.Time `json:"bestSignatureTime,omitzero"`
	Why                []string    `json:"why,omitempty"` // what its errors say
}

// Summary writes the summary of a report, on one line.
func Summary(r *report.Report) ([]byte, error) {
	out := SummaryReport{
		File: r.File, Document: r.Document, ValidationTime: r.ValidationTime, Policy: r.Policy,
		SignaturesCount: r.SignaturesCount, ValidSignaturesCount: r.ValidSignaturesCount, Signatures: []SummarySignature{},
	}
	for _, s := range r.Signatures {
		one := SummarySignature{
			ID: s.ID, CounterSignatureOf: s.CounterSignatureOf, Path: s.Path, Format: s.Format, Indication: s.Indication,
			SubIndication: s.SubIndication, Qualification: s.Qualification, SignedBy: s.SignedBy, BestSignatureTime: s.BestSignatureTime,
		}
		for _, f := range s.Findings {
			if f.Level == "error" {
				one.Why = append(one.Why, f.Says)
			}
		}
		out.Signatures = append(out.Signatures, one)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("writing the summary of %q: %w", r.File, err)
	}
	return b.Bytes(), nil
}
