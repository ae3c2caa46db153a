package xades

import (
	"fmt"
	"io"

	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// budget bounds the octets that are canonicalised and hashed for one file: each
// of 5000 references may ask for the whole document (attack X11).
type budget struct{ left, whole int64 }

// newBudget is for that many octets, of the document and its detached contents,
// and that many signatures: 64 MiB, and all octets sixteen times and twice more
// for every signature, but no more than a GiB beyond the sixteen. The second
// budget is that of xmldsig, which counts every transform.
func newBudget(size, signatures int) (*budget, *xmldsig.Budget) {
	more := min(2*int64(size)*int64(signatures), 1<<30)
	whole := int64(64<<20) + 16*int64(size) + more
	return &budget{left: whole, whole: whole}, xmldsig.NewBudget(size + int(more)/16)
}

// take spends n octets; false when nothing is left.
func (b *budget) take(n int) bool {
	b.left -= int64(n)
	return b.left > 0
}

func (b *budget) err() error {
	return &signature.ReadError{Code: signature.Hostile,
		Message: fmt.Sprintf("its references ask for more than %d octets to be hashed", b.whole)}
}

// spending writes to w and spends the budget.
type spending struct {
	w io.Writer
	b *budget
}

func (s spending) Write(p []byte) (int, error) {
	if !s.b.take(len(p)) {
		return 0, s.b.err()
	}
	return s.w.Write(p)
}

// checkNamespaces refuses a document whose canonical form may be far larger than
// itself: exclusive canonicalisation writes a namespace again at every element
// that uses it, so that one of 100 KB on 20 000 elements becomes 2 GB (attack X2).
func checkNamespaces(doc *xmldom.Document) error {
	limit := int64(16<<20) + 16*int64(len(doc.Raw))
	var written int64
	doc.Root.Walk(func(n *xmldom.Node) bool {
		if n.Kind != xmldom.Element {
			return false
		}
		written += int64(len(n.Space))
		for i := range n.Attrs {
			written += int64(len(n.Attrs[i].Space))
		}
		return written <= limit
	})
	if written > limit {
		return &signature.ReadError{Code: signature.Hostile,
			Message: fmt.Sprintf("its %d octets may have a canonical form of more than %d, by the length of the namespaces alone", len(doc.Raw), limit)}
	}
	return nil
}
