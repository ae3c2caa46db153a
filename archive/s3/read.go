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
	"strconv"
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

// Get implements archive.Store. A body that breaks off is asked for again from there on.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := admit(ctx, key); err != nil {
		return nil, err
	}
	f, err := s.first(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, key, f.versionID)
}

// collector is a writer into memory.
type collector struct{ data []byte }

// Write implements io.Writer.
func (c *collector) Write(p []byte) (int, error) {
	c.data = append(c.data, p...)
	return len(p), nil
}

func (s *Store) read(ctx context.Context, key, versionID string) ([]byte, error) {
	var c collector
	if err := s.stream(ctx, key, first{versionID: versionID}, &c); err != nil {
		return nil, err
	}
	return c.data, nil
}

// streamTries is how often an answer that breaks off is asked for again from there on,
// after at least one octet more has come; resumeTries how often without one.
const (
	streamTries = 1000
	resumeTries = 3
)

// Stream implements archive.Streamer. An answer that breaks off is asked for again from
// there on, of the same version and on the condition that it is still the same.
func (s *Store) Stream(ctx context.Context, key string, w io.Writer) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	f, err := s.first(ctx, key)
	if err != nil {
		return err
	}
	return s.stream(ctx, key, f, w)
}

func (s *Store) stream(ctx context.Context, key string, f first, w io.Writer) error {
	size, etag, err := int64(-1), "", error(nil)
	out := &progress{w: w}
	for try, idle := 0, 0; try < streamTries && idle < resumeTries; try++ {
		before := out.n
		size, etag, err = s.streamRest(ctx, key, f.versionID, size, etag, out)
		var final *archive.DamagedError
		var none *archive.NotFoundError
		switch {
		case err == nil:
			return nil
		case out.err != nil: // the writer's, which asking again does not mend
			return s.failed(ctx, "reading", key, out.err)
		case size < 0, errors.As(err, &final), errors.As(err, &none), ctx.Err() != nil:
			return err
		}
		if idle++; out.n > before {
			idle = 0
		}
	}
	return fmt.Errorf("%w (after %d of %d octets)", err, out.n, size)
}

// progress notes how much has been written, and the writer's own error.
type progress struct {
	w   io.Writer
	n   int64
	err error
}

// Write implements io.Writer.
func (p *progress) Write(data []byte) (n int, err error) {
	n, p.err = p.w.Write(data)
	p.n += int64(n)
	return n, p.err
}

// streamRest writes what is not written yet of a version. size and etag are what the first
// answer said of it; before that, size is negative.
func (s *Store) streamRest(ctx context.Context, key, versionID string, size int64, etag string, out *progress) (int64, string, error) {
	opts := minio.GetObjectOptions{VersionID: versionID}
	if size >= 0 {
		if err := opts.SetMatchETag(etag); err != nil {
			return size, etag, s.failed(ctx, "reading", key, err)
		}
	}
	if out.n > 0 {
		if err := opts.SetRange(out.n, 0); err != nil {
			return size, etag, s.failed(ctx, "reading", key, err)
		}
	}
	body, info, header, err := s.core.GetObject(ctx, s.opts.Bucket, s.prefix+key, opts)
	if r := minio.ToErrorResponse(err); err != nil && r.StatusCode == http.StatusPreconditionFailed {
		return size, etag, &archive.DamagedError{Key: key, Says: "it was replaced while it was read"}
	}
	if err != nil {
		return size, etag, s.failed(ctx, "reading", key, err)
	}
	defer func() { _ = body.Close() }() // it was only read
	if size < 0 {
		if info.Size < 0 || info.Size > archive.MaxObject {
			return size, etag, &archive.DamagedError{Key: key, Says: fmt.Sprintf("%d octets, at most %d can have been written", info.Size, archive.MaxObject)}
		}
		size, etag = info.Size, info.ETag
		if c, ok := out.w.(*collector); ok {
			c.data = make([]byte, 0, size)
		}
	}
	if info.ETag != etag {
		return size, etag, &archive.DamagedError{Key: key, Says: "it was replaced while it was read"}
	}
	if out.n > 0 {
		want := fmt.Sprintf("bytes %d-%d/%d", out.n, size-1, size)
		if got := header.Get("Content-Range"); got != want {
			return size, etag, fmt.Errorf("reading %q in %s: the rest was asked for and the store answers with the range %q, want %q", key, place(s.opts), got, want)
		}
	}
	if _, err = io.Copy(out, io.LimitReader(body, size-out.n)); err == nil && out.n != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return size, etag, s.failed(ctx, "reading", key, err)
	}
	return size, etag, nil
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

// checksum is the store's own of an object.
type checksum struct {
	sha256 string // base64; of the parts' checksums, if "-" and their number follow; "": none
	part   int64  // the size of each part but the last, if that was noted
}

// head asks for one version.
func (s *Store) head(ctx context.Context, key string, f first) (info archive.Info, sum checksum, err error) {
	o, err := s.client.StatObject(ctx, s.opts.Bucket, s.prefix+key, minio.StatObjectOptions{VersionID: f.versionID, Checksum: true})
	if err != nil {
		return archive.Info{}, checksum{}, s.failed(ctx, "asking for", key, err)
	}
	info = archive.Info{Key: key, Size: o.Size, Hidden: f.hidden, Overwritten: f.overwritten}
	info.Lock.Mode = strings.ToUpper(o.Metadata.Get("X-Amz-Object-Lock-Mode"))
	info.Lock.LegalHold = strings.EqualFold(o.Metadata.Get("X-Amz-Object-Lock-Legal-Hold"), "ON")
	if until := o.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"); until != "" {
		if info.Lock.Until, err = time.Parse(time.RFC3339, until); err != nil {
			return archive.Info{}, checksum{}, fmt.Errorf("reading the retention date of %q: %w", key, err)
		}
		info.Lock.Until = info.Lock.Until.UTC()
	}
	sum.sha256 = o.ChecksumSHA256
	if part, err := strconv.ParseInt(o.Metadata.Get(partHeader), 10, 64); err == nil && part > 0 && part <= archive.MaxObject {
		sum.part = part
	}
	return info, sum, nil
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
	var damaged *archive.DamagedError
	if errors.As(err, &damaged) {
		return err
	}
	if r := minio.ToErrorResponse(err); r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket" {
		return &archive.NotFoundError{Key: key}
	}
	return fmt.Errorf("%s %q in %s: %w", doing, key, place(s.opts), err)
}
