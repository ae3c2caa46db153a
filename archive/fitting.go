package archive

import (
	"context"
	"errors"
)

// fitting reads the octets under a key that fit its hash. Of a store that can hold
// several versions of one key the first is read, and where that one is damaged the
// newest that fits: one that was restored. newer says so. Where none fits, data is the
// first version and says is what is wrong with it.
func fitting(ctx context.Context, st Store, key string, differs func([]byte) string) (data []byte, newer bool, says string, err error) {
	data, err = st.Get(ctx, key)
	var damaged *DamagedError
	switch {
	case errors.As(err, &damaged):
		says = damaged.Says
	case err != nil:
		return nil, false, "", err
	default:
		says = differs(data)
	}
	if says == "" {
		return data, false, "", nil
	}
	v, ok := st.(Versioned)
	if !ok {
		return data, false, says, nil
	}
	for other, err := range v.Versions(ctx, key) {
		if err != nil {
			return nil, false, "", err
		}
		if differs(other) == "" {
			return other, true, "", nil
		}
	}
	return data, false, says, nil
}

// inMemory makes of a comparison of digests one of octets.
func inMemory(differs func(digest) string) func([]byte) string {
	return func(data []byte) string { return differs(digestOf(data, false)) }
}
