package stored

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockName is the file that a writer locks. It stays: removing it would let two
// writers lock two files of that name.
const lockName = ".lock"

// Lock waits until nobody else writes to the folder, which is made when it is not
// there, and keeps others out until unlock is called or the process ends, however
// it ends. Where the system has no such locks, it locks nothing.
func Lock(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("locking the trust cache: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the trust cache: %w", err)
	}
	if err := lock(f); err != nil {
		return nil, fmt.Errorf("locking the trust cache %s: %w", dir, errors.Join(err, f.Close()))
	}
	return f.Close, nil
}
