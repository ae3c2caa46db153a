// Package pgtest starts Debian's PostgreSQL for tests, in a temporary directory, on a
// socket in it, and stops it again.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
)

// Server is a running PostgreSQL.
type Server struct {
	dir       string
	bin       string
	as        *syscall.Credential // nil: ourselves
	databases atomic.Int32
}

// Main runs the tests of a package with one server for all of them, started when the
// first test asks for it. Use it in TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping PostgreSQL:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Database makes an empty database and returns its URL. The server is started by the
// first call of the process.
func Database(t testing.TB) string {
	t.Helper()
	s, err := running()
	if err != nil {
		t.Fatalf("starting PostgreSQL (Debian's package postgresql; make packages installs it): %v", err)
	}
	name := "test" + strconv.Itoa(int(s.databases.Add(1)))
	if out, err := s.command("createdb", "-h", s.dir, "-U", "postgres", name).CombinedOutput(); err != nil {
		t.Fatalf("createdb: %v: %s", err, out)
	}
	return "postgres://postgres@/" + name + "?" + url.Values{"host": {s.dir}}.Encode()
}

// start makes a cluster and starts it. PostgreSQL refuses to run as root: then it runs
// as Debian's user postgres.
func start() (*Server, error) {
	versions, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if err != nil || len(versions) == 0 {
		return nil, fmt.Errorf("no /usr/lib/postgresql/*/bin/pg_ctl is there")
	}
	sort.Strings(versions)
	s := &Server{bin: filepath.Dir(versions[len(versions)-1])}
	if s.dir, err = os.MkdirTemp("", "vidimus-pg-"); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("user postgres has the ID %s:%s", u.Uid, u.Gid)
		}
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(s.dir, int(uid), int(gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(s.dir, "data")
	if out, err := s.command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	// Its output goes to a file: a server that holds our pipe would keep us waiting.
	options := "-k " + s.dir + " -c listen_addresses= -c fsync=off -c full_page_writes=off -c shared_buffers=32MB"
	if out, err := s.command("pg_ctl", "-D", data, "-w", "-t", "60", "-l", filepath.Join(s.dir, "log"), "-o", options, "start").CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		return nil, fmt.Errorf("pg_ctl start: %w: %s%s", err, out, log)
	}
	return s, nil
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), filepath.Join(s.bin, name), args...) //#nosec G204 -- the names are ours
	c.Dir = s.dir
	c.Env = []string{"PATH=" + s.bin + ":/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	if s.as != nil {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	}
	return c
}
