package ers

import (
	"errors"
	"hash"
	"io"
)

// budget bounds the octets that are hashed for one record: each of 200 chains may
// ask for all chains before it, and for every data object by another algorithm.
type budget struct{ left, whole int64 }

// newBudget is for a record of that many octets.
func newBudget(size int) *budget {
	whole := 16<<20 + 8*int64(size)
	return &budget{left: whole, whole: whole}
}

// forFiles adds what the data objects may cost: sixteen times their octets.
func (b *budget) forFiles(files []File) {
	for _, f := range files {
		b.left += 16 * int64(len(f.Data))
		b.whole += 16 * int64(len(f.Data))
	}
}

var errBudget = errors.New("the evidence record asks for too many octets to be hashed")

// take spends n octets; false when nothing is left.
func (b *budget) take(n int) bool {
	b.left -= int64(n)
	return b.left > 0
}

// spending writes to a hash and spends the budget.
type spending struct {
	h hash.Hash
	b *budget
}

var _ io.Writer = spending{}

func (s spending) Write(p []byte) (int, error) {
	if !s.b.take(len(p)) {
		return 0, errBudget
	}
	return s.h.Write(p)
}
