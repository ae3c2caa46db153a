package archive

import "fmt"

// KeyError says that a key cannot be one. It is final.
type KeyError struct {
	Key string
	Why string
}

func (e *KeyError) Error() string { return fmt.Sprintf("key %q: %s", e.Key, e.Why) }

// NotFoundError says that nothing is stored under a key. It is final.
type NotFoundError struct{ Key string }

func (e *NotFoundError) Error() string { return fmt.Sprintf("nothing is stored under %q", e.Key) }

// ExistsError says that other bytes are already stored under a key. It is
// final, and the stored bytes are unchanged.
type ExistsError struct{ Key string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("other bytes are already stored under %q", e.Key)
}

// DamagedError says that what is stored is not what was written. It is final.
type DamagedError struct {
	Key    string // in the store
	Object string // what it is to the bundle, e.g. "lists/0001-lotl.xml"; may be empty
	Says   string // one sentence with numbers
}

func (e *DamagedError) Error() string {
	if e.Object == "" {
		return fmt.Sprintf("%q is damaged: %s", e.Key, e.Says)
	}
	return fmt.Sprintf("%s is damaged: %s (stored under %q)", e.Object, e.Says, e.Key)
}

// MaxKey bounds a key, in octets. S3 allows 1,024, with the prefix.
const MaxKey = 512

// CheckKey refuses what would not be the same key on every store: anything but
// segments of ASCII letters, digits, dot, dash and underscore, joined by single
// slashes, none starting with a dot. Drivers call it first, so that no key can
// leave the place (attack Z2, S3).
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return &KeyError{key, fmt.Sprintf("%d octets, want 1 to %d", len(key), MaxKey)}
	}
	start := true
	for i := range len(key) {
		c := key[i]
		switch {
		case c == '/' && start, c == '.' && start:
			return &KeyError{key, fmt.Sprintf("octet %d: a segment is empty or starts with a dot", i)}
		case c == '/':
			start = true
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
			start = false
		default:
			return &KeyError{key, fmt.Sprintf("octet %d is %#x; only letters, digits, dot, dash, underscore and slash are allowed", i, c)}
		}
	}
	if start {
		return &KeyError{key, "it ends in a slash"}
	}
	return nil
}
