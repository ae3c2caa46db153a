package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rememberedDays pulls twice, with a week between, into a cache of its own, and
// remembers in the store. It returns the times of the pulls.
func (u *union) rememberedDays(t *testing.T, store string) (first, second time.Time) {
	t.Helper()
	at := u.world.Now()
	u.clock = func() time.Time { return at }
	cache := t.TempDir()
	for sequence := 1; sequence <= 2; sequence++ {
		u.world.MemberState("EE").List.Sequence = sequence
		u.publish()
		out, errs, code := u.run(t, cache, "pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors, "--lists-store", store)
		if code != exitOK || !strings.Contains(errs, "remembered 1 snapshots of lists") {
			t.Fatalf("%d\n%s%s", code, out, errs)
		}
		at = at.AddDate(0, 0, 7)
	}
	return u.world.Now(), u.world.Now().AddDate(0, 0, 7)
}

// showsAsOf asks another machine, whose cache is empty, for the lists of past days.
func (u *union) showsAsOf(t *testing.T, store string, first, second time.Time) {
	t.Helper()
	for asOf, want := range map[time.Time]string{first: "\nEE         1 ", second.Add(-time.Second): "\nEE         1 ", second: "\nEE         2 ", second.AddDate(1, 0, 0): "\nEE         2 "} {
		out, errs, code := u.run(t, t.TempDir(), "show", "--lotl-anchors", u.anchors, "--lists-store", store, "--lists-as-of", asOf.Format(time.RFC3339))
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("as of %s: %d\n%s%s", asOf, code, out, errs)
		}
	}
	if _, errs, code := u.run(t, t.TempDir(), "show", "--lotl-anchors", u.anchors, "--lists-store", store, "--lists-as-of", first.Add(-time.Second).Format(time.RFC3339)); code != exitNoTrust || !strings.Contains(errs, "no lists are remembered") {
		t.Errorf("before the first: %d %s", code, errs)
	}
}

