package siva

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"

	"github.com/vidimus/vidimus/api"
)

// SiVa's own words for what is wrong with a member of a request.
const (
	saysBlank      = "must not be blank"
	saysEmpty      = "must not be empty"
	saysBase64     = "Document is not encoded in a valid base64 string"
	saysFilename   = "Invalid filename"
	saysPolicy     = "Invalid signature policy"
	saysReportType = "Invalid report type"
	saysDatafiles  = "Invalid dataFiles list"
	saysHashAlgo   = "Invalid hash algorithm"
	saysDocType    = "documentType is not a valid request parameter"
	saysNoDDOC     = "Invalid filename. Can only return data files for DDOC type containers."
)

// Bounds of SiVa on members, in characters; and ours on lists.
const (
	maxFilename   = 260
	maxPolicyName = 100
	maxHash       = 1000
	maxSignatures = 100
	maxDatafiles  = 1000
)

// document is the request of /validate.
type document struct {
	filename string
	data     []byte
	policy   *legalPolicy
	report   reportType
	at       time.Time // of a file in a time-stamped container; else zero: now
}

// reportType is how much is told.
type reportType string

// The report types; a request names them in any case.
const (
	simple     reportType = "SIMPLE"
	detailed   reportType = "DETAILED"
	diagnostic reportType = "DIAGNOSTIC"
)

// faults collects what is wrong with a request; all of it is told at once.
type faults []requestError

func (f *faults) add(key, message string) { *f = append(*f, requestError{key, message}) }

func (f *faults) err() error {
	if len(*f) == 0 {
		return nil
	}
	return &requestErrors{Errors: *f}
}

// members reads the request's object.
func members(body []byte) (map[string]value, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	m, ok := v.object()
	if !ok {
		return nil, errJSON
	}
	return m, nil
}

// readDocument reads the request of /validate.
func readDocument(body []byte) (*document, error) {
	m, err := members(body)
	if err != nil {
		return nil, err
	}
	var f faults
	d := &document{filename: f.filename("filename", m["filename"]), data: f.base64("document", m["document"], false)}
	if v, there := m["documentType"]; there && !v.null() {
		f.add("documentType", saysDocType)
	}
	d.policy, d.report = f.terms(m)
	return d, f.err()
}

// terms reads policy and report type. An unknown policy is told only where nothing
// else is wrong, as by SiVa, which looks for it later.
func (f *faults) terms(m map[string]value) (*legalPolicy, reportType) {
	name := f.policyName(m["signaturePolicy"])
	report := f.reportType(m["reportType"])
	if len(*f) > 0 {
		return nil, report
	}
	p := policyNamed(name)
	if p == nil {
		f.add("signaturePolicy", fmt.Sprintf("Invalid signature policy: %s; Available abstractPolicies: [%s, %s]", name, polv3.name, polv4.name))
	}
	return p, report
}

var policyForm = regexp.MustCompile(`^[A-Za-z0-9_ -]*$`)

func (f *faults) policyName(v value) string {
	if v.null() {
		return polv4.name
	}
	name, ok := v.text()
	if n := utf8.RuneCountInString(name); ok && (n < 1 || n > maxPolicyName) {
		f.add("signaturePolicy", "size must be between 1 and 100")
	}
	if !ok || !policyForm.MatchString(name) {
		f.add("signaturePolicy", saysPolicy)
	}
	return name
}

func (f *faults) reportType(v value) reportType {
	if v.null() {
		return simple
	}
	name, _ := v.text()
	switch t := reportType(strings.ToUpper(name)); t {
	case simple, detailed, diagnostic:
		return t
	}
	f.add("reportType", saysReportType)
	return simple
}

// filename reads a name that is shown and compared, never opened (attack S3).
func (f *faults) filename(key string, v value) string {
	name, ok := v.text()
	switch {
	case !ok:
		f.add(key, saysEmpty)
		f.add(key, saysFilename)
	case name == "":
		f.add(key, saysEmpty)
		f.add(key, "size must be between 1 and 260")
	case utf8.RuneCountInString(name) > maxFilename:
		f.add(key, "size must be between 1 and 260")
	case strings.ContainsFunc(name, unprintable):
		f.add(key, saysFilename)
	}
	return name
}

