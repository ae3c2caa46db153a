package path

import (
	"bytes"
	"slices"
	"sort"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// before orders certificates of one name: self-issued ones first (fewer steps to
// an end), then by hash, so that order is never luck.
func before(a, b *certificate.Certificate) bool {
	if sa, sb := a.SelfIssued(), b.SelfIssued(); sa != sb {
		return sa
	}
	return a.ID.Less(b.ID)
}

// inOrder copies a list without what is absent, in the order of before.
func inOrder(list []*certificate.Certificate) []*certificate.Certificate {
	out := make([]*certificate.Certificate, 0, len(list))
	sorted := true
	for _, c := range list {
		if c != nil {
			sorted = sorted && (len(out) == 0 || !before(c, out[len(out)-1]))
			out = append(out, c)
		}
	}
	if !sorted {
		sort.Slice(out, func(i, j int) bool { return before(out[i], out[j]) })
	}
	return out
}

// insert puts a certificate into its place in a list in the order of before.
func insert(list []*certificate.Certificate, c *certificate.Certificate) []*certificate.Certificate {
	return slices.Insert(list, sort.Search(len(list), func(i int) bool { return before(c, list[i]) }), c)
}

// likelyFirst puts those that were valid when the child's validity began before
// the others, and leaves the order else.
func likelyFirst(child *certificate.Certificate, list []*certificate.Certificate) []*certificate.Certificate {
	out := make([]*certificate.Certificate, 0, len(list))
	for _, valid := range []bool{true, false} {
		for _, c := range list {
			if within(c, child.NotBefore) == valid {
				out = append(out, c)
			}
		}
	}
	return out
}

func within(c *certificate.Certificate, t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}

func contains(chain []*certificate.Certificate, c *certificate.Certificate) bool {
	for _, x := range chain {
		if x.ID == c.ID || x.KeyID == c.KeyID && bytes.Equal(x.RawSubject, c.RawSubject) {
			return true
		}
	}
	return false
}
