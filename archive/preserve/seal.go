package preserve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/tst"
)

// DataObject is the name under which a record's data object stands in a bundle.
const DataObject = "manifest.json"

// Sealed says what a run of Seal did.
type Sealed struct {
	Sealed     int       // bundles that now have their first record
	Before     int       // bundles that had one
	Timestamps int       // that were made
	Damaged    []Problem // bundles that were met and passed over
}

// Problem is a bundle, or a head of the audit log, that a run could not do its work for.
type Problem struct {
	ID   string `json:"id"` // of the bundle, or the key of the head
	Says string `json:"says"`
}

// Seal gives every bundle of the store that has none its first evidence record, many
// under one time-stamp. It is idempotent: what has a record keeps it. An error may
// come after some records were written; those are good, and the next run does the
// rest. A *StampError comes before anything of its batch is written.
func Seal(ctx context.Context, o Options) (Sealed, error) {
	var out Sealed
	r, err := newRun(o)
	if err != nil {
		return out, err
	}
	digest, err := r.hash(r.Now())
	if err != nil {
		return out, err
	}
	var batch []evidence.ID
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		n, damaged, err := r.seal(ctx, digest, batch)
		out.Sealed, out.Damaged = out.Sealed+n, append(out.Damaged, damaged...)
		if err != nil {
			return fmt.Errorf("sealing %d bundles: %w", len(batch), err)
		}
		if len(damaged) < len(batch) {
			out.Timestamps++
		}
		batch = batch[:0]
		return nil
	}
	for b, err := range archive.List(ctx, r.Store) {
		if err != nil {
			return out, err
		}
		if b.Records > 0 {
			out.Before++
			continue
		}
		id, err := evidence.ParseID(b.ID)
		if err != nil {
			return out, err
		}
		if batch = append(batch, id); len(batch) == r.Batch {
			if err := flush(); err != nil {
				return out, err
			}
		}
	}
	return out, flush()
}

// seal puts bundles under one time-stamp and returns how many records it wrote.
func (r *run) seal(ctx context.Context, d algo.Digest, ids []evidence.ID) (wrote int, damaged []Problem, err error) {
	ids, leaves, damaged, err := r.leaves(ctx, d, ids)
	if err != nil || len(ids) == 0 {
		return 0, damaged, err
	}
	extra, leaves, err := r.extra(ctx, d, leaves)
	if err != nil {
		return 0, damaged, err
	}
	t, err := newTree(d, append([]byte(nil), leaves...)) // the tree sorts its own
	if err != nil {
		return 0, damaged, err
	}
	first := func(i int, token *tst.Token) ([]byte, error) {
		s, err := t.stamped(leaves[i*t.size:(i+1)*t.size], token)
		if err != nil {
			return nil, err
		}
		return (&record{}).renewed(s, true).encode()
	}
	token, err := r.stamp(ctx, t, func(token *tst.Token) (*tst.Token, error) {
		return r.believe(ctx, subject{bundle: ids[0], n: 1}, token, func(token *tst.Token) ([]byte, error) { return first(0, token) })
	})
	if err != nil {
		return 0, damaged, err
	}
	wrote, err = r.write(ctx, "sealing", token, len(ids), func(i int) subject { return subject{bundle: ids[i], n: 1} },
		func(_ context.Context, i int) ([]byte, error) { return first(i, token) })
	for i, x := range extra {
		var raw []byte
		if err == nil {
			raw, err = first(len(ids)+i, token)
		}
		if err == nil {
			err = x.Keep(ctx, raw)
		}
	}
	return wrote, damaged, err
}

// extra adds the leaves of what is sealed besides bundles, once in a run.
func (r *run) extra(ctx context.Context, d algo.Digest, leaves []byte) ([]Extra, []byte, error) {
	if r.Extra == nil {
		return nil, leaves, nil
	}
	extra, err := r.Extra(ctx)
	if err != nil {
		return nil, nil, err
	}
	r.Extra = nil
	for _, x := range extra {
		leaf, err := sum(d, x.Data)
		if err != nil {
			return nil, nil, err
		}
		leaves = append(leaves, leaf...)
	}
	return extra, leaves, nil
}

// leaves are the hash values of the manifests, one after another, and the bundles
// that they are of, without those whose manifest is damaged. By SHA-256 the hash
// values are the IDs, and only the first manifest is read, on which the token will
// be tried; a record beside a manifest that is damaged harms nobody.
func (r *run) leaves(ctx context.Context, d algo.Digest, ids []evidence.ID) (good []evidence.ID, leaves []byte, bad []Problem, err error) {
	good, leaves = make([]evidence.ID, 0, len(ids)), make([]byte, 0, len(ids)*d.Size())
	for i, id := range ids {
		if d == algo.SHA256 && len(good) > 0 {
			good, leaves = append(good, id), append(leaves, id[:]...)
			continue
		}
		data, err := archive.RawManifest(ctx, r.Store, id.String())
		var damaged *archive.DamagedError
		if errors.As(err, &damaged) {
			bad = append(bad, Problem{id.String(), err.Error()})
			continue
		}
		if err != nil {
			return nil, nil, bad, err
		}
		leaf, err := sum(d, data)
		if err != nil {
			return nil, nil, bad, err
		}
		good, leaves = append(good, id), append(leaves, leaf...)
		if i%progressStep == 0 {
			r.Progress(Progress{"looking", i, len(ids)})
		}
	}
	return good, leaves, bad, nil
}

// stamped is the archive time-stamp of a leaf.
func (t *tree) stamped(leaf []byte, token *tst.Token) (stamp, error) {
	lists, ok := t.reduced(leaf)
	if !ok {
		return stamp{}, fmt.Errorf("the hash value %x is no leaf of the tree", leaf)
	}
	return stamp{lists: lists, token: token}, nil
}

// believe asks the Judge of one record with the new token in it: is the token good,
// and does the record prove. All others of the tree differ from it in hash values
// only. Where the answer rests on what was fetched, this is put into the token, and
// the Judge is asked again without a network: a record that proves online only would
// prove nothing once the TSA's responders are gone.
func (r *run) believe(ctx context.Context, s subject, token *tst.Token, with func(*tst.Token) ([]byte, error)) (*tst.Token, error) {
	data, err := s.data(ctx, r.Store)
	if err != nil {
		return nil, err
	}
	for _, fetch := range []bool{true, false} {
		raw, err := with(token)
		if err != nil {
			return nil, err
		}
		answer, err := r.Judge(ctx, Question{Record: raw, Name: s.object(), Data: data, At: later(r.Now(), token.GenTime), Fetch: fetch})
		if err != nil {
			return nil, err
		}
		if !answer.Passed {
			return nil, fmt.Errorf("an evidence record with its token does not prove: %s", answer.Says)
		}
		if m := answer.Fetched; len(m.Certificates)+len(m.OCSPs)+len(m.CRLs) == 0 {
			break
		}
		if token, err = embed(token.Raw, answer.Fetched); err != nil {
			return nil, err
		}
	}
	return token, nil
}

// later is the later of two times: the clock of a TSA may be some seconds ahead.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
