package index

// SetFew says up to how many bundles are named in a query one by one.
func (x *Index) SetFew(n int) { x.few = n }

// SetBatch says how many bundles are written in one transaction.
func (x *Index) SetBatch(n int) { x.batch = n }