// unprintable are control characters, line ends, the marks that turn the direction
// of writing or cannot be seen, and what stands for broken UTF-8.
func unprintable(r rune) bool {
	return api.Hidden(r) || r == utf8.RuneError
}

// base64 reads octets. Their size is known before they are allocated, and bounded
// by that of the request.
func (f *faults) base64(key string, v value, short bool) []byte {
	raw := v.octets()
	if v.kind() != '"' || len(raw) == 0 {
		f.add(key, saysBlank)
		f.add(key, saysBase64)
		if short && v.kind() == '"' {
			f.add(key, "size must be between 1 and 1000")
		}
		return nil
	}
	if short && len(raw) > maxHash {
		f.add(key, "size must be between 1 and 1000")
		if len(raw) > 4*maxHash {
			return nil
		}
	}
	if bytes.IndexByte(raw, '\\') >= 0 { // an escaped slash is a slash
		s, _ := v.text()
		raw = []byte(s)
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(raw))) // never less than with padding
	n, err := base64.StdEncoding.Decode(out, raw)
	if err != nil { // padding may be missing, as SiVa has it
		n, err = base64.RawStdEncoding.Decode(out, raw)
	}
	if err != nil && (!short || len(raw) <= maxHash) {
		f.add(key, saysBase64)
		return nil
	}
	return out[:n]
}

// hashcode is the request of /validateHashcode.
type hashcode struct {
	signatures []signatureFile
	policy     *legalPolicy
}

type signatureFile struct {
	data    []byte
	digests []validate.Digested // nil: the signature's own word is taken for them
}

// readHashcode reads the request of /validateHashcode. The report is always a
// simple one.
func readHashcode(body []byte) (*hashcode, error) {
	m, err := members(body)
	if err != nil {
		return nil, err
	}
	var f faults
	h := &hashcode{}
	list, ok := m["signatureFiles"].list()
	if !ok || len(list) == 0 {
		f.add("signatureFiles", saysEmpty)
	}
	if len(list) > maxSignatures {
		return nil, refuse("signatureFiles", fmt.Sprintf("At most %d signature files are taken at once", maxSignatures))
	}
	for i, v := range list {
		h.signatures = append(h.signatures, f.signatureFile(fmt.Sprintf("signatureFiles[%d]", i), v))
	}
	h.policy, _ = f.terms(m)
	return h, f.err()
}

func (f *faults) signatureFile(key string, v value) signatureFile {
	m, _ := v.object()
	s := signatureFile{data: f.base64(key+".signature", m["signature"], false)}
	if m["datafiles"].null() {
		return s
	}
	list, ok := m["datafiles"].list()
	if !ok || len(list) == 0 || len(list) > maxDatafiles {
		f.add(key+".datafiles", saysDatafiles)
		return s
	}
	for i, d := range list {
		s.digests = append(s.digests, f.datafile(fmt.Sprintf("%s.datafiles[%d]", key, i), d))
	}
	return s
}

func (f *faults) datafile(key string, v value) validate.Digested {
	m, _ := v.object()
	d := validate.Digested{Name: f.filename(key+".filename", m["filename"])}
	name, _ := m["hashAlgo"].text()
	if d.Digest = digestNamed(name); d.Digest == "" {
		f.add(key+".hashAlgo", saysHashAlgo)
	}
	d.Sum = f.base64(key+".hash", m["hash"], true)
	return d
}

// digestNamed knows the names of hash functions that SiVa takes, in any case.
func digestNamed(name string) algo.Digest {
	switch strings.ToUpper(name) {
	case "SHA1":
		return algo.SHA1
	case "SHA224":
		return algo.SHA224
	case "SHA256":
		return algo.SHA256
	case "SHA384":
		return algo.SHA384
	case "SHA512":
		return algo.SHA512
	case "SHA3-224":
		return algo.SHA3_224
	case "SHA3-256":
		return algo.SHA3_256
	case "SHA3-384":
		return algo.SHA3_384
	case "SHA3-512":
		return algo.SHA3_512
	}
	return ""
}
