package main

import (
	"context"
	"strconv"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/tst"
)

// Records tells of the evidence records of a bundle.
func (a *shelf) Records(ctx context.Context, id string) ([]api.Record, error) {
	all, err := recordsOf(ctx, a.store, id)
	if err = a.told(ctx, "records", id, err, counted(len(all), "evidence record", "evidence records")); err != nil {
		return nil, err
	}
	return all, nil
}

// Record gives an evidence record of a bundle.
func (a *shelf) Record(ctx context.Context, id string, n int) ([]byte, error) {
	_, err := archive.Manifest(ctx, a.store, id) // a bundle that was deleted says so
	var raw []byte
	if err == nil {
		raw, err = archive.Record(ctx, a.store, id, n)
	}
	if err = a.told(ctx, "record", id, err, "number "+strconv.Itoa(n)); err != nil {
		return nil, err
	}
	return raw, nil
}

func recordsOf(ctx context.Context, st archive.Store, id string) ([]api.Record, error) {
	if _, err := archive.Manifest(ctx, st, id); err != nil {
		return nil, err
	}
	n, err := archive.Records(ctx, st, id)
	if err != nil {
		return nil, err
	}
	var out []api.Record
	for i := range n {
		raw, err := archive.Record(ctx, st, id, i+1)
		if err != nil {
			return nil, err
		}
		out = append(out, described(i+1, raw))
	}
	return out, nil
}

// described is what an evidence record says of itself.
func described(n int, raw []byte) api.Record {
	r := api.Record{Number: n, SHA256: evidence.Of(raw).String(), Octets: len(raw), Timestamps: []api.RecordTimestamp{}}
	doc, err := ers.Open(raw, nil)
	if err != nil || len(doc.Records) != 1 {
		r.Problem = "It does not read as an evidence record."
		return r
	}
	for _, t := range doc.Records[0].Tokens {
		token, err := tst.Parse(t.Raw)
		if err != nil {
			r.Problem = "One of its time-stamps does not read as one."
			continue
		}
		one := api.RecordTimestamp{Time: token.GenTime, Algorithm: string(token.HashAlgorithm)}
		for _, c := range token.Candidates() {
			if token.SignerMatches(c) {
				one.TSA = plainText(c.Subject.String())
				break
			}
		}
		r.Timestamps = append(r.Timestamps, one)
	}
	return r
}
