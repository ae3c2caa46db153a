package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
)

// The scratch objects of probes stand under a name that no key can have.
const (
	probePrefix = ".probe/"
	// probeRetain is how long a scratch object is locked, and so stays.
	probeRetain = time.Minute
	// probeLeftover is how old a scratch object must be for a later probe to remove
	// it; probeSweep bounds how many one probe removes.
	probeLeftover = time.Hour
	probeSweep    = 20
	// maxClockGap is how far our clock may be from the store's: retention dates are
	// made by ours and kept by theirs (attacks A5, R8).
	maxClockGap = 15 * time.Minute
)

// probe proves on a scratch object that the store keeps the promise of Object Lock
// (attack A2). It believes no answer by itself: after all attempts to destroy the
// object, its first version must be there, whole, and locked as asked. Stores
// that take the lock's headers and ignore them are known (preservation.md §5).
func (s *Store) probe(ctx context.Context) error {
	if s.opts.Lock == Unlocked { // legal hold only
		return s.probeHold(ctx)
	}
	enabled, _, _, _, err := s.client.GetObjectLockConfig(ctx, s.opts.Bucket)
	if err != nil {
		return fmt.Errorf("the bucket has no Object Lock, which has to be switched on when a bucket is made: %w", err)
	}
	if enabled != "Enabled" {
		return fmt.Errorf("the bucket has no Object Lock (it answers %q); it has to be switched on when a bucket is made", enabled)
	}
	key := probePrefix + rand.Text()
	data := []byte("vidimus tests that this store keeps locked objects; the lock ends a minute after writing\n")
	until := s.opts.Now().UTC().Add(probeRetain).Truncate(time.Second)
	opts := s.putOptions(data)
	opts.RetainUntilDate = until
	opts.LegalHold = "" // would keep the scratch object for ever
	put, err := s.create(ctx, key, data, opts)
	if err != nil {
		return fmt.Errorf("writing a locked object: %w", err)
	}
	if put.VersionID == "" {
		return fmt.Errorf("a locked object was written and the store names no version of it")
	}
	if err := s.clock(ctx, key, put.VersionID); err != nil {
		return err
	}
	if err := s.attack(ctx, key, put.VersionID, until, data); err != nil {
		return err
	}
	if err := s.intact(ctx, key, put.VersionID, until, data); err != nil {
		return err
	}
	s.sweepProbes(ctx)
	return nil
}

// attack tries to destroy or weaken the scratch object; each try must be refused.
func (s *Store) attack(ctx context.Context, key, version string, until time.Time, data []byte) error {
	other := []byte("written over\n")
	remove := func(bypass bool) error {
		return s.client.RemoveObject(ctx, s.opts.Bucket, s.prefix+key, minio.RemoveObjectOptions{VersionID: version, GovernanceBypass: bypass})
	}
	shorten := func(bypass bool) error {
		return s.retain(ctx, key, version, s.mode(), until.Add(-probeRetain/2), bypass)
	}
	attempts := []struct {
		name string
		try  func() error
	}{
		{"writing over it on the condition that it does not exist", func() error {
			_, err := s.create(ctx, key, other, s.unlockedCreateOnly(other))
			return err
		}},
		{"deleting its version", func() error { return remove(false) }},
		{"shortening its retention", func() error { return shorten(false) }},
	}
	if s.opts.Lock == Compliance {
		attempts = append(attempts, []struct {
			name string
			try  func() error
		}{
			{"deleting its version with a bypass of governance", func() error { return remove(true) }},
			{"shortening its retention with a bypass of governance", func() error { return shorten(true) }},
		}...)
	}
	for _, a := range attempts {
		err := a.try()
		if err == nil {
			return fmt.Errorf("%s was allowed on a locked object", a.name)
		}
		if status := minio.ToErrorResponse(err).StatusCode; status < 400 || status >= 500 {
			return fmt.Errorf("%s: it cannot be told whether the store refuses it: %w", a.name, err)
		}
	}
	// An unconditional PUT is no refusal matter: it makes a new version over the
	// first one, which intact must then still find.
	over, err := s.create(ctx, key, other, plainOptions(other))
	if err == nil && over.VersionID == version {
		return fmt.Errorf("writing over a locked object replaced its version %s", version)
	}
	if err == nil && over.VersionID != "" {
		_ = s.client.RemoveObject(ctx, s.opts.Bucket, s.prefix+key, minio.RemoveObjectOptions{VersionID: over.VersionID})
	}
	return nil
}

