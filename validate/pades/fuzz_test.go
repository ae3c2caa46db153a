package pades

import (
	"errors"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
)

// FuzzObject: no object may crash or hang the parser, and its references are those
// that the quick reader finds.
func FuzzObject(f *testing.F) {
	for _, s := range []string{"<</A 1 0 R/B[1 2 R(a\\)b)<4>]/C true/D null/E -1.5>>", "[[[]]]", "(((", "<</A>>", "1 0 R", "/A#20"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l := lexer{b: data}
		o, err := l.parse(0)
		if l.at > len(data) {
			t.Fatalf("at %d of %d", l.at, len(data))
		}
		if err != nil {
			return
		}
		want := map[int]bool{}
		var collect func(o object)
		collect = func(o object) {
			switch o := o.(type) {
			case ref:
				want[o.num] = true
			case array:
				for _, m := range o {
					collect(m)
				}
			case *dict:
				for _, m := range o.values {
					collect(m)
				}
			}
		}
		collect(o)
		quick := lexer{b: data}
		quick.references(func(n int) { delete(want, n) })
		for n := range want {
			t.Fatalf("the quick reader misses the reference to %d in %q", n, data)
		}
	})
}

// FuzzXref: cross-references of any kind.
func FuzzXref(f *testing.F) {
	f.Add(raw([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Kids[]>>"}, ""))
	f.Add(xrefStream("/W[1 2 1]/Size 3", "\x00\x00\x00\x00\x01\x00\x09\x00\x01\x00\x36\x00"))
	f.Add(packedFile(streamOf("/Type/ObjStm/N 2/First 9", "1 0 2 30 <</Type/Catalog/Pages 2 0 R>>  <</Kids[]>>         ")))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := open(data)
		var e *signature.ReadError
		if err != nil {
			if !errors.As(err, &e) {
				t.Fatalf("error of type %T", err)
			}
			return
		}
		for i, n := range file.index {
			if i > 0 && (file.index[i-1].num > n.num || file.index[i-1].num == n.num && file.index[i-1].rev >= n.rev) {
				t.Fatal("the index is out of order")
			}
		}
	})
}
