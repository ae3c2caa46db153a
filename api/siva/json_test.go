package siva_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate/eutest"
)

// Members that nobody knows, at any place and of any kind, change nothing; those that
// are doubled count as their last, also where a list holds them.
func TestUnknownAndDoubledMembers(t *testing.T) {
	w := begin(t)
	good := w.Sign(w.ca.Signer(), contract(), eutest.SignOptions{})
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	plain := post(h, "/validate", request("a.asice", good)).Body.String()
	if !strings.Contains(plain, `"TOTAL-PASSED"`) {
		t.Fatal(plain)
	}
	for name, more := range map[string]string{
		"a word": `"unknown":"x"`, "a tree": `"unknown":{"filename":"b.ddoc","document":[1,{"signaturePolicy":"POLv2"}]}`, "null": `"unknown":null`,
		"another case": `"FILENAME":"b.ddoc","Document":"aGk="`, "a policy in another case": `"signaturepolicy":"POLv2"`, "as deep as may be": `"unknown":` + strings.Repeat("[", 15) + strings.Repeat("]", 15),
		"the same twice": `"signaturePolicy":"POLv2","signaturePolicy":"POLv4"`, "escaped": `"signature\u0050olicy":"POLv2","signaturePolicy":"POLv4"`,
		"a prototype": `"__proto__":{"signaturePolicy":"POLv2"},"constructor":1`,
	} {
		if got := post(h, "/validate", request("a.asice", good, more)); got.Code != http.StatusOK || got.Body.String() != plain {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	for name, c := range map[string]struct{ path, body, want string }{
		"one deeper":            {"/validate", request("a.asice", good, `"unknown":`+strings.Repeat("[", 16)+strings.Repeat("]", 16)), "request: The request is not readable JSON"},
		"the last is the wrong": {"/validate", request("a.asice", good, `"signaturePolicy":"POLv4","signaturePolicy":"POLv2"`), "signaturePolicy: Invalid signature policy: POLv2; Available abstractPolicies: [POLv3, POLv4]"},
		"escaped, the last":     {"/validate", request("a.asice", good, `"signaturePolicy":"POLv4","signature\u0050olicy":"POLv2"`), "signaturePolicy: Invalid signature policy: POLv2; Available abstractPolicies: [POLv3, POLv4]"},
		"doubled in a list": {"/validateHashcode", `{"signatureFiles":[{"signature":"PHg+","datafiles":[{"filename":"a","hashAlgo":"SHA256","hashAlgo":"MD5","hash":"aGk="}]}]}`,
			"signatureFiles[0].datafiles[0].hashAlgo: Invalid hash algorithm"},
		"doubled for data files": {"/getDataFiles", `{"filename":"a.ddoc","document":"aGk=","filename":"a.asice"}`, "filename: Invalid filename. Can only return data files for DDOC type containers."},
	} {
		t.Run(name, func(t *testing.T) { wantErrors(t, post(h, c.path, c.body), http.StatusBadRequest, c.want) })
	}
}

// What a request says of its kind opens no other reader: whatever is sent is JSON or is
// refused, and the answer is JSON that no browser takes for a page. SiVa's clients send
// all sorts, so JSON under another name is read.
func TestContentTypes(t *testing.T) {
	w := begin(t)
	good := w.Sign(w.ca.Signer(), contract(), eutest.SignOptions{})
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	ask := func(path, contentType, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		if out.Header().Get("Content-Type") != "application/json" || out.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(out.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: the answer's headers are %v", contentType, out.Header())
		}
		return out
	}
	for _, contentType := range []string{"application/json", "application/json;charset=UTF-8", "text/plain", "", "application/x-www-form-urlencoded", "/;,", "application/json; charset=utf-7"} {
		if out := ask("/validate", contentType, request("a.asice", good)); out.Code != http.StatusOK || !strings.Contains(out.Body.String(), `"TOTAL-PASSED"`) {
			t.Errorf("%q: %d %s", contentType, out.Code, out.Body)
		}
	}
	for contentType, body := range map[string]string{
		"application/xml":                   `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`,
		"application/x-www-form-urlencoded": "filename=a.asice&document=aGk%3D",
		"multipart/form-data; boundary=x":   "--x\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.asice\"\r\n\r\nhi\r\n--x--\r\n",
		"application/octet-stream":          string(good),
		"application/json; charset=utf-16":  "\xff\xfe{\x00}\x00",
	} {
		for _, path := range []string{"/validate", "/validateHashcode", "/getDataFiles"} {
			wantErrors(t, ask(path, contentType, body), http.StatusBadRequest, "request: The request is not readable JSON")
		}
	}
}
