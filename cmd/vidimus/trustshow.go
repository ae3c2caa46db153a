package main

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// TrustShowCmd is `vidimus trust show`: what is trusted.
type TrustShowCmd struct {
	trustFlags
	Territory   []string `arg:"" optional:"" help:"Show the providers and services of these territories, e.g. EE LV."`
	Search      string   `placeholder:"TEXT" help:"Find providers and services by names, registration numbers, subjects of certificates, territories; without case and accents."`
	Certificate string   `placeholder:"FILE" help:"Say which services a certificate identifies and which issued it: a file (PEM or DER), or the SHA-256 of a listed one."`
	Service     string   `placeholder:"ID" help:"Show all that the list says of this service. The other outputs tell the IDs."`
	Provider    string   `placeholder:"ID" help:"Show this provider with its services."`
	Type        string   `placeholder:"TYPE" help:"Only services of this type, e.g. CA/QC or QTST."`
	Status      string   `placeholder:"STATUS" help:"Only services of this status, e.g. granted; 'active' for all that are at work."`
	History     bool     `help:"Show past statuses too."`
	Limit       int      `default:"20" help:"Hits of a search, at most 200."`
	Offset      int      `help:"Hits of a search to pass over."`
	At          string   `placeholder:"TIME" help:"Time that ages and statuses are told for, RFC 3339. Default: now."`
	Format      string   `enum:"text,json" default:"text" help:"text or json."`
}

// Help is the example under `--help`.
func (c *TrustShowCmd) Help() string {
	return `Shows the lists in force, their ages, and how much they hold; with territories,
their providers and services. Or answers who an authority is, what it may issue, since
when, and which list says so.

Examples:
  vidimus trust show
  vidimus trust show EE --lists mirror/ --at 2023-11-10T12:00:00Z
  vidimus trust show --search "ceska posta" --type CA/QC --status granted
  vidimus trust show --certificate signer.pem
  vidimus trust show --service 03e4227cef6330a0bd359614 --history`
}

// shownTrust is the JSON of `trust show` without a question.
type shownTrust struct {
	browse.Overview
	Lists   []shownList                          `json:"lists"`
	history func(service string) []browse.Period // nil: not asked for
}

// shownList is a list with what is known of its pulls.
type shownList struct {
	browse.List
	// How fresh a list of the cache is: fresh, expired, or unpulled.
	State     string            `json:"state,omitempty"`
	LastGood  *time.Time        `json:"lastGood,omitempty"` // when it was last known to be the published one
	LastError string            `json:"lastError,omitempty"`
	Cause     string            `json:"cause,omitempty"`
	Says      string            `json:"says,omitempty"`
	Detail    []browse.Provider `json:"detail,omitempty"`
}

// Run shows what is trusted.
func (c *TrustShowCmd) Run(ctx *runtime) error {
	at, err := parseAt(c.At, ctx.Now)
	if err != nil {
		return err
	}
	questions := 0
	for _, asked := range []bool{c.searches(), c.Certificate != "", c.Service != "", c.Provider != ""} {
		if asked {
			questions++
		}
	}
	if questions > 1 || questions == 1 && !c.searches() && len(c.Territory) > 0 || c.searches() && len(c.Territory) > 1 {
		return trustFailure(trustUsage, "--search, with one territory, --type and --status if need be; or --certificate; or --service; or --provider",
			"trust show answers one question at a time")
	}
	s, err := c.snapshot(ctx, at)
	if err != nil {
		return err
	}
	if s == nil {
		return trustFailure(trustNone, pullHint, "nothing is trusted: --lists none")
	}
	var wanted []string
	for _, t := range c.Territory {
		if t = strings.ToUpper(t); s.List(t) == nil {
			return trustFailure(trustUsage, "'vidimus trust show' without arguments lists them", "no list of %s is trusted", t)
		}
		wanted = append(wanted, t)
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	b := browse.New(s)
	if questions == 1 {
		return c.answer(ctx, b, at)
	}
	shown := c.show(b, at, wanted)
	if c.Lists == "" && c.ListsAsOf == "" {
		shown.fresh(pull.FreshnessOf(s, pastPulls(ctx), at, 0))
	}
	if c.Format == "json" {
		return c.encode(ctx, shown)
	}
	return shown.print(ctx.Stdout)
}

// encode prints one line of JSON.
func (c *TrustShowCmd) encode(rt *runtime, v any) error {
	enc := json.NewEncoder(rt.Stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (c *TrustShowCmd) show(b *browse.Browser, at time.Time, wanted []string) shownTrust {
	out := shownTrust{Overview: b.Overview(at), Lists: []shownList{}}
	if len(wanted) == 0 {
		for _, l := range out.Overview.Lists {
			out.Lists = append(out.Lists, shownList{List: l})
		}
		return out
	}
	out.Missing, out.Rejected = nil, nil
	for _, code := range wanted {
		territory, _ := b.Territory(code, at)
		for _, l := range territory.Lists {
			out.Lists = append(out.Lists, shownList{List: l.List, Detail: l.Detail})
		}
	}
	if c.History {
		out.history = func(id string) []browse.Period {
			s, _ := b.Service(id, at)
			return s.History
		}
	}
	return out
}

// fresh adds what is known of the pulls of each list. Whose copy is not fresh enough
// depends on who asks, so that nothing is called stale here.
func (t *shownTrust) fresh(all []pull.Freshness) {
	for i := range t.Lists {
		l := &t.Lists[i]
		third := l.Source == string(trustlist.FromMRA)
		at := slices.IndexFunc(all, func(f pull.Freshness) bool {
			return f.Territory == l.Territory && f.ThirdCountry == third && (f.Role == stored.RoleLOTL) == (l.Kind == string(trustlist.LOTL))
		})
		if at < 0 || l.Source == string(trustlist.FromExtra) || l.Source == string(trustlist.FromThirdCountry) {
			continue
		}
		f := all[at]
		l.State, l.LastError, l.Cause, l.Says = f.Word, f.Error, f.Cause, f.Says
		if !f.Good.IsZero() {
			l.LastGood = &f.Good
		}
	}
	for _, f := range all {
		if f.Word == pull.NoList && f.Error != "" && len(t.Missing) > 0 {
			t.Missing = append(t.Missing, f.Says)
		}
	}
}

// checked is how long ago a list was last known to be the published one.
func (l shownList) checked(at time.Time) string {
	if l.LastGood == nil {
		return "-"
	}
	return pull.Ago(at.Sub(*l.LastGood)) + " ago"
}
