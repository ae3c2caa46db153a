package algo

import "hash"

// CloneHash copies the state of a hash; false where it cannot be copied.
func CloneHash(h hash.Hash) (hash.Hash, bool) {
	c, ok := h.(hash.Cloner)
	if !ok {
		return nil, false
	}
	out, err := c.Clone()
	if err != nil {
		return nil, false
	}
	return out, true
}