func (s *Store) unlockedCreateOnly(data []byte) minio.PutObjectOptions {
	opts := plainOptions(data)
	opts.SetMatchETagExcept("*")
	return opts
}

// intact checks that the scratch object is there as written and locked as asked.
func (s *Store) intact(ctx context.Context, key, version string, until time.Time, data []byte) error {
	got, err := s.read(ctx, key, version)
	if err != nil {
		return fmt.Errorf("after attempts to destroy it, the locked object cannot be read: %w", err)
	}
	if !bytes.Equal(got, data) {
		return fmt.Errorf("after attempts to destroy it, the locked object has other octets")
	}
	info, _, err := s.head(ctx, key, first{versionID: version})
	if err != nil {
		return fmt.Errorf("asking for the lock: %w", err)
	}
	if info.Lock.Mode != string(s.mode()) || info.Lock.Until.Before(until) {
		return fmt.Errorf("the lock was asked for as %s until %s, and the store says %q until %s",
			s.mode(), until.Format(time.RFC3339), info.Lock.Mode, info.Lock.Until.Format(time.RFC3339))
	}
	return nil
}

// clock compares our clock with the one by which the store will end retentions.
func (s *Store) clock(ctx context.Context, key, version string) error {
	body, _, header, err := s.core.GetObject(ctx, s.opts.Bucket, s.prefix+key, minio.GetObjectOptions{VersionID: version})
	if err != nil {
		return fmt.Errorf("reading the locked object: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(body, 1<<10))
	_ = body.Close()
	theirs, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return nil // not all stores send it
	}
	if gap := s.opts.Now().Sub(theirs).Round(time.Second); gap.Abs() > maxClockGap {
		return fmt.Errorf("our clock is %v from the store's (%s), at most %v are allowed: retention dates would be wrong", gap, theirs.Format(time.RFC3339), maxClockGap)
	}
	return nil
}

// probeHold proves that an object under a legal hold cannot be deleted, then
// lifts the hold and removes it.
func (s *Store) probeHold(ctx context.Context) error {
	key := probePrefix + rand.Text()
	data := []byte("vidimus tests that this store keeps objects under a legal hold\n")
	put, err := s.create(ctx, key, data, s.putOptions(data))
	if err != nil {
		return fmt.Errorf("writing an object under a legal hold: %w", err)
	}
	remove := func() error {
		return s.client.RemoveObject(ctx, s.opts.Bucket, s.prefix+key, minio.RemoveObjectOptions{VersionID: put.VersionID})
	}
	if err := remove(); err == nil {
		return fmt.Errorf("deleting an object under a legal hold was allowed")
	} else if status := minio.ToErrorResponse(err).StatusCode; status < 400 || status >= 500 {
		return fmt.Errorf("deleting an object under a legal hold: it cannot be told whether the store refuses it: %w", err)
	}
	info, _, err := s.head(ctx, key, first{versionID: put.VersionID})
	if err != nil {
		return fmt.Errorf("asking for the legal hold: %w", err)
	}
	if !info.Lock.LegalHold {
		return fmt.Errorf("a legal hold was asked for, and the store says there is none")
	}
	off := minio.LegalHoldDisabled
	if s.client.PutObjectLegalHold(ctx, s.opts.Bucket, s.prefix+key, minio.PutObjectLegalHoldOptions{Status: &off, VersionID: put.VersionID}) == nil {
		_ = remove()
	}
	return nil
}

// sweepProbes removes scratch objects whose lock has long ended. What it cannot
// remove it leaves to the next probe.
func (s *Store) sweepProbes(ctx context.Context) {
	removed := 0
	for v := range s.client.ListObjectsIter(ctx, s.opts.Bucket, minio.ListObjectsOptions{Prefix: s.prefix + probePrefix, Recursive: true, WithVersions: true}) {
		if v.Err != nil || removed == probeSweep {
			return
		}
		if s.opts.Now().Sub(v.LastModified) > probeLeftover {
			_ = s.client.RemoveObject(ctx, s.opts.Bucket, v.Key, minio.RemoveObjectOptions{VersionID: v.VersionID})
			removed++
		}
	}
}
