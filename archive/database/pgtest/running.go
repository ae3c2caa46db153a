package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

var (
	lock    sync.Mutex
	started *Server
	failure error
)

// running is the one server of the process.
func running() (*Server, error) {
	lock.Lock()
	defer lock.Unlock()
	if started == nil && failure == nil {
		started, failure = start()
	}
	return started, failure
}

// stop stops the server, if one was started, and removes what it wrote.
func stop() error {
	lock.Lock()
	defer lock.Unlock()
	if started == nil {
		return nil
	}
	out, err := started.command("pg_ctl", "-D", filepath.Join(started.dir, "data"), "-w", "-m", "immediate", "stop").CombinedOutput()
	if err != nil {
		return fmt.Errorf("pg_ctl stop: %w: %s", err, out)
	}
	dir := started.dir
	started = nil
	return os.RemoveAll(dir)
}
