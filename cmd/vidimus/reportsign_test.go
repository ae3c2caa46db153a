package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"github.com/vidimus/vidimus/validate/report"
)

// operator writes a key with a certificate of a CA of its own, as PEM, and returns
// the names of both files.
func operator(t *testing.T, key crypto.Signer) (keyFile, caFile string) {
	t.Helper()
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC) // the clock of call
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Operator CA"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	// noRevAvail (RFC 9608 §2): the CA tells nothing of revocation
	noRevAvail := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 56}, Value: []byte{5, 0}}
	own := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Operator"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageContentCommitment, ExtraExtensions: []pkix.Extension{noRevAvail}}
	caRaw, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, own, authority, key.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	write := func(name string, parts ...[]byte) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, bytes.Join(parts, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	return write("operator.pem", block("CERTIFICATE", caRaw), block("PRIVATE KEY", pkcs8), block("CERTIFICATE", raw)), write("ca.pem", block("CERTIFICATE", caRaw))
}

func operatorKeys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"ECDSA": ec, "RSA": rs}
}

// frozenWorld are the flags that judge testdata as its README says.
var frozenWorld = []string{"--offline", "--lists", "../../testdata/world/lists", "--lotl-anchors", "../../testdata/world/lotl-anchors.pem", "--at", "2025-06-01T12:00:00Z"}

// What the operator signs, vidimus judges as it judges any signature: by the operator's
// CA as an anchor it is valid, and altered it is not.
func TestSignedReports(t *testing.T) {
	for kind, key := range operatorKeys(t) {
		keyFile, ca := operator(t, key)
		for format, want := range map[string]string{"etsi": "XAdES-BASELINE-B", "pdf": "PAdES-BASELINE-B"} {
			t.Run(kind+" "+format, func(t *testing.T) {
				args := slices.Concat([]string{"validate", "--format", format, "--sign-report", keyFile}, frozenWorld, []string{"../../testdata/contract.asice"})
				code, out, stderr := call(t, args...)
				if code != exitOK {
					t.Fatalf("%d: %s", code, stderr)
				}
				if format == "pdf" {
					if err := api.Validate(strings.NewReader(out), model.NewDefaultConfiguration()); err != nil {
						t.Error(err)
					}
				}
				got := judgedReport(t, out, ca)
				if s := got.Signatures; len(s) != 1 || s[0].Indication != "TOTAL-PASSED" || s[0].Format != want || s[0].SignedBy != "Operator" || s[0].ClaimedSigningTime.IsZero() || len(s[0].Chain) != 2 {
					t.Errorf("judged as %+v", s)
				}
				altered := strings.Replace(out, "contract", "contraxt", 1)
				if format == "pdf" {
					altered = strings.Replace(out, "/Producer", "/Prodaced", 1)
				}
				got = judgedReport(t, altered, ca)
				if s := got.Signatures; len(s) != 1 || s[0].Indication != "TOTAL-FAILED" || s[0].SubIndication != "HASH_FAILURE" {
					t.Errorf("altered, it is judged as %+v", s)
				}
			})
		}
	}
}

