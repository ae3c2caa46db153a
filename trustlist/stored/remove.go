package stored

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Remove removes a file; that it is not there is no error. A crash soon after may
// bring it back.
func (d Disk) Remove(path string) error {
	if err := d.before("remove"); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing a file: %w", err)
	}
	return nil
}
