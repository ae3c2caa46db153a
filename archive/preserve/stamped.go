package preserve

import (
	"time"
)

// Stamped is when an evidence record was last stamped, as its newest time-stamp says; no
// signature is checked. Under this time archive.PutSums notes the SHA-256 of the record.
func Stamped(raw []byte) (time.Time, error) {
	rec, err := parse(raw, &tokenCache{})
	if err != nil {
		return time.Time{}, err
	}
	tokens := rec.tokens()
	return tokens[len(tokens)-1].GenTime, nil
}
