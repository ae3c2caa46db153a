package main

import (
	"context"
	"fmt"

	"github.com/vidimus/vidimus/archive"
)

// ArchiveRetainCmd is `vidimus archive retain`.
type ArchiveRetainCmd struct {
	StoreFlags
	Until string   `required:"" placeholder:"TIME" help:"A date (2036-12-31), or a period from now (3650d, 10y)."`
	IDs   []string `arg:"" name:"id" help:"IDs of bundles."`
}

// Help is the example under --help.
func (c *ArchiveRetainCmd) Help() string {
	return `Keeps bundles, with their objects and evidence records, from being deleted before a
date. Retention is extended, never shortened. In an S3 bucket with Object Lock the store
enforces it; a folder notes it, and it keeps from deleting nobody but this program.

Example:
  vidimus archive retain --store dir:proof --until 10y ID`
}

// Run retains.
func (c *ArchiveRetainCmd) Run(rt *runtime) error {
	period, err := parseRetain(c.Until, rt.Now())
	if err != nil {
		return usage("", "--until %q: %v", c.Until, err)
	}
	until := rt.Now().Add(period)
	return c.protect(rt, c.IDs, "retain", "until "+until.UTC().Format("2006-01-02 15:04:05"), func(ctx context.Context, st archive.Store, id string) error {
		return archive.Retain(ctx, st, id, until, rt.Now())
	})
}

// ArchiveHoldCmd is `vidimus archive hold`.
type ArchiveHoldCmd struct {
	StoreFlags
	On  bool     `xor:"hold" required:"" help:"Put a legal hold on the bundles."`
	Off bool     `xor:"hold" required:"" help:"Lift it."`
	IDs []string `arg:"" name:"id" help:"IDs of bundles."`
}

// Help is the example under --help.
func (c *ArchiveHoldCmd) Help() string {
	return `A legal hold keeps bundles from being deleted, whatever their retention, until it is
lifted. Objects that other held bundles share stay held when it is lifted from one.

Example:
  vidimus archive hold --store dir:proof --on ID`
}

// Run puts or lifts holds.
func (c *ArchiveHoldCmd) Run(rt *runtime) error {
	what := "hold"
	if c.Off {
		what = "lift-hold"
	}
	return c.protect(rt, c.IDs, what, "", func(ctx context.Context, st archive.Store, id string) error {
		return archive.Hold(ctx, st, id, c.On)
	})
}

// protect does something to each bundle, logs it, and says what holds now.
func (f StoreFlags) protect(rt *runtime, ids []string, what, detail string, do func(context.Context, archive.Store, string) error) error {
	return f.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := f.auditor(ctx, rt, st, true)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := log.told(ctx, what, id, do(ctx, st, id), detail); err != nil {
				return err
			}
			lock, err := archive.Locked(ctx, st, id)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(rt.Stdout, "%s: %s\n", id, lockWords(lock)); err != nil {
				return err
			}
		}
		return nil
	})
}

// lockWords says what protects a bundle.
func lockWords(l archive.Lock) string {
	words := "no retention"
	if !l.Until.IsZero() {
		words = "retained until " + l.Until.UTC().Format("2006-01-02 15:04:05")
		if l.Mode == archive.ModeNote {
			words += " (noted; the store does not enforce it)"
		} else {
			words += " (" + l.Mode + ")"
		}
	}
	if l.LegalHold {
		words += ", under a legal hold"
	}
	return words
}
