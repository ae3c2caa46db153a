package preserve

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
)

// value is a hash value of number i.
func value(t testing.TB, d algo.Digest, i int) []byte {
	t.Helper()
	v, err := sum(d, binary.BigEndian.AppendUint64(nil, uint64(i)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// climb is the root that a reduced tree leads to.
func climb(t testing.TB, d algo.Digest, leaf []byte, lists [][][]byte) []byte {
	t.Helper()
	if len(lists) == 0 {
		return leaf
	}
	first := lists[0]
	if len(first) != 2 || bytes.Compare(first[0], first[1]) >= 0 || !bytes.Equal(leaf, first[0]) && !bytes.Equal(leaf, first[1]) {
		t.Fatalf("first list %x of the leaf %x", first, leaf)
	}
	carried, _ := d.Sum(bytes.Join(first, nil))
	for _, list := range lists[1:] {
		if len(list) != 1 {
			t.Fatalf("a list of %d values", len(list))
		}
		a, b := carried, list[0]
		if bytes.Compare(a, b) > 0 {
			a, b = b, a
		}
		carried, _ = d.Sum(append(bytes.Clone(a), b...))
	}
	return carried
}

func TestTree(t *testing.T) {
	for _, d := range []algo.Digest{algo.SHA256, algo.SHA384, algo.SHA512} {
		roots := map[string]int{}
		for n := 1; n <= 70; n++ {
			var leaves []byte
			for i := range n {
				leaves = append(leaves, value(t, d, i)...)
			}
			leaves = append(leaves, value(t, d, n/2)...) // twice
			tr, err := newTree(d, leaves)
			if err != nil || tr.leaves() != n {
				t.Fatalf("%d leaves: %v", n, err)
			}
			if other, twice := roots[string(tr.root())]; twice {
				t.Errorf("%d leaves have the root of %d", n, other)
			}
			roots[string(tr.root())] = n
			for i := range n {
				lists, ok := tr.reduced(value(t, d, i))
				if !ok || len(lists) > 7 || !bytes.Equal(climb(t, d, value(t, d, i), lists), tr.root()) {
					t.Errorf("%s, leaf %d of %d: %d lists lead elsewhere", d, i, n, len(lists))
				}
			}
			if _, ok := tr.reduced(value(t, d, n)); ok {
				t.Errorf("a value that is no leaf of %d has a reduced tree", n)
			}
		}
	}
}

func TestTreeBounds(t *testing.T) {
	for name, c := range map[string]struct {
		d      algo.Digest
		leaves []byte
	}{
		"none": {algo.SHA256, nil}, "half": {algo.SHA256, make([]byte, 48)}, "unknown": {"SHA-0", make([]byte, 32)},
		"many": {algo.SHA256, make([]byte, 32*(MaxLeaves+1))},
	} {
		if _, err := newTree(c.d, c.leaves); err == nil {
			t.Errorf("%s: a tree is built", name)
		}
	}
}

// FuzzParse: what is read as a record is, written again, the same octets.
func FuzzParse(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x01})
	f.Add([]byte{0x30, 0x0b, 0x02, 0x01, 0x01, 0x30, 0x00, 0x30, 0x04, 0x30, 0x02, 0x30, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := parse(raw, &tokenCache{})
		if err != nil {
			return
		}
		if again, err := r.encode(); err != nil || !bytes.Equal(again, raw) {
			t.Errorf("it is written again as other octets, %v", err)
		}
	})
}

// FuzzWithMaterial: whatever calls itself a token is refused or stays SignedData with
// the same three fields before and the same after what was put in.
func FuzzWithMaterial(f *testing.F) {
	signed := der.Encode(0x30, []byte{2, 1, 3}, []byte{0x31, 0}, []byte{0x30, 0}, []byte{0xa0, 0}, []byte{0x31, 0})
	f.Add(der.Encode(0x30, []byte{6, 1, 0x2a}, der.Encode(0xa0, signed)))
	f.Add([]byte{0x30, 0x80, 0, 0})
	m := signature.Material{CRLs: [][]byte{{0x30, 1, 7}}, Certificates: [][]byte{{0x30, 0}}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		once, err := withMaterial(raw, m)
		if err != nil {
			return
		}
		twice, err := withMaterial(once, m)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("putting the same in again gives other octets, %v", err)
		}
	})
}
