package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/report"
)

// MaxReport bounds a report that is read, in octets; ours have some 5,000 a signature.
const MaxReport = 64 << 20

// read makes the entry of a bundle from the store. Damage is told in it; an error says
// that the store does not work, or that there is no such bundle.
func read(ctx context.Context, st archive.Store, out *preserve.Outlook, b archive.Bundle) (*Entry, error) {
	e := &Entry{ID: b.ID, Hidden: b.Manifest.Hidden, EvidenceRecords: b.Records}
	err := e.fill(ctx, st, out, b)
	var damaged *archive.DamagedError
	if errors.As(err, &damaged) {
		e.Problem, err = damaged.Error(), nil
	}
	if err != nil {
		return nil, err
	}
	lock, err := archive.Locked(ctx, st, b.ID)
	if err != nil {
		return nil, err
	}
	if lock != (archive.Lock{}) {
		e.Lock = &Lock{lock.Mode, report.Time{Time: lock.Until}, lock.LegalHold}
	}
	return e, nil
}

func (e *Entry) fill(ctx context.Context, st archive.Store, out *preserve.Outlook, b archive.Bundle) error {
	m, err := archive.Manifest(ctx, st, b.ID)
	if err != nil {
		return err
	}
	e.originals(m)
	for _, entry := range m.Entries {
		if entry.Role != bundle.Report {
			continue
		}
		if entry.Size > MaxReport {
			return &archive.DamagedError{Key: b.ID, Object: entry.Path, Says: fmt.Sprintf("%d octets, at most %d are read", entry.Size, MaxReport)}
		}
		raw, err := archive.Object(ctx, st, entry)
		if err != nil {
			return err
		}
		if err := e.parse(raw); err != nil {
			return &archive.DamagedError{Key: b.ID, Object: entry.Path, Says: err.Error()}
		}
	}
	ends, err := out.Of(ctx, b, m)
	if err != nil {
		return err
	}
	for _, end := range ends {
		e.RestsOn = append(e.RestsOn, Rest{report.Time{Time: end.At}, string(end.Kind), end.What})
		if e.Ends.IsZero() || end.At.Before(e.Ends.Time) {
			e.Ends, e.RenewBy = report.Time{Time: end.At}, report.Time{Time: end.RenewBy()}
		}
	}
	return nil
}

// parse reads a report. It is bound to be JSON of ours in a bundle that we packed;
// anybody's elsewhere.
func (e *Entry) parse(raw []byte) error {
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("reading the report: %w", err)
	}
	e.report(&r)
	for _, t := range e.times() {
		// Years that JSON cannot write, and no certificate of ours has.
		if y := t.Year(); y < 0 || y > 9999 {
			return fmt.Errorf("reading the report: a time in the year %d", y)
		}
	}
	return nil
}

func (e *Entry) times() []time.Time {
	out := []time.Time{e.ValidationTime.UTC()}
	for _, s := range e.Signatures {
		out = append(out, s.ClaimedSigningTime.UTC(), s.BestSignatureTime.UTC())
	}
	return out
}
