package dir

import (
	"path/filepath"

	"github.com/vidimus/vidimus/archive"
)

// Within implements archive.Divided: a part is the folder by itself, so that the notes
// of retention and holds are the same for who opens the whole and for who opens the part.
func (s *Store) Within(prefix string) (archive.Store, error) {
	return Open(filepath.Join(s.root, filepath.FromSlash(prefix)))
}
