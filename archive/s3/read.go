package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
)

// first is the first version of a key, which is the one that Put wrote.
type first struct {
	versionID           string // "" in a bucket without versions
	etag                string
	size                int64
	modified            time.Time
	hidden, overwritten bool
}

// first finds the first version of a key.
func (s *Store) first(ctx context.Context, key string) (first, error) {
	if !s.versioned {
		return first{}, nil
	}
	all, err := s.versions(ctx, s.prefix+key, true)
	if err != nil {
		return first{}, s.failed(ctx, "asking for the versions of", key, err)
	}
	f, ok := all[s.prefix+key]
	if !ok {
		return first{}, &archive.NotFoundError{Key: key}
	}
	return *f, nil
}

// versions walks over all versions with a prefix. Stores differ in whether delete
// markers stand among the versions or after them, so nothing depends on that; of
// several versions the oldest by date is the first, of equally old ones the one
// listed last, since S3 lists newer ones before.
func (s *Store) versions(ctx context.Context, prefix string, exact bool) (map[string]*first, error) {
	all := map[string]*first{}
	hidden := map[string]bool{}
	for v := range s.client.ListObjectsIter(ctx, s.opts.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, WithVersions: true}) {
		if v.Err != nil {
			return nil, v.Err
		}
		if exact && v.Key != prefix {
			continue
		}
		if v.IsDeleteMarker {
			hidden[v.Key] = hidden[v.Key] || v.IsLatest
			continue
		}
		this := &first{versionID: v.VersionID, etag: v.ETag, size: v.Size, modified: v.LastModified}
		if old := all[v.Key]; old != nil {
			this.overwritten = old.overwritten || old.etag != this.etag || old.size != this.size
			if this.modified.After(old.modified) {
				old.overwritten = this.overwritten
				continue
			}
		}
		all[v.Key] = this
	}
	if err := ctx.Err(); err != nil { // the iterator ends without a word
		return nil, err
	}
	for key, f := range all {
		f.hidden = hidden[key]
	}
	return all, nil
}

// Get implements archive.Store. A body that breaks off is asked for again.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := admit(ctx, key); err != nil {
		return nil, err
	}
	f, err := s.first(ctx, key)
	if err != nil {
		return nil, err
	}
	var data []byte
	for range 3 {
		if data, err = s.read(ctx, key, f.versionID); !errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
	}
	return data, err
}

// Stream implements archive.Streamer. It does not begin again after a broken answer:
// some octets were written by then.
func (s *Store) Stream(ctx context.Context, key string, w io.Writer) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	f, err := s.first(ctx, key)
	if err != nil {
		return err
	}
	body, info, _, err := s.core.GetObject(ctx, s.opts.Bucket, s.prefix+key, minio.GetObjectOptions{VersionID: f.versionID})
	if err != nil {
		return s.failed(ctx, "reading", key, err)
	}
	defer func() { _ = body.Close() }() // it was only read
	n, err := io.Copy(w, body)
	if err == nil && n != info.Size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return s.failed(ctx, "reading", key, err)
	}
	return nil
}

func (s *Store) read(ctx context.Context, key, versionID string) ([]byte, error) {
	body, info, _, err := s.core.GetObject(ctx, s.opts.Bucket, s.prefix+key, minio.GetObjectOptions{VersionID: versionID})
	if err != nil {
		return nil, s.failed(ctx, "reading", key, err)
	}
	defer func() { _ = body.Close() }() // it was only read
	if info.Size < 0 || info.Size > archive.MaxObject {
		return nil, &archive.DamagedError{Key: key, Says: fmt.Sprintf("%d octets, at most %d can have been written", info.Size, archive.MaxObject)}
	}
	data := make([]byte, info.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, s.failed(ctx, "reading", key, err)
	}
	return data, nil
}

// Stat implements archive.Store. The lock is read from the headers of HEAD, which
// all stores answer; not all answer GetObjectRetention as minio-go expects.
func (s *Store) Stat(ctx context.Context, key string) (archive.Info, error) {
	if err := admit(ctx, key); err != nil {
		return archive.Info{}, err
	}
	f, err := s.first(ctx, key)
	if err != nil {
		return archive.Info{}, err
	}
	info, _, err := s.head(ctx, key, f)
	return info, err
}

// head asks for one version; sha256 is the store's own checksum, base64, if it has
// one of the whole object.
func (s *Store) head(ctx context.Context, key string, f first) (info archive.Info, sha256 string, err error) {
	o, err := s.client.StatObject(ctx, s.opts.Bucket, s.prefix+key, minio.StatObjectOptions{VersionID: f.versionID, Checksum: true})
	if err != nil {
		return archive.Info{}, "", s.failed(ctx, "asking for", key, err)
	}
	info = archive.Info{Key: key, Size: o.Size, Hidden: f.hidden, Overwritten: f.overwritten}
	info.Lock.Mode = strings.ToUpper(o.Metadata.Get("X-Amz-Object-Lock-Mode"))
	info.Lock.LegalHold = strings.EqualFold(o.Metadata.Get("X-Amz-Object-Lock-Legal-Hold"), "ON")
	if until := o.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"); until != "" {
		if info.Lock.Until, err = time.Parse(time.RFC3339, until); err != nil {
			return archive.Info{}, "", fmt.Errorf("reading the retention date of %q: %w", key, err)
		}
		info.Lock.Until = info.Lock.Until.UTC()
	}
	return info, o.ChecksumSHA256, nil
}

// List implements archive.Store. In a bucket with versions a first pass collects
// the keys that are hidden or overwritten, which an ordinary listing does not show.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[archive.Info, error] {
	return func(yield func(archive.Info, error) bool) {
		if err := s.list(ctx, prefix, func(i archive.Info) bool { return yield(i, nil) }); err != nil {
			yield(archive.Info{}, err)
		}
	}
}

func (s *Store) list(ctx context.Context, prefix string, yield func(archive.Info) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var odd map[string]*first
	if s.versioned {
		var err error
		if odd, err = s.versions(ctx, s.prefix+prefix, false); err != nil {
			return s.failed(ctx, "listing versions under", prefix, err)
		}
		maps.DeleteFunc(odd, func(_ string, f *first) bool { return !f.hidden && !f.overwritten })
	}
	hidden := slices.Sorted(maps.Keys(odd))
	give := func(full string, size int64) bool {
		key := strings.TrimPrefix(full, s.prefix)
		if archive.CheckKey(key) != nil { // foreign, or our own probe
			return true
		}
		info := archive.Info{Key: key, Size: size}
		if f := odd[full]; f != nil {
			info.Size, info.Hidden, info.Overwritten = f.size, f.hidden, f.overwritten
		}
		return yield(info)
	}
	for o := range s.client.ListObjectsIter(ctx, s.opts.Bucket, minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true}) {
		if o.Err != nil {
			return s.failed(ctx, "listing", prefix, o.Err)
		}
		for len(hidden) > 0 && hidden[0] <= o.Key {
			if hidden[0] < o.Key && !give(hidden[0], 0) {
				return nil
			}
			hidden = hidden[1:]
		}
		if !give(o.Key, o.Size) {
			return nil
		}
	}
	for _, key := range hidden {
		if !give(key, 0) {
			return nil
		}
	}
	return ctx.Err()
}

func admit(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return archive.CheckKey(key)
}

// failed turns an error of the client into one of ours.
func (s *Store) failed(ctx context.Context, doing, key string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r := minio.ToErrorResponse(err); r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket" {
		return &archive.NotFoundError{Key: key}
	}
	return fmt.Errorf("%s %q in %s: %w", doing, key, place(s.opts), err)
}
