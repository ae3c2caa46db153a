package xmldsig

import (
	"fmt"
	"sync/atomic"
)

// Budget bounds how many octets the references of a signature, or of all
// signatures of a document, may make us canonicalise. Five thousand references to
// a whole document of some megabytes would cost minutes (attack X11).
type Budget struct {
	limit int64
	spent atomic.Int64
}

// NewBudget is for a document of that many octets: enough for some forty passes
// over all of it, and 64 MiB for small ones. A reader with files beside the document
// adds their sizes, since transforms may parse them. Files without transforms cost
// nothing here: whoever digests them should do so once for each algorithm.
func NewBudget(documentSize int) *Budget {
	return &Budget{limit: 64<<20 + 40*int64(documentSize)}
}

func (b *Budget) spend(octets int64) error {
	if b == nil {
		return nil
	}
	if spent := b.spent.Add(octets); spent > b.limit {
		return fmt.Errorf("the references of this document make more than %d octets to digest, at most that many are read", b.limit)
	}
	return nil
}
