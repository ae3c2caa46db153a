package der

import (
	"bytes"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	cases := []struct {
		name       string
		in         []byte
		tag        int
		body, rest []byte
		fails      string
	}{
		{name: "definite", in: []byte{0x30, 2, 5, 0, 9}, tag: 16, body: []byte{5, 0}, rest: []byte{9}},
		{name: "length not minimal", in: []byte{0x04, 0x84, 0, 0, 0, 1, 7}, tag: 4, body: []byte{7}},
		{name: "indefinite", in: []byte{0x30, 0x80, 5, 0, 0, 0, 1}, tag: 16, body: []byte{5, 0}, rest: []byte{1}},
		{name: "indefinite and empty", in: []byte{0x30, 0x80, 0, 0}, tag: 16, body: []byte{}},
		{name: "indefinite within indefinite", in: []byte{0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0}, tag: 16, body: []byte{0x30, 0x80, 0, 0}},
		{name: "high tag number", in: []byte{0x9f, 0x81, 0x00, 0}, tag: 128, body: []byte{}},
		{name: "empty input", in: nil, fails: "ends inside"},
		{name: "too long", in: []byte{0x30, 5, 1}, fails: "5 octets where 1 are left"},
		{name: "length of 2^63", in: []byte{0x30, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0}, fails: "octets where"},
		{name: "length of nine octets", in: []byte{0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1}, fails: "at most 8"},
		{name: "indefinite without end", in: []byte{0x30, 0x80, 5, 0}, fails: "without end-of-contents"},
		{name: "indefinite primitive", in: []byte{0x04, 0x80, 0, 0}, fails: "primitive"},
		{name: "tag number too long", in: []byte{0x9f, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}, fails: "tag number"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, rest, err := Next(c.in)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("error %v, want one that says %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if e.Tag != c.tag || !bytes.Equal(e.Body, c.body) || !bytes.Equal(rest, c.rest) {
				t.Errorf("tag %d body %x rest %x", e.Tag, e.Body, rest)
			}
			if !bytes.Equal(append(append([]byte{}, e.Raw...), rest...), c.in) {
				t.Errorf("Raw %x and rest %x are not the input", e.Raw, rest)
			}
		})
	}
}

func TestOID(t *testing.T) {
	for _, oid := range []asn1.ObjectIdentifier{{1, 2, 840, 113549, 1, 7, 2}, {0, 4, 0, 19422, 1, 1}, {2, 5, 29, 60}, {2, 999, 3}, {1, 39}} {
		raw, err := asn1.Marshal(oid)
		if err != nil {
			t.Fatal(err)
		}
		if got := OID(raw[2:]); got != oid.String() {
			t.Errorf("OID %s reads %s", oid, got)
		}
	}
	// 2.25 with a UUID: an arc of 128 bits (X.667).
	uuid := append([]byte{0x69, 0x83}, bytes.Repeat([]byte{0xff}, 17)...)
	uuid = append(uuid, 0x7f)
	want := "2.25." + new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1)).String()
	if got := OID(uuid); got != want {
		t.Errorf("large arc reads %s, want %s", got, want)
	}
	for _, bad := range [][]byte{nil, {0x80, 1}, {0x2a, 0x86}, {0x2a, 0x80, 0x01}, bytes.Repeat([]byte{1}, maxOID+1)} {
		if got := OID(bad); !strings.HasPrefix(got, "invalid:") {
			t.Errorf("OID of octets %x reads %s", bad, got)
		}
	}
}

func TestIntegerC9(t *testing.T) {
	for _, c := range []struct {
		body []byte
		want int64
	}{{[]byte{0}, 0}, {[]byte{0x80}, -128}, {[]byte{0xff, 0x7f}, -129}, {[]byte{0, 0, 1}, 1}, {[]byte{0xff, 0xff, 0xfe}, -2}, {[]byte{0, 0x80}, 128}} {
		n, err := Element{Body: c.body}.Integer()
		if err != nil || n.Int64() != c.want {
			t.Errorf("INTEGER %x reads %v (%v), want %d", c.body, n, err, c.want)
		}
	}
	for _, body := range [][]byte{nil, make([]byte, maxInteger+1)} {
		if _, err := (Element{Body: body}).Integer(); err == nil {
			t.Errorf("INTEGER of %d octets is read", len(body))
		}
	}
}

func TestTimeC9(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	utc := func(s string) Element { return Element{Tag: TagUTCTime, Body: []byte(s)} }
	general := func(s string) Element { return Element{Tag: TagGeneralizedTime, Body: []byte(s)} }
	good := []struct {
		e    Element
		want time.Time
	}{
		{utc("240229123456Z"), at("2024-02-29T12:34:56Z")},
		{utc("491231235959Z"), at("2049-12-31T23:59:59Z")},
		{utc("500101000000Z"), at("1950-01-01T00:00:00Z")},
		{utc("2402291234Z"), at("2024-02-29T12:34:00Z")},
		{utc("240229123456+0200"), at("2024-02-29T10:34:56Z")},
		{general("20500101000000Z"), at("2050-01-01T00:00:00Z")},
		{general("20240229123456.123456789Z"), at("2024-02-29T12:34:56.123456789Z")},
		{general("20240229123456,5Z"), at("2024-02-29T12:34:56.5Z")},
		{general("20240229123456.0000000009Z"), at("2024-02-29T12:34:56Z")},
		{general("20240229123456-0130"), at("2024-02-29T14:04:56Z")},
		{general("20161231235960Z"), at("2017-01-01T00:00:00Z")},
	}
	for _, c := range good {
		got, err := c.e.Time()
		if err != nil || !got.Equal(c.want) {
			t.Errorf("time %q reads %s (%v), want %s", c.e.Body, got, err, c.want)
		}
	}
	for _, s := range []string{"", "Z", "20240230000000Z", "20230229000000Z", "20241301000000Z", "20240101240000Z", "20240101006000Z",
		"20240101000061Z", "20240101000000.Z", "20240101000000X", "20240101000000+2500", "20240101000000+00", "2024010100000Z",
		"-0240101000000Z", "20240101000000Z ", strings.Repeat("2", 1000)} {
		if got, err := general(s).Time(); err == nil {
			t.Errorf("time %q reads %s", s, got)
		}
	}
	if _, err := (Element{Tag: TagInteger, Body: []byte("20240101000000Z")}).Time(); err == nil {
		t.Error("INTEGER reads as time")
	}
}

func TestOctetsJoinsSegments(t *testing.T) {
	e, err := One([]byte{0x24, 0x80, 0x04, 2, 1, 2, 0x24, 0x03, 0x04, 1, 3, 0x04, 0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Octets()
	if err != nil || !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Errorf("octets %x (%v)", got, err)
	}
	e, err = One([]byte{0x24, 2, 5, 0})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Octets(); err == nil {
		t.Error("NULL inside an OCTET STRING is read")
	}
}
