package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/validate/report"
)

// documented gives the OpenAPI document as clients read it, and as huma holds it.
func documented(t *testing.T, h http.Handler) (map[string]any, *huma.OpenAPI) {
	t.Helper()
	w := do(h, httptest.NewRequest("GET", "/openapi.json", nil))
	var doc map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
	s := &server{Deps: Deps{}}
	s.answers, _ = formatsNamed([]string{"text"})
	if err := s.describe(gin.New()); err != nil {
		t.Fatal(err)
	}
	return doc, s.huma.OpenAPI()
}

// operationOf finds an operation in huma's document.
func operationOf(item *huma.PathItem, method string) *huma.Operation {
	return map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete}[method]
}

// conforms checks an answer against the document: its status, its media type and,
// for JSON, its schema.
func conforms(t *testing.T, doc *huma.OpenAPI, op *huma.Operation, w *httptest.ResponseRecorder) {
	t.Helper()
	r := op.Responses[fmt.Sprint(w.Code)]
	if r == nil {
		t.Fatalf("%s: status %d is not documented: %s", op.OperationID, w.Code, w.Body)
	}
	media, _, _ := mime.ParseMediaType(w.Header().Get("Content-Type"))
	content := r.Content[media]
	if content == nil {
		t.Fatalf("%s: %d with %q is not documented", op.OperationID, w.Code, media)
	}
	if !strings.HasSuffix(media, "json") {
		return
	}
	var body any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	var res huma.ValidateResult
	huma.Validate(doc.Components.Schemas, content.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, body, &res)
	for _, e := range res.Errors {
		t.Errorf("%s: %d: %v in %s", op.OperationID, w.Code, e, w.Body)
	}
}

// whole is a fake that answers what the document promises.
func whole(t *testing.T) (*fake, http.Handler) {
	f := newFake()
	r := report.Report{File: "x", Signatures: []report.Signature{{ID: "S-1", Format: "XAdES-BASELINE-LT", Indication: "TOTAL-PASSED", Qualification: "QESig",
		Signer: &report.Signer{CertificateSHA256: "00"}, Findings: []report.Finding{{Rule: "A", Level: "error", Says: "Why."}}}}, Trust: &report.Trust{}}
	r.ValidationTime.Time = noon
	f.validate = func(_ context.Context, u Upload) ([]byte, error) {
		switch {
		case u.Format == "text":
			return []byte("x\n"), nil
		case u.Depth == DepthSummary:
			return Summary(&r)
		}
		return r.JSON()
	}
	f.ids = []string{strings.Repeat("a", 64)}
	f.bundles[f.ids[0]] = []byte("PK")
	h := handler(t, f, func(d *Deps) {
		d.Formats, d.Lists = []string{"text"}, listsOf(t)
		d.Jobs = newFakeJobs()
		d.Policies = []Policy{{Name: "practice", SHA256: strings.Repeat("0", 64), Default: true, Text: "name\tpractice\n"}}
	})
	return f, h
}

