package preserve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/tst"
)

// inHand bounds the octets of records that are held in memory between the noting of
// their SHA-256 and the writing.
const inHand = 64 << 20

// write writes evidence records under one new token: n of them, which of says with the
// number that each gets, in the octets that encode gives. Of each some the SHA-256 are noted first, then they are
// written; see archive.PutSums. It returns how many were written.
func (r *run) write(ctx context.Context, step string, token *tst.Token, n int, of func(int) subject, encode func(context.Context, int) ([]byte, error)) (wrote int, err error) {
	some := archive.MaxSums
	for from := 0; from < n && err == nil; {
		if from == 0 { // they are of about one size: most of it is the token
			raw, err := encode(ctx, 0)
			if err != nil {
				return 0, err
			}
			some = max(1, min(some, inHand/len(raw)))
		}
		to := min(from+some, n)
		var more int
		more, err = r.writeSome(ctx, step, token, from, to, n, of, encode)
		wrote, from = wrote+more, to
	}
	return wrote, err
}

func (r *run) writeSome(ctx context.Context, step string, token *tst.Token, from, to, n int, of func(int) subject, encode func(context.Context, int) ([]byte, error)) (int, error) {
	raw := make([][]byte, to-from)
	_, err := each(ctx, to-from, nil, func(ctx context.Context, i int) (_ bool, err error) {
		raw[i], err = encode(ctx, from+i)
		return false, err
	})
	if err == nil {
		var sums []archive.RecordSum
		for i := range raw {
			if s := of(from + i); s.head == 0 {
				sums = append(sums, archive.RecordSum{Bundle: s.bundle, N: s.n, SHA256: evidence.Of(raw[i])})
			}
		}
		err = archive.PutSums(ctx, r.Store, token.GenTime, sums)
	}
	if err != nil {
		return 0, err
	}
	return each(ctx, to-from, func(done int) { r.Progress(Progress{step, from + done, n}) }, func(ctx context.Context, i int) (bool, error) {
		return r.put(ctx, of(from+i), raw[i])
	})
}

// put writes a record; false where another run was faster, which is as good.
func (r *run) put(ctx context.Context, s subject, raw []byte) (bool, error) {
	err := s.put(ctx, r.Store, raw)
	var exists *archive.ExistsError
	if errors.As(err, &exists) {
		return false, nil
	}
	if err == nil && s.head > 0 {
		r.heads.Add(1)
	}
	return err == nil, err
}

// read reads a stored record; where the store noted its SHA-256, in the octets that were
// written, if it still has them under any version.
func (r *run) read(ctx context.Context, s subject) (*record, error) {
	raw, err := s.record(ctx, r.Store)
	if err != nil {
		return nil, err
	}
	rec, err := parse(raw, &r.tokens)
	if s.head == 0 { // of heads nothing is noted
		if good, says, sumErr := r.asWritten(ctx, s.bundle.String(), s.n, raw, rec); sumErr != nil {
			return nil, sumErr
		} else if says == "" && good != nil {
			rec, err = parse(good, &r.tokens)
		}
	}
	if err != nil {
		return nil, &recordError{fmt.Errorf("%s, record %d: %w", s, s.n, err)}
	}
	return rec, nil
}

// asWritten looks for the octets that a record had when it was written, where those that
// were read are others: good is them, or says is what is wrong. Both are empty where raw
// is as it was written, or nobody noted how. rec is raw as far as it can be read.
func (r *run) asWritten(ctx context.Context, id string, n int, raw []byte, rec *record) (good []byte, says string, err error) {
	sums, err := r.noted(ctx, id, n, rec)
	var damaged *archive.DamagedError
	if errors.As(err, &damaged) {
		return nil, "", nil // RecordsOf names it, and fixity
	}
	if err != nil || len(sums) == 0 {
		return nil, "", err
	}
	for _, s := range sums {
		if evidence.Of(raw) == s {
			return nil, "", nil
		}
	}
	if good, says, err = r.Sums.Record(ctx, id, n, sums); says != "" {
		good = nil
	}
	return good, says, err
}

// noted gives the SHA-256 that a record may have. Where its time cannot be read, or
// nothing was noted then, the lists of all times are asked: the octets of the time may be
// those that are altered.
func (r *run) noted(ctx context.Context, id string, n int, rec *record) ([]evidence.ID, error) {
	if rec != nil {
		tokens := rec.last().tokens
		if sums, err := r.Sums.Of(ctx, id, n, tokens[len(tokens)-1].GenTime); err != nil || len(sums) > 0 {
			return sums, err
		}
	}
	return r.Sums.Of(ctx, id, n, time.Time{})
}

// RecordsOf compares every evidence record of a bundle with the SHA-256 that the store
// noted when it was written, and names those that are altered, also where what is altered
// is under no hash of the record itself. unnoted counts the records of which nothing was
// noted: they were written by an older version, or came from elsewhere. No trust is
// needed for it; of the options only Store and Sums are used.
func RecordsOf(ctx context.Context, o Options, id string) (damages []bundle.Damage, unnoted int, err error) {
	r := &run{Options: o}
	if r.Sums == nil {
		r.Sums = archive.NewSums(o.Store)
	}
	n, err := archive.Records(ctx, o.Store, id)
	if err != nil {
		return nil, 0, err
	}
	for i := range n {
		raw, err := archive.Record(ctx, o.Store, id, i+1)
		if err != nil {
			return nil, 0, err
		}
		rec, _ := parse(raw, &r.tokens) // nil where it cannot be read
		sums, err := r.noted(ctx, id, i+1, rec)
		var damaged *archive.DamagedError
		switch {
		case errors.As(err, &damaged):
			damages = append(damages, bundle.Damage{Object: archive.RecordName(i + 1), Problem: "altered", Says: "whether it is as it was written cannot be told: " + damaged.Error()})
			continue
		case err != nil:
			return nil, 0, err
		case len(sums) == 0:
			unnoted++
			continue
		}
		_, says, err := r.Sums.Record(ctx, id, i+1, sums)
		if err != nil {
			return nil, 0, err
		}
		if says != "" {
			damages = append(damages, bundle.Damage{Object: archive.RecordName(i + 1), Problem: "altered", Says: says})
		}
	}
	return damages, unnoted, nil
}
