package certificate_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

var embedded = regexp.MustCompile(`(?s)<(?:\w+:)?(?:Encapsulated)?X509Certificate(?: [^>]*)?>(.*?)</(?:\w+:)?(?:Encapsulated)?X509Certificate>`)

// xmlOf returns the XML documents in a file: itself, or the entries of a container.
func xmlOf(raw []byte) [][]byte {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return [][]byte{raw}
	}
	var out [][]byte
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, ".xml") {
			continue
		}
		if r, err := f.Open(); err == nil {
			b, _ := io.ReadAll(io.LimitReader(r, 16<<20))
			r.Close()
			out = append(out, b)
		}
	}
	return out
}

// The certificates in signed files: those of cards have odder keys than those of CAs.
// Some files are broken on purpose, so that a few may fail.
func TestCorpusFileCertificatesParse(t *testing.T) {
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		t.Skip("VIDIMUS_CORPUS is unset: the corpus of real files is not here")
	}
	certificates := map[evidence.ID][]byte{}
	_ = filepath.WalkDir(filepath.Join(root, "files"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !regexp.MustCompile(`\.(xml|asice|asics|bdoc|sce|scs|ddoc|odt)$`).MatchString(name) {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil || len(raw) > 8<<20 {
			return err
		}
		for _, document := range xmlOf(raw) {
			for _, m := range embedded.FindAllSubmatch(document, -1) {
				der, err := base64.StdEncoding.DecodeString(strings.NewReplacer("&#13;", "", "&#xD;", "", "&#xd;", "").Replace(string(bytes.Join(bytes.Fields(m[1]), nil))))
				if err == nil && len(der) > 0 {
					certificates[evidence.Of(der)] = der
				}
			}
		}
		return nil
	})
	errors, problems, keys := 0, map[string]int{}, map[string]int{}
	var parsed []*certificate.Certificate
	bySubject := map[string][]*certificate.Certificate{}
	for id, der := range certificates {
		c, err := certificate.Parse(der)
		if err != nil {
			errors++
			t.Logf("%s, %d octets: %v", id, len(der), err)
			continue
		}
		parsed = append(parsed, c)
		bySubject[string(c.RawSubject)] = append(bySubject[string(c.RawSubject)], c)
		for _, p := range append(c.Problems, c.QC.Problems...) {
			problems[p]++
		}
		keys[c.KeyProblem]++
	}
	verified, failed := 0, 0
	for _, c := range parsed {
		candidates := bySubject[string(c.RawIssuer)]
		ok := false
		for _, issuer := range candidates {
			ok = ok || c.CheckSignatureFrom(issuer) == nil
		}
		if ok {
			verified++
		} else if len(candidates) > 0 {
			failed++
			t.Logf("%v", c.CheckSignatureFrom(candidates[0]))
		}
	}
	t.Logf("%d certificates, %d unreadable, %d verify with one of their issuers, %d do not", len(certificates), errors, verified, failed)
	for p, n := range problems {
		t.Logf("problem: %d × %s", n, p)
	}
	for p, n := range keys {
		t.Logf("key: %d × %s", n, p)
	}
	if len(certificates) < 300 || errors*50 > len(certificates) {
		t.Errorf("%d of %d certificates cannot be read", errors, len(certificates))
	}
}
