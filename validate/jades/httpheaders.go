package jades

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

const (
	// maxHead bounds the head of an HTTP message, in octets; servers take some 8 kB.
	maxHead = 1 << 20
	// maxHeaderFields bounds its header fields.
	maxHeaderFields = 1000
	// requestTarget is the name under which method and path are signed.
	requestTarget = "(request-target)"
)

// httpMessage is an HTTP/1.1 message as RFC 9112 §2.1 writes it, given as detached
// content: a start line, which only "(request-target)" needs, header fields, and
// after an empty line the body.
type httpMessage struct {
	target string // method in small letters, space, path and query; "" without a request line
	fields map[string]string
	body   []byte
	whole  bool // an empty line ends the head: the body is at hand, if only an empty one
}

// readHTTP reads a message. Lines end with CR LF, or LF as editors write.
func readHTTP(data []byte) (*httpMessage, error) {
	m := &httpMessage{fields: map[string]string{}}
	rest := data
	for n := 0; len(rest) > 0; n++ {
		if len(data)-len(rest) > maxHead || n > maxHeaderFields {
			return nil, fmt.Errorf("the head of the HTTP message has more than %d octets or more than %d lines", maxHead, maxHeaderFields)
		}
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(line) == 0 {
			m.body, m.whole = rest, true
			break
		}
		// The colon of a start line stands after a space, or there is none.
		name, field, ok := strings.Cut(string(line), ":")
		switch {
		case n == 0 && (!ok || strings.ContainsRune(name, ' ')):
			method, after, _ := strings.Cut(string(line), " ")
			path, version, _ := strings.Cut(after, " ")
			if strings.HasPrefix(version, "HTTP/") && method != "" && path != "" {
				m.target = strings.ToLower(method) + " " + path
			} else if !strings.HasPrefix(method, "HTTP/") {
				return nil, errors.New("the first line is neither an HTTP request line, a status line nor a header field")
			}
		case !ok || name == "" || strings.ContainsAny(name, " \t"):
			// Among them folded lines, which RFC 9112 §5.2 has refused: two readers
			// would see two values.
			return nil, fmt.Errorf("line %d of the HTTP message is no header field", n+1)
		default:
			name, field = strings.ToLower(name), strings.Trim(field, " \t")
			if before, twice := m.fields[name]; twice {
				field = before + ", " + field
			}
			m.fields[name] = field
		}
	}
	return m, nil
}

// signedHeaders follows the mechanism HttpHeaders (TS 119 182-1 §5.2.8.2): the
// payload is the signature string of draft-cavage-http-signatures §2.3 over the
// header fields that pars names. The message is the one detached file.
func (s *source) signedHeaders(pars []string) error {
	p := &s.payload
	switch {
	case s.parts.payload != nil:
		p.why = "there is a payload, and sigD says that it is detached"
		return nil
	case len(s.reader.files.list) != 1:
		p.why = fmt.Sprintf("the signature is over headers of an HTTP message, and %d detached files were given: it would be one, with the message as it was sent", len(s.reader.files.list))
		return nil
	case len(pars) == 0:
		p.why = "sigD names no header"
		return nil
	case len(pars) > maxHeaderFields:
		return refuse(signature.TooLarge, "%d HTTP headers in one signature, at most %d are read", len(pars), maxHeaderFields)
	}
	if s.reader.files.list[0].digested {
		p.why = "the signature is over headers of an HTTP message, of which only digests are known"
		return nil
	}
	if !s.raw {
		s.problem(signature.BadStructure, "The header b64 is not false, which TS 119 182-1 §5.2.8.2 wants where HTTP headers are signed.")
	}
	f := s.reader.files.list[0]
	m, err := readHTTP(f.Data)
	if err != nil {
		p.why = err.Error()
		return nil
	}
	var lines []string
	seen := map[string]bool{}
	for _, name := range pars {
		key := strings.ToLower(name)
		if seen[key] {
			s.problem(signature.BadStructure, "The header sigD names the HTTP header %q twice.", short(name))
		}
		seen[key] = true
		field, ok := m.fields[key]
		if key == requestTarget {
			field, ok = m.target, m.target != ""
		}
		if !ok {
			p.why = "the HTTP message has no " + strconv.Quote(short(key)) + ", which is signed"
			return nil
		}
		lines = append(lines, key+": "+field)
		if !s.budget.take(len(field)) {
			return s.budget.err()
		}
	}
	p.octets = []byte(strings.Join(lines, "\n"))
	p.found, p.text, p.id, p.headersOf = true, p.octets, evidence.Of(p.octets), f.Name
	if !s.raw {
		p.text = []byte(base64.RawURLEncoding.EncodeToString(p.octets))
	}
	p.ids = []evidence.ID{p.id}
	if seen["digest"] {
		return s.bodyDigests(m, f)
	}
	return nil
}

// instanceDigests are the algorithms of the header Digest (RFC 3230 §4.1.1, RFC
// 5843 §3) that are computed here.
var instanceDigests = map[string]algo.Digest{"sha": algo.SHA1, "sha-256": algo.SHA256, "sha-384": algo.SHA384, "sha-512": algo.SHA512}

// bodyDigests checks the body, which is signed by the header Digest (TS 119 182-1
// §5.2.8.2): each of its values is an entry.
func (s *source) bodyDigests(m *httpMessage, f *file) error {
	p := &s.payload
	for _, one := range strings.Split(m.fields["digest"], ",") {
		name, text, _ := strings.Cut(strings.TrimSpace(one), "=")
		d := instanceDigests[strings.ToLower(name)]
		ref := &signature.Reference{Type: signature.RefSigDEntry, Name: "body of " + f.Name, URI: "Digest", Digest: d, DigestName: name, NameMatches: true, Scope: signature.ScopeFull, Found: m.whole}
		ref.Value, _ = decodeAny(text)
		switch {
		case !m.whole:
			ref.Why = "the HTTP message has no empty line after its header: its body is not at hand"
		case d == "":
			ref.Why = "the algorithm " + strconv.Quote(short(name)) + " of the HTTP header Digest is not known"
		default:
			if !s.budget.take(len(m.body)) {
				return s.budget.err()
			}
			ref.DataID = evidence.Of(m.body)
			ref.Computed, _ = d.Sum(m.body)
			if ref.Intact = len(ref.Value) > 0 && bytes.Equal(ref.Computed, ref.Value); ref.Intact {
				p.ids = append(p.ids, ref.DataID)
			} else {
				ref.Why = "the digest of the body is not the one in the HTTP header Digest"
			}
		}
		if len(p.entries) == maxProperties {
			return refuse(signature.TooLarge, "more than %d values in the HTTP header Digest", maxProperties)
		}
		p.entries = append(p.entries, ref)
	}
	return nil
}
