package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/index"
)

// queryFlags say which bundles are looked for.
type queryFlags struct {
	Signer        string   `placeholder:"WORDS" help:"Words of the signer's names or code, without case and accents."`
	File          string   `placeholder:"WORDS" help:"Words of the file's name."`
	Scheme        string   `placeholder:"NAME" help:"eID scheme, e.g. Smart-ID."`
	Digest        string   `placeholder:"HEX" help:"SHA-256 or SHA-512 of a file in the bundle."`
	From          string   `placeholder:"DATE" help:"Signed then or later, by the best signature time: 2025-03-10, or RFC 3339."`
	To            string   `placeholder:"DATE" help:"Signed then or earlier; a date is the whole day in UTC."`
	ValidatedFrom string   `name:"validated-from" placeholder:"DATE" help:"Judged then or later."`
	ValidatedTo   string   `name:"validated-to" placeholder:"DATE" help:"Judged then or earlier."`
	Verdict       []string `placeholder:"WORD" help:"TOTAL-PASSED, TOTAL-FAILED or INDETERMINATE (repeatable: any of them)."`
	Qualification string   `placeholder:"WORD" help:"E.g. QESig."`
	Territory     string   `placeholder:"CC" help:"Of a list that the verdict rests on."`
	ExpiresBefore string   `name:"expires-before" placeholder:"DATE" help:"Something that the bundle rests on ends before."`
}

