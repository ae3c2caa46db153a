package main

import (
	"context"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// ArchiveDeleteCmd is `vidimus archive delete`.
type ArchiveDeleteCmd struct {
	StoreFlags
	Reason      string   `placeholder:"TEXT" help:"Why; stands in the record for ever, so name no person."`
	Certificate string   `type:"existingfile" placeholder:"PEM" help:"Certificate of the key that signs the record, with those above it. Not needed where they stand in the file of --key."`
	Key         string   `type:"existingfile" placeholder:"FILE" help:"The key that signs the record: PKCS#12 with its certificate, or PEM, unencrypted."`
	KeyPassword string   `name:"key-password-file" placeholder:"FILE" help:"The file whose first line is the password of the PKCS#12 file. Default: the variable VIDIMUS_KEY_PASSWORD."`
	Unsigned    bool     `help:"Leave the record without a signature."`
	Unretained  bool     `help:"Delete bundles, too, that never had a retention."`
	Resume      bool     `help:"End deletions that a crash left begun. Only when no other deletion is running."`
	IDs         []string `arg:"" optional:"" name:"id" help:"IDs of bundles."`
}

// Help is the example under --help.
func (c *ArchiveDeleteCmd) Help() string {
	return `Deletes bundles at the end of their retention, never under a legal hold. Objects that
other bundles hold stay. A record of each deletion is kept for ever: what, with hashes,
why, by whom, when, and what retention it had, signed with your key. There is no way
back, and the same bundle cannot be put again.

Example:
  vidimus archive delete --store dir:proof --reason "retention over" --key me.p12 --key-password-file secret ID`
}

// Run deletes.
func (c *ArchiveDeleteCmd) Run(rt *runtime) error {
	now := rt.Now()
	sign, err := c.signer(rt, now)
	if err != nil {
		return err
	}
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, true)
		if err != nil {
			return err
		}
		if c.Resume {
			done, err := archive.Resume(ctx, st, now)
			if err := c.logged(ctx, log, "resume-delete", done.Bundles, err); err != nil {
				return err
			}
			return c.print(rt, done)
		}
		for _, id := range c.IDs { // before anything is done, so that no deletion is without a trace
			if err := log.told(ctx, "delete-asked", id, nil, c.Reason); err != nil {
				return err
			}
		}
		done, err := archive.Delete(ctx, st, archive.DeleteOptions{Bundles: c.IDs, Reason: c.Reason, By: log.who, At: now, Unretained: c.Unretained, Sign: sign})
		if err := c.logged(ctx, log, "delete", done.Bundles, err); err != nil {
			return err
		}
		return c.print(rt, done)
	})
}

func (c *ArchiveDeleteCmd) logged(ctx context.Context, log *auditor, what string, ids []string, err error) error {
	if err != nil {
		return log.told(ctx, what, "", err, "")
	}
	for _, id := range ids {
		if err := log.told(ctx, what, id, nil, ""); err != nil {
			return err
		}
	}
	return nil
}

// signer reads the operator's key.
func (c *ArchiveDeleteCmd) signer(rt *runtime, now time.Time) (func([]byte) ([]byte, error), error) {
	switch {
	case c.Resume && (len(c.IDs) > 0 || c.Reason != ""):
		return nil, usage("", "--resume ends what has begun; it takes no IDs and no reason")
	case c.Resume:
		return nil, nil
	case len(c.IDs) == 0:
		return nil, usage("name the IDs of bundles", "no bundle is named")
	case c.Reason == "":
		return nil, usage("write --reason TEXT", "a deletion wants a reason")
	case c.Unsigned && (c.Certificate != "" || c.Key != ""):
		return nil, usage("", "--unsigned with a key: one of the two")
	case c.Unsigned:
		return nil, nil
	case c.Key == "":
		return nil, usage("write --key FILE, with PKCS#12 or PEM, or --unsigned", "the record of a deletion is signed, and no key is given")
	}
	s, err := receiptKey{"key", c.Key, "certificate", c.Certificate, "key-password-file", c.KeyPassword}.signer(rt)
	if err != nil {
		return nil, err
	}
	return func(record []byte) ([]byte, error) { return s.Sign(record, now) }, nil
}

func (c *ArchiveDeleteCmd) print(rt *runtime, done archive.Deleted) error {
	for _, id := range done.Bundles {
		if _, err := fmt.Fprintf(rt.Stdout, "%s: deleted\n", id); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(rt.Stdout, "%s deleted with %s; %d stay, because other bundles hold them; %s had been deleted before\n",
		counted(len(done.Bundles), "bundle", "bundles"), counted(done.Objects, "object", "objects"), done.Shared, counted(done.Before, "bundle", "bundles"))
	return err
}
