package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// ArchiveFixityCmd is `vidimus archive fixity`.
type ArchiveFixityCmd struct {
	StoreFlags
	Rate    string `placeholder:"OCTETS" help:"Read at most so many octets a second, e.g. 20M (k, M, G are thousands). Default: no limit."`
	Part    string `placeholder:"N/OF" help:"Read one part of the store only, e.g. 3/28: with another part each day, all is read in 28 days."`
	Replica string `placeholder:"URL" help:"A second store, as --store: what is altered or missing is restored from there, after its hash was compared."`
	Format  string `enum:"text,json" default:"text" help:"text, or json: one object for each damage, and one for the run."`
}

// Help is the example under --help.
func (c *ArchiveFixityCmd) Help() string {
	return `Reads the store again and compares every object, manifest and evidence record with its
hash. What is
altered, missing, hidden or overwritten is named with the bundles that hold it, and a
note about it is stored under quarantine/. With --replica what is altered or missing is
restored from there. Exit status 1 when anything stays damaged.

Example, for a job that runs every day of the month:
  vidimus archive fixity --store dir:proof --rate 20M --part $(date +%-d)/31`
}

// Run reads the store.
func (c *ArchiveFixityCmd) Run(rt *runtime) error {
	o := archive.FixityOptions{At: rt.Now()}
	rate, err := parseRate(c.Rate)
	if err != nil {
		return err
	}
	if rate > 0 {
		o.Pace = pace(rate, rt.Now)
	}
	if o.Part, o.Parts, err = parsePart(c.Part); err != nil {
		return err
	}
	if isTerminal(rt.Stderr) {
		o.Progress = func(objects int, octets int64) {
			if objects%256 == 0 {
				say(rt.Stderr, "\r\033[Kread: %d objects, %d MB", objects, octets/1e6)
			}
		}
	}
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, false)
		if err != nil {
			return err
		}
		if c.Replica != "" {
			if o.Replica, err = openStore(ctx, c.Replica, rt.Now); err != nil {
				return err
			}
		}
		o.Found = func(d archive.Damaged) error {
			if err := log.told(ctx, "damage-found", d.Key, nil, d.Problem+": "+d.Says); err != nil {
				return err
			}
			if d.Restored != "" {
				if err := log.told(ctx, "restore", d.Key, nil, "from "+d.Restored); err != nil {
					return err
				}
			}
			return c.printDamage(rt.Stdout, d)
		}
		done, err := archive.Fixity(ctx, st, o)
		clearProgress(rt.Stderr)
		if err := log.told(ctx, "fixity", c.Part, err, fmt.Sprintf("%d damaged, %d restored", done.Damaged, done.Restored)); err != nil {
			return err
		}
		if err := c.printRun(rt.Stdout, done); err != nil {
			return err
		}
		if done.Damaged > done.Restored {
			return status(exitNotValid)
		}
		return nil
	})
}

func (c *ArchiveFixityCmd) printDamage(w io.Writer, d archive.Damaged) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(d)
	}
	holders := "no bundle in the store"
	if len(d.Bundles) > 0 {
		holders = "bundle " + strings.Join(d.Bundles[:min(len(d.Bundles), 3)], ", ")
	}
	if len(d.Bundles) > 3 {
		holders += fmt.Sprintf(" and %d more", len(d.Bundles)-3)
	}
	mended := ""
	switch {
	case d.Restored != "":
		mended = "; restored from " + d.Restored
	case d.Unrestored != "":
		mended = "; not restored: " + plainText(d.Unrestored)
	}
	_, err := fmt.Fprintf(w, "%s: %s: %s; it belongs to %s%s\n", d.Key, d.Problem, plainText(d.Says), holders, mended)
	return err
}

func (c *ArchiveFixityCmd) printRun(w io.Writer, f archive.Fixed) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(struct {
			Objects   int   `json:"objects"`
			Manifests int   `json:"manifests"`
			Records   int   `json:"evidenceRecords"`
			Unnoted   int   `json:"unnotedRecords,omitempty"` // of which no SHA-256 was noted when they were written
			Octets    int64 `json:"octets"`
			Damaged   int   `json:"damaged"`
			Restored  int   `json:"restored,omitempty"` // of those damaged
		}{f.Objects, f.Manifests, f.Records, f.Unnoted, f.Octets, f.Damaged, f.Restored})
	}
	restored := ""
	if f.Restored > 0 {
		restored = fmt.Sprintf(", %d of them restored", f.Restored)
	}
	unnoted := ""
	if f.Unnoted > 0 {
		unnoted = fmt.Sprintf("; the SHA-256 of %s more was not recorded when it was written", counted(f.Unnoted, "evidence record", "evidence records"))
	}
	_, err := fmt.Fprintf(w, "%s, %s and %s read, %d octets; %d damaged%s%s\n",
		counted(f.Objects, "object", "objects"), counted(f.Manifests, "manifest", "manifests"), counted(f.Records, "evidence record", "evidence records"), f.Octets, f.Damaged, restored, unnoted)
	return err
}

// parseRate reads octets a second; 0 for "".
func parseRate(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	number, unit := s, 1.0
	for suffix, factor := range map[string]float64{"k": 1e3, "M": 1e6, "G": 1e9} {
		if cut, ok := strings.CutSuffix(s, suffix); ok {
			number, unit = cut, factor
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n*unit >= 1) || n*unit > 1e15 {
		return 0, usage("write --rate 20M for 20 million octets a second", "--rate %q is no number of octets", s)
	}
	return n * unit, nil
}

// parsePart reads N/OF; what they may be the archive says.
func parsePart(s string) (part, parts int, err error) {
	if s == "" {
		return 0, 0, nil
	}
	a, b, _ := strings.Cut(s, "/")
	part, err = strconv.Atoi(a)
	parts, err2 := strconv.Atoi(b)
	if err != nil || err2 != nil || part < 1 || part > parts || parts > 256 {
		return 0, 0, usage("write --part 3/28; there are at most 256 parts", "--part %q is no part", s)
	}
	return part, parts, nil
}

// pace lets octets pass at a rate: who has read waits until as much time has gone by
// as the octets take.
func pace(rate float64, now func() time.Time) func(context.Context, int64) error {
	next := now()
	return func(ctx context.Context, octets int64) error {
		if at := now(); at.After(next) {
			next = at
		}
		next = next.Add(time.Duration(float64(octets) / rate * float64(time.Second)))
		timer := time.NewTimer(next.Sub(now()))
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
