package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/report"
)

// ArchiveForecastCmd is `vidimus archive forecast`.
type ArchiveForecastCmd struct {
	StoreFlags
	Policy string `placeholder:"NAME|FILE" default:"practice" help:"The policy whose cryptographic suite says until when algorithms are good."`
	Until  string `placeholder:"TIME" help:"Leave out what ends later, RFC 3339."`
	Format string `enum:"text,json,html" default:"text" help:"text; json: one object; html: one page with a chart, without scripts."`
}

// Help is the example under --help.
func (c *ArchiveForecastCmd) Help() string {
	return `Says what falls off when: algorithms, certificates of TSAs and of the authorities above
them, the retention that the store keeps, each with the bundles that rest on it and the
day before which to renew. Nothing is fetched and nothing is judged.

Example:
  vidimus archive forecast --store dir:proof
  vidimus archive forecast --store dir:proof --format html > forecast.html`
}

// forecast is what --format json says.
type forecast struct {
	At       report.Time        `json:"at"`
	Suite    string             `json:"suite"`
	Bundles  int                `json:"bundles"`
	Unsealed int                `json:"unsealed"`
	Heads    int                `json:"auditHeads,omitempty"` // of the audit log, with an evidence record
	Falls    []fall             `json:"falls"`
	Damaged  []preserve.Problem `json:"damaged,omitempty"`
}

type fall struct {
	At      report.Time   `json:"at"`
	RenewBy report.Time   `json:"renewBy,omitzero"`
	Kind    preserve.Kind `json:"kind"`
	What    string        `json:"what"`
	Sealed  bool          `json:"sealed"`
	Bundles int           `json:"bundles"`
	Heads   int           `json:"auditHeads,omitempty"`
	Overdue bool          `json:"overdue,omitempty"`
	Says    string        `json:"says"`
}

// Run predicts.
func (c *ArchiveForecastCmd) Run(rt *runtime) error {
	p, err := policyByName(c.Policy)
	if err != nil {
		return err
	}
	until := rt.Now().AddDate(1000, 0, 0)
	if c.Until != "" {
		if until, err = parseAt(c.Until, rt.Now); err != nil {
			return err
		}
	}
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, false)
		if err != nil {
			return err
		}
		f, err := preserve.Predict(ctx, preserve.Options{Store: st, Suite: p.Suite, Now: rt.Now, Progress: progress(rt.Stderr)})
		clearProgress(rt.Stderr)
		if err := log.told(ctx, "forecast", "", err, forecastDetail(f)); err != nil {
			return err
		}
		out := forecast{At: report.Time{Time: rt.Now()}, Suite: p.Suite.Name, Bundles: f.Bundles, Unsealed: f.Unsealed, Heads: f.Heads, Falls: []fall{}, Damaged: f.Damaged}
		for _, x := range f.Falls {
			if x.At.After(until) {
				break // they stand by their day
			}
			out.Falls = append(out.Falls, fall{report.Time{Time: x.At}, report.Time{Time: x.RenewBy}, x.Kind, x.What, x.Sealed, x.Bundles, x.Heads,
				!x.RenewBy.IsZero() && !out.At.Before(x.RenewBy), x.Says()})
		}
		if c.Format == "json" {
			return json.NewEncoder(rt.Stdout).Encode(out)
		}
		if c.Format == "html" {
			return out.page(rt.Stdout)
		}
		return out.table(rt.Stdout, p)
	})
}

// forecastDetail is what the audit log notes of a forecast.
func forecastDetail(f preserve.Forecast) string {
	return fmt.Sprintf("of %s: %s", counted(f.Bundles, "bundle", "bundles"), counted(len(f.Falls), "end", "ends"))
}

// counts says what the forecast is about.
func (f forecast) counts() string {
	out := fmt.Sprintf("%s, %s of them without an evidence record", counted(f.Bundles, "bundle", "bundles"), preserve.Grouped(f.Unsealed))
	if f.Heads > 0 {
		out += "; " + counted(f.Heads, "head", "heads") + " of the audit log"
	}
	return out
}

// table is the forecast for people.
func (f forecast) table(w io.Writer, p *policy.Policy) error {
	if _, err := fmt.Fprintf(w, "%s; algorithms by %s\n", f.counts(), p.Suite.Name); err != nil {
		return err
	}
	for _, d := range f.Damaged {
		if _, err := fmt.Fprintf(w, "%s: passed over: %s\n", d.ID, plainText(d.Says)); err != nil {
			return err
		}
	}
	if len(f.Falls) == 0 {
		_, err := fmt.Fprintln(w, "nothing ends")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say(t, "ends\trenew before\tbundles\twhat\t\n")
	for _, x := range f.Falls {
		renew, note := "", ""
		if !x.RenewBy.IsZero() {
			renew = day(x.RenewBy.Time)
		}
		if !x.Sealed && x.Kind != preserve.OfRetention {
			note = "no evidence record"
		}
		if x.Heads > 0 {
			note = fmt.Sprintf("and audit log: %s", preserve.Grouped(x.Heads))
		}
		if x.Overdue {
			note = "OVERDUE " + note
		}
		say(t, "%s\t%s\t%s\t%s\t%s\n", day(x.At.Time), renew, preserve.Grouped(x.Bundles), plainText(fmt.Sprintf("%s: %s", x.Kind, x.What)), note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return f.bars(w)
}

// bars is the chart of the page in text, and then everything in sentences.
func (f forecast) bars(w io.Writer) error {
	const width = 50
	c := f.chart()
	say(w, "\nbundles by the year in which something ends that they rest on\n")
	most := 1
	for _, b := range c.Bars {
		most = max(most, b.Bundles)
	}
	for _, b := range c.Bars {
		if b.Bundles == 0 {
			continue
		}
		say(w, "%d  %s %s\n", b.Year, strings.Repeat("#", max(1, b.Bundles*width/most)), preserve.Grouped(b.Bundles))
	}
	say(w, "\n")
	for _, x := range f.Falls {
		if _, err := fmt.Fprintln(w, plainText(x.Says)); err != nil {
			return err
		}
	}
	return nil
}
