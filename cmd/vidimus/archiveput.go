package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vidimus/vidimus/archive"
)

// ArchivePutCmd is `vidimus archive put`.
type ArchivePutCmd struct {
	judgeFlags
	StoreFlags
	indexFlags
	At       string   `placeholder:"TIME" help:"Validation time, RFC 3339. Default: now."`
	Detached []string `sep:"none" placeholder:"FILE" help:"Signed content of a detached signature (repeatable)."`
	Replica  string   `placeholder:"URL" help:"A second store that gets each bundle, too; as --store. What it misses 'archive replicate' brings."`
	Format   string   `enum:"text,json" default:"text" help:"text: the bundle's ID a line; json: {file, id, signaturesCount, validSignaturesCount} a line."`
	Files    []string `arg:"" name:"file" help:"Signed files."`
}

// Help is the example under `--help`.
func (c *ArchivePutCmd) Help() string {
	return `Judges each file and keeps it with its report and all the evidence that the report
rests on: certificates, OCSP answers, CRLs, time-stamps, trusted lists, policy and
time. Prints the bundle's ID. A file is archived whatever its verdict.

Example:
  vidimus archive put --lists mirror/ --store dir:proof contract.asice`
}

// put is a line of `archive put --format json`.
type put struct {
	File                 string `json:"file"`
	ID                   string `json:"id,omitempty"`
	SignaturesCount      int    `json:"signaturesCount"`
	ValidSignaturesCount int    `json:"validSignaturesCount"`
	Error                string `json:"error,omitempty"`
}

// Run judges and archives. A file that cannot be judged is told and stops no other.
func (c *ArchivePutCmd) Run(rt *runtime) error {
	at, err := parseAt(c.At, rt.Now)
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
		in := c.indexer(ctx, c.Store, st, func(err error) { complain(rt.Stderr, err) })
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
				line.ID, err = keep(ctx, st, v, req, verdict)
				if err = log.told(ctx, "put", line.ID, err, ""); err == nil {
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
	if _, err := archive.Save(ctx, replica, raw); err != nil {
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
