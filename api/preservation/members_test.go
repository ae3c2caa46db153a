package preservation

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// seeds are requests, whole and broken.
var seeds = []string{
	`{"reqID":"r","profileIdentifier":"urn:x","po":[{"id":"a","fileName":"a.pdf","binaryData":{"val":"aGVsbG8=","mimeType":"application/pdf"},"relatedObjects":["b"]},{"id":"b","binaryData":{"val":"YQ=="}}]}`,
	`{"poId":"` + strings.Repeat("a", 64) + `","subjectOfRetrieval":"PO","versionId":"all"}`,
	`{"filter":{"signer":"x","indication":["TOTAL-PASSED"],"evidence":true,"signedFrom":"2025-01-01T00:00:00Z"},"maxResults":10}`,
	`{"evidence":{"formatId":"urn:ietf:rfc:4998","binaryData":{"val":"MAA\/"}},"po":[]}`,
	` { "po" : [ { "binaryData" : { "val" : "}\"]" } } , null ] , "reqID" : -1.5e3 } `,
	`{"po":[],"po":[]}`, `{"p\u006f":1}`, `{}`, `[]`, `""`, `{"a":{"a":{"a":{}}}}`, `{"a"`, "\xff\xfe", `{"\ud800":1}`, `{"po":[[[[[[[[[[`, `{"maxResults":1e99}`,
}

// doubled says whether some object of valid JSON has a name twice, or the top has one
// that is not known.
func doubled(t *testing.T, body []byte) bool {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	var walk func() bool
	walk = func() bool {
		token, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		twice := false
		switch token {
		case json.Delim('{'):
			names := map[string]bool{}
			for dec.More() {
				name, err := dec.Token()
				if err != nil {
					t.Fatal(err)
				}
				twice = names[name.(string)] || twice
				names[name.(string)] = true
				twice = walk() || twice
			}
			_, err = dec.Token()
		case json.Delim('['):
			for dec.More() {
				twice = walk() || twice
			}
			_, err = dec.Token()
		}
		if err != nil {
			t.Fatal(err)
		}
		return twice
	}
	return walk()
}

// FuzzRequests: no request makes a reader panic; each is taken or refused with a
// sentence that JSON can carry. Where one is taken, encoding/json reads the same members
// of it, and no name stands twice.
func FuzzRequests(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, op := range operations() {
			c := &call{}
			err := c.read(op, body)
			refusedWell(t, err)
			if err != nil {
				continue
			}
			var want map[string]json.RawMessage
			if err := json.Unmarshal(body, &want); err != nil || len(want) != len(c.fields.m) {
				t.Fatalf("%s: %q has %d members, want %d, %v", op.name, body, len(c.fields.m), len(want), err)
			}
			for name, raw := range want {
				if !bytes.Equal(raw, c.fields.m[name]) {
					t.Fatalf("%s: %q: the member %q is %q, want %q", op.name, body, name, c.fields.m[name], raw)
				}
			}
			whole := false // everything in it was read
			switch {
			case slices.Contains(op.members, "evidence"):
				_, err1 := c.objects()
				var err2 error
				if c.fields.has("evidence") {
					_, err2 = c.given()
				}
				refusedWell(t, errors.Join(err1, err2))
				whole = err1 == nil && err2 == nil
			case slices.Contains(op.members, "po"):
				objects, err := c.objects()
				refusedWell(t, err)
				for _, o := range objects {
					if len(o.Data.Value) == 0 || o.FileName == "" || strings.ContainsFunc(o.FileName+o.ID+o.FormatID, unprintable) {
						t.Errorf("%q was taken as %+v", body, o)
					}
				}
				whole = err == nil
			case slices.Contains(op.members, "filter"):
				_, err := c.query()
				refusedWell(t, err)
				whole = err == nil
			}
			if whole && (op.name == "PreservePO" && !c.fields.has("profileIdentifier")) && doubled(t, body) {
				t.Errorf("%s: %q was taken with a name twice", op.name, body)
			}
		}
	})
}

func refusedWell(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	no := refusalOf(err)
	if no == nil || no.says == "" || meanings[no.code].status < 400 || meanings[no.code].status >= 500 {
		t.Fatalf("refused with %v: %+v", err, no)
	}
	if strings.ContainsFunc(no.says, unprintable) {
		t.Errorf("the message %q cannot be printed", no.says)
	}
}

// Every code has its major result and status.
func TestCodesHaveAMeaning(t *testing.T) {
	for c, m := range meanings {
		if (m.major == responderError) != (m.status >= 500) || m.major != responderError && m.major != requesterError {
			t.Errorf("%s: %+v", c, m)
		}
	}
}

func TestSchemeInAnyOrder(t *testing.T) {
	for uri, want := range map[string]bool{
		scheme: true, "http://uri.etsi.org/19512/scheme/pds+pgd+wst+aug+ers": true, "http://uri.etsi.org/19512/scheme/pds+wst+aug": false,
		"http://uri.etsi.org/19512/scheme/pds+pds+aug+wst+ers": false, "http://example.org/pds+pgd+aug+wst+ers": false, "": false,
	} {
		if got := isScheme(uri); got != want {
			t.Errorf("%q: %v", uri, got)
		}
	}
}
