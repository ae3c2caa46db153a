package ers

import (
	"bytes"
	"slices"

	"github.com/vidimus/vidimus/validate/algo"
)

// root computes the root of a reduced hash tree (RFC 4998 §4.3, RFC 6283 §3.2.2):
// the value of each list joins the next; one value is carried as it is; several
// are sorted in binary ascending order, concatenated and hashed. Equal values
// stay, each for itself: that is how trees over equal documents are built. ok is false for a tree without values and an algorithm that cannot
// be computed where it is needed.
func root(groups [][][]byte, d algo.Digest) (value []byte, ok bool) {
	for _, g := range groups {
		var done bool
		if value, done = join(g, value, d); !done {
			return nil, false
		}
	}
	return value, value != nil
}

// join carries one list of a hash tree on; carried is nil in the first.
func join(list [][]byte, carried []byte, d algo.Digest) ([]byte, bool) {
	all := slices.Clone(list)
	if carried != nil {
		all = append(all, carried)
	}
	slices.SortFunc(all, bytes.Compare)
	switch len(all) {
	case 0:
		return nil, true // an empty list has nothing to carry
	case 1:
		return all[0], true
	}
	h, ok := d.New()
	if !ok {
		return nil, false
	}
	for _, v := range all {
		h.Write(v)
	}
	return h.Sum(nil), true
}

// chunks says whether data read as the concatenation of two or more hash values
// in ascending order: what an inner node of a hash tree is the hash of. Such a
// data object and that node have one hash value (attack A8). Text is never taken
// for hash values: each must have an octet that is no printable ASCII.
func chunks(data []byte, size int) bool {
	if size == 0 || len(data) < 2*size || len(data)%size != 0 {
		return false
	}
	for at := 0; at < len(data); at += size {
		one := data[at : at+size]
		if at > 0 && bytes.Compare(data[at-size:at], one) >= 0 {
			return false
		}
		if !slices.ContainsFunc(one, func(c byte) bool { return c >= 0x7f || c < ' ' && c != '\t' && c != '\n' && c != '\r' }) {
			return false
		}
	}
	return true
}
