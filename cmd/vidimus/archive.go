package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/vidimus/vidimus/archive"
)

// ArchiveCmd is `vidimus archive`.
type ArchiveCmd struct {
	Put       ArchivePutCmd          `cmd:"" help:"Judge files and keep them with their evidence. Example: vidimus archive put contract.asice"`
	Get       ArchiveGetCmd          `cmd:"" help:"Write a bundle to a file. Example: vidimus archive get ID --out contract.bundle.asice"`
	List      ArchiveListCmd         `cmd:"" help:"List the bundles in a store. Example: vidimus archive list --long"`
	Search    ArchiveSearchCmd       `cmd:"" help:"Find bundles by signer, scheme, digest, date, verdict, territory, expiry. Example: vidimus archive search --signer \"joeorg kristjan\""`
	Rebuild   ArchiveRebuildIndexCmd `cmd:"" name:"rebuild-index" help:"Make the index anew from the store alone. Example: vidimus archive rebuild-index"`
	Verify    ArchiveVerifyCmd       `cmd:"" help:"Check that nothing in a bundle was altered. Example: vidimus archive verify ID contract.bundle.asice"`
	Seal      ArchiveSealCmd         `cmd:"" help:"Put bundles that have no evidence record under a time-stamp. Example: vidimus archive seal --tsa http://tsa.example.com/tsr"`
	Forecast  ArchiveForecastCmd     `cmd:"" help:"Say what falls off when: algorithms, TSAs, retention. Example: vidimus archive forecast"`
	Fixity    ArchiveFixityCmd       `cmd:"" help:"Read a store again, at a limited rate, and name what is damaged. Example: vidimus archive fixity --rate 20M --part 3/28"`
	Retain    ArchiveRetainCmd       `cmd:"" help:"Keep bundles from being deleted before a date. Example: vidimus archive retain --until 10y ID"`
	Hold      ArchiveHoldCmd         `cmd:"" help:"Put a legal hold on bundles, or lift it. Example: vidimus archive hold --on ID"`
	Delete    ArchiveDeleteCmd       `cmd:"" help:"Delete bundles at the end of their retention; a signed record stays. Example: vidimus archive delete --reason 'retention over' --certificate me.pem --key me.pem ID"`
	Export    ArchiveExportCmd       `cmd:"" help:"Write bundles into one file that common tools can check. Example: vidimus archive export --out proof.zip ID"`
	Import    ArchiveImportCmd       `cmd:"" help:"Take in what another archive exported. Example: vidimus archive import proof.zip"`
	Replicate ArchiveReplicateCmd    `cmd:"" help:"Bring a second store up to date. Example: vidimus archive replicate --replica dir:/mnt/copy"`
	Audit     ArchiveAuditCmd        `cmd:"" help:"Who did what to which bundle: the audit log."`
	Renew     ArchiveRenewCmd        `cmd:"" help:"Seal what is new, and renew evidence records before what they rest on ends. Example: vidimus archive renew --tsa http://tsa.example.com/tsr"`
}

// StoreFlags is where bundles are.
type StoreFlags struct {
	Store string `placeholder:"URL" help:"Where bundles are kept: dir:PATH, or s3://BUCKET/PREFIX?endpoint=HOST&region=NAME (credentials from the AWS variables). Default: a folder in your data directory. A tenant's archive of 'serve' is the store with /tenants/NAME at the end of its path."`
	As    string `placeholder:"NAME" help:"Who does this, for the audit log and for records of deletions. Default: your user name."`
}

// ArchiveGetCmd is `vidimus archive get`.
type ArchiveGetCmd struct {
	StoreFlags
	ID  string `arg:"" help:"The bundle's ID: 64 hexadecimal digits."`
	Out string `required:"" short:"o" placeholder:"FILE" help:"The file to write; - is standard output."`
}

// Run writes the bundle, checked, as bundle.Pack produced it. A file that is there
// is replaced in one step; after an error it is as before.
func (c *ArchiveGetCmd) Run(rt *runtime) error {
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, false)
		if err != nil {
			return err
		}
		write := func(w io.Writer) error { return archive.LoadTo(ctx, st, c.ID, w) }
		if c.Out == "-" {
			return log.told(ctx, "get", c.ID, write(rt.Stdout), "")
		}
		// What is not in the log is not given: the file gets its name after that.
		return streamFile(c.Out, func(w io.Writer) error { return log.told(ctx, "get", c.ID, write(w), "") })
	})
}

// ArchiveListCmd is `vidimus archive list`.
type ArchiveListCmd struct {
	StoreFlags
	Long   bool   `help:"Also show the names and sizes of the files in each bundle."`
	Format string `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// listed is a line of `archive list --format json`.
type listed struct {
	ID     string       `json:"id"`
	Files  []listedFile `json:"files,omitempty"`
	Hidden bool         `json:"hidden,omitempty"` // a delete marker lies over it
	Error  string       `json:"error,omitempty"`
}

type listedFile struct {
	Name string `json:"name"`
	Role string `json:"role"`
	Size int64  `json:"size"`
}

// Run lists bundles in the order of their IDs.
func (c *ArchiveListCmd) Run(rt *runtime) error {
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, false)
		if err == nil {
			err = log.told(ctx, "list", "", nil, "")
		}
		if err != nil {
			return err
		}
		for b, err := range archive.List(ctx, st) {
			if err != nil {
				return err
			}
			line := listed{ID: b.ID, Hidden: b.Manifest.Hidden}
			if c.Long {
				line.describe(ctx, st)
			}
			if err := line.print(rt.Stdout, c.Format); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *listed) describe(ctx context.Context, st archive.Store) {
	m, err := archive.Manifest(ctx, st, l.ID)
	if err != nil {
		l.Error = err.Error()
		return
	}
	for _, e := range m.Entries {
		if e.Role == "document" || e.Role == "detached" {
			l.Files = append(l.Files, listedFile{e.GivenName(), string(e.Role), e.Size})
		}
	}
}

// print writes names quoted: they come from files of strangers (attack S3).
func (l *listed) print(w io.Writer, format string) error {
	if format == "json" {
		return json.NewEncoder(w).Encode(l)
	}
	text := l.ID
	for _, f := range l.Files {
		text += fmt.Sprintf("  %q (%s, %d octets)", f.Name, f.Role, f.Size)
	}
	if l.Hidden {
		text += "  HIDDEN by a delete marker"
	}
	if l.Error != "" {
		text += "  " + l.Error
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// with opens the store and runs do until it is done or the user interrupts.
func (f StoreFlags) with(rt *runtime, do func(context.Context, archive.Store) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	st, err := openStore(ctx, f.Store, rt.Now)
	if err != nil {
		return err
	}
	return do(ctx, st)
}

// replaceFile writes a file whole or not at all.
func replaceFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".vidimus-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // fails after the renaming, which is right
	_, err = f.Write(data)
	for _, step := range []func() error{f.Sync, f.Close, func() error { return os.Rename(f.Name(), name) }} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		_ = f.Close()
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
