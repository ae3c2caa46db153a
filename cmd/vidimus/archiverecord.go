package main

import (
	"context"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/report"
)

// recordState is what `archive verify` says of an evidence record.
type recordState struct {
	Records    int         `json:"records"`
	Timestamps int         `json:"timestamps,omitempty"`
	Proves     bool        `json:"proves"`
	POE        report.Time `json:"poe,omitzero"`
	RenewBy    report.Time `json:"renewBy,omitzero"`
	Ends       report.Time `json:"ends,omitzero"`
	Because    string      `json:"because,omitempty"` // what ends then
	Since      report.Time `json:"notSince,omitzero"`
	Why        string      `json:"why,omitempty"`
	Error      string      `json:"error,omitempty"` // it could not be judged
	// Unnoted counts the records whose SHA-256 was not noted when they were written, so
	// that only their own time-stamps say whether they are as they were.
	Unnoted int `json:"unnoted,omitempty"`
}

func (s *recordState) says() string {
	if s.Unnoted > 0 {
		return s.judged() + fmt.Sprintf("; the SHA-256 of %d of its records was not recorded when they were written", s.Unnoted)
	}
	return s.judged()
}

func (s *recordState) judged() string {
	switch {
	case s.Error != "":
		return "the evidence record could not be judged: " + s.Error
	case s.Proves:
		text := fmt.Sprintf("evidence record %d proves its existence on %s", s.Records, s.POE.UTC().Format("2006-01-02 15:04:05"))
		if !s.Ends.IsZero() {
			text += fmt.Sprintf("; renew before %s: %s", day(s.RenewBy.Time), s.Because)
		}
		return text
	case !s.Since.IsZero():
		return fmt.Sprintf("evidence record %d does not prove since %s: %s", s.Records, day(s.Since.Time), s.Why)
	}
	return fmt.Sprintf("evidence record %d does not prove: %s", s.Records, s.Why)
}

// recordVerifier compares the evidence records of a bundle with what was noted of them,
// and judges the newest one; nil where there is none, or one is altered. Trust is loaded
// for the first one: a store without records is checked without any.
func (c *ArchiveVerifyCmd) recordVerifier(rt *runtime, st archive.Store) func(context.Context, string) (*recordState, []bundle.Damage, error) {
	var o *preserve.Options
	sums := archive.NewSums(st)
	load := func() error {
		at, err := parseAt(c.At, rt.Now)
		if err != nil {
			return err
		}
		v, err := c.validator(rt, at)
		if err != nil {
			return err
		}
		o = &preserve.Options{Store: st, Suite: v.Policy().Suite, Now: func() time.Time { return at }, Judge: recordJudge(v, nil), Sums: sums}
		return nil
	}
	return func(ctx context.Context, id string) (*recordState, []bundle.Damage, error) {
		n, err := archive.Records(ctx, st, id)
		if err != nil || n == 0 {
			return nil, nil, err
		}
		damages, unnoted, err := preserve.RecordsOf(ctx, preserve.Options{Store: st, Sums: sums}, id)
		if err != nil || len(damages) > 0 {
			return nil, damages, err
		}
		if o == nil {
			if err := load(); isNoTrust(err) {
				return &recordState{Records: n, Error: err.Error(), Unnoted: unnoted}, nil, nil
			} else if err != nil {
				return nil, nil, err
			}
		}
		s, err := preserve.Verify(ctx, *o, id)
		if err != nil {
			return nil, nil, err
		}
		return &recordState{Records: s.Records, Timestamps: s.Stamps, Proves: s.Proves, POE: report.Time{Time: s.POE},
			RenewBy: report.Time{Time: s.End.RenewBy()}, Ends: report.Time{Time: s.End.At}, Because: s.End.Why,
			Since: report.Time{Time: s.Since}, Why: s.Why, Unnoted: unnoted}, nil, nil
	}
}
