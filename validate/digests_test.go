package validate_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
)

// A signature is judged the same by the digests of its contents as by the contents,
// and a digest is never taken for an empty file.
func TestDigestsInPlaceOfContents(t *testing.T) {
	w := begin(t)
	raw := w.SignDetached(w.ca.Signer(), contract, eutest.SignOptions{})
	container := w.Sign(w.ca.Signer(), contract, eutest.SignOptions{})
	v := w.validator(t, "strict")
	sum := func(s string) []byte { d := sha256.Sum256([]byte(s)); return d[:] }
	right := []validate.Digested{{Name: "contract.txt", Digest: algo.SHA256, Sum: sum(string(contract[0].Raw))}, {Name: "annex.txt", Digest: algo.SHA256, Sum: sum(string(contract[1].Raw))}}
	altered := []validate.Digested{right[0], {Name: "annex.txt", Digest: algo.SHA256, Sum: sum("")}}
	for name, test := range map[string]struct {
		file    []byte
		digests []validate.Digested
		want    string
	}{
		"right":       {raw, right, "TOTAL-PASSED"},
		"one altered": {raw, altered, "TOTAL-FAILED HASH_FAILURE"},
		"one missing": {raw, right[:1], "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		"no XML":      {container, right, "unsupported-format"},
	} {
		got, err := v.Validate(validate.Request{File: validate.File{Name: "a.xml", Data: test.file}, Digests: test.digests, At: judged})
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		if e := got.Report.Error; e != nil {
			said = e.Code
		} else {
			s := got.Report.Signatures[0]
			said = strings.TrimSpace(s.Indication + " " + s.SubIndication)
		}
		if said != test.want {
			t.Errorf("%s: %s, want %s", name, said, test.want)
		}
	}
}
