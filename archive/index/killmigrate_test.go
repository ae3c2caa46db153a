package index

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive/database"
)

const migrateURL = "VIDIMUS_INDEX_MIGRATE"

// TestMigratingChild is the child.
func TestMigratingChild(t *testing.T) {
	url := os.Getenv(migrateURL)
	if url == "" {
		return // not a child
	}
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	opened(t, db, "")
}

// A process is killed while it brings an older index to this version. Who has the index
// open meanwhile, and who opens it then, finds all.
func TestKilledWhileMigrating(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, url string) {
		r := rand.New(rand.NewPCG(7, 8))
		all := plainEntries(3 * batch)
		older(t, db, all, 3)
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), self, "-test.run", "^TestMigratingChild$")
		c.Env = append(os.Environ(), migrateURL+"="+url)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		for {
			if v, err := db.Version(t.Context(), "index"); err != nil {
				t.Fatal(err)
			} else if v == len(steps) && countRows(t, db, "vidimus_bundle WHERE words = 1") > 0 {
				break
			}
			select {
			case err := <-ended:
				t.Fatalf("the child ended by itself: %v", err)
			case <-time.After(time.Millisecond):
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := <-ended; !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the child was not killed: %v", err)
		}
		if left := countRows(t, db, "vidimus_bundle WHERE words = 0"); left == 0 || left == len(all) {
			t.Fatalf("killed with %d of %d bundles left", left, len(all))
		}
		half := &Index{db: db, few: few, batch: batch}
		same(t, half, all, r, 6)
		x := opened(t, db, "")
		if left := countRows(t, db, "vidimus_bundle WHERE words = 0"); left != 0 {
			t.Errorf("%d bundles are left", left)
		}
		same(t, x, all, r, 6)
	})
}
