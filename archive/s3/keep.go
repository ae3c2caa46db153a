package s3

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
)

// version is one version of a key, or a delete marker.
type version struct {
	id       string
	marker   bool
	modified time.Time
}

// allVersions gives what lies under a key, the newest first, delete markers too. A bucket
// without versions has one at most, without a name.
func (s *Store) allVersions(ctx context.Context, key string) ([]version, error) {
	var all []version
	for v := range s.client.ListObjectsIter(ctx, s.opts.Bucket, minio.ListObjectsOptions{Prefix: s.prefix + key, Recursive: true, WithVersions: s.versioned}) {
		if v.Err != nil {
			return nil, s.failed(ctx, "asking for the versions of", key, v.Err)
		}
		if v.Key == s.prefix+key {
			all = append(all, version{v.VersionID, v.IsDeleteMarker, v.LastModified})
		}
	}
	if err := ctx.Err(); err != nil { // the iterator ends without a word
		return nil, err
	}
	// Of equally old ones S3 lists the newer first, so their order stays.
	slices.SortStableFunc(all, func(a, b version) int { return cmp.Compare(b.modified.UnixNano(), a.modified.UnixNano()) })
	return all, nil
}

// Retain implements archive.Keeper, with the mode that the object has or else that of the
// store. Every version is retained, what was restored as well as what it was for.
func (s *Store) Retain(ctx context.Context, key string, until time.Time) error {
	if s.opts.Lock == Unlocked {
		return fmt.Errorf("retaining %q: the store was opened without a lock mode; say lock=governance or lock=compliance", key)
	}
	if ahead := until.Sub(s.opts.Now()); ahead > MaxRetain {
		return fmt.Errorf("retaining %q until %s: at most %v ahead are allowed", key, until.UTC().Format(time.RFC3339), MaxRetain)
	}
	if cut := until.UTC().Truncate(time.Second); cut.Before(until) {
		until = cut.Add(time.Second)
	}
	return s.eachVersion(ctx, key, func(v version, have archive.Lock) error {
		mode := s.mode()
		if have.Mode == string(minio.Compliance) {
			mode = minio.Compliance // never weakened
		}
		if have.Mode == string(mode) && !have.Until.Before(until) {
			return nil
		}
		later := until
		if have.Until.After(later) {
			later = have.Until
		}
		if err := s.retain(ctx, key, v.id, mode, later.UTC(), false); err != nil {
			return s.failed(ctx, "extending the retention of", key, err)
		}
		return nil
	})
}

// Hold implements archive.Keeper.
func (s *Store) Hold(ctx context.Context, key string, on bool) error {
	status := minio.LegalHoldDisabled
	if on {
		status = minio.LegalHoldEnabled
	}
	return s.eachVersion(ctx, key, func(v version, have archive.Lock) error {
		if have.LegalHold == on {
			return nil
		}
		err := s.client.PutObjectLegalHold(ctx, s.opts.Bucket, s.prefix+key, minio.PutObjectLegalHoldOptions{Status: &status, VersionID: v.id})
		if err != nil {
			return s.failed(ctx, "setting the legal hold of", key, err)
		}
		return nil
	})
}

// eachVersion calls do for every version of a key that holds octets.
func (s *Store) eachVersion(ctx context.Context, key string, do func(version, archive.Lock) error) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	all, err := s.allVersions(ctx, key)
	if err != nil {
		return err
	}
	found := false
	for _, v := range all {
		if v.marker {
			continue
		}
		found = true
		info, _, err := s.head(ctx, key, first{versionID: v.id})
		if err != nil {
			return err
		}
		if err := do(v, info.Lock); err != nil {
			return err
		}
	}
	if !found {
		return &archive.NotFoundError{Key: key}
	}
	return nil
}

// Delete implements archive.Keeper. All versions are asked before one is deleted. The
// newest goes first and the first version last, so that at every moment what can be read
// is what was written, or nothing is left. The store itself refuses what is locked; a
// bypass of governance is never asked for.
func (s *Store) Delete(ctx context.Context, key string, at time.Time) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	all, err := s.allVersions(ctx, key)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.marker {
			continue
		}
		info, _, err := s.head(ctx, key, first{versionID: v.id})
		if err != nil {
			return err
		}
		if info.Lock.Held(at) {
			return &archive.HeldError{Key: key, Lock: info.Lock}
		}
	}
	for _, v := range all {
		if err := s.client.RemoveObject(ctx, s.opts.Bucket, s.prefix+key, minio.RemoveObjectOptions{VersionID: v.id}); err != nil {
			return s.failed(ctx, "deleting", key, err)
		}
	}
	return nil
}

// Versions implements archive.Versioned.
func (s *Store) Versions(ctx context.Context, key string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := admit(ctx, key); err != nil || !s.versioned {
			if err != nil {
				yield(nil, err)
			}
			return
		}
		f, err := s.first(ctx, key)
		all, err2 := s.allVersions(ctx, key)
		if err = cmp.Or(err, err2); err != nil {
			yield(nil, err)
			return
		}
		for _, v := range all {
			if v.marker || v.id == f.versionID {
				continue
			}
			if !yield(s.read(ctx, key, v.id)) {
				return
			}
		}
	}
}

// Restore implements archive.Restorer: as a new version, over the damaged one, which
// stays the first. Without versions it is replaced. Restored versions are locked as new
// objects are.
func (s *Store) Restore(ctx context.Context, key string, data []byte) error {
	if err := admitSize(ctx, key, int64(len(data))); err != nil {
		return err
	}
	if size := int64(len(data)); size > s.partSize(size) {
		return s.restoreParts(ctx, key, inMemory(data))
	}
	if _, err := s.create(ctx, key, data, s.lockOptions(plainOptions(data))); err != nil {
		return s.failed(ctx, "restoring", key, err)
	}
	return nil
}
