package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/replay"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/report"
)

// ArchivePutCmd is `vidimus archive put`.
type ArchivePutCmd struct {
	judgeFlags
	StoreFlags
	indexFlags
	At       string   `placeholder:"TIME" help:"Validation time, RFC 3339. Default: now."`
	Detached []string `sep:"none" placeholder:"FILE" help:"Signed content of a detached signature (repeatable)."`
	Retain   string   `placeholder:"TIME" help:"Keep each bundle from being deleted before: a period from now (3650d, 10y), or a date."`
	Replica  string   `placeholder:"URL" help:"A second store that gets each bundle, too; as --store. What it misses 'archive replicate' brings."`
	Format   string   `enum:"text,json" default:"text" help:"text: the bundle's ID a line; json: {file, id, signaturesCount, validSignaturesCount} a line."`
	Files    []string `arg:"" name:"file" help:"Signed files."`
}

// Help is the example under `--help`.
func (c *ArchivePutCmd) Help() string {
	return `Judges each file and keeps it with its report and all the evidence that the report
rests on: certificates, OCSP answers, CRLs, time-stamps, trusted lists, policy and
time. Prints the bundle's ID. A file is archived whatever its verdict. The audit log
notes with each bundle what the store enforces, and until when.

Example:
  vidimus archive put --lists mirror/ --store dir:proof --retain 10y contract.asice`
}

// put is a line of `archive put --format json`.
type put struct {
	File                 string `json:"file"`
	ID                   string `json:"id,omitempty"`
	SignaturesCount      int    `json:"signaturesCount"`
	ValidSignaturesCount int    `json:"validSignaturesCount"`
	// RetainedUntil is the lock of the store on the bundle; WORM says whether the store
	// enforces it, by a probe when it was opened.
	RetainedUntil report.Time `json:"retainedUntil,omitzero"`
	WORM          bool        `json:"worm,omitempty"`
	Error         string      `json:"error,omitempty"`
}

// Run judges and archives. A file that cannot be judged is told and stops no other.
func (c *ArchivePutCmd) Run(rt *runtime) error {
	at, err := parseAt(c.At, rt.Now)
	if err != nil {
		return err
	}
	until, err := c.until(rt.Now())
	if err != nil {
		return err
	}
	v, err := c.validator(rt, at)
	if err != nil {
		return err
	}
	src, closing := c.online(c.At)
	defer closing()
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		worst := exitOK
		log, err := c.auditor(ctx, rt, st, true)
		if err != nil {
			return err
		}
		var replica archive.Store
		if c.Replica != "" {
			if replica, err = openStore(ctx, c.Replica, rt.Now); err != nil {
				return err
			}
		}
		in := c.indexer(ctx, c.Store, st, rt.Now, func(err error) { complain(rt.Stderr, err) })
		defer in.close()
		for _, file := range c.Files {
			line := put{File: file}
			req, readErr := job{file: file, detached: c.Detached}.request(at)
			req = gathered(ctx, v, req, src)
			if readErr != nil {
				line.Error = readErr.Message
			} else if verdict, err := v.Validate(req); err != nil {
				return err
			} else if verdict.Report.Error != nil {
				line.Error = verdict.Report.Error.Message
			} else {
				line.ID, err = keepWhole(ctx, st, v, req, verdict)
				if err == nil {
					err = c.retained(ctx, st, &line, until, rt.Now())
				}
				if err = log.told(ctx, "put", line.ID, err, enforced(st, line)); err == nil {
					err = c.copied(ctx, rt, st, replica, line.ID)
				}
				if err != nil {
					return err
				}
				in.add(ctx, line.ID)
				line.SignaturesCount, line.ValidSignaturesCount = verdict.Report.SignaturesCount, verdict.Report.ValidSignaturesCount
			}
			if line.Error != "" {
				worst = exitUnjudged
			}
			if err := c.print(rt, line); err != nil {
				return err
			}
		}
		if worst != exitOK {
			return status(worst)
		}
		return nil
	})
}

// keepWhole archives a judged file without a copy of it in memory: its octets go from
// where they were read, which for a large file is the page cache, into the store.
func keepWhole(ctx context.Context, st archive.Store, v *validate.Validator, req validate.Request, verdict *validate.Verdict) (string, error) {
	content, err := replay.Pack(v, req, verdict, software())
	if err != nil {
		return "", err
	}
	if content.Store, err = archive.Statement(st); err != nil {
		return "", err
	}
	b, err := bundle.New(content)
	if err != nil {
		return "", fmt.Errorf("packing the evidence of %q: %w", req.File.Name, err)
	}
	return archive.SaveBundle(ctx, st, b)
}

// until is the day before which nothing that is put now may be deleted; zero where none
// is asked for.
func (c *ArchivePutCmd) until(now time.Time) (time.Time, error) {
	if c.Retain == "" {
		return time.Time{}, nil
	}
	period, err := parseRetain(c.Retain, now)
	if err == nil && (period <= 0 || period > archive.MaxRetain) {
		err = fmt.Errorf("want a day to come, at most 30 years ahead")
	}
	if err != nil {
		return time.Time{}, usage("", "--retain %q: %v", c.Retain, err)
	}
	return now.Add(period), nil
}

// retained sets the retention and asks the store what holds now.
func (c *ArchivePutCmd) retained(ctx context.Context, st archive.Store, line *put, until, now time.Time) error {
	if !until.IsZero() {
		if err := archive.Retain(ctx, st, line.ID, until, now); err != nil {
			return err
		}
	}
	lock, err := archive.Locked(ctx, st, line.ID)
	line.RetainedUntil, line.WORM = report.Time{Time: lock.Until}, st.Capabilities().WORM
	return err
}

// enforced is what the audit log notes of the store that a bundle was put into.
func enforced(st archive.Store, line put) string {
	words := "no retention"
	if !line.RetainedUntil.IsZero() {
		words = "retained until " + line.RetainedUntil.UTC().Format("2006-01-02 15:04:05")
	}
	c := st.Capabilities()
	return fmt.Sprintf("%s; WORM: %v; %s", words, c.WORM, c.Statement)
}

// copied puts a bundle into the replica as well. That it cannot be is said, and stops
// nothing: the bundle is archived, and replicating catches up.
func (c *ArchivePutCmd) copied(ctx context.Context, rt *runtime, st, replica archive.Store, id string) error {
	if replica == nil {
		return nil
	}
	raw, err := archive.Load(ctx, st, id)
	if err != nil {
		return err
	}
	if _, err := archive.Save(ctx, replica, raw); err != nil { // its retention 'archive replicate' carries over
		say(rt.Stderr, "vidimus: warning: bundle %s is not in the replica yet: %s; 'vidimus archive replicate' brings it\n", id, plainText(err.Error()))
	}
	return nil
}

func (c *ArchivePutCmd) print(rt *runtime, line put) error {
	if c.Format == "json" {
		return json.NewEncoder(rt.Stdout).Encode(line)
	}
	if line.Error != "" {
		say(rt.Stderr, "vidimus: error: %s: %s\n", plainText(line.File), plainText(line.Error))
		return nil
	}
	_, err := fmt.Fprintln(rt.Stdout, line.ID)
	return err
}
