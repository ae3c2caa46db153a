package index

// SetFew says up to how many bundles are named in a query one by one.
func (x *Index) SetFew(n int) { x.few = n }
