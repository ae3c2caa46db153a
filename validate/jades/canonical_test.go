package jades

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestCanonical: the examples of RFC 8785, and its rules one by one.
func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"§3.2.2", `{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
			"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		{"§3.2.3", `{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		{"appendix B", `[-0, 0, 5e-324, -5e-324, 1.7976931348623157e308, 9007199254740992, -9007199254740992, 295147905179352830000, 9.999999999999997e22, 1e23, 1.0000000000000001e23, 999999999999999700000, 999999999999999900000, 1e21, 9.999999999999997e-7, 0.000001, 333333333.3333332, 1424953923781206.2]`,
			`[0,0,5e-324,-5e-324,1.7976931348623157e+308,9007199254740992,-9007199254740992,295147905179352830000,9.999999999999997e+22,1e+23,1.0000000000000001e+23,999999999999999700000,999999999999999900000,1e+21,9.999999999999997e-7,0.000001,333333333.3333332,1424953923781206.2]`},
		{"no escapes but those", `"\u003c\u003e&\u2028\u007f\b\f\t"`, "\"<>&\u2028\u007f\\b\\f\\t\""},
		{"empty", `{"b": {}, "a": []}`, `{"a":[],"b":{}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := parse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			got, ok := v.canonical(nil)
			if !ok || string(got) != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
	if v, err := parse([]byte("1e400")); err != nil {
		t.Fatal(err)
	} else if got, ok := v.canonical(nil); ok {
		t.Errorf("a number that no double holds is %s", got)
	}
}

// FuzzCanonical: what is canonical is JSON of the same meaning, and stays as it is.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"b":[1.50,"\u20ac",null],"a":{"\ud83d\ude00":-0}}`, `"\u0001"`, `[1e30,0.1,-1]`, `{"":{"":""}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := parse(in)
		if err != nil {
			return
		}
		once, ok := v.canonical(nil)
		if !ok {
			return
		}
		if !json.Valid(once) {
			t.Fatalf("%q is no JSON", once)
		}
		again, err := parse(once)
		if err != nil {
			t.Fatalf("%q: %v", once, err)
		}
		if twice, _ := again.canonical(nil); string(twice) != string(once) {
			t.Fatalf("%q became %q", once, twice)
		}
	})
}

func TestReadHTTP(t *testing.T) {
	request := "POST /foo?a=b HTTP/1.1\r\nHost: example.org\r\nX-Empty:\r\nCache-Control: max-age=60\r\nCACHE-control:  must-revalidate \r\n\r\nbody\r\n"
	m, err := readHTTP([]byte(request))
	if err != nil {
		t.Fatal(err)
	}
	empty, there := m.fields["x-empty"]
	if m.target != "post /foo?a=b" || m.fields["host"] != "example.org" || !there || empty != "" || m.fields["cache-control"] != "max-age=60, must-revalidate" ||
		!m.whole || string(m.body) != "body\r\n" {
		t.Errorf("%+v", m)
	}
	for name, in := range map[string]string{
		"status line": "HTTP/1.1 200 OK\nDate: x\n", "header fields alone": "Date: x", "request to an absolute URI": "GET http://a:80/ HTTP/1.1\nDate: x",
	} {
		if m, err := readHTTP([]byte(in)); err != nil || m.fields["date"] != "x" || m.whole {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
	for name, c := range map[string]struct{ in, says string }{
		"folded line":        {"Date: x\r\n y\r\n", "line 2"},
		"space before colon": {"GET / HTTP/1.1\nDate : x\r\n", "line 2"},
		"no message":         {"what is this\n", "first line"},
		"long head":          {"A: " + strings.Repeat("x", maxHead+1) + "\nB: x", "1048576 octets"},
		"many fields":        {strings.Repeat("A: b\n", maxHeaderFields+2), "1000 lines"},
	} {
		if _, err := readHTTP([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error that says %q", name, err, c.says)
		}
	}
}

// FuzzReadHTTP: what is read of a message was there, and no name is written twice.
func FuzzReadHTTP(f *testing.F) {
	f.Add([]byte("POST /foo HTTP/1.1\r\nHost: a\r\nDigest: SHA-256=AA==\r\n\r\nbody"))
	f.Add([]byte("HTTP/1.1 200 OK\nA: b\nA: c\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := readHTTP(in)
		if err != nil {
			return
		}
		if !strings.HasSuffix(string(in), string(m.body)) || len(m.fields) > maxHeaderFields+1 {
			t.Fatalf("%d fields, body %q", len(m.fields), m.body)
		}
		for name := range m.fields {
			if name == "" || strings.ContainsAny(name, " \t\n:") {
				t.Fatalf("a field of the name %q", name)
			}
		}
	})
}
