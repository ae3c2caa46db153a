package report

import (
	"fmt"
	"strings"
	"unicode"
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

// reasons are the sub-indications of EN 319 102-1 §5.1.3, in a clause of a sentence.
var reasons = map[string]string{
	"FORMAT_FAILURE":                    "it is not made as its format demands",
	"HASH_FAILURE":                      "what was signed was changed afterwards",
	"SIG_CRYPTO_FAILURE":                "the signature value does not fit the signer's key",
	"REVOKED":                           "the signer's certificate was revoked before it was made",
	"EXPIRED":                           "it was made after the signer's certificate had ended",
	"NOT_YET_VALID":                     "it was made before the signer's certificate began",
	"SIG_CONSTRAINTS_FAILURE":           "it breaks a rule of the policy about signatures",
	"CHAIN_CONSTRAINTS_FAILURE":         "the chain of certificates breaks a rule",
	"CERTIFICATE_CHAIN_GENERAL_FAILURE": "the chain of certificates could not be checked",
	"CRYPTO_CONSTRAINTS_FAILURE":        "an algorithm or key was too weak when it was made",
	"CRYPTO_CONSTRAINTS_FAILURE_NO_POE": "an algorithm or key is too weak now, and nothing proves that it was made while it was not",
	"POLICY_PROCESSING_ERROR":           "its signature policy could not be read",
	"SIGNATURE_POLICY_NOT_AVAILABLE":    "its signature policy is not at hand",
	"TIMESTAMP_ORDER_FAILURE":           "its time-stamps are not in the order in which they must be",
	"NO_SIGNING_CERTIFICATE_FOUND":      "the signer's certificate was not found",
	"NO_CERTIFICATE_CHAIN_FOUND":        "no chain leads from the signer's certificate to anybody trusted",
	"NO_CERTIFICATE_CHAIN_FOUND_NO_POE": "whom the chain leads to is trusted no more, and nothing proves that it was made before",
	"REVOKED_NO_POE":                    "the signer's certificate was revoked, and nothing proves that it was made before",
	"REVOKED_CA_NO_POE":                 "the certificate of an authority was revoked, and nothing proves that it was made before",
	"OUT_OF_BOUNDS_NOT_REVOKED":         "the signer's certificate has ended, unrevoked, and nothing proves that it was made before",
	"OUT_OF_BOUNDS_NO_POE":              "the signer's certificate has ended or not begun, and nothing proves when it was made",
	"REVOCATION_OUT_OF_BOUNDS_NO_POE":   "the certificate of the revocation service has ended, and nothing proves that its answer is older",
	"NO_POE":                            "nothing proves that it existed in time",
	"TRY_LATER":                         "nobody has yet said whether the signer's certificate was revoked",
	"SIGNED_DATA_NOT_FOUND":             "what was signed is not there",
	"CUSTOM":                            "the policy demands more",
}

// why puts the verdict into words.
func why(s *Signature) string {
	reason := reasons[s.SubIndication]
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
	words := map[string]string{
		"QESig":                     "qualified electronic signature: it has the effect of a handwritten one, Regulation (EU) 910/2014 Art. 25(2)",
		"QESeal":                    "qualified electronic seal: what it seals is presumed whole and of that origin, Regulation (EU) 910/2014 Art. 35(2)",
		"Unknown-QC-QSCD":           "made with a qualified certificate and device, but whether for signatures or seals is not told",
		"AdESig-QC":                 "advanced electronic signature with a qualified certificate; no qualified device is proven",
		"AdESeal-QC":                "advanced electronic seal with a qualified certificate; no qualified device is proven",
		"Unknown-QC":                "made with a qualified certificate, but whether for signatures or seals is not told; no qualified device is proven",
		"AdESig":                    "advanced electronic signature; its certificate is not qualified",
		"AdESeal":                   "advanced electronic seal; its certificate is not qualified",
		"Unknown":                   "its certificate is not qualified, and does not tell whether it is for signatures or seals",
		"Not AdES but QC with QSCD": "no advanced signature; the certificate is qualified, its key in a qualified device",
		"Not AdES but QC":           "no advanced signature; the certificate is qualified",
		"Not AdES":                  "no advanced signature, and no qualified certificate for one",
		"N/A":                       "the trusted lists tell nothing of it",
	}
	if level, ok := strings.CutPrefix(q, "Indeterminate "); ok {
		return ": would be " + level + ", had it been proven valid"
	}
	if w, ok := words[q]; ok {
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
