package ades_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// tables are all cases, clause by clause.
func tables() map[string][]law {
	return map[string][]law{
		"5.2.2": lawsFormat, "5.2.2 PDF": lawsPDF, "5.2.3": lawsIdentification, "5.2.4": lawsContext, "5.2.5": lawsFreshness,
		"5.2.6": lawsX509, "5.2.6 revocation": lawsRevocation, "5.2.6 CRL": lawsCRL, "5.2.6 sunset": lawsSunset,
		"RFC 5280 names": lawsNames, "5.2.7": lawsVerification, "5.2.8": lawsAcceptance, "5.3": lawsContentTime, "5.4": lawsTimestamp, "5.5": lawsTime, "5.6": lawsArchive, "5.6 CAdES and containers": lawsContainers, "5.6.3.4": lawsRecords, "levels": lawsLevels, "models": lawsModels, "beside": lawsBeside, "nothing hides": lawsForgery, "policies": lawsPolicies, "constraints": lawsConstraints,
	}
}

// unasked are rules that stand in the table and that no file fires, each with the
// reason.
var unasked = map[string]string{
	"XCV-NOT-SELF-SIGNED": "a certificate that issued itself has a chain only as an anchor, and an anchor is asked nothing",
}

// never are rules whose failure the builder of chains makes impossible: it joins
// only what verifies. They are asked all the same.
var never = []string{"XCV-SIGNATURE"}

// told are rules that say something when it is so, and are not asked else: none
// passes them by name. A signature that passes without them is their other half.
var told = []string{
	"FC-ALL-FILES-SIGNED", "FC-AMBIGUOUS-FILE", "FC-AMBIGUOUS-REFERENCE", "FC-DUPLICATE-SIGNATURE", "XCV-REVOCATION-SKIPPED", "XCV-REVOCATION-AUTHORITY",
	"XCV-VALIDITY", "XCV-VALIDITY-NO-POE", "XCV-EXPIRED-CA", "CV-DATA-NAME", "SAV-STRUCTURE", "SAV-REVOKED", "SAV-EXPIRED", "SAV-ALGORITHMS-LATE",
	"TST-CERTIFICATE-REFERENCE", "LTV-TIMESTAMP", "LTV-REVOCATION", "LTV-NOT-YET-VALID", "LTV-TRY-LATER", "PCV-CHAIN", "PSV-POE", "PSV-REVOCATION-ISSUER",
	"PRACTICE-ARCHIVE", "PRACTICE-ANCHOR",
}

// halves are rules told like these, but only of some files: their other half is a
// file of that kind.
var halves = map[string]func(*outcome) bool{
	"FC-TIMESTAMP-COVERAGE": func(o *outcome) bool { return has(o, signature.ContainerTimestamp) },
	"FC-HASH-INDEX": func(o *outcome) bool {
		return o.document.Form == signature.FormCAdES && has(o, signature.ArchiveTimestamp)
	},
	"ER-TIMESTAMP": func(o *outcome) bool { return len(o.records) > 0 },
}

func init() {
	for _, id := range []string{"FC-ANNOTATION-CHANGE", "FC-REVISION"} {
		halves[id] = func(o *outcome) bool { return o.document.Form == signature.FormPAdES }
	}
}

// has: the signatures of the file have a time-stamp of this type.
func has(o *outcome, kind signature.TimestampType) bool {
	return slices.ContainsFunc(o.results, func(r *ades.Result) bool {
		return slices.ContainsFunc(r.Timestamps, func(t *ades.TimestampResult) bool { return t.At.Type == kind })
	})
}

// Every rule but those of qualification is fired by some case, and passed by some other.
func TestEveryRuleHasItsCases(t *testing.T) {
	fired, met, quiet := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, laws := range tables() {
		for i := range laws {
			o := laws[i].judge(t)
			heard := map[string]bool{}
			for _, f := range o.findings() {
				if f.Passed {
					met[f.Rule.ID] = true
				} else {
					fired[f.Rule.ID], heard[f.Rule.ID] = true, true
				}
			}
			if len(o.results) == 1 && o.results[0].Indication == verdict.TotalPassed {
				for _, r := range verdict.Rules() {
					speaks := halves[r.ID]
					quiet[r.ID] = quiet[r.ID] || !heard[r.ID] && (speaks == nil || speaks(o))
				}
			}
		}
	}
	for _, r := range verdict.Rules() {
		if strings.HasPrefix(r.ID, "QUAL-") {
			continue // asked by validate/qualify
		}
		if why, ok := unasked[r.ID]; ok {
			if fired[r.ID] {
				t.Errorf("%s is fired; it no longer is an exception (%s)", r.ID, why)
			}
			continue
		}
		if !fired[r.ID] && !slices.Contains(never, r.ID) {
			t.Errorf("no case fires %s (%s)", r.ID, r.Asks)
		}
		isTold := slices.Contains(told, r.ID) || halves[r.ID] != nil
		switch {
		case isTold && met[r.ID]:
			t.Errorf("%s is passed by name; it no longer is an exception", r.ID)
		case isTold && !quiet[r.ID] || !isTold && !met[r.ID]:
			t.Errorf("no case passes %s (%s)", r.ID, r.Asks)
		}
	}
}

