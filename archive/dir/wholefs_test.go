//go:build linux

package dir

import "testing"

func TestTellsErrors(t *testing.T) {
	for release, want := range map[string]bool{"6.1.0-21-amd64": true, "5.8.0": true, "5.15-generic": true, "5.7.19": false, "4.19.0": false, "": false, "x": false} {
		if got := tellsErrors(release); got != want {
			t.Errorf("%q: %v, want %v", release, got, want)
		}
	}
}
