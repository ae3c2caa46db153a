package report

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/vidimus/vidimus/validate/report/lang"
)

// What a machine's words mean, for people. Nothing here decides: each function
// puts into words what the report says.

// counted tells how many signatures are valid, without calling invalid what is
// only not proven (EN 319 102-1 §5.1.3).
func counted(r *Report) string {
	valid, all := r.ValidSignaturesCount, r.SignaturesCount
	switch {
	case all == 0:
		return "No signature was found."
	case valid == all && all == 1:
		return "The one signature is valid."
	case valid == all:
		return fmt.Sprintf("All %d signatures are valid.", all)
	case all == 1 && len(r.Signatures) == 1 && r.Signatures[0].Indication == "INDETERMINATE":
		return "Whether the one signature is valid is not proven."
	case all == 1:
		return "The one signature is not valid."
	case valid == 0:
		return fmt.Sprintf("None of the %d signatures is proven valid.", all)
	}
	return fmt.Sprintf("%d of %d signatures are valid.", valid, all)
}

func conclusion(indication, sub string) string {
	if sub != "" {
		return indication + " / " + sub
	}
	return indication
}

// why puts the verdict into words.
func why(s *Signature) string {
	reason := lang.English.Reason(s.SubIndication)
	if reason != "" {
		reason = ": " + reason
	}
	switch s.Indication {
	case "TOTAL-PASSED":
		return " (valid)"
	case "TOTAL-FAILED":
		return " (not valid" + reason + ")"
	}
	return " (not proven valid" + reason + ")"
}

// meaning puts a qualification into words (Regulation (EU) 910/2014).
func meaning(q string) string {
	if level, ok := strings.CutPrefix(q, "Indeterminate "); ok {
		return ": would be " + level + ", had it been proven valid"
	}
	if w := lang.English.Qualification(q); w != "" {
		return ": " + w
	}
	return ""
}

func stampMeaning(x *Timestamp) string {
	switch x.Qualification {
	case "QTSA":
		return ", of a qualified service (QTSA)"
	case "TSA":
		return ", of a service that is not qualified (TSA)"
	}
	return ", of a service that the trusted lists tell nothing of (N/A)"
}

func revocationLine(x Revocation) string {
	state := map[string]string{"good": "was not revoked", "revoked": "was revoked", "unknown": "is not known to whoever was asked"}[x.Status]
	if state == "" {
		state = "is " + x.Status
	}
	if !x.RevokedAt.IsZero() {
		state += " on " + day(x.RevokedAt.Time)
	}
	by := ""
	if x.ProducedBy != "" {
		by = " by " + x.ProducedBy
	}
	return fmt.Sprintf("%s %s, says the %s of %s%s", x.About, state, map[string]string{"OCSP": "OCSP answer", "CRL": "CRL"}[x.Type], day(x.ProducedAt.Time), by)
}

func scope(s string) string {
	words := map[string]string{"FULL": "whole", "PARTIAL": "in part", "DIGEST": "by its digest", "COUNTER_SIGNATURE": "the signature that it countersigns"}
	if w, ok := words[s]; ok {
		return w
	}
	return strings.ToLower(strings.ReplaceAll(s, "_", " "))
}

// byteRange writes the numbers as a PDF has them.
func byteRange(r [4]int) string { return fmt.Sprintf("[%d %d %d %d]", r[0], r[1], r[2], r[3]) }

func where(path string) string {
	if path == "" {
		return ""
	}
	return ", in " + path
}

func schemeLevel(s *Scheme) string {
	out := ""
	if s.Level != "" {
		out = ", level " + s.Level
	}
	if s.Test {
		out += ", of the scheme's TEST environment"
	}
	return out
}

func signerLine(g *Signer) string {
	var parts []string
	for _, p := range []string{strings.TrimSpace(g.GivenName + " " + g.Surname), g.Pseudonym, g.Organization, g.SerialNumber, g.Country} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

func provenBy(s *Signature) string {
	if s.ProvenBy == "" {
		return " (of this validation: no proof of an earlier time counts)"
	}
	for _, x := range s.Timestamps {
		if x.SHA256 == s.ProvenBy && x.ProducedBy != "" {
			return " by the time-stamp of " + x.ProducedBy
		}
	}
	return " by a time-stamp"
}

func short(hash string) string {
	if len(hash) > 16 {
		return hash[:16] + "…"
	}
	return hash
}

// clean keeps names of files and people from forging lines of the report, from
// steering a terminal and from turning the direction of what follows (attack S3).
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
