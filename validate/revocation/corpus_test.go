package revocation

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
)

var embedded = regexp.MustCompile(`<(?:[A-Za-z0-9_-]+:)?(EncapsulatedOCSPValue|EncapsulatedCRLValue|EncapsulatedX509Certificate|X509Certificate)(?:\s[^>]*)?>([^<]*)<`)

// corpusValues calls visit for each XML signature file of the corpus with the
// values of its elements.
func corpusValues(t *testing.T, visit func(name string, values map[string][][]byte)) {
	t.Helper()
	corpus := corpustest.Root(t)
	paths, err := filepath.Glob(filepath.Join(corpus, "files", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	collect := func(name string, raw []byte) {
		values := map[string][][]byte{}
		for _, m := range embedded.FindAllSubmatch(raw, -1) {
			text := strings.ReplaceAll(string(m[2]), "&#13;", "")
			value, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
			if err != nil {
				t.Logf("%s: %s is not base64: %v", name, m[1], err)
				continue
			}
			kind := strings.TrimPrefix(string(m[1]), "Encapsulated")
			values[kind] = append(values[kind], value)
		}
		visit(name, values)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || info.IsDir() || info.Size() > 64<<20 {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
		if strings.HasSuffix(path, ".xml") {
			collect(name, raw)
			continue
		}
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			continue
		}
		for _, f := range z.File {
			if !strings.HasPrefix(f.Name, "META-INF/") || !strings.HasSuffix(f.Name, ".xml") || f.UncompressedSize64 > 32<<20 {
				continue
			}
			r, err := f.Open()
			if err != nil {
				continue
			}
			if b, err := io.ReadAll(io.LimitReader(r, 32<<20)); err == nil {
				collect(name+"!"+f.Name, b)
			}
		}
	}
}

// TestCorpusRevocation reads every OCSP answer and CRL in the corpus' XML
// signatures, compares with the libraries where they can read them, and verifies.
func TestCorpusRevocation(t *testing.T) {
	seen := map[evidence.ID]bool{}
	count := map[string]int{}
	corpusValues(t, func(name string, values map[string][][]byte) {
		var certs []*certificate.Certificate
		for _, raw := range values["X509Certificate"] {
			if c, err := certificate.Parse(raw); err == nil {
				certs = append(certs, c)
			}
		}
		for _, raw := range values["OCSPValue"] {
			if id := evidence.Of(raw); !seen[id] {
				seen[id] = true
				tryOCSP(t, count, name, raw, certs)
			}
		}
		for _, raw := range values["CRLValue"] {
			if id := evidence.Of(raw); !seen[id] {
				seen[id] = true
				tryCRL(t, count, name, raw, certs)
			}
		}
	})
	t.Logf("%v", count)
	if count["OCSP"] < 100 || count["OCSP verified"]*100 < count["OCSP"]*90 || count["CRL unreadable"]*100 > count["CRL"]*5 {
		t.Errorf("the corpus reads worse than it did: %v", count)
	}
}

func tryOCSP(t *testing.T, count map[string]int, name string, raw []byte, certs []*certificate.Certificate) {
	count["OCSP"]++
	o, err := ParseOCSP(raw)
	library, libraryErr := ocsp.ParseResponse(raw, nil)
	if err != nil {
		count["OCSP unreadable"]++
		t.Logf("%s: OCSP: %v (the library: %v)", name, err, libraryErr)
		return
	}
	if libraryErr != nil {
		count["OCSP read by us alone"]++
		t.Logf("%s: the library cannot read it: %v", name, libraryErr)
	} else if !library.ProducedAt.Equal(o.ProducedAt) || !library.ThisUpdate.Equal(o.Responses[0].ThisUpdate) ||
		library.SerialNumber.Cmp(o.Responses[0].Serial) != 0 || (library.Status == ocsp.Good) != (o.Responses[0].Status == Good) {
		t.Errorf("%s: reads %+v, the library %+v", name, o.Responses[0], library)
	}
	if len(o.Problems)+len(o.CriticalUnknown) > 0 {
		count["OCSP with problems"]++
		t.Logf("%s: OCSP problems %q critical %q", name, o.Problems, o.CriticalUnknown)
	}
	if len(o.Nonce) > 0 {
		count["OCSP with nonce"]++
	}
	if len(o.Responses[0].CertHash) > 0 {
		count["OCSP with certHash"]++
	}
	verified, named := false, false
	for _, c := range append(certs[:len(certs):len(certs)], o.Certificates...) {
		if o.ResponderIs(c) {
			named = true
			verified = verified || o.Verify(c) == nil
		}
	}
	switch {
	case verified:
		count["OCSP verified"]++
	case named:
		count["OCSP not verified"]++
		t.Logf("%s: OCSP does not verify with its responder", name)
	default:
		count["OCSP responder unknown"]++
		t.Logf("%s: OCSP without the certificate of its responder", name)
	}
	for _, c := range certs {
		for _, issuer := range certs {
			if o.For(c, issuer) != nil {
				count["OCSP about a certificate of the file"]++
				return
			}
		}
	}
	t.Logf("%s: OCSP about none of the %d certificates in the file", name, len(certs))
}

func tryCRL(t *testing.T, count map[string]int, name string, raw []byte, certs []*certificate.Certificate) {
	count["CRL"]++
	c, err := ParseCRL(raw)
	library, libraryErr := x509.ParseRevocationList(raw)
	if err != nil {
		count["CRL unreadable"]++
		t.Logf("%s: CRL: %v (the library: %v)", name, err, libraryErr)
		return
	}
	if libraryErr != nil {
		count["CRL read by us alone"]++
		t.Logf("%s: the library cannot read it: %v", name, libraryErr)
	} else {
		if len(library.RevokedCertificateEntries) != c.Entries || !library.ThisUpdate.Equal(c.ThisUpdate) {
			t.Errorf("%s: %d entries, the library %d", name, c.Entries, len(library.RevokedCertificateEntries))
		}
		for i, e := range library.RevokedCertificateEntries {
			if i%1000 != 0 {
				continue
			}
			if got, ok := c.Lookup(e.SerialNumber); !ok || !got.RevokedAt.Equal(e.RevocationTime) || max(got.Reason, 0) != e.ReasonCode {
				t.Errorf("%s: serial number %s: %+v, the library %+v", name, e.SerialNumber, got, e)
			}
		}
	}
	if len(c.Problems)+len(c.CriticalUnknown) > 0 {
		count["CRL with problems"]++
		t.Logf("%s: CRL problems %q critical %q", name, c.Problems, c.CriticalUnknown)
	}
	named := false
	for _, cert := range certs {
		if !bytes.Equal(cert.RawSubject, c.RawIssuer) {
			continue
		}
		named = true
		if c.Verify(cert) == nil {
			count["CRL verified"]++
			return
		}
	}
	if named {
		count["CRL not verified"]++
		t.Logf("%s: CRL does not verify with its issuer", name)
		return
	}
	count["CRL issuer not in the file"]++
}

// TestCorpusPKITS reads the CRLs of NIST PKITS; the library reads them too.
func TestCorpusPKITS(t *testing.T) {
	corpus := corpustest.Root(t)
	paths, err := filepath.Glob(filepath.Join(corpus, "pkits", "*", "*.crl"))
	if err != nil || len(paths) == 0 {
		t.Skipf("no CRLs in the corpus' pkits folder (%v)", err)
	}
	delta, indirect, scoped, issuers := 0, 0, 0, 0
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ParseCRL(raw)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			continue
		}
		if c.Delta {
			delta++
		}
		if c.IDP != nil {
			scoped++
			if c.IDP.Indirect {
				indirect++
			}
		}
		if c.carriesIssuers {
			issuers++
		}
		if len(c.Problems)+len(c.CriticalUnknown) > 0 {
			t.Logf("%s: %q %q", filepath.Base(path), c.Problems, c.CriticalUnknown)
		}
	}
	t.Logf("%d CRLs, %d delta, %d with IDP, %d indirect, %d with certificateIssuer", len(paths), delta, scoped, indirect, issuers)
}
