package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
)

// askFirst is the size from which Put asks whether the object is there before it
// sends it: trusted lists are put with every bundle and are there nearly always.
const askFirst = 32 << 10

// conflictTries is how often a 409, which a store answers while another writer is
// at the same key, is tried again.
const conflictTries = 6

// Put implements archive.Store. That bytes are already there is taken from the
// store's own SHA-256 of them, or of the parts they were sent in, where it has one; Get
// and archive.Verify do not rely on that. With a lock asked for, an object that is there
// has its retention extended, never shortened.
func (s *Store) Put(ctx context.Context, key string, data []byte) error {
	if err := admitSize(ctx, key, int64(len(data))); err != nil {
		return err
	}
	src := inMemory(data)
	if src.Size > s.partSize(src.Size) {
		return s.putParts(ctx, key, src)
	}
	if len(data) >= askFirst {
		err := s.existing(ctx, key, src, "")
		var none *archive.NotFoundError
		if !errors.As(err, &none) {
			return err
		}
	}
	opts := s.putOptions(data)
	for try := 1; ; try++ {
		_, err := s.create(ctx, key, data, opts)
		switch status := minio.ToErrorResponse(err).StatusCode; {
		case err == nil:
			return nil
		case status == http.StatusPreconditionFailed:
			return s.existing(ctx, key, src, "")
		case status == http.StatusConflict && try < conflictTries:
			if err := wait(ctx, time.Duration(try*try)*20*time.Millisecond); err != nil {
				return err
			}
		default:
			return s.failed(ctx, "storing", key, err)
		}
	}
}

func admitSize(ctx context.Context, key string, size int64) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	if size < 0 || size > archive.MaxObject {
		return fmt.Errorf("storing %q: %d octets, at most %d are allowed", key, size, archive.MaxObject)
	}
	return nil
}

// create sends data in one part with its hash, signed over, on the condition in opts.
func (s *Store) create(ctx context.Context, key string, data []byte, opts minio.PutObjectOptions) (minio.UploadInfo, error) {
	sum := sha256.Sum256(data)
	return s.core.PutObject(ctx, s.opts.Bucket, s.prefix+key, bytes.NewReader(data), int64(len(data)), "", hex.EncodeToString(sum[:]), opts)
}

// putOptions are create-only, with checksum, and locked as asked.
func (s *Store) putOptions(data []byte) minio.PutObjectOptions {
	opts := s.lockOptions(plainOptions(data))
	opts.SetMatchETagExcept("*") // If-None-Match: *
	return opts
}

// lockOptions asks for the lock of new objects.
func (s *Store) lockOptions(opts minio.PutObjectOptions) minio.PutObjectOptions {
	if s.opts.Lock != Unlocked {
		opts.Mode, opts.RetainUntilDate = s.mode(), s.until()
	}
	if s.opts.LegalHold {
		opts.LegalHold = minio.LegalHoldEnabled
	}
	return opts
}

func plainOptions(data []byte) minio.PutObjectOptions {
	sum := sha256.Sum256(data)
	return minio.PutObjectOptions{
		ContentType:      "application/octet-stream",
		UserMetadata:     map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(sum[:])},
		DisableMultipart: true,
		// The hash of the whole body is signed over instead of each chunk's, so that
		// the store checks it before it answers.
		DisableContentSha256: true,
	}
}

func (s *Store) mode() minio.RetentionMode {
	if s.opts.Lock == Compliance {
		return minio.Compliance
	}
	return minio.Governance
}

// until is the date to which an object put now is locked. Long retention is
// rounded up to whole days, so that shared objects are extended once a day and
// not with every bundle.
func (s *Store) until() time.Time {
	until := s.opts.Now().UTC().Add(s.opts.Retain)
	unit := time.Second
	if s.opts.Retain >= 48*time.Hour {
		unit = 24 * time.Hour
	}
	if cut := until.Truncate(unit); cut.Before(until) {
		until = cut.Add(unit)
	}
	return until
}

// existing settles a Put whose key is taken: nil, ExistsError; else NotFoundError. sent is
// the checksum of the parts that were just sent, if any were.
func (s *Store) existing(ctx context.Context, key string, src archive.Source, sent string) error {
	f, err := s.first(ctx, key)
	if err != nil {
		return err
	}
	info, sum, err := s.head(ctx, key, f)
	if err != nil {
		return err
	}
	same := info.Size == src.Size
	if same && (sent == "" || sum.sha256 != sent) {
		if same, err = s.same(ctx, key, f, sum, src); err != nil {
			return err
		}
	}
	if !same {
		return &archive.ExistsError{Key: key}
	}
	return s.extend(ctx, key, f, info.Lock)
}

// same compares what is stored with a source of the same size: by the store's checksum
// of the whole; or by that of the parts, after the source was cut in the same way; else
// by reading. What the metadata say of the parts' size is no proof and need not be: with
// a wrong size the checksums differ, and the object is read.
func (s *Store) same(ctx context.Context, key string, f first, sum checksum, src archive.Source) (bool, error) {
	switch {
	case sum.sha256 != "" && !strings.Contains(sum.sha256, "-"):
		return sum.sha256 == base64.StdEncoding.EncodeToString(src.SHA256[:]), nil
	case sum.sha256 != "" && sum.part > 0:
		w := newParts(src.Size, sum.part, func(int, []byte, [sha256.Size]byte) error { return nil })
		if err := w.from(ctx, key, src); err != nil {
			return false, s.failed(ctx, "comparing", key, err)
		}
		if w.composite() == sum.sha256 {
			return true, nil
		}
	}
	got := sha256.New()
	if err := s.stream(ctx, key, f, got); err != nil {
		return false, err
	}
	return [sha256.Size]byte(got.Sum(nil)) == src.SHA256, nil
}

// extend brings the lock of an object that is there up to what a new one would have.
func (s *Store) extend(ctx context.Context, key string, f first, have archive.Lock) error {
	if s.opts.LegalHold && !have.LegalHold {
		on := minio.LegalHoldEnabled
		if err := s.client.PutObjectLegalHold(ctx, s.opts.Bucket, s.prefix+key, minio.PutObjectLegalHoldOptions{Status: &on, VersionID: f.versionID}); err != nil {
			return s.failed(ctx, "putting a legal hold on", key, err)
		}
	}
	if s.opts.Lock == Unlocked {
		return nil
	}
	until, mode := s.until(), s.mode()
	weaker := have.Mode == "" || have.Mode == string(minio.Governance) && mode == minio.Compliance
	if !weaker && !have.Until.Before(until) {
		return nil
	}
	if have.Until.After(until) {
		until = have.Until
	}
	if have.Mode == string(minio.Compliance) {
		mode = minio.Compliance // never weakened
	}
	if err := s.retain(ctx, key, f.versionID, mode, until, false); err != nil {
		return s.failed(ctx, "extending the retention of", key, err)
	}
	return nil
}

func (s *Store) retain(ctx context.Context, key, versionID string, mode minio.RetentionMode, until time.Time, bypass bool) error {
	return s.client.PutObjectRetention(ctx, s.opts.Bucket, s.prefix+key, minio.PutObjectRetentionOptions{
		Mode: &mode, RetainUntilDate: &until, VersionID: versionID, GovernanceBypass: bypass,
	})
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
