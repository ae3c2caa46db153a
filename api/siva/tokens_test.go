package siva_test

import (
	"net/http"
	"testing"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate/eutest"
)

// stamped is an ASiC-S container whose one file is under a time-stamp token.
func (w *world) stamped(name string, content []byte, o eutest.TokenOptions, more ...eutest.Entry) []byte {
	a := eutest.Archive{Entries: append([]eutest.Entry{
		{Name: "mimetype", Data: []byte("application/vnd.etsi.asic-s+zip")}, {Name: name, Data: content},
		{Name: "META-INF/timestamp.tst", Data: w.tsa.Token(content, o)},
	}, more...)}
	return a.Bytes()
}

func TestTokens(t *testing.T) {
	w := begin(t)
	inner := w.Sign(w.ca.Signer(), contract(), eutest.SignOptions{})
	container := w.stamped("inner.asice", inner, eutest.TokenOptions{})
	twice := w.stamped("container.asics", container, eutest.TokenOptions{})
	altered := w.stamped("inner.asice", inner, eutest.TokenOptions{WrongImprint: true})
	text := w.stamped("a.txt", []byte("hello"), eutest.TokenOptions{})
	two := w.stamped("a.txt", []byte("hello"), eutest.TokenOptions{}, eutest.Entry{Name: "b.txt", Data: []byte("b")})
	record := w.stamped("a.txt", []byte("hello"), eutest.TokenOptions{}, eutest.Entry{Name: "META-INF/evidencerecord.xml", Data: []byte("<x/>")})
	broken := w.stamped("a.txt", []byte("hello"), eutest.TokenOptions{}, eutest.Entry{Name: "META-INF/timestamp002.tst", Data: []byte("no token")})
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	for _, name := range []string{"a.asics", "a.SCS", "a.zip"} {
		got := concluded(t, post(h, "/validate", request(name, container)))
		if len(got.TimeStampTokens) != 1 || got.TimeStampTokens[0].Indication != "TOTAL-PASSED" || got.ValidSignaturesCount != 1 || got.SignatureForm != "ASiC-S" {
			t.Fatalf("%s: %+v", name, got)
		}
		if scopes := got.TimeStampTokens[0].TimestampScopes; scopes[0].Name != "inner.asice" || scopes[0].Scope != "FULL" || len(scopes) != 6 || scopes[1].Scope != "ARCHIVED" {
			t.Errorf("%s: %+v", name, scopes)
		}
	}
	if got := concluded(t, post(h, "/validate", request("a.asics", twice))); len(got.TimeStampTokens) != 2 || got.ValidSignaturesCount != 1 {
		t.Errorf("nested: %+v", got)
	}
	got := concluded(t, post(h, "/validate", request("a.asics", altered)))
	if k := got.TimeStampTokens[0]; k.Indication != "TOTAL-FAILED" || k.SubIndication != "HASH_FAILURE" || len(k.TimestampScopes) != 0 || got.SignaturesCount != 0 {
		t.Errorf("altered: what no token proves is not judged: %+v", got)
	}
	if got := concluded(t, post(h, "/validate", request("a.asics", text))); got.SignaturesCount != 0 || got.TimeStampTokens[0].Indication != "TOTAL-PASSED" {
		t.Errorf("text: %+v", got)
	}
	unmet := "document: Document does not meet the requirements"
	wantErrors(t, post(h, "/validate", request("a.asics", two)), http.StatusBadRequest, unmet)
	wantErrors(t, post(h, "/validate", request("a.asics", record)), http.StatusBadRequest, unmet)
	wantErrors(t, post(h, "/validate", request("a.asics", broken)), http.StatusBadRequest, malformed)
}
