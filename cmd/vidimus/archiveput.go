package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
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
		putting := &puttings{ArchivePutCmd: c, rt: rt, v: v, src: src, at: at, until: until, st: st, replica: replica, log: log, index: in}
		for _, file := range c.Files {
			line, err := putting.file(ctx, file)
			if err != nil {
				return err
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
