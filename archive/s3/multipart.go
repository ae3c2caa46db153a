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
	"slices"
	"strconv"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
)

const (
	// uploadTries is how often an upload begins anew that somebody else has ended.
	uploadTries = 5
	// mostUploads bounds how many interrupted uploads of a key are looked at.
	mostUploads = 20
	// leftoverUpload is the age from which an upload at a key that is complete is taken
	// for the leftover of an interruption. Younger ones may be another process's, which
	// restores the object.
	leftoverUpload = 24 * time.Hour

	partHeader = "X-Amz-Meta-Part-Size"
	sumHeader  = "X-Amz-Checksum-Sha256"
)

// errAnew says that an upload cannot go on and another may.
var errAnew = errors.New("the upload was ended by another process")

// PutFrom implements archive.Taker.
func (s *Store) PutFrom(ctx context.Context, key string, src archive.Source) error {
	if err := admitSize(ctx, key, src.Size); err != nil {
		return err
	}
	if src.Size > s.partSize(src.Size) {
		return s.putParts(ctx, key, src)
	}
	data, err := readSource(ctx, key, src)
	if err != nil {
		return s.failed(ctx, "storing", key, err)
	}
	return s.Put(ctx, key, data)
}

// RestoreFrom implements archive.Taker.
func (s *Store) RestoreFrom(ctx context.Context, key string, src archive.Source) error {
	if err := admitSize(ctx, key, src.Size); err != nil {
		return err
	}
	if src.Size > s.partSize(src.Size) {
		return s.restoreParts(ctx, key, src)
	}
	data, err := readSource(ctx, key, src)
	if err != nil {
		return s.failed(ctx, "restoring", key, err)
	}
	return s.Restore(ctx, key, data)
}

// putParts puts a large object, in parts. It is settled by what stands under the key after
// the upload was completed and not by the answer to that: a gateway is known that says yes
// when another writer's object is there. Amazon, MinIO and versitygw let only one complete.
// On a store that ignores the condition, of two who complete different octets at the same
// moment the first version is the object in a bucket with versions; in one without, the
// later replaces the earlier, which may have been acknowledged.
func (s *Store) putParts(ctx context.Context, key string, src archive.Source) error {
	fresh, sent := false, ""
	for try := 1; ; try++ {
		err := s.existing(ctx, key, src, sent)
		var none *archive.NotFoundError
		if !errors.As(err, &none) {
			if err == nil {
				s.sweepUploads(ctx, key)
			}
			return err
		}
		if try > uploadTries {
			return fmt.Errorf("storing %q in %s: the upload was completed or ended %d times, and the object is not there", key, place(s.opts), uploadTries)
		}
		u := &upload{s: s, key: key, src: src, once: true, fresh: fresh}
		if _, err = u.run(ctx); err != nil && !errors.Is(err, errAnew) {
			return s.failed(ctx, "storing", key, err)
		}
		sent = u.sent
		if fresh = u.fresh || try > 1; err != nil {
			if err := wait(ctx, time.Duration(try*try)*20*time.Millisecond); err != nil {
				return err
			}
		}
	}
}

func (s *Store) restoreParts(ctx context.Context, key string, src archive.Source) error {
	fresh := false
	for try := 1; ; try++ {
		u := &upload{s: s, key: key, src: src, fresh: fresh}
		version, err := u.run(ctx)
		if err == nil && !u.own && version != "" { // begun when the lock would have been another
			var info archive.Info
			if info, _, err = s.head(ctx, key, first{versionID: version}); err == nil {
				err = s.extend(ctx, key, first{versionID: version}, info.Lock)
			}
		}
		switch {
		case err == nil:
			s.sweepUploads(ctx, key)
			return nil
		case !errors.Is(err, errAnew) || try == uploadTries:
			return s.failed(ctx, "restoring", key, err)
		}
		fresh = u.fresh || try > 1
		if err := wait(ctx, time.Duration(try*try)*20*time.Millisecond); err != nil {
			return err
		}
	}
}

// upload is one way of an object to the store, in parts. It is begun when the first part
// is there, or taken up where another process was interrupted.
type upload struct {
	s     *Store
	key   string
	src   archive.Source
	once  bool // only if nothing is there
	fresh bool // no other process's upload is taken up

	id     string
	own    bool // it was begun by us
	stored map[int]minio.ObjectPart
	done   []minio.CompletePart
	sent   string // the checksum of all parts, after they were sent and were right
}

// run sends what the store does not have and completes the upload. It returns the version
// that the store made of it, if the store says so.
func (u *upload) run(ctx context.Context) (version string, err error) {
	w := newParts(u.src.Size, u.s.partSize(u.src.Size), func(n int, data []byte, sum [sha256.Size]byte) error {
		return u.send(ctx, n, data, sum)
	})
	err = w.from(ctx, u.key, u.src)
	var damaged *archive.DamagedError
	if errors.As(err, &damaged) {
		u.abort(ctx)
	}
	if err != nil {
		return "", err
	}
	u.sent = w.composite()
	opts := minio.PutObjectOptions{}
	if u.once {
		opts.SetMatchETagExcept("*")
	}
	done, err := u.s.core.CompleteMultipartUpload(ctx, u.s.opts.Bucket, u.s.prefix+u.key, u.id, u.done, opts)
	switch r := minio.ToErrorResponse(err); {
	case err == nil:
		return done.VersionID, nil
	case r.StatusCode == http.StatusPreconditionFailed || r.Code == minio.PreconditionFailed:
		u.abort(ctx)
		return "", errAnew // which then finds what is there
	case r.StatusCode == http.StatusConflict, r.Code == minio.NoSuchUpload, r.Code == minio.InvalidPart:
		return "", errAnew
	}
	return "", fmt.Errorf("completing the upload: %w", err)
}

