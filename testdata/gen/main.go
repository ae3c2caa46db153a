// Command gen writes the frozen small world of testdata: trusted lists, their
// anchors, a signed contract and an altered one. From the root of the repository:
//
//	go run ./testdata/gen
//
// It gives the same bytes at each run; validate/eutest holds the story and the test.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vidimus/vidimus/validate/eutest"
)

func main() {
	out := flag.String("out", "testdata", "folder to write into")
	flag.Parse()
	for _, f := range eutest.Frozen() {
		if err := write(filepath.Join(*out, filepath.FromSlash(f.Name)), f.Raw); err != nil {
			fmt.Fprintf(os.Stderr, "gen: writing %s: %v\n", f.Name, err)
			os.Exit(1)
		}
		fmt.Printf("%7d %s\n", len(f.Raw), f.Name)
	}
}

func write(path string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o644)
}
