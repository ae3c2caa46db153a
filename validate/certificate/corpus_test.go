package certificate_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
)

var x509Certificate = regexp.MustCompile(`(?s)<(?:\w+:)?X509Certificate>(.*?)</(?:\w+:)?X509Certificate>`)

// corpusCertificates are the distinct certificates of the trusted lists and anchors
// of the corpus.
func corpusCertificates(t testing.TB) map[evidence.ID][]byte {
	root := corpustest.Root(t)
	out := map[evidence.ID][]byte{}
	lists, _ := filepath.Glob(filepath.Join(root, "worlds", "*", "lists", "*.xml"))
	for _, name := range lists {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range x509Certificate.FindAllSubmatch(raw, -1) {
			text := bytes.Join(bytes.Fields(m[1]), nil)
			der, err := base64.StdEncoding.DecodeString(string(text))
			if err != nil {
				t.Logf("%s: a certificate is not base64: %v", filepath.Base(name), err)
				continue
			}
			out[evidence.Of(der)] = der
		}
	}
	anchors, err := os.ReadFile(filepath.Join(root, "worlds", "anchored", "anchors.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for block, rest := pem.Decode(anchors); block != nil; block, rest = pem.Decode(rest) {
		out[evidence.Of(block.Bytes)] = block.Bytes
	}
	return out
}

func TestCorpusCertificatesParse(t *testing.T) {
	certificates := corpusCertificates(t)
	problems, keys, keyProblems := map[string]int{}, map[string]int{}, map[string]int{}
	selfIssued, verified := 0, 0
	for id, der := range certificates {
		c, err := certificate.Parse(der)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		for _, p := range c.Problems {
			problems[p]++
		}
		for _, p := range c.QC.Problems {
			problems["QC: "+p]++
		}
		if c.Key == nil {
			keyProblems[c.KeyProblem]++
			continue
		}
		keys[c.Key.Algorithm+" "+c.Key.Curve]++
		if c.SelfIssued() {
			selfIssued++
			if err := c.CheckSignatureFrom(c); err == nil {
				verified++
			} else {
				t.Logf("%s: %v", id, err)
			}
		}
	}
	if len(certificates) < 3000 {
		t.Errorf("only %d certificates found", len(certificates))
	}
	t.Logf("%d certificates, %d self-issued, of which %d verify with their own key", len(certificates), selfIssued, verified)
	for title, counts := range map[string]map[string]int{"problem": problems, "key": keys, "key problem": keyProblems} {
		names := make([]string, 0, len(counts))
		for name := range counts {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			t.Logf("%s: %d × %s", title, counts[name], name)
		}
	}
}
