package validate

import (
	"github.com/vidimus/vidimus/validate/jades"
	"github.com/vidimus/vidimus/validate/signature"
)

// openJSON reads a JSON web signature.
func openJSON(f File, detached []File) (*signature.Document, error) {
	return jades.Open(f.Data, detachedAs(detached, func(d File) jades.File { return jades.File(d) }))
}
