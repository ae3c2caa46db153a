package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/user"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/preserve"
)

// ArchiveAuditCmd is `vidimus archive audit`.
type ArchiveAuditCmd struct {
	Verify ArchiveAuditVerifyCmd `cmd:"" help:"Find entries that were altered, removed or moved. Example: vidimus archive audit verify --store dir:proof"`
	Show   ArchiveAuditShowCmd   `cmd:"" help:"Print the log. Example: vidimus archive audit show --object ID"`
}

// ArchiveAuditVerifyCmd is `vidimus archive audit verify`.
type ArchiveAuditVerifyCmd struct {
	judgeFlags
	StoreFlags
	Head   string `placeholder:"SEQ:HASH" help:"The head as an earlier run printed it: the log must still have that entry with that hash."`
	At     string `placeholder:"TIME" help:"Judge evidence records as of this time, RFC 3339. Default: now."`
	Format string `enum:"text,json" default:"text" help:"text, or json: one object for each problem, and one for the run."`
}

// Help is the example under --help.
func (c *ArchiveAuditVerifyCmd) Help() string {
	return `Reads the whole audit log and names every entry that was altered, removed or moved. Each
entry holds the hash of the one before. That the end was cut off shows by the heads that
were sealed with bundles (vidimus archive renew), and by a head that you noted from an
earlier run and give with --head. Of each head that was sealed the newest evidence record
is judged, by the lists and the policy, offline. Exit status 1 when anything is not as it was written.

Example:
  vidimus archive audit verify --store dir:proof --head 1207:8d3f…`
}

// Run reads the log.
func (c *ArchiveAuditVerifyCmd) Run(rt *runtime) error {
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		v, err := audit.Verify(ctx, st, func(p audit.Problem) error { return c.problem(rt.Stdout, p) })
		if err != nil {
			return err
		}
		// After it: the head that is printed is one that was verified.
		if v.Problems == 0 {
			log, err := c.auditor(ctx, rt, st, false)
			if err == nil {
				err = log.told(ctx, "audit-verify", "", nil, counted(int(v.Entries), "entry", "entries"))
			}
			if err != nil {
				return err
			}
		}
		if c.Head != "" {
			if err := c.noted(ctx, rt, st, &v); err != nil {
				return err
			}
		}
		sealed, err := c.heads(ctx, rt, st, &v)
		if err != nil {
			return err
		}
		if err := c.print(rt.Stdout, v, sealed); err != nil {
			return err
		}
		if v.Problems > 0 {
			return status(exitNotValid)
		}
		return nil
	})
}

// noted looks for the head that the user gives.
func (c *ArchiveAuditVerifyCmd) noted(ctx context.Context, rt *runtime, st archive.Store, v *audit.Verified) error {
	var seq int64
	var hash string
	if _, err := fmt.Sscanf(c.Head, "%d:%s", &seq, &hash); err != nil {
		return usage("write --head SEQ:HASH, as 'archive audit verify' prints it", "--head %q is no head", c.Head)
	}
	for line, err := range audit.Entries(ctx, st) {
		if err != nil {
			return err
		}
		if line.Seq == seq && line.Hash().String() == hash {
			return nil
		}
	}
	v.Problems++
	return c.problem(rt.Stdout, audit.Problem{Seq: seq, Problem: "removed", Says: fmt.Sprintf("the log has no entry %d with the hash %s, which it had when that was noted", seq, hash)})
}

func (c *ArchiveAuditVerifyCmd) problem(w io.Writer, p audit.Problem) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(p)
	}
	_, err := fmt.Fprintf(w, "entry %d (segment %d): %s: %s\n", p.Seq, p.Segment, p.Problem, plainText(p.Says))
	return err
}

