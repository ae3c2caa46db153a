package storetest

import (
	"testing"
	"time"

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

func TestMemoryKeeper(t *testing.T) {
	RunKeeper(t, func(*testing.T) Place {
		m := NewMemory()
		return Place{Open: func(*testing.T) archive.Store { return m }}
	}, func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) }, false)
}
