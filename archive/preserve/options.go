package preserve

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
)

// MaxClockSkew is how far a new token's time may be from our clock.
const MaxClockSkew = 15 * time.Minute

// Question is what a Judge is asked: what does an evidence record prove of a data
// object at a time.
type Question struct {
	Record []byte // RFC 4998, DER
	Name   string // of the data object
	Data   []byte
	At     time.Time
	// Fetch: the Judge may ask the network for what the record lacks, and says what
	// it got. Else the record must speak for itself.
	Fetch bool
}

// Answer is what a Judge says.
type Answer struct {
	Passed bool
	POE    time.Time // what is proven: the data object existed then
	Says   string    // why it does not prove, a sentence; empty where it passed
	// Fetched is what the record does not hold and the answer may rest on.
	Fetched signature.Material
}

// Judge judges a whole evidence record over one data object, all its time-stamps
// included (EN 319 102-1 §5.6.3.4). An error says that it could not do its work.
type Judge func(ctx context.Context, q Question) (Answer, error)

// Options say what a run works on and by what. Store, Judge, Suite and Now must be
// given: there is no default trust and no default time.
type Options struct {
	Store archive.Store
	// TSAs are asked in this order; the next where one fails.
	TSAs  []TSA
	Judge Judge
	// Suite says until when algorithms are good.
	Suite *policy.Suite
	Now   func() time.Time
	// Digest is the hash algorithm of new trees; empty: the first of SHA-256, SHA-512
	// and SHA-384 that the suite accepts for another year, or else for longest.
	Digest algo.Digest
	// Batch is how many bundles at most share a time-stamp; 0 means MaxBatch.
	Batch int
	// Extra gives what is put, besides bundles, under the first time-stamp of a Seal; it
	// is asked only when bundles are sealed. nil: nothing.
	Extra func(ctx context.Context) ([]Extra, error)
	// Sums answers what records were when they were written, and may be shared by many
	// calls over one store; nil: each asks for itself.
	Sums *archive.Sums
	// Progress is told what was done, from one goroutine at a time; nil: nobody.
	Progress func(Progress)
}

// Extra is a data object that is sealed with the bundles, such as the head of an audit
// log, whose records Renew then renews like those of bundles.
type Extra struct {
	Data []byte
	Keep func(ctx context.Context, record []byte) error // stores its first evidence record
}

// MaxBatch bounds the bundles under one time-stamp, and with them the memory of a run
// to some 300 MB.
const MaxBatch = 1 << 20

// Progress is how far a run has come.
type Progress struct {
	Step  string // "looking", "sealing", "renewing"
	Done  int
	Total int // 0: not known yet
}

// run is one pass over a store.
type run struct {
	Options
	tokens tokenCache
	ends   map[evidence.ID][]End // of tokens; by one goroutine only
	heads  atomic.Int64          // records over heads of the audit log that were written
}

func newRun(o Options) (*run, error) {
	switch {
	case o.Store == nil || o.Judge == nil || o.Suite == nil || o.Now == nil:
		return nil, errors.New("preserving: store, judge, suite and clock must all be given; there is no default for any")
	case o.Digest != "" && hashIDs[o.Digest] == nil:
		return nil, fmt.Errorf("preserving: hash trees are made by SHA-256, SHA-384 or SHA-512, not by %q", o.Digest)
	case o.Batch < 0 || o.Batch > MaxBatch:
		return nil, fmt.Errorf("preserving: %d bundles under one time-stamp, at most %d are possible", o.Batch, MaxBatch)
	}
	if o.Batch == 0 {
		o.Batch = MaxBatch
	}
	if o.Sums == nil {
		o.Sums = archive.NewSums(o.Store)
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return &run{Options: o, ends: map[evidence.ID][]End{}}, nil
}

// hash is the hash algorithm of a new tree that is to hold until a time at least.
func (r *run) hash(until time.Time) (algo.Digest, error) {
	if r.Digest != "" {
		if j := r.Suite.Digest(string(r.Digest), until); !j.Known || !j.End.IsZero() && !until.Before(j.End) {
			return "", fmt.Errorf("preserving: by %s, %s is not good until %s; name another hash algorithm", r.Suite.Name, r.Digest, day(until))
		}
		return r.Digest, nil
	}
	var best algo.Digest
	var end time.Time
	for _, d := range []algo.Digest{algo.SHA256, algo.SHA512, algo.SHA384} {
		j := r.Suite.Digest(string(d), until)
		switch {
		case !j.Known || !j.End.IsZero() && !until.Before(j.End):
		case j.End.IsZero() || until.AddDate(1, 0, 0).Before(j.End):
			return d, nil
		case best == "" || j.End.After(end):
			best, end = d, j.End
		}
	}
	if best == "" {
		return "", fmt.Errorf("preserving: by %s none of SHA-256, SHA-384 and SHA-512 is good until %s", r.Suite.Name, day(until))
	}
	return best, nil
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