func (c *ArchiveAuditVerifyCmd) print(w io.Writer, v audit.Verified, sealed *headsState) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(struct {
			Entries  int64       `json:"entries"`
			Head     audit.Head  `json:"head"`
			Sealed   audit.Head  `json:"sealed"`
			Problems int         `json:"problems"`
			Records  *headsState `json:"evidenceRecords,omitempty"`
		}{v.Entries, v.Head, v.Anchored, v.Problems, sealed})
	}
	_, err := fmt.Fprintf(w, "%s, %s; sealed up to entry %d; head %d:%s\n", counted(int(v.Entries), "entry", "entries"), counted(v.Problems, "problem", "problems"), v.Anchored.Seq, v.Head.Seq, v.Head.Hash)
	if err == nil && sealed != nil {
		_, err = fmt.Fprintln(w, plainText(sealed.says()))
	}
	return err
}

// ArchiveAuditShowCmd is `vidimus archive audit show`.
type ArchiveAuditShowCmd struct {
	StoreFlags
	Object string `placeholder:"ID" help:"Only entries about this bundle."`
	Format string `enum:"text,json" default:"text" help:"text, or json: the lines of the log."`
}

// Run prints entries.
func (c *ArchiveAuditShowCmd) Run(rt *runtime) error {
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, false)
		if err == nil {
			err = log.told(ctx, "audit-show", c.Object, nil, "")
		}
		if err != nil {
			return err
		}
		for line, err := range audit.Entries(ctx, st) {
			if err != nil {
				return err
			}
			if c.Object != "" && line.Object != c.Object {
				continue
			}
			if c.Format == "json" {
				_, err = fmt.Fprintf(rt.Stdout, "%s\n", line.Raw)
			} else {
				_, err = fmt.Fprintf(rt.Stdout, "%d  %s  %s  %s %s: %s %s\n", line.Seq, line.At.UTC().Format("2006-01-02 15:04:05"),
					plainText(line.Who), plainText(line.What), plainText(line.Object), plainText(line.Result), plainText(line.Detail))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// auditor writes what a command does into the store's audit log.
type auditor struct {
	log *audit.Log // nil: the store has no log, and what is done only reads
	who string
}

// auditor gives the log of a store. Commands that write begin one where there is none;
// those that read log where there is one, so that looking into a folder leaves nothing in
// it that was not wanted.
func (f StoreFlags) auditor(ctx context.Context, rt *runtime, st archive.Store, writes bool) (*auditor, error) {
	a := &auditor{who: f.As}
	if a.who == "" {
		a.who = "unknown"
		if u, err := user.Current(); err == nil {
			a.who = u.Username
		}
	}
	started := writes
	if !writes {
		var err error
		if started, err = audit.Started(ctx, st); err != nil {
			return nil, err
		}
	}
	if started {
		a.log = audit.Open(st, rt.Now)
	}
	return a, nil
}

// told logs how something ended, and returns its error, or that it could not be logged:
// what is not in the log is not acknowledged.
func (a *auditor) told(ctx context.Context, what, object string, err error, detail string) error {
	if a.log == nil {
		return err
	}
	e := audit.Event{Who: a.who, What: what, Object: object, Result: "ok", Detail: detail}
	if err != nil {
		e.Result, e.Detail = "failed", err.Error()
	}
	// Also after an interrupt: it was tried.
	return errors.Join(err, a.log.Append(context.WithoutCancel(ctx), e))
}

// sealHead gives the head of the audit log to be sealed with bundles, where there is one
// that was not sealed yet.
func sealHead(st archive.Store) func(context.Context) ([]preserve.Extra, error) {
	return func(ctx context.Context) ([]preserve.Extra, error) {
		head, err := audit.Find(ctx, st)
		if err != nil || head.Segment == 0 {
			return nil, err
		}
		raw, err := head.Marshal()
		if err != nil {
			return nil, err
		}
		var none *archive.NotFoundError
		if _, err := archive.HeadRecord(ctx, st, head.Segment, 1); err == nil {
			return nil, nil
		} else if !errors.As(err, &none) {
			return nil, err
		}
		return []preserve.Extra{{Data: raw, Keep: func(ctx context.Context, record []byte) error {
			if err := archive.PutHead(ctx, st, head.Segment, raw); err != nil {
				return err
			}
			err := archive.PutHeadRecord(ctx, st, head.Segment, 1, record)
			var exists *archive.ExistsError
			if errors.As(err, &exists) { // another run was faster
				return nil
			}
			return err
		}}}, nil
	}
}
