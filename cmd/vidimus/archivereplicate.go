package main

import (
	"context"
	"fmt"

	"github.com/vidimus/vidimus/archive"
)

// ArchiveReplicateCmd is `vidimus archive replicate`.
type ArchiveReplicateCmd struct {
	StoreFlags
	Replica string `required:"" placeholder:"URL" help:"The store to bring up to date; as --store."`
}

// Help is the example under --help.
func (c *ArchiveReplicateCmd) Help() string {
	return `Copies to a second store what it lacks: bundles, each checked, evidence records, the
audit log, retention and holds, and deletions. What is damaged is named and not copied;
'archive fixity --replica' restores it. Run it again at any time. Exit status 1 when
something is damaged.

Example:
  vidimus archive replicate --store dir:proof --replica 's3://proof/copy?region=eu-north-1'`
}

// Run replicates.
func (c *ArchiveReplicateCmd) Run(rt *runtime) error {
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		replica, err := openStore(ctx, c.Replica, rt.Now)
		if err != nil {
			return err
		}
		if replica.Capabilities().Place == st.Capabilities().Place {
			return usage("", "the replica is the store itself, %s", st.Capabilities().Place)
		}
		log, err := c.auditor(ctx, rt, st, false)
		if err != nil {
			return err
		}
		// Before it, so that the entry is in the copy: a run that ends half-way has copied too.
		if err := log.told(ctx, "replicate", "", nil, "to "+replica.Capabilities().Place); err != nil {
			return err
		}
		done, err := archive.Replicate(ctx, st, replica, rt.Now())
		if err != nil {
			return log.told(ctx, "replicate", "", err, "")
		}
		for _, d := range done.Damaged {
			if _, err := fmt.Fprintf(rt.Stdout, "%s: %s: %s; not copied\n", d.Key, d.Problem, plainText(d.Says)); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(rt.Stdout, "%s, %s, %s of the audit log copied; %s and %s carried over; %s damaged\n",
			counted(done.Bundles, "bundle", "bundles"), counted(done.Records, "evidence record", "evidence records"), counted(done.Audit, "segment", "segments"),
			counted(done.Holds, "protection", "protections"), counted(done.Deletions, "deletion", "deletions"), counted(len(done.Damaged), "bundle", "bundles"))
		if err == nil && len(done.Damaged) > 0 {
			return status(exitNotValid)
		}
		return err
	})
}
