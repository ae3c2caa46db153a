package main

import (
	"context"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/report"
)

// retainPeriod reads the period of a flag of serve; 0 without one. A date is none: the
// service runs on, and what it puts tomorrow would be kept for a day less.
func retainPeriod(flag, value string, now time.Time) (time.Duration, error) {
	if value == "" {
		return 0, nil
	}
	d, err := parseRetain(value, now)
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if _, date := time.Parse(layout, value); date == nil {
			return 0, usage("write it as 10y or 3650d", "--%s %q is a date, and a period is needed", flag, value)
		}
	}
	if err != nil || d <= 0 || d > archive.MaxRetain {
		return 0, usage("write it as 10y or 3650d, at most 30y", "--%s %q is no period to keep bundles for", flag, value)
	}
	return d, nil
}

// retained retains a bundle that was put as --retain says, and asks the store what holds
// now: that is what the audit log notes. The clock is the real one, also in a rehearsal:
// stores go by theirs.
func (s *service) retained(ctx context.Context, st archive.Store, id string) (string, error) {
	if s.retain > 0 {
		now := s.real()
		if err := archive.Retain(ctx, st, id, now.Add(s.retain), now); err != nil {
			return "", err
		}
	}
	lock, err := archive.Locked(ctx, st, id)
	if err != nil {
		return "", err
	}
	return enforced(st, put{RetainedUntil: report.Time{Time: lock.Until}}), nil
}

// enforces is what the store enforces, for readiness.
func (s *service) enforces() *api.StoreState {
	if s.store == nil {
		return nil
	}
	c := s.store.Capabilities()
	return &api.StoreState{WORM: c.WORM, LockMode: c.Mode, RetentionDays: int(max(c.Retain, s.retain) / (24 * time.Hour)), Statement: c.Statement}
}