// TestOpenAPIIsWhatIsServed: each route under /v1 is in the document, and the reverse.
func TestOpenAPIIsWhatIsServed(t *testing.T) {
	_, h := whole(t)
	doc, _ := documented(t, h)
	if v := doc["openapi"]; v != "3.1.0" {
		t.Errorf("openapi is %v", v)
	}
	engine, ok := h.(*gin.Engine)
	if !ok {
		t.Fatalf("the handler is a %T", h)
	}
	var served, told []string
	for _, r := range engine.Routes() {
		if strings.HasPrefix(r.Path, "/v1") {
			parts := strings.Split(r.Path, "/")
			for i, p := range parts {
				if name, ok := strings.CutPrefix(p, ":"); ok {
					parts[i] = "{" + name + "}"
				}
			}
			served = append(served, r.Method+" "+strings.Join(parts, "/"))
		}
	}
	paths, _ := doc["paths"].(map[string]any)
	for path, item := range paths {
		methods, _ := item.(map[string]any)
		for method := range methods {
			told = append(told, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(told)
	if !slices.Equal(served, told) || len(served) < 7 {
		t.Errorf("served %v\ntold   %v", served, told)
	}
	w := do(h, httptest.NewRequest("GET", "/openapi.json", nil))
	for code := range kinds {
		if !bytes.Contains(w.Body.Bytes(), []byte(`"`+string(code)+`"`)) {
			t.Errorf("the document does not name the code %s", code)
		}
	}
}

// exampleRequest is the request that an operation's examples make.
func exampleRequest(t *testing.T, method, path string, op *huma.Operation, media string) (made *http.Request) {
	t.Helper()
	query, header := url.Values{}, http.Header{}
	defer func() {
		for name := range header {
			made.Header.Set(name, header.Get(name))
		}
	}()
	for _, p := range op.Parameters {
		if len(p.Schema.Examples) == 0 && (p.Schema.Items == nil || len(p.Schema.Items.Examples) == 0) {
			t.Errorf("%s: the parameter %s has no example", op.OperationID, p.Name)
			continue
		}
		var value string
		switch example := p.Schema.Examples[0].(type) {
		case []string:
			value = example[0]
		case []any:
			value = fmt.Sprint(example[0])
		default:
			value = fmt.Sprint(example)
		}
		if p.Name == "after" && op.OperationID == "listBundles" {
			continue // of a list without filters; the others make it a search
		}
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
		} else if p.In == "header" {
			header.Set(p.Name, value)
		} else {
			query.Set(p.Name, value)
		}
	}
	path += "?" + query.Encode()
	switch {
	case op.RequestBody == nil:
		return httptest.NewRequest(method, path, nil)
	case media != "multipart/form-data":
		if op.OperationID == "identifyCertificates" {
			return raw(path, string(listsOf(t).listed()))
		}
		return raw(path, "x")
	}
	example, _ := op.RequestBody.Content[media].Example.(map[string]any)
	var parts []part
	for field, value := range example {
		values, several := value.([]any)
		if !several {
			values = []any{value}
		}
		for _, v := range values {
			if op.OperationID == "identifyCertificates" {
				v = string(listsOf(t).listed())
			}
			parts = append(parts, part{field, "name", fmt.Sprint(v)})
		}
	}
	return form(path, parts...)
}

// TestOpenAPIExamples: every documented example is accepted, and every answer is as
// documented.
func TestOpenAPIExamples(t *testing.T) {
	_, h := whole(t)
	_, doc := documented(t, h)
	n := 0
	for path, item := range doc.Paths {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			op := operationOf(item, method)
			if op == nil {
				continue
			}
			bodies := []string{""}
			if op.RequestBody != nil {
				bodies = sortedKeys(op.RequestBody.Content)
			}
			for _, media := range bodies {
				w := do(h, exampleRequest(t, method, path, op, media))
				if n++; w.Code >= 300 {
					t.Errorf("%s with %q: %d %s", op.OperationID, media, w.Code, w.Body)
				}
				conforms(t, doc, op, w)
			}
		}
	}
	if n < 9 {
		t.Errorf("only %d examples were tried", n)
	}
}

// TestOpenAPIAnswers: answers beyond the examples are as documented too.
func TestOpenAPIAnswers(t *testing.T) {
	f, h := whole(t)
	_, doc := documented(t, h)
	for _, one := range []struct {
		path   string
		r      *http.Request
		status int
	}{
		{"/v1/validations", raw("/v1/validations?depth=summary", "x"), 200},
		{"/v1/validations", raw("/v1/validations?format=text", "x"), 200},
		{"/v1/validations", raw("/v1/validations", ""), 422},
		{"/v1/validations", raw("/v1/validations?depth=deep", "x"), 400},
		{"/v1/bundles", httptest.NewRequest("GET", "/v1/bundles?limit=0", nil), 400},
		{"/v1/bundles", form("/v1/bundles", part{"file", "x", "x"}, part{"digest", "y", "sha-256:" + strings.Repeat("0", 64)}), 422},
		{"/v1/bundles/{id}", httptest.NewRequest("GET", "/v1/bundles/none", nil), 404},
		{"/v1/policies/{name}", httptest.NewRequest("GET", "/v1/policies/none", nil), 404},
	} {
		w := do(h, one.r)
		if w.Code != one.status {
			t.Errorf("%s: %d %s", one.r.URL, w.Code, w.Body)
		}
		conforms(t, doc, operationOf(doc.Paths[one.path], one.r.Method), w)
	}
	// That conforms can fail: a report that lacks what is promised.
	f.validate = func(context.Context, Upload) ([]byte, error) { return []byte(`{"file":7}`), nil }
	op := doc.Paths["/v1/validations"].Post
	var res huma.ValidateResult
	huma.Validate(doc.Components.Schemas, op.Responses["200"].Content["application/json"].Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, map[string]any{"file": 7}, &res)
	if len(res.Errors) == 0 {
		t.Error("an answer that is none passes for one")
	}
}

func TestDocsPage(t *testing.T) {
	_, h := whole(t)
	w := do(h, httptest.NewRequest("GET", "/docs", nil))
	page, csp := w.Body.String(), w.Header().Get("Content-Security-Policy")
	if w.Code != 200 || !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
		t.Errorf("%d %s", w.Code, csp)
	}
	for _, says := range []string{"POST /v1/validations", "GET /v1/bundles/{id}", "policy-set", "sha-256", "no-such-bundle"} {
		if !strings.Contains(page, says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	for _, foreign := range []string{"<script", "http://", "https://", "src=", "ZgotmplZ"} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page has %q", foreign)
		}
	}
}