// ArchiveSearchCmd is `vidimus archive search`.
type ArchiveSearchCmd struct {
	StoreFlags
	indexFlags
	queryFlags
	Sort   string `enum:"id,file,signed,validated,expiry" default:"signed" help:"id, file, signed, validated or expiry."`
	Desc   bool   `help:"The last ones first."`
	Limit  int    `default:"0" placeholder:"N" help:"At most so many. Default: all."`
	Count  bool   `help:"Only count: by verdict, scheme, territory and month of expiry."`
	Format string `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// Help is the example under --help.
func (c *ArchiveSearchCmd) Help() string {
	return `Finds bundles by their index. All that is asked for applies to a bundle, and signer,
scheme, verdict and times of signing to one and the same signature of it.

Example:
  vidimus archive search --signer "joeorg kristjan" --scheme Smart-ID --from 2025-03-01 --verdict TOTAL-PASSED`
}

// query is what the flags ask for.
func (c *queryFlags) query() (index.Query, error) {
	q := index.Query{Signer: c.Signer, File: c.File, Scheme: c.Scheme, Digest: c.Digest, Verdicts: c.Verdict, Qualification: c.Qualification,
		Territory: c.Territory}
	for _, d := range []struct {
		flag, value string
		whole       bool
		into        *time.Time
	}{
		{"from", c.From, false, &q.SignedFrom}, {"to", c.To, true, &q.SignedTo}, {"validated-from", c.ValidatedFrom, false, &q.ValidatedFrom},
		{"validated-to", c.ValidatedTo, true, &q.ValidatedTo}, {"expires-before", c.ExpiresBefore, false, &q.ExpiresBefore},
	} {
		if d.value == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, d.value)
		end := t.AddDate(0, 0, 1)
		if err != nil {
			t, err = time.Parse(time.RFC3339, d.value)
			end = t.Add(time.Second)
		}
		if err != nil {
			return q, usage("write it as 2025-03-10 or 2025-03-10T12:00:00Z", "--%s %q is no date", d.flag, d.value)
		}
		if *d.into = t; d.whole {
			*d.into = end
		}
	}
	return q, nil
}

// asks says whether a flag was given.
func (c *queryFlags) asks() bool { return !reflect.DeepEqual(*c, queryFlags{}) }

// Run searches. The store is opened to know whether the index is its own.
func (c *ArchiveSearchCmd) Run(rt *runtime) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	if q.Sort, q.Desc = index.Sort(c.Sort), c.Desc; c.Limit < 0 {
		return usage("leave it out for all", "--limit %d is no number of bundles", c.Limit)
	}
	if c.Index == noIndex {
		return usage("name an index, or leave --index out", "there is nothing to search with --index none")
	}
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, false)
		if err == nil {
			by, _, _ := strings.Cut(asked(q, 0), ":")
			err = log.told(ctx, "search", "", nil, by)
		}
		if err != nil {
			return err
		}
		x, closing, err := c.open(ctx, c.Store, st)
		if err != nil {
			return err
		}
		defer closing()
		state, err := stateOf(ctx, x)
		if err != nil {
			return err
		}
		switch {
		case c.Format == "text" && !state.Compared.IsZero():
			say(rt.Stderr, "vidimus: as of the index, last compared with the whole store at %s; 'vidimus archive verify' reads a bundle itself\n", state.Compared.UTC().Format(time.RFC3339))
		case !state.Complete:
			say(rt.Stderr, "vidimus: the index was never compared with the whole store, bundles may be missing; run 'vidimus archive rebuild-index --catch-up'\n")
		}
		if c.Count {
			counts, err := x.Count(ctx, q)
			if err != nil {
				return searchError(err)
			}
			return c.printCounts(rt.Stdout, counts)
		}
		return c.search(ctx, rt.Stdout, x, q)
	})
}

// usable says whether an index is that of its store and knows all of it.
func usable(ctx context.Context, x *index.Index) (complete bool, err error) {
	s, err := stateOf(ctx, x)
	return s.Complete, err
}

// stateOf says how far an index, which must be that of its store, knows all of it.
func stateOf(ctx context.Context, x *index.Index) (s index.State, err error) {
	if err = x.Check(ctx); err == nil {
		s, err = x.State(ctx)
	}
	if err != nil {
		return s, &indexError{err}
	}
	return s, nil
}

// search prints page after page.
func (c *ArchiveSearchCmd) search(ctx context.Context, w io.Writer, x *index.Index, q index.Query) error {
	for left := c.Limit; ; {
		if q.Limit = index.MaxLimit; c.Limit > 0 {
			q.Limit = min(left, index.MaxLimit)
		}
		page, err := x.Search(ctx, q)
		if err != nil {
			return searchError(err)
		}
		for i := range page.Entries {
			if err := c.print(w, &page.Entries[i]); err != nil {
				return err
			}
		}
		left -= len(page.Entries)
		if q.Cursor = page.Next; q.Cursor == "" || c.Limit > 0 && left <= 0 {
			return nil
		}
	}
}

// searchError tells wrong usage from an index that does not work.
func searchError(err error) error {
	var bad *index.QueryError
	if errors.As(err, &bad) {
		return usage("", "%s", bad.Error())
	}
	return &indexError{err}
}

// print writes names quoted: they come from files of strangers (attack S3).
func (c *ArchiveSearchCmd) print(w io.Writer, e *index.Entry) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(e)
	}
	text := fmt.Sprintf("%s  %q", e.ID, e.File)
	for _, s := range e.Signatures {
		text += fmt.Sprintf("  %s %s %q", plainText(s.Indication), plainText(s.Qualification), s.SignedBy)
		if !s.BestSignatureTime.IsZero() {
			text += " " + day(s.BestSignatureTime.Time)
		}
	}
	if !e.Ends.IsZero() {
		text += "  until " + day(e.Ends.Time)
	}
	if e.Problem != "" {
		text += "  DAMAGED: " + plainText(e.Problem)
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

func (c *ArchiveSearchCmd) printCounts(w io.Writer, counts index.Counts) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(counts)
	}
	_, err := fmt.Fprintln(w, counted(counts.Bundles, "bundle", "bundles"))
	for _, group := range []struct {
		name string
		of   []index.Count
	}{{"verdict", counts.Verdicts}, {"scheme", counts.Schemes}, {"territory", counts.Territories}, {"ends in", counts.Expiry}} {
		for _, n := range group.of {
			if err == nil {
				_, err = fmt.Fprintf(w, "  %s %q: %d\n", group.name, n.Value, n.Bundles)
			}
		}
	}
	return err
}
