package eutest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

// What testdata holds is what the generator makes today, byte for byte.
func TestFrozenWorld(t *testing.T) {
	total := 0
	for _, f := range eutest.Frozen() {
		total += len(f.Raw)
		have, err := os.ReadFile(filepath.Join("..", "..", "testdata", filepath.FromSlash(f.Name)))
		if err != nil {
			t.Errorf("%v; run: go run ./testdata/gen", err)
		} else if !bytes.Equal(have, f.Raw) {
			t.Errorf("testdata/%s is not what the generator makes; if that is meant, run: go run ./testdata/gen", f.Name)
		}
	}
	if total > 300_000 {
		t.Errorf("the frozen world has %d octets, at most 300000", total)
	}
}
