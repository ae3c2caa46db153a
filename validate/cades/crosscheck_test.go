package cades_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"

	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// message is a CMS to be read by two readers.
type message struct {
	name     string
	data     []byte
	content  []byte // of a detached one
	detached bool
}

// What a reader makes of a message: no SignedData; no signer; digests and values of
// all signers right, or not. Trust, attributes and counter-signatures are not asked for.
const (
	unreadable = "unreadable"
	unsigned   = "unsigned"
	right      = "right"
	wrong      = "wrong"
)

func (m message) ours() string {
	var files []cades.File
	if m.detached {
		files = []cades.File{{Name: "content", Data: m.content}}
	}
	doc, err := cades.Open(m.data, files)
	if err != nil {
		return unreadable
	}
	result := unsigned
	for _, ts := range doc.Timestamps {
		token, err := tst.Parse(ts.Raw)
		if err != nil || !slices.ContainsFunc(token.CMS.Certificates, func(raw []byte) bool {
			c, err := certificate.Parse(raw)
			return err == nil && token.Verify(c) == nil
		}) {
			return wrong
		}
		result = right
	}
	for _, s := range doc.Signatures {
		if s.Master != nil {
			continue
		}
		if !verifies(s) || slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact }) {
			return wrong
		}
		result = right
	}
	return result
}

// verifies says whether the key of a certificate that the signature offers verifies
// its value.
func verifies(s *signature.Signature) bool {
	return s.ValueProblem == "" && slices.ContainsFunc(s.KeyInfo, func(raw []byte) bool {
		c, err := certificate.Parse(raw)
		return err == nil && c.Key != nil && c.Key.Verify(s.Algorithm, s.Signed, s.Value) == nil
	})
}

// made are messages of our own maker, right and wrong, in DER and in BER.
func made(tb testing.TB) []message {
	w := eutest.New(tb)
	p := w.MemberState("EE").Provider("Test Provider", "VATEE-1")
	ca := p.CA("Test CA")
	p.TSA("Test TSA")
	content := []byte("what is signed")
	var out []message
	for name, s := range map[string]*eutest.Signer{"RSA": ca.Signer(eutest.RSA(2048)), "EC P-256": ca.Signer(eutest.EC(256)), "EC P-521": ca.Signer(eutest.EC(521))} {
		for _, detached := range []bool{false, true} {
			name := fmt.Sprintf("%s detached=%v ", name, detached)
			add := func(what string, data []byte) { out = append(out, message{name + what, data, content, detached}) }
			add("B", w.SignCAdES(s, content, detached, eutest.SignOptions{Level: eutest.B}))
			add("LT", w.SignCAdES(s, content, detached, eutest.SignOptions{Level: eutest.LT}))
			plain := w.CMS(s.Certificate, content, eutest.CMSOptions{Detached: detached})
			add("indefinite", indefinite(plain))
			add("wrong value", w.CMS(s.Certificate, content, eutest.CMSOptions{Detached: detached, WrongSignature: true}))
			add("wrong digest", w.CMS(s.Certificate, content, eutest.CMSOptions{Detached: detached, WrongDigest: true}))
			add("cut", plain[:len(plain)-5])
			if detached {
				out = append(out, message{name + "other content", plain, []byte("what is not signed"), true})
			}
		}
	}
	slices.SortFunc(out, func(a, b message) int { return strings.Compare(a.name, b.name) })
	return out
}

// indefinite writes the outermost four levels of an element with indefinite length.
func indefinite(data []byte) []byte {
	var write func(e der.Element, depth int) []byte
	write = func(e der.Element, depth int) []byte {
		if !e.Constructed || depth == 4 {
			return e.Raw
		}
		out := []byte{e.Raw[0], 0x80}
		for r := e.Reader(); !r.Empty(); {
			member, err := r.Next()
			if err != nil {
				panic(err)
			}
			out = append(out, write(member, depth+1)...)
		}
		return append(out, 0, 0)
	}
	e, err := der.One(data)
	if err != nil {
		panic(err)
	}
	return write(e, 0)
}

// corpus are the CMS files of the corpus that stand by themselves.
func corpus(t *testing.T) []message {
	t.Helper()
	var out []message
	for _, one := range corpustest.Cases(t, func(one *corpustest.Case) bool {
		return one.World == "anchored" && (one.Kind == "CAdES" || one.Kind == "TST") && !strings.HasSuffix(one.File, ".ers")
	}) {
		m := message{name: one.File, data: corpustest.Read(t, one.File)}
		switch files := corpustest.Detached[cades.File](t, &one); len(files) {
		case 0:
		case 1:
			m.content, m.detached = files[0].Data, true
		default:
			continue // which of them is the content is no matter of CMS
		}
		out = append(out, m)
	}
	return out
}

// difference is a message of which another reader says otherwise, and the clause by
// which we differ.
type difference struct{ ours, theirs, clause string }