func judgedReport(t *testing.T, signed, ca string) *report.Report {
	t.Helper()
	name := filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(name, []byte(signed), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, stderr := call(t, "validate", "--format", "json", "--offline", "--lists", "none", "--trust-anchor", ca, name)
	r := &report.Report{}
	if err := json.Unmarshal([]byte(out), r); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	return r
}

// A signed ETSI report keeps the schema: ds:Signature is the last child of its root.
func TestSignedETSIReportIsValid(t *testing.T) {
	corpus := os.Getenv("VIDIMUS_CORPUS")
	if corpus == "" {
		t.Skip("VIDIMUS_CORPUS is unset: it names the folder with the schema of ETSI TS 119 102-2")
	}
	for _, key := range operatorKeys(t) {
		keyFile, _ := operator(t, key)
		dir := t.TempDir()
		code, _, stderr := call(t, slices.Concat([]string{"validate", "--format", "etsi", "--report-raw", "--out-dir", dir, "--sign-report", keyFile}, frozenWorld, []string{"../../testdata/contract.asice"})...)
		if code != exitOK {
			t.Fatal(stderr)
		}
		cmd := exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--schema", filepath.Join(corpus, "schemas", "TS119102-2-v141.xsd"), filepath.Join(dir, "contract.asice.report.xml"))
		cmd.Env = append(os.Environ(), "XML_CATALOG_FILES="+filepath.Join(corpus, "schemas", "catalog.xml"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("xmllint: %v\n%s", err, out)
		}
	}
}

// A PKCS#12 file of OpenSSL serves, with its password; a wrong one does not.
func TestSignWithPKCS12(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("making a PKCS#12 file needs openssl: ", err)
	}
	keyFile, ca := operator(t, operatorKeys(t)["RSA"])
	dir := t.TempDir()
	p12, right, wrong := filepath.Join(dir, "key.p12"), filepath.Join(dir, "right"), filepath.Join(dir, "wrong")
	for name, text := range map[string]string{right: "sesam\n", wrong: "simsalabim"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// the key's own certificate comes first for openssl
	raw, err := os.ReadFile(keyFile) //#nosec G304 -- a file of this test
	if err != nil {
		t.Fatal(err)
	}
	first, rest := pem.Decode(raw)
	own := filepath.Join(dir, "own.pem")
	if err := os.WriteFile(own, append(rest, pem.EncodeToMemory(first)...), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, how := range map[string][]string{
		"of OpenSSL 3":  nil, // PBES2 with AES-256 and PBKDF2
		"of older ones": {"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), openssl, slices.Concat([]string{"pkcs12", "-export", "-in", own, "-out", p12, "-passout", "file:" + right}, how)...).CombinedOutput()
			if err != nil {
				t.Fatalf("openssl: %v\n%s", err, out)
			}
			args := func(password string) []string {
				return slices.Concat([]string{"validate", "--format", "etsi", "--sign-report", p12, "--sign-report-password-file", password}, frozenWorld, []string{"../../testdata/contract.asice"})
			}
			code, report, stderr := call(t, args(right)...)
			if code != exitOK {
				t.Fatalf("%d: %s", code, stderr)
			}
			if s := judgedReport(t, report, ca).Signatures; len(s) != 1 || s[0].Indication != "TOTAL-PASSED" {
				t.Errorf("judged as %+v", s)
			}
			if code, out, stderr := call(t, args(wrong)...); code != exitUsage || out != "" || !strings.Contains(stderr, "password incorrect") {
				t.Errorf("with a wrong password: %d, %q, %s", code, out, stderr)
			}
		})
	}
}

func TestReportFlagsRefuse(t *testing.T) {
	keyFile, ca := operator(t, operatorKeys(t)["ECDSA"])
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"signed text":          {[]string{"--sign-report", keyFile}, "signs ETSI and PDF reports"},
		"no key":               {[]string{"--format", "pdf", "--sign-report", ca}, "a private key: false"},
		"no such key":          {[]string{"--format", "pdf", "--sign-report", "/nowhere/key.p12"}, "reading --sign-report"},
		"two PDFs in a stream": {[]string{"--format", "pdf", "../../testdata/contract-altered.asice"}, "cannot stand in one stream"},
		"no language":          {[]string{"--lang", "xx"}, "--lang"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, stderr := call(t, slices.Concat([]string{"validate"}, frozenWorld, test.args, []string{"../../testdata/contract.asice"})...)
			if code != exitUsage || out != "" || !strings.Contains(stderr, test.says) {
				t.Errorf("%d, %q, %s", code, out, stderr)
			}
		})
	}
}

// Each report is a file of its own in --out-dir, two of one name are parted, and
// nothing that is there is written over.
func TestOutDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reports")
	args := slices.Concat([]string{"validate", "--format", "html", "--lang", "lv", "--out-dir", dir}, frozenWorld,
		[]string{"../../testdata/contract.asice", "../../testdata/contract-altered.asice", "../../testdata/../testdata/contract.asice"})
	if code, out, stderr := call(t, args...); code != exitNotValid || out != "" {
		t.Fatalf("%d, %q, %s", code, out, stderr)
	}
	for _, name := range []string{"contract.asice.report.html", "contract-altered.asice.report.html", "contract.asice.report-2.html"} {
		raw, err := os.ReadFile(filepath.Join(dir, name)) //#nosec G304 -- a file of this test
		if err != nil || !bytes.Contains(raw, []byte(`<html lang="lv">`)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code, _, stderr := call(t, args...); code != exitUnjudged || !strings.Contains(stderr, "is there already") {
		t.Errorf("a second time: %d, %s", code, stderr)
	}
}
