package siva_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate/eutest"
)

// What a PDF's signature dictionary says stands where SiVa tells it.
func TestDictionaryOfPDF(t *testing.T) {
	w := begin(t)
	signer := w.ca.Signer()
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	for entries, want := range map[string]string{
		"":                                 `^$`,
		"/Reason(Roll??)/Location(Narva)":  `^"Roll\?\?" \{"countryName":"Narva"\}$`,
		"/Reason(<b>\xc5)/ContactInfo(me)": `^"<b>Å"$`,
		"/Location(Narva)":                 `^\{"countryName":"Narva"\}$`,
	} {
		for _, level := range []eutest.Level{eutest.B, eutest.LT} {
			o := eutest.PDFOptions{Entries: entries}
			o.Level = level
			answer := post(h, "/validate", request("contract.pdf", w.SignPDF(signer, o)))
			var a struct {
				ValidationReport struct {
					ValidationConclusion struct {
						Signatures []struct {
							SignatureScopes []struct{ Name, Scope, Content string }
							Info            struct{ SigningReason, SignatureProductionPlace json.RawMessage }
						}
					}
				}
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &a); err != nil || answer.Code != http.StatusOK || len(a.ValidationReport.ValidationConclusion.Signatures) != 1 {
				t.Fatalf("%d %s: %v", answer.Code, answer.Body, err)
			}
			s := a.ValidationReport.ValidationConclusion.Signatures[0]
			got := string(s.Info.SigningReason)
			if place := string(s.Info.SignatureProductionPlace); got != "" && place != "" {
				got += " " + place
			} else {
				got += place
			}
			if !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s: got %s, want %s", entries, got, want)
			}
			if len(s.SignatureScopes) != 1 {
				t.Fatalf("scopes %+v", s.SignatureScopes)
			}
			scope, content := "FULL", `^Full document$`
			if level == eutest.LT { // revisions follow
				scope, content = "PARTIAL", `^The document ByteRange : \[0, \d+, \d+, \d+\]$`
			}
			if x := s.SignatureScopes[0]; x.Scope != scope || !regexp.MustCompile(content).MatchString(x.Content) {
				t.Errorf("scope %+v", x)
			}
		}
	}
}