// What is pulled is remembered in a folder that other machines read too; one of them
// judges by the lists of a past day. A list that was altered there is named.
func TestListsStoreInAFolder(t *testing.T) {
	u := newUnion(t, "EE", "LV")
	contract := file(t, "c.asice", u.contract())
	dir := t.TempDir()
	store := "dir:" + dir
	first, second := u.rememberedDays(t, store)
	u.showsAsOf(t, store, first, second)
	// Without the anchors they rest on they are verified again, and refused.
	if _, errs, code := u.run(t, t.TempDir(), "show", "--lists-store", store, "--lists-as-of", first.Format(time.RFC3339)); code != exitNoTrust || !strings.Contains(errs, "--lotl-anchors") {
		t.Errorf("by other anchors: %d %s", code, errs)
	}
	judge := []string{"--lists-store", store, "--lists-as-of", first.Format(time.RFC3339), contract}
	if out, code := u.validates(t.TempDir(), judge...); code != exitOK || !strings.Contains(out, "EE  number 1 ") {
		t.Errorf("%d\n%s", code, out)
	}
	lists, err := filepath.Glob(filepath.Join(dir, "trust", "lists", "*", "*.xml"))
	if err != nil || len(lists) != 4 { // the list of lists, LV's once, EE's twice
		t.Fatal(lists, err)
	}
	for _, l := range lists {
		raw, err := os.ReadFile(l)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(l, 0o600); err != nil { // the store keeps its files read-only
			t.Fatal(err)
		}
		if err := os.WriteFile(l, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, code := u.validates(t.TempDir(), judge...); code != exitNoTrust || !strings.Contains(out, "was altered") || !strings.Contains(out, "trust/lists/") {
		t.Errorf("altered: %d\n%s", code, out)
	}
}

// A store that cannot be reached stops no pull: it is told, the lists are in force, and
// the next pull puts what is missing.
func TestListsStoreThatIsDown(t *testing.T) {
	u := newUnion(t, "EE")
	parent := t.TempDir()
	block := filepath.Join(parent, "store")
	if err := os.WriteFile(block, nil, 0o600); err != nil { // where the folder ought to be
		t.Fatal(err)
	}
	at := u.world.Now()
	u.clock = func() time.Time { return at }
	cache := t.TempDir()
	pull := []string{"pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors, "--lists-store", "dir:" + block}
	for sequence := 1; sequence <= 2; sequence++ {
		u.world.MemberState("EE").List.Sequence = sequence
		u.publish()
		out, errs, code := u.run(t, cache, pull...)
		if code != exitUnjudged || !strings.Contains(errs, "could not be remembered in --lists-store") || !strings.Contains(errs, "hint: the lists are in the cache, and in force") {
			t.Fatalf("%d\n%s%s", code, out, errs)
		}
		if out, _, _ := u.run(t, cache, "show", "--lotl-anchors", u.anchors); !strings.Contains(out, fmt.Sprintf("\nEE         %d ", sequence)) {
			t.Errorf("not in force:\n%s", out)
		}
		at = at.AddDate(0, 0, 7)
	}
	if err := os.Remove(block); err != nil {
		t.Fatal(err)
	}
	// Nothing is new, and what was missed twice is put.
	if _, errs, code := u.run(t, cache, pull...); code != exitOK || !strings.Contains(errs, "remembered 2 snapshots of lists") {
		t.Errorf("%d %s", code, errs)
	}
	u.showsAsOf(t, "dir:"+block, u.world.Now(), u.world.Now().AddDate(0, 0, 7))
	for _, wrong := range []string{"ftp://x", "s3://bucket?insecure=perhaps", "s3://b?retian=1d"} {
		fresh := t.TempDir()
		if _, errs, code := u.run(t, fresh, "pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors, "--lists-store", wrong); code != exitUsage || !strings.Contains(errs, "--lists-store") {
			t.Errorf("%s: %d %s", wrong, code, errs)
		}
		if entries, _ := os.ReadDir(filepath.Join(fresh, "trust")); len(entries) != 0 {
			t.Errorf("%s: something was pulled before the mistake was told", wrong)
		}
	}
}

// Whoever asks a store that is not there for a past day is told, and is judged by
// nothing else.
func TestListsStoreThatIsNotThere(t *testing.T) {
	u := newUnion(t, "EE")
	t.Setenv("AWS_ACCESS_KEY_ID", "testaccess")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "testsecret")
	asOf := []string{"show", "--lotl-anchors", u.anchors, "--lists-as-of", frozenAt, "--lists-store"}
	if _, errs, code := u.run(t, t.TempDir(), append(asOf, "ftp://x")...); code != exitUsage || !strings.Contains(errs, "neither dir:PATH nor s3://") {
		t.Errorf("%d %s", code, errs)
	}
	block := file(t, "no-folder", nil)
	if _, errs, code := u.run(t, t.TempDir(), append(asOf, "dir:"+block)...); code != exitNoTrust || !strings.Contains(errs, "the store of --lists-store cannot be used") {
		t.Errorf("%d %s", code, errs)
	}
	if _, errs, code := u.run(t, t.TempDir(), append(asOf, "dir:"+t.TempDir())...); code != exitNoTrust || !strings.Contains(errs, "no lists are remembered from") {
		t.Errorf("%d %s", code, errs)
	}
}

// gateway starts versitygw, a real S3 server, on loopback, and returns its endpoint;
// without it the test skips.
func gateway(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("VIDIMUS_VERSITYGW")
	if at := filepath.Join("..", "..", ".bin", "versitygw"); binary == "" {
		if _, err := os.Stat(at); err == nil {
			binary = at
		}
	}
	if binary == "" {
		t.Skip("VIDIMUS_VERSITYGW is not set, and .bin has no versitygw: no S3 server to remember lists in")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := l.Addr().String()
	_ = l.Close()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "lists"), 0o700); err != nil { // the POSIX backend's bucket
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "--port", endpoint, "--quiet", "posix", root)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY=testaccess", "ROOT_SECRET_KEY=testsecret") // of no use elsewhere
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Setenv("AWS_ACCESS_KEY_ID", "testaccess")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "testsecret")
	for range 200 {
		if c, err := net.Dial("tcp", endpoint); err == nil {
			_ = c.Close()
			return endpoint
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("versitygw does not answer")
	return ""
}

// The same in S3, under a prefix beside bundles.
func TestListsStoreInS3(t *testing.T) {
	endpoint := gateway(t)
	u := newUnion(t, "EE", "LV")
	store := "s3://lists/proof?endpoint=" + endpoint + "&insecure=1&region=us-east-1"
	first, second := u.rememberedDays(t, store)
	u.showsAsOf(t, store, first, second)
	s, err := openListStore(t.Context(), store, u.clock)
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for key, err := range s.List(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys++
		if !strings.HasPrefix(key, "trust/") {
			t.Errorf("the key %s is not under the prefix of lists", key)
		}
	}
	if keys != 4+2 {
		t.Errorf("%d objects, want 4 lists and 2 manifests", keys)
	}
}
