package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/report"
)

// ArchiveRenewCmd is `vidimus archive renew`.
type ArchiveRenewCmd struct {
	judgeFlags
	StoreFlags
	stampFlags
	Due    string `placeholder:"TIME" help:"Renew what is due by this time, RFC 3339. Default: now. A renewal is due three months before what a record rests on ends."`
	Format string `enum:"text,json" default:"text" help:"text, or json: one object."`
}

// Help is the example under --help.
func (c *ArchiveRenewCmd) Help() string {
	return `Gives new bundles their evidence record, and renews each record that is due: by a new
time-stamp before the TSA's certificate or an algorithm ends, by a new hash tree before
its hash algorithm ends. So are those over the heads of the audit log. Nothing due, nothing done: run it every day. It can be stopped
at any moment and run again. Exit status 1 when a record no longer proves, which no
renewal mends, or a bundle is damaged.

Example:
  vidimus archive renew --tsa http://tsa.example.com/tsr --tsa http://other.example.com`
}

// renewed is what --format json says.
type renewed struct {
	Sealed            int                `json:"sealed"`
	TimestampRenewals int                `json:"timestampRenewals"`
	HashTreeRenewals  int                `json:"hashTreeRenewals"`
	HeadRenewals      int                `json:"auditHeadRenewals,omitempty"` // over heads of the audit log
	NotDue            int                `json:"notDue"`
	Timestamps        int                `json:"timestamps"` // that were asked for and used
	Lost              []lostRecord       `json:"lost,omitempty"`
	Damaged           []preserve.Problem `json:"damaged,omitempty"`
	StoppedBy         string             `json:"stoppedBy,omitempty"` // an error that ended the run
}

type lostRecord struct {
	ID    string      `json:"id"`
	Since report.Time `json:"notSince,omitzero"`
	Why   string      `json:"why"`
}

// Run seals and renews.
func (c *ArchiveRenewCmd) Run(rt *runtime) error {
	due, err := parseAt(c.Due, rt.Now)
	if err != nil {
		return err
	}
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		o, closing, err := preserving(rt, &c.judgeFlags, &c.stampFlags, st)
		if err != nil {
			return err
		}
		defer closing()
		log, err := c.auditor(ctx, rt, st, false)
		if err != nil {
			return err
		}
		// What is due comes first: it cannot wait, and what is new can.
		done, err := preserve.Renew(ctx, o, due)
		var sealed preserve.Sealed
		if err == nil {
			sealed, err = preserve.Seal(ctx, o)
		}
		clearProgress(rt.Stderr)
		err = log.told(ctx, "renew", "", err, fmt.Sprintf("%d renewed, %d sealed, %d lost", done.Timestamp+done.Tree+done.Heads, sealed.Sealed, len(done.Lost)))
		out := renewed{Sealed: sealed.Sealed, TimestampRenewals: done.Timestamp, HashTreeRenewals: done.Tree, HeadRenewals: done.Heads, NotDue: done.NotDue,
			Timestamps: done.Timestamps + sealed.Timestamps, Damaged: append(done.Damaged, sealed.Damaged...)}
		out.lost(done.Lost)
		if err != nil {
			out.StoppedBy = err.Error()
		}
		if printErr := out.print(rt.Stdout, c.Format); err == nil {
			err = printErr
		}
		if err == nil && len(out.Lost)+len(out.Damaged) > 0 {
			return status(exitNotValid)
		}
		return err
	})
}

func (r *renewed) lost(all []preserve.Lost) {
	for _, l := range all {
		r.Lost = append(r.Lost, lostRecord{l.ID, report.Time{Time: l.Since}, l.Why})
	}
}

func (r *renewed) print(w io.Writer, format string) error {
	if format == "json" {
		return json.NewEncoder(w).Encode(r)
	}
	for _, l := range r.Lost {
		since := ""
		if !l.Since.IsZero() {
			since = " since " + day(l.Since.Time)
		}
		if _, err := fmt.Fprintf(w, "%s: does not prove%s: %s\n", l.ID, since, plainText(l.Why)); err != nil {
			return err
		}
	}
	for _, p := range r.Damaged {
		if _, err := fmt.Fprintf(w, "%s: passed over: %s\n", p.ID, plainText(p.Says)); err != nil {
			return err
		}
	}
	if r.HeadRenewals > 0 {
		if _, err := fmt.Fprintf(w, "%d renewed over the audit log\n", r.HeadRenewals); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d sealed, %d renewed by time-stamp, %d by hash tree, %d not due; %s\n",
		r.Sealed, r.TimestampRenewals, r.HashTreeRenewals, r.NotDue, counted(r.Timestamps, "time-stamp", "time-stamps"))
	return err
}
