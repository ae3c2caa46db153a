package main

import (
	"context"
	"errors"
	goruntime "runtime"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/metrics"
	"github.com/vidimus/vidimus/api/webhook"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/verdict"
)

// newMetrics are the metrics of the service.
func (s *service) newMetrics(rt *runtime) (*metrics.Metrics, error) {
	return metrics.New(metrics.Options{
		Facts: s.facts, Now: rt.Now, Version: version(), Go: goruntime.Version(), Log: s.log,
		States:       []string{pull.Fresh, pull.Stale, pull.Expired, pull.NoList, pull.NotAsked},
		Roles:        []string{stored.RoleLOTL, stored.RoleTL, roleThird, roleExtra},
		Alerts:       pull.AlertKinds(),
		ListOutcomes: []string{pull.OutcomeNew, pull.OutcomeUnchanged, pull.OutcomeRefused, pull.OutcomeFailed},
		Webhooks:     webhook.Outcomes(),
		Indications:  []string{string(verdict.TotalPassed), string(verdict.TotalFailed), string(verdict.Indeterminate)},
	})
}

// facts are what the metrics tell at a scrape: those of readiness, by the same function.
func (s *service) facts() metrics.Facts {
	h := api.HealthOf(context.Background(), s, s.unsafeNow, s.log)
	out := metrics.Facts{Now: s.now(), Ready: h.Ready, Reasons: len(h.Reasons), Certificates: h.Certificates, Digest: h.Digest}
	for _, l := range h.Lists {
		out.Lists = append(out.Lists, listFact(l, false))
	}
	for _, l := range h.Missing {
		out.Lists = append(out.Lists, listFact(l, true))
	}
	if f := s.failing.Load(); f != nil {
		out.PullFailures = f.count
	}
	if s.hooks != nil {
		out.Pending, out.Oldest = s.hooks.Pending()
	}
	l := s.meter.Load()
	out.Load = metrics.Load{Uploads: l.Uploads, MaxUploads: l.MaxUploads, Judgings: l.Judgings, MaxJudgings: l.MaxJudgings, Queued: l.Queued,
		RefusedUploads: l.RefusedUploads, RefusedTurns: l.RefusedTurn}
	return out
}

func listFact(l api.ListState, missing bool) metrics.List {
	return metrics.List{Territory: l.Territory, Role: l.Role, State: l.State, Missing: missing, Sequence: l.Sequence, NextUpdate: l.NextUpdate, LastGood: l.LastGood, Failures: l.Failures}
}

// judgingOf is what became of the judging of a file.
func judgingOf(v *validate.Verdict, err error) string {
	var (
		unready *api.NotReady
		refused *api.Refused
		policy  *api.BadPolicy
	)
	switch {
	case errors.As(err, &unready):
		return metrics.Unready
	case errors.As(err, &refused), errors.As(err, &policy), err == nil && v != nil && v.Report.Error != nil:
		return metrics.RefusedFile
	case err != nil, v == nil: // without either, it panicked
		return metrics.FailedFile
	}
	return metrics.JudgedFile
}

// indicationsOf are those of the signatures of a verdict.
func indicationsOf(v *validate.Verdict) []string {
	if v == nil || v.Judged == nil {
		return nil
	}
	var out []string
	for _, s := range v.Judged.Signatures {
		out = append(out, string(s.Indication))
	}
	return out
}
