package preserve

import (
	"bytes"
	"fmt"
	"sort"

	"github.com/vidimus/vidimus/validate/algo"
)

// MaxLeaves bounds one tree: 4 million hash values, which are 256 MB by SHA-256 with
// all the nodes above them. More bundles take one more time-stamp.
const MaxLeaves = 1 << 22

// tree is a hash tree of RFC 4998 §4.2, binary, over distinct leaves in ascending
// order. Equal leaves are one: many records may renew the same token. A node without
// a sibling is carried up as it is and not doubled, which would let one tree have
// the root of another.
type tree struct {
	digest algo.Digest
	size   int      // of a hash value, octets
	levels [][]byte // hash values one after another; the leaves first, the root last
}

// newTree builds the tree over hash values that stand one after another. It keeps
// and sorts the slice.
func newTree(d algo.Digest, leaves []byte) (*tree, error) {
	if _, ok := d.New(); !ok {
		return nil, fmt.Errorf("building a hash tree: the hash algorithm %q cannot be computed", d)
	}
	n := len(leaves) / d.Size()
	if n == 0 || n > MaxLeaves || len(leaves)%d.Size() != 0 {
		return nil, fmt.Errorf("building a hash tree: %d octets of leaves of %d octets each; 1 to %d leaves are possible", len(leaves), d.Size(), MaxLeaves)
	}
	t := &tree{digest: d, size: d.Size()}
	level := t.distinct(leaves)
	t.levels = append(t.levels, level)
	for len(level) > t.size {
		level = t.above(level)
		t.levels = append(t.levels, level)
	}
	return t, nil
}

// distinct sorts hash values and leaves each once.
func (t *tree) distinct(leaves []byte) []byte {
	values := &valueSlice{octets: leaves, size: t.size, spare: make([]byte, t.size)}
	if !sort.IsSorted(values) {
		sort.Sort(values)
	}
	kept := t.size
	for at := t.size; at < len(leaves); at += t.size {
		if !bytes.Equal(leaves[at:at+t.size], leaves[kept-t.size:kept]) {
			kept += copy(leaves[kept:], leaves[at:at+t.size])
		}
	}
	return leaves[:kept]
}

// above hashes pairs of a level, each sorted (RFC 4998 §4.2 step 4).
func (t *tree) above(level []byte) []byte {
	pair := 2 * t.size
	out := make([]byte, 0, (len(level)/pair+1)*t.size)
	joined := make([]byte, 0, pair)
	for len(level) >= pair {
		out = append(out, t.join(joined, level[:t.size], level[t.size:pair])...)
		level = level[pair:]
	}
	return append(out, level...)
}

// join hashes two values in binary ascending order.
func (t *tree) join(buffer, a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		a, b = b, a
	}
	sum, _ := t.digest.Sum(append(append(buffer[:0], a...), b...))
	return sum
}

// root is what the time-stamp is over.
func (t *tree) root() []byte { return t.levels[len(t.levels)-1] }

// leaves is how many distinct leaves there are.
func (t *tree) leaves() int { return len(t.levels[0]) / t.size }

// reduced is the reduced hash tree of a leaf (RFC 4998 §4.2): first the leaf with its
// sibling, in ascending order, then the sibling of each node above. It is nil for a
// leaf that is the root, and false for a value that is no leaf.
func (t *tree) reduced(leaf []byte) ([][][]byte, bool) {
	at := t.find(leaf)
	if at < 0 {
		return nil, false
	}
	var lists [][][]byte
	for _, level := range t.levels[:len(t.levels)-1] {
		from := (at ^ 1) * t.size
		at /= 2
		if from >= len(level) {
			continue // carried up as it is
		}
		sibling := level[from : from+t.size]
		switch {
		case len(lists) > 0:
			lists = append(lists, [][]byte{sibling})
		case bytes.Compare(leaf, sibling) < 0:
			lists = [][][]byte{{leaf, sibling}}
		default:
			lists = [][][]byte{{sibling, leaf}}
		}
	}
	return lists, true
}

// find is the index of a leaf, -1 where it is none.
func (t *tree) find(leaf []byte) int {
	level := t.levels[0]
	at := sort.Search(t.leaves(), func(i int) bool { return bytes.Compare(level[i*t.size:(i+1)*t.size], leaf) >= 0 })
	if at == t.leaves() || !bytes.Equal(level[at*t.size:(at+1)*t.size], leaf) {
		return -1
	}
	return at
}

// valueSlice sorts hash values in place.
type valueSlice struct {
	octets []byte
	size   int
	spare  []byte
}

func (v *valueSlice) at(i int) []byte    { return v.octets[i*v.size : (i+1)*v.size] }
func (v *valueSlice) Len() int           { return len(v.octets) / v.size }
func (v *valueSlice) Less(i, j int) bool { return bytes.Compare(v.at(i), v.at(j)) < 0 }
func (v *valueSlice) Swap(i, j int) {
	copy(v.spare, v.at(i))
	copy(v.at(i), v.at(j))
	copy(v.at(j), v.spare)
}
