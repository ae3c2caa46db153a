package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Bounds on what is read from disk for trust: files of a mirror, their octets
// together, and the octets of an anchors or signers file.
const (
	maxMirrorFiles  = 2000
	maxMirrorOctets = 1 << 30
	maxAnchorFile   = 16 << 20
)

const pullHint = "fill the cache with 'vidimus trust pull', or name a mirror with --lists DIR"

// snapshot returns what is trusted. The cache is loaded without verifying its
// signatures again when it was made with the same anchors; a mirror is verified
// whole. A nil snapshot with a nil error means "--lists none" without other lists.
func (f *trustFlags) snapshot(ctx *runtime, at time.Time) (*trustlist.Snapshot, error) {
	in, err := f.input(at)
	if err != nil {
		return nil, err
	}
	if f.ListsAsOf != "" {
		return f.asOf(ctx, in)
	}
	if f.Lists == "none" && len(in.Extra) == 0 {
		return nil, nil
	}
	if f.Lists == "" {
		s, err := loadCache(ctx, in.Anchors)
		if err != nil {
			return nil, err
		}
		if s != nil {
			s = freshened(s, pastPulls(ctx))
		}
		if len(in.Extra) == 0 && s != nil {
			return s, nil
		}
		if s != nil {
			if in.Files, err = thirdFiles(ctx); err != nil {
				return nil, err
			}
			return withExtra(s, in)
		}
	}
	if in.Files, err = f.files(ctx); err != nil {
		return nil, err
	}
	if f.Lists == "" && len(in.Extra) > 0 {
		third, err := thirdFiles(ctx)
		if err != nil {
			return nil, err
		}
		in.Files = append(in.Files, third...)
	}
	s, reports := lotl.Authenticate(in)
	if f.Lists == "" {
		s = freshened(s, pastPulls(ctx))
	}
	if err := refusedExtra(reports[len(in.Files):]); err != nil {
		return nil, err
	}
	if len(s.LOTLs) == 0 && f.Lists != "none" {
		if err := unknownNotice(in, orCache(f.Lists)); err != nil {
			return nil, err
		}
		return nil, trustFailure(trustNone, "'vidimus trust verify --lists DIR' says what is wrong with each file", "no list of lists in %s is authentic",
			orCache(f.Lists))
	}
	return s, nil
}

// asOf is what the cache held at the time of --lists-as-of, with the operator's own
// lists. It is verified again when it was made with other anchors or by other rules.
func (f *trustFlags) asOf(rt *runtime, in lotl.Input) (*trustlist.Snapshot, error) {
	at, err := time.Parse(time.RFC3339, f.ListsAsOf)
	if err != nil || f.Lists != "" {
		return nil, trustFailure(trustUsage, "write it as 2023-11-10T12:00:00Z, and without --lists: the cache remembers, a mirror does not",
			"--lists-as-of %q is not a time in RFC 3339, or --lists is given too", f.ListsAsOf)
	}
	fsys, dir, err := f.remembered(rt, at)
	var s *trustlist.Snapshot
	var m *stored.Manifest
	if err == nil {
		s, m, err = stored.AsOf(fsys, at, in.Workers)
	}
	var wrong *storeError
	switch {
	case errors.As(err, &wrong):
		return nil, err
	case errors.Is(err, stored.ErrNone):
		return nil, trustFailure(trustNone, "lists are remembered from the first 'vidimus trust pull' on", "no lists are remembered from %s or before in %s", at.Format(time.RFC3339), dir)
	case errors.Is(err, stored.ErrStale) || err == nil && !m.RestsOn(in.Anchors):
		root, err := stored.Remembered(fsys)
		if err != nil {
			return nil, err
		}
		if in.Files, err = m.Files(root); err != nil {
			return nil, trustFailure(trustNone, "", "the lists of %s are not whole in %s: %v", at.Format(time.RFC3339), dir, err)
		}
		if s, _ = lotl.Authenticate(lotl.Input{Files: in.Files, Anchors: in.Anchors, Journal: in.Journal, At: in.At, Workers: in.Workers}); len(s.LOTLs) == 0 {
			return nil, trustFailure(trustNone, "give the anchors that they rest on with --lotl-anchors", "no list of lists remembered from %s is authentic", at.Format(time.RFC3339))
		}
		in.Files = nil
	case err != nil:
		return nil, trustFailure(trustNone, "", "the lists remembered from %s in %s cannot be used: %v", at.Format(time.RFC3339), dir, err)
	}
	if len(in.Extra) == 0 {
		return s, nil
	}
	if in.Files, err = thirdFiles(rt); err != nil {
		return nil, err
	}
	return withExtra(s, in)
}

// input is what authentication depends on but for the files.
func (f *trustFlags) input(at time.Time) (lotl.Input, error) {
	in := lotl.Input{At: at, Workers: goruntime.GOMAXPROCS(0)}
	var err error
	if in.Anchors, in.Journal, err = f.anchors(); err != nil {
		return in, err
	}
	in.Extra, err = f.extra()
	return in, err
}

// files reads the mirror, or the lists in the cache.
func (f *trustFlags) files(ctx *runtime) ([]lotl.File, error) {
	if f.ListsAsOf != "" {
		return nil, trustFailure(trustUsage, "the lists of a mirror, or the newest of the cache, are", "lists of another day are not verified file by file")
	}
	switch f.Lists {
	case "none":
		return nil, nil
	case "":
		dir, err := cacheDir(ctx)
		if err != nil {
			return nil, err
		}
		files, err := readMirror(filepath.Join(dir, stored.ListsDir))
		if err != nil || len(files) == 0 {
			return nil, trustFailure(trustNone, pullHint, "no trusted lists in the cache %s", dir)
		}
		return files, nil
	}
	files, err := readMirror(f.Lists)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, trustFailure(trustNone, "a mirror holds the XML of the list of lists, its pivots and the national lists", "no XML file in %s", f.Lists)
	}
	return files, nil
}

