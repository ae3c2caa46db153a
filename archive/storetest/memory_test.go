package storetest

import (
	"testing"

	"github.com/vidimus/vidimus/archive"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) Place {
		m := NewMemory()
		return Place{
			Open:  func(*testing.T) archive.Store { return m },
			Alter: func(_ *testing.T, key string, change func([]byte) []byte) { m.Alter(key, change) },
		}
	})
}
