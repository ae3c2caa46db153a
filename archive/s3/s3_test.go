package s3

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/storetest"
)

func TestStore(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		for _, kind := range []string{"plain", "versions", "lock", "part"} {
			t.Run(kind, func(t *testing.T) {
				storetest.Run(t, func(t *testing.T) storetest.Place {
					if kind == "part" { // of a bucket in which others have the same keys
						return storetest.Place{Open: partOf(srv.bucket(t, "versions")), TrustsChecksums: true}
					}
					o := srv.bucket(t, kind)
					if kind == "lock" {
						o.Lock, o.Retain = Governance, time.Minute
					}
					p := storetest.Place{Open: func(t *testing.T) archive.Store { return open1(t, o) }, TrustsChecksums: true}
					if srv.root != "" && kind == "plain" {
						p.Alter = func(t *testing.T, key string, change func([]byte) []byte) { alterFile(t, srv, o, key, change) }
					}
					return p
				})
			})
		}
	})
}

// partOf opens a part of a bucket, now through the whole and now by its prefix: both are
// the same place. The keys that the suite writes are there before, beside the part.
func partOf(o Options) func(t *testing.T) archive.Store {
	opened := 0
	return func(t *testing.T) archive.Store {
		if opened++; opened%2 == 0 {
			own := o
			own.Prefix += "/tenants/acme"
			return open1(t, own)
		}
		whole := open1(t, o)
		for _, beside := range []string{"k", "a/b", "tenants/acm/k", "tenants/acme0/k"} {
			if err := whole.Put(t.Context(), beside, []byte("of another")); err != nil {
				t.Fatal(err)
			}
		}
		part, err := archive.Within(whole, "tenants/acme/")
		if err != nil {
			t.Fatal(err)
		}
		return part
	}
}

// alterFile reaches behind a gateway into its file system, as a failing disk would.
// It writes in place, so that the attributes with the metadata stay.
func alterFile(t *testing.T, srv *server, o Options, key string, change func([]byte) []byte) {
	t.Helper()
	name := filepath.Join(srv.root, o.Bucket, filepath.FromSlash(o.Prefix+"/"+key))
	data, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	before := data
	switch data = change(bytes.Clone(data)); {
	case data == nil:
		err = os.Rename(name, name+".gone")
	case before == nil:
		err = os.Rename(name+".gone", name)
	default:
		err = os.WriteFile(name, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What is put reaches the store with its SHA-256 and with the lock asked for.
func TestChecksumAndLock(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "lock")
		o.Lock, o.Retain, o.LegalHold = Compliance, 10*24*time.Hour, true
		s := open1(t, o)
		if c := s.Capabilities(); !c.WORM || !strings.Contains(c.Statement, "compliance mode, 10 days") {
			t.Errorf("the store says of itself: %+v", c)
		}
		if err := s.Put(t.Context(), "k", []byte("locked")); err != nil {
			t.Fatal(err)
		}
		f, err := s.first(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		info, sum, err := s.head(t.Context(), "k", f)
		want := sha256.Sum256([]byte("locked"))
		if err != nil || sum.sha256 != base64.StdEncoding.EncodeToString(want[:]) {
			t.Errorf("the store's checksum is %q, %v", sum.sha256, err)
		}
		least := time.Now().Add(o.Retain)
		if l := info.Lock; l.Mode != "COMPLIANCE" || !l.LegalHold || l.Until.Before(least) || l.Until.After(least.Add(24*time.Hour)) {
			t.Errorf("the lock is %+v, want until %v, rounded up to a day", l, least)
		}
		c := srv.client()
		if err := c.RemoveObject(t.Context(), o.Bucket, s.prefix+"k", minio.RemoveObjectOptions{VersionID: f.versionID, GovernanceBypass: true}); err == nil {
			t.Error("a locked version could be deleted")
		}
		seen := 0
		for info, err := range s.List(t.Context(), "") {
			if seen++; err != nil || info.Key != "k" {
				t.Errorf("listed %+v, %v: the probe's objects must not show", info, err)
			}
		}
		if seen != 1 {
			t.Errorf("%d objects listed, want 1", seen)
		}
	})
}

// A shared object is put again with a later bundle: its retention grows, never shrinks.
func TestRetentionIsExtended(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "lock")
		put := func(lock Lock, retain time.Duration, hold bool) archive.Lock {
			t.Helper()
			o.Lock, o.Retain, o.LegalHold = lock, retain, hold
			s := open1(t, o)
			if err := s.Put(t.Context(), "k", []byte("shared")); err != nil {
				t.Fatal(err)
			}
			info, err := s.Stat(t.Context(), "k")
			if err != nil {
				t.Fatal(err)
			}
			return info.Lock
		}
		if l := put(Unlocked, 0, false); l.Mode != "" {
			t.Errorf("without a lock asked for: %+v", l)
		}
		short := put(Governance, time.Hour, false)
		long := put(Governance, 3*time.Hour, true)
		if short.Mode != "GOVERNANCE" || !long.Until.After(short.Until) || !long.LegalHold {
			t.Errorf("first %+v, then %+v", short, long)
		}
		if again := put(Governance, time.Hour, false); !again.Until.Equal(long.Until) || !again.LegalHold {
			t.Errorf("asked for less, %+v became %+v", long, again)
		}
	})
}

