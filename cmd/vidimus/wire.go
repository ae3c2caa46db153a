package main

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"time"

	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/fetch"
)

// runtime is the world as the commands see it: clock, streams and folders. Only
// this file builds it from the real one.
type runtime struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
	CacheDir       func() (string, error) // the folder for what can be fetched again
	Network        fetch.Options          // how the network is reached; the zero value is the real one
	// Wait waits between tries and refreshes of the lists; nil means by the clock.
	Wait func(ctx context.Context, d time.Duration) error
	// Disk is how the cache is written; the zero value is the real one.
	Disk stored.Disk
	// Env looks up a variable of the environment for flags; nil: there are none.
	Env func(name string) (string, bool)
	// Environ are all variables, as NAME=VALUE.
	Environ func() []string
	// Machine tells what the machine gives; nil: nothing is known.
	Machine fs.FS
}

// system is the real world.
func system() *runtime {
	return &runtime{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now, Env: os.LookupEnv, Environ: os.Environ, Machine: os.DirFS("/"),
		CacheDir: func() (string, error) {
			dir, err := os.UserCacheDir()
			return filepath.Join(dir, "vidimus"), err
		},
	}
}

// dataDir is the user's folder for what cannot be fetched again: by the XDG base
// directory specification, which the standard library does not know, or where
// macOS and Windows keep such data.
func dataDir() (string, error) {
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "vidimus"), nil
	}
	if d := os.Getenv("LOCALAPPDATA"); d != "" && goruntime.GOOS == "windows" {
		return filepath.Join(d, "vidimus"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	if goruntime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "vidimus"), nil
	}
	return filepath.Join(home, ".local", "share", "vidimus"), nil
}
