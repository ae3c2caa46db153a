package main

import (
	"context"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/report"
)

// headsState is what `archive audit verify` says of the evidence records over the heads of
// the log.
type headsState struct {
	Heads   int         `json:"heads"` // with an evidence record
	Proves  int         `json:"proves"`
	Segment int         `json:"segment,omitempty"` // the last head that is proven
	POE     report.Time `json:"poe,omitzero"`      // of it
	RenewBy report.Time `json:"renewBy,omitzero"`  // the first of all
	Error   string      `json:"error,omitempty"`   // they could not be judged
}

func (s *headsState) says() string {
	if s.Error != "" {
		return fmt.Sprintf("evidence records over heads of the log: %d, which could not be judged: %s", s.Heads, s.Error)
	}
	text := fmt.Sprintf("%d of %d evidence records over heads of the log prove", s.Proves, s.Heads)
	if s.Segment > 0 {
		text += fmt.Sprintf(": segment %d existed on %s", s.Segment, s.POE.UTC().Format("2006-01-02 15:04:05"))
	}
	if !s.RenewBy.IsZero() {
		text += "; renew before " + day(s.RenewBy.Time)
	}
	return text
}

// heads judges the newest evidence record over each head; nil where there is none. One
// that does not prove is a problem of the log.
func (c *ArchiveAuditVerifyCmd) heads(ctx context.Context, rt *runtime, st archive.Store, v *audit.Verified) (*headsState, error) {
	var heads []archive.StoredHead
	for h, err := range archive.Heads(ctx, st) {
		if err != nil {
			return nil, err
		}
		if h.Records > 0 {
			heads = append(heads, h)
		}
	}
	if len(heads) == 0 {
		return nil, nil
	}
	out := &headsState{Heads: len(heads)}
	at, err := parseAt(c.At, rt.Now)
	if err != nil {
		return nil, err
	}
	judge, err := c.validator(rt, at)
	if isNoTrust(err) {
		out.Error = err.Error()
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	o := preserve.Options{Store: st, Suite: judge.Policy().Suite, Now: func() time.Time { return at }, Judge: recordJudge(judge, nil)}
	for _, h := range heads {
		s, err := preserve.VerifyHead(ctx, o, h)
		if err != nil {
			return nil, err
		}
		if s.Proves {
			out.Proves, out.Segment, out.POE = out.Proves+1, h.Segment, report.Time{Time: s.POE}
			if by := s.End.RenewBy(); !by.IsZero() && (out.RenewBy.IsZero() || by.Before(out.RenewBy.Time)) {
				out.RenewBy = report.Time{Time: by}
			}
			continue
		}
		v.Problems++
		says := fmt.Sprintf("evidence record %d over its head does not prove", h.Records)
		if !s.Since.IsZero() {
			says += " since " + day(s.Since)
		}
		if err := c.problem(rt.Stdout, audit.Problem{Segment: h.Segment, Problem: "unproven", Says: says + ": " + s.Why}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