// cacheDir is the folder of the stored snapshot.
func cacheDir(ctx *runtime) (string, error) {
	dir, err := ctx.CacheDir()
	if err != nil {
		return "", trustFailure(trustNone, pullHint, "no cache folder: %v", err)
	}
	return filepath.Join(dir, "trust"), nil
}

// loadCache loads the stored snapshot; nil when it must be verified again,
// because it was made with other anchors or by other rules.
func loadCache(ctx *runtime, anchors []lotl.Anchor) (*trustlist.Snapshot, error) {
	dir, err := cacheDir(ctx)
	if err != nil {
		return nil, err
	}
	defer withoutCollector()()
	s, m, err := stored.Load(os.DirFS(dir), goruntime.GOMAXPROCS(0))
	switch {
	case errors.Is(err, stored.ErrNone):
		return nil, trustFailure(trustNone, pullHint, "no trusted lists in the cache %s", dir)
	case errors.Is(err, stored.ErrStale):
		return nil, nil
	case err != nil:
		return nil, trustFailure(trustNone, "fill the cache again with 'vidimus trust pull'", "the cache %s cannot be used: %v", dir, err)
	case !m.RestsOn(anchors):
		return nil, nil
	}
	return s, nil
}

// withoutCollector stops the garbage collector until the function that it returns
// is called. A process that starts has no garbage, and collecting while lists are
// read costs a fifth of the start. Should they be of unusual size, the collector
// works again from half a gigabyte on.
func withoutCollector() (restore func()) {
	percent := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(512 << 20)
	return func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
	}
}

// readMirror reads the lists of a folder, in the order of their names: files that
// end in .xml or .xtsl, and others that begin like XML.
func readMirror(dir string) ([]lotl.File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, trustFailure(trustNone, "--lists names a folder with the XML of the lists", "reading mirror: %v", err)
	}
	var files []lotl.File
	total := 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		if strings.HasPrefix(e.Name(), ".") || err == nil && !info.Mode().IsRegular() {
			continue
		}
		raw, err := readFile(path, trustlist.MaxListSize+1)
		if err != nil {
			return nil, trustFailure(trustUnreadable, "", "reading mirror: %v", err)
		}
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if ext != ".xml" && ext != ".xtsl" && !looksLikeXML(raw) {
			continue
		}
		files = append(files, lotl.File{Name: e.Name(), Raw: raw})
		if total += len(raw); total > maxMirrorOctets || len(files) > maxMirrorFiles {
			return nil, trustFailure(trustUnreadable, "", "reading mirror %s: more than %d files or %d octets", dir, maxMirrorFiles, maxMirrorOctets)
		}
	}
	return files, nil
}

func looksLikeXML(raw []byte) bool {
	head := bytes.TrimPrefix(raw[:min(len(raw), 256)], []byte("\xEF\xBB\xBF"))
	return bytes.HasPrefix(bytes.TrimSpace(head), []byte("<"))
}

// readFile reads at most limit octets.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	var buf bytes.Buffer
	if info, err := f.Stat(); err == nil && info.Size() < limit {
		buf.Grow(int(info.Size()) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(f, limit)); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// anchors are those of --lotl-anchors, or of the Official Journal.
func (f *trustFlags) anchors() ([]lotl.Anchor, string, error) {
	if f.LotlAnchors == "" {
		anchors, journal := lotl.DefaultAnchors()
		return anchors, journal, nil
	}
	raw, err := readFile(f.LotlAnchors, maxAnchorFile)
	if err != nil {
		return nil, "", trustFailure(trustNone, "", "reading --lotl-anchors: %v", err)
	}
	if bytes.Contains(raw, []byte("-----BEGIN")) {
		certificates, err := pemFile(f.LotlAnchors, raw)
		if err != nil {
			return nil, "", err
		}
		var anchors []lotl.Anchor
		for _, c := range certificates {
			anchors = append(anchors, lotl.Anchor{Fingerprint: c.ID, Certificate: c})
		}
		return anchors, lotl.NoticeOf(anchors), nil
	}
	var anchors []lotl.Anchor
	for i, line := range strings.Split(string(raw), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.ReplaceAll(strings.TrimSpace(line), ":", ""); line == "" {
			continue
		}
		id, err := evidence.ParseID(strings.ToLower(line))
		if err != nil {
			return nil, "", trustFailure(trustUsage, "the file holds PEM certificates, or SHA-256 fingerprints of 64 hexadecimal digits, one a line",
				"--lotl-anchors %s, line %d: %v", f.LotlAnchors, i+1, err)
		}
		anchors = append(anchors, lotl.Anchor{Fingerprint: id})
	}
	if len(anchors) == 0 {
		return nil, "", trustFailure(trustNone, "", "--lotl-anchors %s holds no anchor", f.LotlAnchors)
	}
	return anchors, lotl.NoticeOf(anchors), nil
}

// pemFile reads all certificates of a PEM file; there must be one, and each must
// be readable: a trust anchor that is passed over in silence is a trap.
func pemFile(name string, raw []byte) ([]*certificate.Certificate, error) {
	var out []*certificate.Certificate
	for {
		var block *pem.Block
		if block, raw = pem.Decode(raw); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := certificate.Parse(block.Bytes)
		if err != nil {
			return nil, trustFailure(trustNone, "", "certificate %d in %s: %v", len(out)+1, name, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, trustFailure(trustNone, "the file holds certificates between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----",
			"no PEM certificate in %s", name)
	}
	return out, nil
}

func orCache(lists string) string {
	if lists == "" {
		return "the cache"
	}
	return lists
}
