package jades_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/jades"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

const content = "Me oleme seda näinud."

func open(t testing.TB, data []byte, files ...jades.File) *signature.Document {
	t.Helper()
	doc, err := jades.Open(data, files)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// state is what the references of all signatures come to.
func state(doc *signature.Document) string {
	var out []string
	for _, s := range doc.Signatures {
		for _, r := range s.References {
			word := map[signature.ReferenceType]string{signature.RefJWSSigningInput: "input", signature.RefSigDEntry: "entry", signature.RefCounterSignedValue: "master"}[r.Type]
			switch {
			case !r.Found:
				word += " missing"
			case !r.Intact:
				word += " broken"
			}
			if (!r.Found || !r.Intact) && r.Why == "" {
				word += " (does not say why)"
			}
			out = append(out, word)
		}
	}
	return strings.Join(out, ", ")
}

// TestSerialisations: RFC 7515 §7, RFC 7797, and each algorithm.
func TestSerialisations(t *testing.T) {
	w := newSigner(t, "ES256")
	p := url64([]byte(content))
	unencoded := w.header(fields{"b64": false, "crit": []string{"b64"}})
	h := w.header(nil)
	one := fields{"protected": h, "signature": w.value(t, h+"."+p)}
	cases := []struct {
		name  string
		data  string
		files []jades.File
		want  string
	}{
		{"compact", w.compact(t, h, p), nil, "input"},
		{"compact with white space around", "\n" + w.compact(t, h, p) + " \r\n", nil, "input"},
		{"flattened", string(w.flattened(t, h, p)), nil, "input"},
		{"general", string(marshal(fields{"payload": p, "signatures": []any{one, one}})), nil, "input, input"},
		{"general, none", string(marshal(fields{"payload": p, "signatures": []any{}})), nil, ""},
		{"JSON of another kind", `{"a": [1, true, null, "x"]}`, nil, ""},
		{"payload altered", string(flat(h, url64([]byte("x")), w.value(t, h+"."+p))), nil, "input broken"},
		{"header altered", string(flat(w.header(fields{"iat": 1}), p, w.value(t, h+"."+p))), nil, "input broken"},
		{"payload is no string", `{"payload":["` + p + `"],"protected":"` + h + `","signature":"` + w.value(t, h+"."+p) + `"}`, nil, "input missing"},
		{"unencoded, compact", w.compact(t, unencoded, "a.b.c €"), nil, "input"},
		{"unencoded, flattened", string(w.flattened(t, unencoded, content)), nil, "input"},
		{"unencoded read as encoded", string(w.flattened(t, unencoded, p)), nil, "input"},
		{"detached", strings.Replace(w.compact(t, h, p), "."+p+".", "..", 1), []jades.File{{Name: "x", Data: []byte(content)}}, "input"},
		{"detached and unencoded", strings.Replace(w.compact(t, unencoded, content), "."+content+".", "..", 1), []jades.File{{Name: "x", Data: []byte(content)}}, "input"},
		{"detached, another file", strings.Replace(w.compact(t, h, p), "."+p+".", "..", 1), []jades.File{{Name: "x", Data: []byte("y")}}, "input broken"},
		{"detached, no file", strings.Replace(w.compact(t, h, p), "."+p+".", "..", 1), nil, "input missing"},
		{"detached, two files", strings.Replace(w.compact(t, h, p), "."+p+".", "..", 1), []jades.File{{Name: "x", Data: []byte(content)}, {Name: "y"}}, "input missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			doc := open(t, []byte(c.data), c.files...)
			if got := state(doc); got != c.want || doc.Form != signature.FormJAdES {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	for _, alg := range []string{"RS256", "PS256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			w := newSigner(t, alg)
			doc := open(t, []byte(w.compact(t, w.header(nil), p)))
			r := doc.Signatures[0].References[0]
			if state(doc) != "input" || r.Digest == "" || len(r.Computed) == 0 {
				t.Errorf("%s, digest %q", state(doc), r.Digest)
			}
		})
	}
}

// TestSigD: the mechanisms of TS 119 182-1 §5.2.8.
func TestSigD(t *testing.T) {
	w := newSigner(t, "ES256")
	a, b := jades.File{Name: "a b.txt", Data: []byte("alpha")}, jades.File{Name: "b", Data: []byte("beta")}
	hashed := func(raw bool, values ...[]byte) []byte {
		text := make([]string, len(values))
		for i, v := range values {
			text[i] = url64(v)
		}
		changes := fields{"crit": []string{"sigD"}, "sigD": fields{"mId": "http://uri.etsi.org/19182/ObjectIdByURIHash",
			"pars": []string{"a%20b.txt", "b"}[:len(values)], "hashM": "S256", "hashV": text, "ctys": []string{"text/plain", "x/y"}}}
		if raw {
			changes["b64"] = false
		}
		h := w.header(changes)
		return []byte(strings.Replace(w.compact(t, h, ""), "..", "..", 1))
	}
	ea, eb := sha(url64(a.Data)), sha(url64(b.Data))
	byURI := func(raw bool) []byte {
		changes := fields{"crit": []string{"sigD", "b64"}, "b64": !raw, "sigD": fields{"mId": "http://uri.etsi.org/19182/ObjectIdByURI", "pars": []string{"b", "a%20b.txt"}}}
		payload := url64(b.Data) + url64(a.Data)
		if raw {
			payload = string(b.Data) + string(a.Data)
		}
		h := w.header(changes)
		return []byte(h + ".." + w.value(t, h+"."+payload))
	}
	// The HTTP mechanism (§5.2.8.2): the example of RFC 3230 for Digest, of the draft for the rest.
	message := "POST /foo?param=value HTTP/1.1\r\nHost: example.com\r\nDate: Sun, 05 Jan 2014 21:31:40 GMT\r\n" +
		"Digest: SHA-256=" + std64(sha(`{"hello": "world"}`)) + "\r\nX-Unsigned: 1\r\n\r\n" + `{"hello": "world"}`
	http := func(raw bool, names ...string) []byte {
		h := w.header(fields{"crit": []string{"sigD", "b64"}, "b64": !raw, "sigD": fields{"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": names}})
		var lines []string
		for _, n := range names {
			lines = append(lines, map[string]string{"(request-target)": "(request-target): post /foo?param=value", "host": "host: example.com",
				"Date": "date: Sun, 05 Jan 2014 21:31:40 GMT", "digest": "digest: SHA-256=" + std64(sha(`{"hello": "world"}`)), "missing": "missing: "}[n])
		}
		payload := strings.Join(lines, "\n")
		if !raw {
			payload = url64([]byte(payload))
		}
		return []byte(h + ".." + w.value(t, h+"."+payload))
	}
	all := http(true, "(request-target)", "host", "Date", "digest")
	with := func(old, changed string) []jades.File {
		return []jades.File{{Name: "message", Data: []byte(strings.Replace(message, old, changed, 1))}}
	}
	cases := []struct {
		name  string
		data  []byte
		files []jades.File
		want  string
	}{
		{"hash", hashed(false, ea, eb), []jades.File{b, a}, "input, entry, entry"},
		{"hash, not encoded", hashed(true, sha("alpha"), sha("beta")), []jades.File{a, b}, "input, entry, entry"},
		{"hash of the other form", hashed(true, ea, eb), []jades.File{a, b}, "input, entry broken, entry broken"},
		{"hash, other names", hashed(false, ea, eb), []jades.File{{Name: "1", Data: a.Data}, {Name: "2", Data: b.Data}}, "input, entry, entry"},
		{"hash, one missing", hashed(false, ea, eb), []jades.File{a}, "input, entry, entry missing"},
		{"hash, none given", hashed(false, ea, eb), nil, "input, entry missing, entry missing"},
		{"hash, one altered", hashed(false, ea, eb), []jades.File{a, {Name: "b", Data: []byte("gamma")}}, "input, entry, entry broken"},
		{"hash, one file of any name", hashed(false, ea), []jades.File{{Name: "z", Data: []byte("gamma")}}, "input, entry broken"},
		{"URI", byURI(false), []jades.File{a, b}, "input"},
		{"URI, not encoded", byURI(true), []jades.File{a, b}, "input"},
		{"URI, altered", byURI(false), []jades.File{a, {Name: "b", Data: []byte("gamma")}}, "input broken"},
		{"URI, one missing", byURI(false), []jades.File{a}, "input missing"},
		{"URI, other name", byURI(false), []jades.File{a, {Name: "c", Data: b.Data}}, "input missing"},
		{"HTTP headers, no message", all, nil, "input missing"},
		{"HTTP headers", all, with("", ""), "input, entry"},
		{"HTTP headers, encoded", http(false, "host", "Date"), with("", ""), "input"},
		{"HTTP headers, lines end with LF", all, []jades.File{{Name: "m", Data: []byte(strings.ReplaceAll(message, "\r\n", "\n"))}}, "input, entry"},
		{"HTTP headers, one altered", all, with("example.com", "example.org"), "input broken, entry"},
		{"HTTP headers, another method", all, with("POST", "PUT"), "input broken, entry"},
		{"HTTP headers, one more of a name", all, with("X-Unsigned: 1", "Host: b"), "input broken, entry"},
		{"HTTP headers, an unsigned one altered", all, with("X-Unsigned: 1", "X-Unsigned: 2"), "input, entry"},
		{"HTTP headers, body altered", all, with("world", "World"), "input, entry broken"},
		{"HTTP headers, body not there", all, with("\r\n\r\n"+`{"hello": "world"}`, "\r\n"), "input, entry missing"},
		{"HTTP headers, no such header", http(true, "host", "missing"), with("", ""), "input missing"},
		{"HTTP headers, no request line", all, with("POST /foo?param=value HTTP/1.1\r\n", ""), "input missing"},
		{"HTTP headers, folded", all, with("example.com", "exam\r\n ple.com"), "input missing"},
		{"HTTP headers, two files", all, append(with("", ""), a), "input missing"},
		{"unknown mechanism", []byte(w.compact(t, w.header(fields{"sigD": fields{"mId": "urn:x"}}), "")), nil, "input missing"},
		{"hash and a payload", []byte(strings.Replace(string(hashed(false, ea)), "..", ".eA.", 1)), []jades.File{a}, "input missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			doc := open(t, c.data, c.files...)
			if got := state(doc); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestSigDLarge: a file whose text is not kept is encoded in pieces that fit together.
func TestSigDLarge(t *testing.T) {
	w := newSigner(t, "ES256")
	large := make([]byte, 16<<20+1)
	for i := range large {
		large[i] = byte(i * 7)
	}
	h := w.header(fields{"crit": []string{"sigD"}, "sigD": fields{"mId": "http://uri.etsi.org/19182/ObjectIdByURIHash",
		"pars": []string{"a"}, "hashM": "S256", "hashV": []string{url64(sha(url64(large)))}}})
	if got := state(open(t, []byte(w.compact(t, h, "")), jades.File{Name: "a", Data: large})); got != "input, entry" {
		t.Error(got)
	}
}

// TestCounterSignatures: attached, detached, moved from another signature, nested.
func TestCounterSignatures(t *testing.T) {
	w, c := newSigner(t, "ES256"), newSigner(t, "RS256")
	h, p := w.header(nil), url64([]byte(content))
	value := w.value(t, h+"."+p)
	ch := c.header(nil)
	detached := ch + ".." + c.value(t, ch+"."+value)
	object := fields{"protected": ch, "payload": value, "signature": c.value(t, ch+"."+value)}
	inner := fields{"protected": ch, "signature": c.value(t, ch+"."+value), "header": fields{}}
	second := c.value(t, ch+"."+inner["signature"].(string))
	inner["header"] = fields{"etsiU": []any{element("cSig", fields{"protected": ch, "signature": second})}}
	cases := []struct {
		name string
		of   any
		want string
	}{
		{"attached", c.compact(t, ch, value), "input, input, master"},
		{"attached object", object, "input, input, master"},
		{"detached", detached, "input, input, master"},
		{"of another value (replaced)", c.compact(t, ch, url64([]byte("other"))), "input, input, master broken"},
		{"detached, of another value", ch + ".." + c.value(t, ch+"."+url64([]byte("other"))), "input, input broken, master"},
		{"nested", inner, "input, input, master, input, master"},
	}
	for _, one := range cases {
		t.Run(one.name, func(t *testing.T) {
			doc := open(t, flat(h, p, value, element("cSig", one.of)))
			if got := state(doc); got != one.want {
				t.Errorf("%q, want %q", got, one.want)
			}
			if doc.Signatures[1].Master != doc.Signatures[0] {
				t.Error("the counter-signature does not follow its master")
			}
		})
	}
}

// TestTimestamps: imprints of formats §6, and what each token covers.
func TestTimestamps(t *testing.T) {
	w := newSigner(t, "ES256")
	p := url64([]byte(content))
	h := w.header(fields{"adoTst": tokens(w.stamp(t, p))})
	value := w.value(t, h+"."+p)
	sig := element("sigTst", tokens(w.stamp(t, value)))
	vals := element("xVals", []any{fields{"x509Cert": fields{"val": std64(w.cert.Raw)}}})
	xRefs := element("xRefs", []any{fields{"digAlg": "S256", "digVal": url64(sha(string(w.cert.Raw)))}})
	sigR := element("sigRTst", tokens(w.stamp(t, value+"."+sig+xRefs)))
	rfs := element("rfsTst", tokens(w.stamp(t, xRefs)))
	arc := element("arcTst", tokens(w.stamp(t, strings.Join([]string{p, h, value, sig + vals + xRefs + sigR + rfs}, "."))))
	arc2 := element("arcTst", tokens(w.stamp(t, strings.Join([]string{p, h, value, sig + vals + xRefs + sigR + rfs + arc}, "."))))
	doc := open(t, flat(h, p, value, sig, vals, xRefs, sigR, rfs, arc, arc2))
	s := doc.Signatures[0]
	want := []signature.TimestampType{signature.ContentTimestamp, signature.SignatureTimestamp, signature.ValidationDataTimestamp,
		signature.ValidationDataRefsTimestamp, signature.ArchiveTimestamp, signature.ArchiveTimestamp}
	if len(s.Timestamps) != len(want) {
		t.Fatalf("%d time-stamps, want %d: %v", len(s.Timestamps), len(want), s.Problems)
	}
	covered := []int{0, 1, 2, 0, 4, 5}
	for i, ts := range s.Timestamps {
		token, err := tst.Parse(ts.Raw)
		if err != nil {
			t.Fatal(err)
		}
		sum, ok := ts.Imprint(token.HashAlgorithm)
		if ts.Type != want[i] || !ok || !bytes.Equal(sum, token.Imprint) {
			t.Errorf("%d: %s, imprint %x is not %x", i, ts.Type, sum, token.Imprint)
		}
		if len(ts.CoversTokens) != covered[i] {
			t.Errorf("%d covers %d tokens, want %d", i, len(ts.CoversTokens), covered[i])
		}
	}
	if n := len(s.Timestamps[3].Covers.Certificates); n != 1 {
		t.Errorf("rfsTst covers %d certificates by reference", n)
	}
	// An element before an archive time-stamp that is an object has no octets of its own.
	clear := open(t, flat(h, p, value, fields{"sigTst": tokens(w.stamp(t, value))}, fields{"arcTst": tokens(w.stamp(t, "x"))})).Signatures[0]
	if _, ok := clear.Timestamps[1].Imprint("SHA-256"); !ok {
		t.Error("sigTst in clear has an imprint")
	}
	if _, ok := clear.Timestamps[2].Imprint("SHA-256"); ok || len(clear.Problems) != 1 || !strings.Contains(clear.Problems[0].Says, "names no canonicalization") {
		t.Errorf("arcTst over an object has an imprint, or nobody says why not: %v", clear.Problems)
	}
	// It has those of the canonicalization that the time-stamp names.
	object := fields{"xVals": []any{fields{"x509Cert": fields{"val": std64(w.cert.Raw), "encoding": "", "n": 1.50}}}}
	canonical := `{"xVals":[{"x509Cert":{"encoding":"","n":1.5,"val":"` + std64(w.cert.Raw) + `"}}]}`
	for method, says := range map[string]string{"http://json-canonicalization.org/algorithm": "", "http://www.w3.org/2001/10/xml-exc-c14n#": "which is not known"} {
		container := tokens(w.stamp(t, strings.Join([]string{p, h, value, canonical}, ".")))
		container["canonAlg"] = method
		named := open(t, flat(h, p, value, object, fields{"arcTst": container})).Signatures[0]
		ts := named.Timestamps[1]
		token, err := tst.Parse(ts.Raw)
		if err != nil {
			t.Fatal(err)
		}
		sum, ok := ts.Imprint(token.HashAlgorithm)
		if says == "" && (!ok || !bytes.Equal(sum, token.Imprint) || len(named.Problems) > 0) {
			t.Errorf("%s: imprint %x is not %x; %v", method, sum, token.Imprint, named.Problems)
		}
		if says != "" && (ok || len(named.Problems) != 1 || !strings.Contains(named.Problems[0].Says, says)) {
			t.Errorf("%s: imprint %v, %v", method, ok, named.Problems)
		}
	}
}

// TestValueNeverVerifies: what RFC 7515 forbids makes no valid signature, however
// well it is signed (smart case 132, attack C1's relatives).
func TestValueNeverVerifies(t *testing.T) {
	w := newSigner(t, "ES256")
	p := url64([]byte(content))
	with := func(changes fields) []byte { return w.flattened(t, w.header(changes), p) }
	both := bytes.Replace(w.flattened(t, w.header(nil), p), []byte(`{`), []byte(`{"header":{"alg":"none"},`), 1)
	for name, data := range map[string][]byte{
		"none": with(fields{"alg": "none"}), "HS256": with(fields{"alg": "HS256"}), "no alg": with(fields{"alg": nil}),
		"unknown alg": with(fields{"alg": "ES256K"}), "critical unknown": with(fields{"crit": []string{"urn:x"}, "urn:x": 1}),
		"name in both headers": both,
		"alg unprotected":      []byte(`{"payload":"` + p + `","header":{"alg":"ES256"},"protected":"","signature":"` + w.value(t, "."+p) + `"}`),
	} {
		t.Run(name, func(t *testing.T) {
			doc := open(t, data)
			if s := doc.Signatures[0]; s.ValueProblem == "" || state(doc) != "input broken" {
				t.Errorf("problem %q, %s", s.ValueProblem, state(doc))
			}
		})
	}
	if s := open(t, w.flattened(t, w.header(nil), p)).Signatures[0]; s.ValueProblem != "" || len(s.Problems) > 0 {
		t.Errorf("a good one: %q, %v", s.ValueProblem, s.Problems)
	}
}

// TestRefused: what cannot be read, or in two ways.
func TestRefused(t *testing.T) {
	w := newSigner(t, "ES256")
	h, p := w.header(nil), url64([]byte(content))
	value := w.value(t, h+"."+p)
	twice := url64([]byte(`{"alg":"ES256","alg":"none"}`))
	nested := `{"protected":"` + h + `","signature":"AA"}`
	for range 20 {
		nested = `{"protected":"` + h + `","signature":"AA","header":{"etsiU":[{"cSig":` + nested + `}]}}`
	}
	many := strings.Repeat(`{"protected":"`+h+`","signature":"AA"},`, signature.MaxSignatures)
	cases := map[string]struct {
		data string
		code signature.ErrorCode
	}{
		"empty":                  {"", signature.UnsupportedFormat},
		"text":                   {"hello", signature.UnsupportedFormat},
		"two parts":              {h + "." + p, signature.UnsupportedFormat},
		"array":                  {"[]", signature.UnsupportedFormat},
		"no JSON":                {"{", signature.Malformed},
		"two values":             {"{}{}", signature.Malformed},
		"header name twice":      {w.compact(t, twice, p), signature.Malformed},
		"member twice":           {`{"payload":"` + p + `","payload":"eA","protected":"` + h + `","signature":"` + value + `"}`, signature.Malformed},
		"header is no object":    {w.compact(t, url64([]byte("[]")), p), signature.Malformed},
		"header is not base64":   {`{"payload":"","protected":"*","signature":"AA"}`, signature.Malformed},
		"both forms":             {`{"payload":"","signatures":[],"signature":"AA"}`, signature.Malformed},
		"no value":               {`{"payload":"","signatures":[{"protected":"` + h + `"}]}`, signature.Malformed},
		"no signature":           {`{"payload":"","protected":"` + h + `"}`, signature.Malformed},
		"deep":                   {`{"a":` + strings.Repeat("[", 100_000), signature.Malformed},
		"unsigned element twice": {string(flat(h, p, value, url64([]byte(`{"xVals":[],"xVals":[]}`)))), signature.Malformed},
		"deep counter-signature": {nested, signature.Malformed},
		"too many":               {`{"payload":"","signatures":[` + many + `{"protected":"` + h + `","signature":"AA"}]}`, signature.TooLarge},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := jades.Open([]byte(c.data), nil)
			var e *signature.ReadError
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			if e.Code != c.code {
				t.Errorf("code %q (%s), want %q", e.Code, e.Message, c.code)
			}
		})
	}
}

// TestLevels: formats §6, levels; smart case 133.
func TestLevels(t *testing.T) {
	w := newSigner(t, "ES256")
	p := url64([]byte(content))
	cert := sha(string(w.cert.Raw))
	o := fields{"digAlg": "S256", "digVal": url64(cert)}
	cases := []struct {
		name    string
		changes fields
		b       bool
	}{
		{"plain", nil, true},
		{"sigT", fields{"iat": nil, "sigT": "2024-01-01T00:00:00Z"}, true},
		{"sigT after its end (133)", fields{"iat": nil, "sigT": "2025-07-15T00:00:00Z"}, false},
		{"sigT with fractions", fields{"iat": nil, "sigT": "2024-01-01T00:00:00.5Z"}, false},
		{"sigT with offset", fields{"iat": nil, "sigT": "2024-01-01T00:00:00+02:00"}, false},
		{"both times", fields{"sigT": "2024-01-01T00:00:00Z"}, false},
		{"no time", fields{"iat": nil}, false},
		{"iat is a text", fields{"iat": "1700000000"}, false},
		{"iat in milliseconds", fields{"iat": 1700000000000}, false},
		{"x5t#o", fields{"x5t#S256": nil, "x5t#o": o}, true},
		{"sigX5ts", fields{"x5t#S256": nil, "sigX5ts": []any{o, o}}, true},
		{"two references", fields{"x5t#o": o}, false},
		{"no reference", fields{"x5t#S256": nil}, false},
		{"crit", fields{"crit": []string{"iat"}}, true},
		{"crit names what is not there", fields{"crit": []string{"sigPl"}}, false},
		{"crit twice", fields{"crit": []string{"iat", "iat"}}, false},
		{"crit empty", fields{"crit": []string{}}, false},
		{"crit is a text", fields{"crit": "iat"}, false},
		{"crit names a registered name", fields{"crit": []string{"alg"}}, false},
		{"b64 not in crit", fields{"b64": true}, false},
		{"sigD not in crit", fields{"sigD": fields{"mId": "urn:x"}}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, []byte(w.compact(t, w.header(c.changes), p))).Signatures[0]
			if s.Structure.BES != c.b || s.Structure.BaselineB != c.b {
				t.Errorf("%+v, want B %v", s.Structure, c.b)
			}
		})
	}
	h := w.header(nil)
	value := w.value(t, h+"."+p)
	tok := w.stamp(t, value)
	one, two, empty := element("sigTst", tokens(tok)), element("sigTst", tokens(tok, tok)), element("sigTst", tokens())
	arc, refs := element("arcTst", tokens(tok)), element("xRefs", []any{})
	store, vals := element("sigPSt", fields{}), element("tstVD", fields{"xVals": []any{}})
	for _, c := range []struct {
		name  string
		etsiU []any
		want  string
	}{
		{"T", []any{one}, "B T LT-shape"},
		{"two tokens in one", []any{two}, "B LT-shape"},
		{"no token in one", []any{one, empty}, "B LT-shape"},
		{"LTA", []any{one, vals, arc}, "B T LT-shape values A"},
		{"references", []any{one, refs, arc}, "B T A"},
		{"policy store without policy", []any{store}, "LT-shape"},
		{"both styles", []any{one, fields{"xVals": []any{}}}, "T LT-shape values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := open(t, flat(h, p, value, c.etsiU...)).Signatures[0].Structure
			var got []string
			for _, w := range []struct {
				is   bool
				word string
			}{{st.BaselineB, "B"}, {st.Timestamped && st.OneTokenEach, "T"}, {st.BaselineLTShape, "LT-shape"}, {st.HasCertificateValues, "values"}, {st.ArchiveTimestamp, "A"}} {
				if w.is {
					got = append(got, w.word)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, want %q", strings.Join(got, " "), c.want)
			}
		})
	}
}

// TestHeader: policy, types, key of the wrong curve (smart case 131).
func TestHeader(t *testing.T) {
	w := newSigner(t, "ES384")
	w.alg = "ES256"
	p := url64([]byte(content))
	kid := std64(asn1Serial(t, w))
	doc := open(t, []byte(w.compact(t, w.header(fields{"cty": "text/plain", "kid": kid,
		"sigPId": fields{"id": fields{"id": "urn:oid:1.2.3"}, "digAlg": "S256", "digVal": url64(sha("policy")), "sigPQuals": []any{fields{"spURI": "http://x"}}}}), p)))
	s := doc.Signatures[0]
	if s.Policy == nil || s.Policy.ID != "1.2.3" || s.Policy.HashAlgorithm != "SHA-256" || len(s.Policy.Hash) != 32 || s.Policy.URI != "http://x" {
		t.Errorf("policy %+v", s.Policy)
	}
	if len(s.MIMETypes) != 1 || len(s.SigningCertificates) != 1 || s.SigningCertificates[0].Serial != "42" || !s.SigningCertificates[0].IssuerSerial {
		t.Errorf("types %v, references %+v", s.MIMETypes, s.SigningCertificates)
	}
	if len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Says, "384") {
		t.Errorf("problems %v", s.Problems)
	}
	if state(doc) != "input" {
		t.Errorf("the value verifies with the key that it has: %s", state(doc))
	}
	if fmt.Sprint(s.ClaimedSigningTime) != "2023-11-14 22:13:20 +0000 UTC" {
		t.Errorf("claimed %v", s.ClaimedSigningTime)
	}
}