func TestFormatsAndAccept(t *testing.T) {
	f, h := whole(t)
	for _, one := range []struct{ query, accept, want string }{
		{"", "", "json"}, {"", "*/*", "json"}, {"", "text/plain", "text"}, {"", "text/*;q=0.5, application/json;q=0.4", "text"},
		{"", "application/json, text/plain", "json"}, {"", "image/png", "json"}, {"", "*/*;q=0.1, application/json;q=0", "text"},
		{"", "text/plain;q=2", "json"}, {"", ";;;,,", "json"}, {"", strings.Repeat("a/b,", 60) + "text/plain", "json"},
		{"?format=text", "application/json", "text"}, {"?format=json", "text/plain", "json"},
	} {
		r := raw("/v1/validations"+one.query, "x")
		r.Header.Set("Accept", one.accept)
		if w := do(h, r); w.Code != 200 || f.got[len(f.got)-1].Format != one.want {
			t.Errorf("%+v: %d %s", one, w.Code, f.got[len(f.got)-1].Format)
		}
	}
	for _, bad := range []string{"format=pdf", "format=x", "depth=summary&format=text", "at=yesterday", "at=2025-06-01", "polcy=strict", "policy=a&policy=b", "at=2025-06-01T12:00:00Z&at=2025-06-01T12:00:00Z", "%zz=1", "policy=a;at=b"} {
		wantProblem(t, do(h, raw("/v1/validations?"+bad, "x")), 400, BadParameter)
	}
	if w := do(h, raw("/v1/validations?at=2025-06-01T14:00:00%2b02:00", "x")); w.Code != 200 || !f.got[len(f.got)-1].At.Equal(noon.AddDate(-1, 0, 0)) {
		t.Errorf("%d %v", w.Code, f.got[len(f.got)-1].At)
	}
}

func TestDigests(t *testing.T) {
	f, h := whole(t)
	sum := strings.Repeat("ab", 32)
	if w := do(h, form("/v1/validations", part{"file", "s.xml", "x"}, part{"digest", "../a.txt", "SHA-256:" + sum})); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if d := f.got[0].Digests; len(d) != 1 || d[0].Name != "a.txt" || d[0].Algorithm != "SHA-256" || len(d[0].Sum) != 32 {
		t.Errorf("%+v", d)
	}
	do(h, form("/v1/validations", part{"file", "s.json", "x"}, part{"digest", "a", "sha-256-base64url:" + sum}))
	if d := f.got[1].Digests; f.got[0].Digests[0].Encoded || len(d) != 1 || !d[0].Encoded || d[0].Algorithm != "SHA-256" {
		t.Errorf("%+v", d)
	}
	for _, bad := range []string{"", sum, "sha-256:", "sha-256-base64:" + sum, "base64url:" + sum, "sha-256:" + sum + "ab", "sha-1:" + strings.Repeat("ab", 20), "sha-512:" + sum, "sha-256:" + strings.Repeat("zz", 32), strings.Repeat("x", 5000)} {
		wantProblem(t, do(h, form("/v1/validations", part{"file", "s.xml", "x"}, part{"digest", "a", bad})), 422, BadDigest)
	}
	wantProblem(t, do(h, form("/v1/validations", part{"file", "x", "x"}, part{"detached", "a", "a"}, part{"digest", "a", "sha-256:" + sum})), 422, BadDigest)
	wantProblem(t, do(h, form("/v1/bundles", part{"file", "x", "x"}, part{"digest", "a", "sha-256:" + sum})), 422, DigestsNotTaken)
}