// Each name is used once, says who its good case is rightly, and each table has
// good cases with a mutant that differs by one thing and is heard.
func TestEveryGoodCaseHasAMutant(t *testing.T) {
	byName := map[string]*law{}
	for clause, laws := range tables() {
		for i := range laws {
			if byName[laws[i].name] != nil {
				t.Errorf("two cases are named %q, one of %s", laws[i].name, clause)
			}
			byName[laws[i].name] = &laws[i]
		}
	}
	for name, l := range byName {
		if l.good == "" {
			continue
		}
		g := byName[l.good]
		if g == nil || g.want != passed && g.want != proves {
			t.Errorf("%q differs from %q, which is no case that passes", name, l.good)
			continue
		}
		if l.want == g.want && l.level == g.level && len(l.fires) == 0 && l.bst.Equal(g.bst) {
			t.Errorf("%q differs from %q by nothing that is heard", name, l.good)
		}
	}
}

// Whatever passes rests on an anchor: take it away, and nothing else, and no
// chain is found.
func TestEveryGoodCaseFallsWithoutItsAnchor(t *testing.T) {
	none := path.NewTrust(nil, nil)
	for _, laws := range tables() {
		for i := range laws {
			l := &laws[i]
			o := l.judge(t)
			if l.want != passed || o.document == nil || strings.Contains(l.values, "AcceptableFormats") {
				continue // the level of a signature is told from its chain, too
			}
			c := ades.NewCase(ades.Facts{Document: o.document, Trust: none, Policy: policyOf(t, l), Now: l.time(), Fetched: o.fetched})
			if got := words(c.Judge()[l.sig].Conclusion); got != indeterminate+"NO_CERTIFICATE_CHAIN_FOUND" {
				t.Errorf("%s: without an anchor it is %s", l.name, got)
			}
		}
	}
}

// nameless are rules about the signature or container itself, which has no name
// to be called by; its hash stands beside the sentence.
var nameless = []string{
	"FC-CONTAINER-TYPE", "FC-DUPLICATE-SIGNATURE", "FC-FORMAT-ACCEPTED", "FC-HASH-INDEX", "FC-MANIFEST", "FC-SIGNED-FILES", "FC-UNDEFINED-CHANGE", "ISC-DIGEST-PRESENT", "ISC-SIGNER-FOUND", "CV-DATA-FOUND",
	"SAV-ALGORITHMS", "SAV-ALGORITHMS-LATE", "SAV-ONE-SIGNING-CERTIFICATE", "SAV-SIGNED-PROPERTIES", "SAV-SIGNING-CERTIFICATE", "SAV-SIGNING-TIME",
	"TST-SIGNER", "TST-ALGORITHMS", "TST-IMPRINT-FOUND", "TST-IMPRINT-INTACT", "LTV-ALGORITHMS", "LTV-DELAY", "LTV-EXPIRED", "LTV-NOT-YET-VALID", "LTV-ORDER",
	"ER-TIMESTAMP", "PSV-ALGORITHMS",
}

// dated are rules that compare times: they say which.
var dated = []string{
	"RFC-FRESH", "XCV-SUNSET", "XCV-REVOKED", "XCV-REVOKED-CA", "XCV-ON-HOLD", "XCV-VALIDITY", "XCV-VALIDITY-NO-POE", "XCV-REVOCATION-ISSUER", "XCV-ALGORITHMS",
	"SAV-SIGNING-TIME-RANGE", "SAV-ALGORITHMS", "SAV-ALGORITHMS-LATE", "SAV-REVOKED", "SAV-EXPIRED", "TST-IMPRINT-INTACT", "TST-INTACT", "TST-ALGORITHMS", "TST-SERVICE",
	"LTV-REVOKED", "LTV-REVOKED-CA", "LTV-NOT-YET-VALID", "LTV-EXPIRED", "LTV-ORDER", "LTV-DELAY", "LTV-TRY-LATER", "LTV-ALGORITHMS", "PSV-REVOCATION-ISSUER",
	"ER-TIMESTAMP", "PSV-ALGORITHMS",
}

var day = regexp.MustCompile(`\b[12][0-9]{3}-[01][0-9]-[0-3][0-9]\b`)

// Whoever reads why a signature did not pass reads of whom, and of when.
func TestErrorsSayOfWhomAndWhen(t *testing.T) {
	for _, laws := range tables() {
		for i := range laws {
			for _, f := range laws[i].judge(t).findings() {
				if f.Passed || f.Level != verdict.Error {
					continue
				}
				if !slices.Contains(nameless, f.Rule.ID) && !strings.Contains(f.Says, `"`) {
					t.Errorf("%s, in %q, names nobody: %s", f.Rule.ID, laws[i].name, f.Says)
				}
				if slices.Contains(dated, f.Rule.ID) && !day.MatchString(f.Says) {
					t.Errorf("%s, in %q, says no day: %s", f.Rule.ID, laws[i].name, f.Says)
				}
			}
		}
	}
}
