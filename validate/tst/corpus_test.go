package tst

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
)

var embedded = regexp.MustCompile(`<(?:[A-Za-z0-9_-]+:)?EncapsulatedTimeStamp(?:\s[^>]*)?>([^<]*)<`)

// signatureFiles returns the XML files of the corpus, those inside ZIPs too, and
// the time-stamp files.
func signatureFiles(t *testing.T, wanted func(name string) bool) map[string][]byte {
	t.Helper()
	corpus := corpustest.Root(t)
	paths, err := filepath.Glob(filepath.Join(corpus, "files", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || info.IsDir() || info.Size() > 64<<20 {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(filepath.Join(corpus, "files"), path)
		if err != nil {
			t.Fatal(err)
		}
		if wanted(name) {
			out[name] = raw
		}
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			continue
		}
		for _, f := range z.File {
			if !wanted(f.Name) || f.UncompressedSize64 > 32<<20 || !strings.HasPrefix(f.Name, "META-INF/") {
				continue
			}
			if r, err := f.Open(); err == nil {
				if b, err := io.ReadAll(io.LimitReader(r, 32<<20)); err == nil {
					out[name+"!"+f.Name] = b
				}
			}
		}
	}
	return out
}

// TestCorpusTokens reads every time-stamp of the corpus' XML signatures and
// verifies it with the certificate that it carries and its sid names.
func TestCorpusTokens(t *testing.T) {
	files := signatureFiles(t, func(name string) bool { return strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".tst") })
	seen := map[evidence.ID]bool{}
	count := map[string]int{}
	try := func(name string, raw []byte) {
		id := evidence.Of(raw)
		if seen[id] {
			return
		}
		seen[id] = true
		count["tokens"]++
		tok, err := Parse(raw)
		if err != nil {
			count["unreadable"]++
			t.Logf("%s: %v", name, err)
			return
		}
		if len(tok.Problems) > 0 {
			count["with problems"]++
			t.Logf("%s: problems %q", name, tok.Problems)
		}
		if tok.Qualified {
			count["claiming to be qualified"]++
		}
		if v := tok.CMS.EmbeddedValues(); len(v.Certificates)+len(v.CRLs)+len(v.OCSPs) > 0 {
			count["with values in attributes"]++
		}
		if len(tok.CMS.CRLs)+len(tok.CMS.OCSPs) > 0 {
			count["with revocation data in SignedData"]++
		}
		named := 0
		for _, c := range tok.Candidates() {
			if !tok.SignerMatches(c) {
				continue
			}
			named++
			err := tok.Verify(c)
			present, ok := tok.CertificateReferenceMatches(c)
			_, serial := tok.IssuerSerialMatches(c)
			switch {
			case err != nil:
				count["not verified"]++
				t.Logf("%s: %v", name, err)
			case !present || !ok:
				count["verified, reference wrong"]++
				t.Logf("%s: reference present %v ok %v", name, present, ok)
			default:
				count["verified"]++
			}
			if present, _ := tok.IssuerSerialMatches(c); present && !serial {
				count["issuer and serial of the reference differ"]++
				t.Logf("%s: issuer and serial of the reference differ", name)
			}
			break
		}
		if named == 0 {
			count["without its certificate"]++
			t.Logf("%s: %d certificates, none named", name, len(tok.CMS.Certificates))
		}
	}
	for name, raw := range files {
		if strings.HasSuffix(name, ".tst") {
			try(name, raw)
			continue
		}
		for _, m := range embedded.FindAllSubmatch(raw, -1) {
			token, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(strings.ReplaceAll(string(m[1]), "&#13;", "")), ""))
			if err != nil {
				count["not base64"]++
				t.Logf("%s: %v", name, err)
				continue
			}
			try(name, token)
		}
	}
	t.Logf("%d files: %v", len(files), count)
	if count["verified"] < 100 || count["unreadable"] > 30 {
		t.Errorf("the corpus reads worse than it did: %v", count)
	}
}

// timestampAttributes are the attributes whose values are tokens (formats.md §4.1).
var timestampAttributes = map[string]bool{
	"1.2.840.113549.1.9.16.2.14": true, "1.2.840.113549.1.9.16.2.20": true, "1.2.840.113549.1.9.16.2.25": true,
	"1.2.840.113549.1.9.16.2.26": true, "1.2.840.113549.1.9.16.2.27": true, "1.2.840.113549.1.9.16.2.48": true,
	"0.4.0.1733.2.4": true,
}

// TestCorpusCMS reads every CMS signature of the corpus, verifies those with
// attached content by the certificate that sid names, and reads their tokens.
func TestCorpusCMS(t *testing.T) {
	files := signatureFiles(t, func(name string) bool {
		return strings.HasSuffix(name, ".p7s") || strings.HasSuffix(name, ".p7m") || strings.HasSuffix(name, ".pkcs7")
	})
	count := map[string]int{}
	for name, raw := range files {
		sd, err := cms.Parse(raw)
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		count["read"]++
		count["OCSPs"] += len(sd.AllOCSPs())
		count["CRLs"] += len(sd.AllCRLs())
		for _, s := range sd.Signers {
			count["SignerInfos"]++
			if problems := append(sd.Problems, s.Problems...); len(problems) > 0 {
				t.Logf("%s: %q", name, problems)
			}
			for _, a := range append(s.SignedAttributes[:len(s.SignedAttributes):len(s.SignedAttributes)], s.UnsignedAttributes...) {
				if !timestampAttributes[a.OID] {
					continue
				}
				for _, v := range a.Values {
					count["tokens"]++
					if _, err := Parse(v); err != nil {
						count["tokens unreadable"]++
						t.Logf("%s: %v", name, err)
					}
				}
			}
			if !sd.HasContent {
				continue
			}
			// The sid rule is the token's; it serves any SignerInfo.
			err := errors.New("its certificate is not in the file")
			for _, raw := range sd.AllCertificates() {
				if c, e := certificate.Parse(raw); e == nil && (&Token{Signer: s}).SignerMatches(c) {
					err = s.Verify(c.Key, sd.Content)
					break
				}
			}
			if count["attached"]++; err == nil {
				count["attached, verified"]++
			} else {
				t.Logf("%s: %v", name, err)
			}
		}
	}
	t.Logf("%d CMS files: %v", len(files), count)
	if count["read"]*100 < len(files)*95 || count["tokens unreadable"] > 10 {
		t.Error("the corpus reads worse than it did")
	}
}
