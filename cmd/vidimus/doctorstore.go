package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/vidimus/vidimus/api/batch"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/jobs"
)

// store looks whether the store is there, what protects its objects, and how much room
// is left.
func (v *visit) store(ctx context.Context) {
	folder := v.storeFolder()
	if folder != "" {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			v.warn("store", "is the path right, and the volume mounted?", "The folder %s is not there; serve makes it.", folder)
			v.writable("store", folder)
			v.disk("store", folder)
			return
		}
		v.writable("store", folder)
		v.disk("store", folder)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*askTimeout)
	defer cancel()
	now, _, err := v.clock(v.rt) // serve locks by it too
	if err != nil {
		return // lists has told
	}
	st, err := openStore(ctx, v.Store, now)
	if err != nil {
		v.failed("store", err, hintOfStore(err))
		return
	}
	for _, err := range archive.List(ctx, st) {
		if err != nil {
			v.failed("store", err, hintOfStore(err))
			return
		}
		break
	}
	c := st.Capabilities()
	if c.WORM {
		v.ok("store", "%s answers, and a probe has shown that it keeps what it locks. %s", c.Place, c.Statement)
		return
	}
	v.warn("store", "an S3 store with object lock (lock=compliance&retain=10y) keeps them from everybody", "%s answers. %s", c.Place, c.Statement)
}

// storeHints are what to do about what S3 servers, or we ourselves, say of a bucket.
var storeHints = []struct{ says, hint string }{
	{"our clock is", "set the clock, and keep it by NTP"},
	{"must be in the future", "set the clock, and keep it by NTP; with --unsafe-now nothing can be locked"},
	{"keeps no versions", "object lock is given to a bucket when it is made; make another (aws s3api create-bucket --object-lock-enabled-for-bucket), or leave out lock= and retain="},
	{"does not keep what locking promises", "object lock is given to a bucket when it is made: make another, or take another server"},
	{"bucket does not exist", "make the bucket; if objects are to be locked, with object lock, which cannot be given to it later"},
	{"Access Key", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the service's environment name the account"},
	{"signature", "is AWS_SECRET_ACCESS_KEY right, and the clock of this machine?"},
	{"ccess Denied", "the account needs s3:GetObject, s3:PutObject, s3:ListBucket, s3:GetBucketVersioning, and for locks s3:PutObjectRetention, s3:GetObjectRetention, s3:GetBucketObjectLockConfiguration"},
	{"ccess denied", "the account needs to read, write and list the bucket, and to ask for its versioning and locks"},
}

// hintOfStore says what to do about a store that cannot be opened or listed.
func hintOfStore(err error) string {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) {
		return "does the server run, is endpoint= right, and may this machine reach it?"
	}
	for _, h := range storeHints {
		if strings.Contains(err.Error(), h.says) {
			return h.hint
		}
	}
	return storeHint
}

// storeFolder is the folder of the store; "" when it is elsewhere.
func (v *visit) storeFolder() string {
	if v.Store == "" {
		if dir, err := dataDir(); err == nil {
			return filepath.Join(dir, "archive")
		}
	}
	path, ok := strings.CutPrefix(v.Store, "dir:")
	if !ok {
		return ""
	}
	return path
}

// writable looks whether files can be made in a folder, or in the nearest one above it
// that is there.
func (v *visit) writable(check, dir string) {
	at := nearestFolder(dir)
	f, err := os.CreateTemp(at, ".vidimus-doctor-*")
	if err != nil {
		v.fail(check, "the service's user needs it, and in a container or under systemd a volume or StateDirectory", "Nothing can be written in %s: %v.", at, reasonOf(err))
		return
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		v.fail(check, "", "In %s a file could be made, and not removed: %v.", at, reasonOf(err))
		return
	}
	v.ok(check, "Files can be made in %s.", at)
}

// reasonOf is a system's reason without the path, which was told.
func reasonOf(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func nearestFolder(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "."
	}
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// Room on a disk: below the one it is told, below the other it fails.
const (
	littleRoom = 5 << 30
	noRoom     = 200 << 20
)

// disk looks how much room is left.
func (v *visit) disk(check, dir string) {
	free, total, err := v.free(nearestFolder(dir))
	if err != nil || total == 0 {
		return // this system does not say
	}
	const hint = "give it more, or another place"
	switch {
	case free < noRoom:
		v.fail(check, hint, "On the disk of %s %d MiB are free of %d.", dir, free>>20, total>>20)
	case free < littleRoom || free < total/20:
		v.warn(check, hint, "On the disk of %s only %d MiB are free of %d.", dir, free>>20, total>>20)
	default:
		v.ok(check, "On the disk of %s %d MiB are free.", dir, free>>20)
	}
}

// databases looks at those of the index and of jobs.
func (v *visit) databases(ctx context.Context) {
	if v.Index != noIndex {
		url, err := v.Index, error(nil)
		if url == "" {
			url, err = defaultIndex(v.Store)
		}
		v.database(ctx, "index", url, err, index.Version())
	}
	if dir, err := v.batchDir(); v.anyJob() || err == nil && dir != "" {
		url, err := v.jobsURL()
		v.database(ctx, "jobs", url, err, jobs.Version())
	}
	v.batchFolder(ctx)
}

// batchFolder looks whether the folder of batch jobs is that of their queue, where both
// are there.
func (v *visit) batchFolder(ctx context.Context) {
	dir, err := v.batchDir()
	if err != nil || dir == "" {
		return
	}
	url, err := v.jobsURL()
	if err != nil {
		return
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil {
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	db, err := database.Open(ctx, url)
	if err != nil {
		return // the database was told of
	}
	defer func() { _ = db.Close() }() // it was only read
	switch known, err := batch.CheckMark(ctx, db, dir); {
	case err != nil:
		v.failed("jobs", err, "services that share --jobs share --jobs-dir")
	case known:
		v.ok("jobs", "The folder %s is that of the queue in %s.", dir, db.Place)
	}
}

// database looks whether a database can be opened, and whether its tables are ours. It
// makes none.
func (v *visit) database(ctx context.Context, name, url string, err error, known int) {
	if err != nil {
		v.failed(name, err, "")
		return
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			v.ok(name, "The file %s is not there; serve makes it.", path)
			v.writable(name, filepath.Dir(path))
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	db, err := database.Open(ctx, url)
	if err != nil {
		hint := "what waits in it is lost with it; is the server running, and the password right?"
		if name == "index" {
			hint = (&indexError{err}).Hint()
		}
		v.failed(name, err, hint)
		return
	}
	defer func() { _ = db.Close() }() // it was only read
	have, err := db.Version(ctx, name)
	switch {
	case err != nil:
		v.failed(name, err, "")
	case have > known:
		v.failed(name, &database.VersionError{Place: db.Place, Name: name, Have: have, Known: known}, "use the newer vidimus")
	case have < known && have > 0:
		v.warn(name, "an older vidimus that still runs on them stops working then", "The tables in %s have version %d; serve brings them to %d.", db.Place, have, known)
	default:
		v.ok(name, "%s can be opened.", db.Place)
	}
}
