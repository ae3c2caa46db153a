package siva_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate/eutest"
)

func datafile(name, algorithm string, sum []byte) string {
	return fmt.Sprintf(`{"filename":%q,"hashAlgo":%q,"hash":%q}`, name, algorithm, b64(sum))
}

func signatureFile(raw []byte, datafiles ...string) string {
	if datafiles == nil {
		return fmt.Sprintf(`{"signature":%q}`, b64(raw))
	}
	return fmt.Sprintf(`{"signature":%q,"datafiles":[%s]}`, b64(raw), strings.Join(datafiles, ","))
}

func hashcode(files ...string) string { return `{"signatureFiles":[` + strings.Join(files, ",") + `]}` }

func TestHashcode(t *testing.T) {
	w := begin(t)
	file := eutest.Text("contract.txt", "I owe you.")
	sum, other, long := sha256.Sum256(file.Raw), sha256.Sum256([]byte("I owe you nothing.")), sha512.Sum512(file.Raw)
	raw := w.SignDetached(w.ca.Signer(), []eutest.File{file}, eutest.SignOptions{})
	stamped := w.SignDetached(w.ca.Signer(), []eutest.File{file}, eutest.SignOptions{})
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	for name, test := range map[string]struct{ body, indication, sub string }{
		"right":            {hashcode(signatureFile(raw, datafile("contract.txt", "sha256", sum[:]))), "TOTAL-PASSED", ""},
		"none given":       {hashcode(signatureFile(raw)), "TOTAL-PASSED", ""},
		"others beside":    {hashcode(signatureFile(raw, datafile("contract.txt", "SHA256", sum[:]), datafile("x", "SHA256", other[:]))), "TOTAL-PASSED", ""},
		"altered":          {hashcode(signatureFile(raw, datafile("contract.txt", "SHA256", other[:]))), "TOTAL-FAILED", "HASH_FAILURE"},
		"another file":     {hashcode(signatureFile(raw, datafile("x.txt", "SHA256", other[:]))), "INDETERMINATE", "SIGNED_DATA_NOT_FOUND"},
		"other algorithm":  {hashcode(signatureFile(raw, datafile("contract.txt", "SHA512", long[:]))), "INDETERMINATE", "SIGNED_DATA_NOT_FOUND"},
		"empty file's":     {hashcode(signatureFile(raw, datafile("contract.txt", "SHA256", emptySum()))), "TOTAL-FAILED", "HASH_FAILURE"},
		"several, one bad": {hashcode(signatureFile(stamped, datafile("contract.txt", "SHA256", sum[:])), signatureFile(raw, datafile("contract.txt", "SHA256", other[:]))), "TOTAL-PASSED", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := concluded(t, post(h, "/validateHashcode", test.body))
			s := got.Signatures[0]
			if s.Indication != test.indication || s.SubIndication != test.sub {
				t.Errorf("got %+v", s)
			}
			if test.indication == "TOTAL-PASSED" && (s.SignatureScopes[0].Hash != b64(sum[:]) || s.SignatureScopes[0].HashAlgo != "SHA256" || s.SignatureScopes[0].Scope != "DIGEST") {
				t.Errorf("got %+v", s.SignatureScopes)
			}
			if name == "several, one bad" && (got.SignaturesCount != 2 || got.ValidSignaturesCount != 1 || got.Signatures[1].SubIndication != "HASH_FAILURE") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func emptySum() []byte {
	s := sha256.Sum256(nil)
	return s[:]
}

func TestRefusedHashcodes(t *testing.T) {
	w := begin(t)
	raw := w.SignDetached(w.ca.Signer(), contract()[:1], eutest.SignOptions{})
	container := w.Sign(w.ca.Signer(), contract(), eutest.SignOptions{})
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	sum := emptySum()
	of := "signatureFiles[0].datafiles[0]."
	for name, test := range map[string]struct{ body, want string }{
		"no signatures":  {`{}`, "signatureFiles: must not be empty"},
		"no object":      {hashcode("7"), "signatureFiles[0].signature: must not be blank\nsignatureFiles[0].signature: Document is not encoded in a valid base64 string"},
		"empty list":     {strings.Replace(hashcode(signatureFile(raw, "x")), "[x]", "[]", 1), "signatureFiles[0].datafiles: Invalid dataFiles list"},
		"algorithm":      {hashcode(signatureFile(raw, datafile("a", "CRC32", sum))), of + "hashAlgo: Invalid hash algorithm"},
		"hash":           {hashcode(signatureFile(raw, `{"filename":"a","hashAlgo":"SHA256","hash":"NOT.BASE64"}`)), of + "hash: Document is not encoded in a valid base64 string"},
		"empty hash":     {hashcode(signatureFile(raw, `{"filename":"a","hashAlgo":"SHA256","hash":""}`)), of + "hash: must not be blank\n" + of + "hash: Document is not encoded in a valid base64 string\n" + of + "hash: size must be between 1 and 1000"},
		"long hash":      {hashcode(signatureFile(raw, `{"filename":"a","hashAlgo":"SHA256","hash":"`+strings.Repeat("P", 1001)+`"}`)), of + "hash: size must be between 1 and 1000"},
		"control name":   {hashcode(signatureFile(raw, datafile("a\x07", "SHA256", sum))), of + "filename: Invalid filename"},
		"a container":    {hashcode(signatureFile(container)), malformed},
		"no XML":         {hashcode(signatureFile([]byte("hello"), datafile("a", "SHA256", sum))), malformed},
		"too many":       {hashcode(append(make([]string, 0, 101), strings.Split(strings.Repeat(`{"signature":"aGk="} `, 101)[:101*21-1], " ")...)...), "signatureFiles: At most 100 signature files are taken at once"},
		"unknown policy": {strings.TrimSuffix(hashcode(signatureFile(raw)), "}") + `,"signaturePolicy":"POLv9"}`, "signaturePolicy: Invalid signature policy: POLv9; Available abstractPolicies: [POLv3, POLv4]"},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.ReplaceAll(test.body, "\x07", `\u0007`)
			body = strings.ReplaceAll(body, `\a`, `\u0007`) // Go's %q writes what JSON does not know
			wantErrors(t, post(h, "/validateHashcode", body), http.StatusBadRequest, strings.Split(test.want, "\n")...)
		})
	}
}