// send stores one part, unless the store has it. Parts of an upload that another process
// began are replaced by none of other content: that process may still be at it.
func (u *upload) send(ctx context.Context, n int, data []byte, sum [sha256.Size]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	sum64 := base64.StdEncoding.EncodeToString(sum[:])
	if n == 1 {
		if err := u.begin(ctx, sum64); err != nil {
			return err
		}
	}
	if have, ok := u.stored[n]; ok {
		if have.ChecksumSHA256 != sum64 {
			u.fresh = true
			return errAnew
		}
		u.done = append(u.done, completePart(have))
		return nil
	}
	p, err := u.s.core.PutObjectPart(ctx, u.s.opts.Bucket, u.s.prefix+u.key, u.id, n, bytes.NewReader(data), int64(len(data)), minio.PutObjectPartOptions{
		Sha256Hex: hex.EncodeToString(sum[:]), DisableContentSha256: true, CustomHeader: http.Header{sumHeader: {sum64}},
	})
	if minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
		return errAnew
	}
	if err != nil {
		return fmt.Errorf("part %d: %w", n, err)
	}
	if p.ChecksumSHA256 != "" && p.ChecksumSHA256 != sum64 {
		return fmt.Errorf("part %d: the store says its SHA-256 is %q, it is %q", n, p.ChecksumSHA256, sum64)
	}
	u.done = append(u.done, completePart(p))
	return nil
}

func completePart(p minio.ObjectPart) minio.CompletePart {
	return minio.CompletePart{PartNumber: p.PartNumber, ETag: p.ETag, ChecksumSHA256: p.ChecksumSHA256}
}

// begin takes up the newest upload that has our first part and nothing that cannot be
// ours, or begins one.
func (u *upload) begin(ctx context.Context, firstSum string) error {
	if !u.fresh {
		for _, id := range u.s.uploads(ctx, u.key) {
			stored, ok := u.s.storedParts(ctx, u.key, id.UploadID, u.src.Size)
			if ok && stored[1].ChecksumSHA256 == firstSum {
				u.id, u.stored = id.UploadID, stored
				return nil
			}
		}
	}
	opts := u.s.lockOptions(minio.PutObjectOptions{
		ContentType: "application/octet-stream",
		UserMetadata: map[string]string{
			"x-amz-checksum-algorithm": "SHA256",
			partHeader:                 strconv.FormatInt(u.s.partSize(u.src.Size), 10),
		},
	})
	id, err := u.s.core.NewMultipartUpload(ctx, u.s.opts.Bucket, u.s.prefix+u.key, opts)
	if err != nil {
		return fmt.Errorf("beginning an upload: %w", err)
	}
	u.id, u.own = id, true
	return nil
}

// abort ends an upload that we began. What it cannot end is the leftover of sweepUploads,
// or of the bucket's lifecycle rule.
func (u *upload) abort(ctx context.Context) {
	if u.own {
		_ = u.s.core.AbortMultipartUpload(ctx, u.s.opts.Bucket, u.s.prefix+u.key, u.id)
	}
}

// uploads gives the interrupted and running uploads of a key, the newest first. To go on
// with one is a favour: a store that does not list them lists none.
func (s *Store) uploads(ctx context.Context, key string) []minio.ObjectMultipartInfo {
	all, err := s.core.ListMultipartUploads(ctx, s.opts.Bucket, s.prefix+key, "", "", "", 1000)
	if err != nil {
		return nil
	}
	mine := slices.DeleteFunc(all.Uploads, func(u minio.ObjectMultipartInfo) bool { return u.Key != s.prefix+key })
	slices.SortStableFunc(mine, func(a, b minio.ObjectMultipartInfo) int { return b.Initiated.Compare(a.Initiated) })
	return mine[:min(len(mine), mostUploads)]
}

// storedParts gives the parts that an upload has; not ok if they cannot be those of size
// octets in our parts, or the store does not say their hashes.
func (s *Store) storedParts(ctx context.Context, key, id string, size int64) (map[int]minio.ObjectPart, bool) {
	stored := map[int]minio.ObjectPart{}
	for marker := 0; ; {
		page, err := s.core.ListObjectParts(ctx, s.opts.Bucket, s.prefix+key, id, marker, 1000)
		if err != nil {
			return nil, false
		}
		for _, p := range page.ObjectParts {
			if p.Size != partLength(size, s.partSize(size), p.PartNumber) || p.ChecksumSHA256 == "" {
				return nil, false
			}
			p.ETag = trimQuotes(p.ETag)
			stored[p.PartNumber] = p
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= marker {
			return stored, true
		}
		marker = page.NextPartNumberMarker
	}
}

func trimQuotes(etag string) string {
	if unquoted, err := strconv.Unquote(etag); err == nil {
		return unquoted
	}
	return etag
}

// sweepUploads ends uploads of a key that is complete which were begun more than a day
// ago. Each large Put and Restore that succeeds ends with it. It does not fail: what it
// leaves costs room and harms nothing.
func (s *Store) sweepUploads(ctx context.Context, key string) {
	if s.opts.Now == nil {
		return
	}
	for _, u := range s.uploads(ctx, key) {
		if s.opts.Now().Sub(u.Initiated) > leftoverUpload {
			_ = s.core.AbortMultipartUpload(ctx, s.opts.Bucket, u.Key, u.UploadID)
		}
	}
}
