//go:build !linux

package main

import (
	"errors"
	"os"
)

// mapUpload maps nothing here: uploads are read.
func mapUpload(*os.File, int64) (data []byte, done func(), err error) {
	return nil, nil, errors.ErrUnsupported
}
