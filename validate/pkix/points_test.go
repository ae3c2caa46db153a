package pkix

import (
	"testing"

	"github.com/vidimus/vidimus/validate/path"
)

func TestParseDistributionPoints(t *testing.T) {
	got, err := ParseDistributionPoints(tlv(0x30,
		point(fullName(uri("http://a/"), tlv(0x82, []byte("b"))), reasonFlags(1, 1, 8), issuers(dirName(tlv(0x30)))),
		point(relative("x")), point()))
	if err != nil || len(got) != 3 || len(got[0].Name.Full) != 2 || got[0].Reasons != 1<<1|1<<8 || len(got[0].Issuers) != 1 ||
		got[0].Issuers[0].Form != path.DirectoryName || got[1].Name.Relative == nil || got[1].Reasons != AllReasons || got[2].Name != nil {
		t.Errorf("%+v, %v", got, err)
	}
	var many [][]byte
	for range maxPoints + 1 {
		many = append(many, point())
	}
	var names [][]byte
	for range maxPointNames + 1 {
		names = append(names, uri("x"))
	}
	for _, bad := range [][]byte{
		nil, {0x31, 0}, {0x30, 1}, {0x30, 0, 0}, tlv(0x30, []byte{5, 0}), tlv(0x30, point([]byte{5, 0})), tlv(0x30, many...),
		tlv(0x30, point(fullName(names...))), tlv(0x30, point(tlv(0xa0))), tlv(0x30, point(tlv(0xa0, tlv(0xa2)))), tlv(0x30, point(tlv(0xa0, tlv(0xa0), tlv(0xa0)))),
		tlv(0x30, point(tlv(0xa0, tlv(0xa1)))), tlv(0x30, point(tlv(0x81, []byte{9, 0}))), tlv(0x30, point(tlv(0xa2, []byte{1}))),
		tlv(0x30, point([]byte{0xa0, 5})), tlv(0x30, point([]byte{0x81, 5})), tlv(0x30, point([]byte{0xa2, 5})),
	} {
		if got, err := ParseDistributionPoints(bad); err == nil {
			t.Errorf("%x was read as %+v", bad, got)
		}
	}
}

func TestParseScope(t *testing.T) {
	got, err := ParseScope(tlv(0x30, fullName(uri("http://a/")), flag(1), flag(2), reasonFlags(3, 2), flag(4), flag(5)))
	if err != nil || got.Name == nil || !got.OnlyUser || !got.OnlyCA || got.Reasons != 1<<2 || !got.Indirect || !got.OnlyAttribute {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = ParseScope(tlv(0x30)); err != nil || *got != (Scope{Reasons: AllReasons}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range [][]byte{nil, {0x30, 1}, {0x30, 0, 0}, tlv(0x30, []byte{5, 0}), tlv(0x30, flag(6)), tlv(0x30, flag(2), flag(1)), tlv(0x30, flag(1), flag(1)), tlv(0x30, tlv(0x81)), tlv(0x30, []byte{0x81, 5})} {
		if got, err := ParseScope(bad); err == nil {
			t.Errorf("%x was read as %+v", bad, got)
		}
	}
}

func TestNamesOfPoints(t *testing.T) {
	p := PointName{Relative: []byte{1}}
	if p.keys([]byte{0x30, 0}) != nil || p.keys([]byte{0x30, 9}) != nil {
		t.Error("a relative name that cannot be read is a name")
	}
	if nameKey([]byte{1}) != "" {
		t.Error("a name that cannot be read has a key")
	}
	for _, n := range []int{0, 127, 128, 255, 256, 1 << 16, 1 << 24} {
		if raw := wrap(0x30, make([]byte, n)); len(raw) < n+2 || len(raw) > n+6 {
			t.Errorf("%d octets became %d", n, len(raw))
		}
	}
}

func FuzzDistributionPoints(f *testing.F) {
	f.Add(tlv(0x30, point(fullName(uri("http://a/")), reasonFlags(1, 1, 8), issuers(dirName(tlv(0x30))))), tlv(0x30, fullName(uri("http://a/")), flag(4)))
	f.Add(tlv(0x30, point(relative("x"))), tlv(0x30, relative("x"), flag(1), reasonFlags(3, 1)))
	f.Fuzz(func(t *testing.T, points, scope []byte) {
		list, err := ParseDistributionPoints(points)
		if err == nil && len(list) > maxPoints {
			t.Errorf("%d points", len(list))
		}
		for _, p := range list {
			if p.Reasons&^AllReasons != 0 {
				t.Errorf("reasons %x", p.Reasons)
			}
			if p.Name != nil {
				p.Name.keys(scope)
			}
			keysOf(p.Issuers)
		}
		if s, err := ParseScope(scope); (s == nil) != (err != nil) {
			t.Error("neither a scope nor an error")
		} else if s != nil && s.Name != nil {
			s.Name.keys(points)
		}
	})
}

func FuzzEntries(f *testing.F) {
	f.Add(tlv(0x30, extension(oidReason, false, []byte{10, 1, 1})))
	f.Add(tlv(0x30, extension(oidCertificateIssuer, true, tlv(0x30, dirName(tlv(0x30))))))
	f.Add(tlv(0x30, extension("1.2.3", true, nil)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if extensionsProblem(raw, false) == "" && extensionsProblem(raw, true) != "" {
			t.Error("an indirect CRL may hold less than another")
		}
	})
}