// A1, A2: delete markers and newer versions do not hide what was stored first, and
// Verify names them.
func TestA2_DeleteMarkerAndNewerVersion(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "versions")
		s := open1(t, o)
		c := srv.client()
		id, raw := storetest.Bundle(t, 1)
		if _, err := archive.Save(t.Context(), s, raw); err != nil {
			t.Fatal(err)
		}
		for info, err := range s.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			over := []byte("written over")
			if info.Size%2 == 0 {
				err = c.RemoveObject(t.Context(), o.Bucket, s.prefix+info.Key, minio.RemoveObjectOptions{})
			} else {
				_, err = c.PutObject(t.Context(), o.Bucket, s.prefix+info.Key, bytes.NewReader(over), int64(len(over)), minio.PutObjectOptions{})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got, err := archive.Load(t.Context(), s, id); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("loading: same bytes %v, %v", bytes.Equal(got, raw), err)
		}
		damages, err := archive.Verify(t.Context(), s, id)
		if b, _ := bundle.Open(raw); err != nil || len(damages) != 1+len(b.Manifest.Entries) {
			t.Errorf("verifying: %v, %v", damages, err)
		}
		problems := map[string]int{}
		for _, d := range damages {
			problems[d.Problem]++
		}
		if problems["hidden"] == 0 || problems["overwritten"] == 0 || len(problems) != 2 {
			t.Errorf("problems found: %v", problems)
		}
		bundles := 0
		for b, err := range archive.List(t.Context(), s) {
			if bundles++; err != nil || b.ID != id || !b.Manifest.Hidden && !b.Manifest.Overwritten {
				t.Errorf("listed %+v, %v", b, err)
			}
		}
		if bundles != 1 {
			t.Errorf("%d bundles listed, want 1", bundles)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	clock := func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	base := Options{Bucket: "b", Now: clock, Lock: Compliance, Retain: time.Hour}
	for _, tc := range []struct {
		name   string
		change func(*Options)
		says   string
	}{
		{"no bucket", func(o *Options) { o.Bucket = "" }, "no bucket"},
		{"mode", func(o *Options) { o.Lock = "forever" }, `lock mode "forever"`},
		{"no retention", func(o *Options) { o.Retain = 0 }, "more than 0"},
		{"A5 absurd retention", func(o *Options) { o.Retain = MaxRetain + 1 }, "at most"},
		{"retention without lock", func(o *Options) { o.Lock = Unlocked }, "without a lock mode"},
		{"no clock", func(o *Options) { o.Now = nil }, "clock"},
		{"parts", func(o *Options) { o.Part = 1 << 20 }, "parts of 1048576 octets"},
		{"prefix", func(o *Options) { o.Prefix = "../x" }, "prefix"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := base
			tc.change(&o)
			if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want one that says %q", err, tc.says)
			}
		})
	}
}

func TestUntil(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 1, time.UTC)
	s := &Store{opts: Options{Now: func() time.Time { return now }}}
	for retain, want := range map[time.Duration]time.Time{
		time.Hour:           time.Date(2026, 11, 22, 11, 0, 1, 0, time.UTC),
		10 * 24 * time.Hour: time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC),
	} {
		s.opts.Retain = retain
		if got := s.until(); !got.Equal(want) {
			t.Errorf("retention of %v ends %v, want %v", retain, got, want)
		}
	}
}
