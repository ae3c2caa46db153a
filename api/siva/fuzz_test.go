package siva

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/api"
)

// seeds are requests, whole and broken.
var seeds = []string{
	`{"filename":"a.asice","document":"aGVsbG8=","signaturePolicy":"POLv3","reportType":"Simple"}`,
	`{"signatureFiles":[{"signature":"PHg+","datafiles":[{"filename":"a","hashAlgo":"SHA256","hash":"aGk="}]}]}`,
	`{"a":1,"a":2,"\u0061":3}`, ` { "a" : [ 1 , { "b" : "}\"]" } , null ] , "c" : -1.5e3 } `,
	`{"document":"00"}`, `{"document":"a\/b+","filename":null}`, `{}`, `[]`, `""`, `{"a":{"a":{"a":{}}}}`, `{"a"`, "\xff\xfe", `{"\ud800":1}`,
}

// FuzzMembers holds the walk over members against encoding/json: the same members,
// of doubled names the last, and whole values.
func FuzzMembers(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := members(body)
		var want map[string]json.RawMessage
		wellFormed := api.JSONWithin(body, maxDepth, maxMembers) && json.Unmarshal(body, &want) == nil && want != nil
		if (err == nil) != wellFormed {
			t.Fatalf("%q: %v, and encoding/json takes it: %v", body, err, wellFormed)
		}
		if err != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d members, want %d", body, len(got), len(want))
		}
		for name, raw := range want {
			if !bytes.Equal(got[name], raw) {
				t.Fatalf("%q: member %q is %q, want %q", body, name, got[name], raw)
			}
		}
	})
}

// FuzzRequests: no request makes a reader panic, and each is either taken or
// refused with at least one reason that JSON can carry.
func FuzzRequests(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := readDocument(body)
		refusedWell(t, err)
		if err == nil && (d.filename == "" || d.policy == nil || strings.ContainsFunc(d.filename, unprintable)) {
			t.Errorf("%q was taken as %+v", body, d)
		}
		h, err := readHashcode(body)
		refusedWell(t, err)
		if err == nil && (len(h.signatures) == 0 || h.policy == nil) {
			t.Errorf("%q was taken as %+v", body, h)
		}
	})
}

func refusedWell(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	out, jsonErr := json.Marshal(err)
	if jsonErr != nil || !bytes.HasPrefix(out, []byte(`{"requestErrors":[{`)) {
		t.Errorf("refused with %s: %v", out, jsonErr)
	}
}
