package s3

import "github.com/vidimus/vidimus/archive"

// Within implements archive.Divided: a part is the bucket with a longer prefix, as who
// names that in the store's URL opens it. What the probe has proven holds there too.
func (s *Store) Within(prefix string) (archive.Store, error) {
	part := *s
	part.prefix += prefix
	part.opts.Prefix = part.prefix[:len(part.prefix)-1]
	return &part, nil
}