// crossCheck compares both readers over all messages that the other can read, where
// it is known not to read some.
func crossCheck(t *testing.T, messages []message, theirs func(message) string, readsAll bool, known map[string]difference) {
	t.Helper()
	counts := map[string]int{}
	for _, m := range messages {
		a, b := m.ours(), theirs(m)
		counts[a+"/"+b]++
		if b == unreadable && !readsAll {
			continue
		}
		d, explained := known[path.Dir(m.name)]
		switch {
		case a == b && explained:
			t.Errorf("%s: both say %s; the table of differences has it as %+v", m.name, a, d)
		case a != b && !explained:
			t.Errorf("%s: ours says %s, the other %s", m.name, a, b)
		case a != b && (d.ours != a || d.theirs != b):
			t.Errorf("%s: ours says %s, the other %s; the table of differences has %+v", m.name, a, b, d)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("ours/theirs %s: %d", key, counts[key])
	}
}

// openSSL asks `openssl cms -verify`, without looking at chains.
func openSSL(t *testing.T) func(message) string {
	t.Helper()
	bin, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed: nothing to compare with (make packages installs it)")
	}
	dir := t.TempDir()
	return func(m message) string {
		file, content := filepath.Join(dir, "cms"), filepath.Join(dir, "content")
		args := []string{"cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", file, "-out", os.DevNull}
		if m.detached {
			args = append(args, "-content", content)
		}
		for name, data := range map[string][]byte{file: m.data, content: m.content} {
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.CommandContext(t.Context(), bin, args...).CombinedOutput()
		switch {
		case err == nil:
			return right
		case bytes.Contains(out, []byte("Error reading SMIME Content-Type")), bytes.Contains(out, []byte("asn1 encoding routines")) && !bytes.Contains(out, []byte("CMS Verification failure")), bytes.Contains(out, []byte("Error reading S/MIME message")):
			return unreadable
		case bytes.Contains(out, []byte("no signers")), bytes.Contains(out, []byte("no signerinfo")):
			return unsigned
		}
		return wrong
	}
}

// By which clauses other readers differ.
const (
	oneHash       = "RFC 8933 §3: content and signed attributes are hashed alike"
	absentNull    = "RFC 8017 A.2.4, RFC 4055 §2.1: the DigestInfo may lack the NULL parameters"
	derAttributes = "RFC 5652 §5.4: the value is over the DER encoding of the signed attributes, not over the octets received"
	protection    = "RFC 6211 §2: CMSAlgorithmProtection has the algorithms with their parameters, and they differ"
	certsOnly     = "RFC 5652 §5.1: signerInfos may be empty, and there is nothing to verify"
)

func TestCrossCheckOpenSSLMade(t *testing.T) {
	crossCheck(t, made(t), openSSL(t), true, nil)
}

func TestCrossCheckOpenSSLCorpus(t *testing.T) {
	crossCheck(t, corpus(t), openSSL(t), true, map[string]difference{
		"c45f12a5c2e5": {unsigned, wrong, certsOnly},
		"e846c03a78b4": {unsigned, wrong, certsOnly},
		"2bbd41e2eecc": {right, wrong, absentNull},
		"d3f516a05853": {right, wrong, derAttributes},
		"129294b25d70": {wrong, right, derAttributes},
		"d05a4ea9fec4": {wrong, right, derAttributes},
		"ae535e722d33": {wrong, right, oneHash},
		"b216fde5db40": {wrong, right, oneHash},
		"da040c53e743": {wrong, right, oneHash},
		"8cc408173008": {wrong, right, oneHash},
		"6d5eb0635cb8": {wrong, right, oneHash},
		"5c0298ec96a3": {wrong, right, protection},
		"e858022722a7": {wrong, right, protection},
	})
}

// digitorus reads with digitorus/pkcs7. Nested BER would end the process; none of
// the messages has any.
func digitorus(m message) string {
	p7, err := pkcs7.Parse(m.data)
	switch {
	case err != nil:
		return unreadable
	case len(p7.Signers) == 0:
		return unsigned
	}
	if m.detached && len(p7.Content) == 0 {
		p7.Content = m.content
	}
	if p7.VerifyWithChainAtTime(nil, time.Time{}) != nil {
		return wrong
	}
	return right
}

// digitorus/pkcs7 does not read OtherRevocationInfo, and no message with a
// certificate that crypto/x509 refuses: those are not compared.

func TestCrossCheckPKCS7Made(t *testing.T) {
	crossCheck(t, made(t), digitorus, false, nil)
}

func TestCrossCheckPKCS7Corpus(t *testing.T) {
	crossCheck(t, corpus(t), digitorus, false, map[string]difference{
		"2bbd41e2eecc": {right, wrong, absentNull},
		"8cc408173008": {wrong, right, oneHash},
		"b580f27686e5": {right, wrong, "X.690 §8.7.3: the segments of a constructed OCTET STRING are one content; it takes the first"},
		"26c6568fa0b7": {right, wrong, "RFC 4056 §3: RSASSA-PSS, which it does not know"},
		"a616391ac1bc": {right, wrong, "RFC 9688 §3: SHA3-512, which it does not know"},
	})
}
