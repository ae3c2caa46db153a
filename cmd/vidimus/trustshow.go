package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/evidence"
)

// TrustShowCmd is `vidimus trust show`: what is trusted.
type TrustShowCmd struct {
	trustFlags
	Territory []string `arg:"" optional:"" help:"Show the providers and services of these territories, e.g. EE LV."`
	At        string   `placeholder:"TIME" help:"Time that ages and statuses are told for, RFC 3339. Default: now."`
	Format    string   `enum:"text,json" default:"text" help:"text or json."`
}

// Help is the example under `--help`.
func (c *TrustShowCmd) Help() string {
	return `Shows the lists in force, their ages, and how much they hold; with territories,
their providers and services.

Examples:
  vidimus trust show
  vidimus trust show EE --lists mirror/ --at 2023-11-10T12:00:00Z`
}

// shownTrust is the JSON of `trust show`.
type shownTrust struct {
	Digest   evidence.ID   `json:"digest"`
	Journal  string        `json:"journal,omitempty"`
	Anchors  []evidence.ID `json:"anchors"`
	At       time.Time     `json:"at"`
	Lists    []shownList   `json:"lists"`
	Missing  []string      `json:"missing,omitempty"`
	Rejected []shownFault  `json:"rejected,omitempty"`
}

type shownFault struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

type shownList struct {
	Kind         string      `json:"kind"`
	Territory    string      `json:"territory"`
	Sequence     int         `json:"sequence"`
	Version      int         `json:"version"`
	Issued       time.Time   `json:"issued"`
	NextUpdate   *time.Time  `json:"nextUpdate,omitempty"`
	AgeDays      int         `json:"ageDays"`
	Expired      bool        `json:"expired"`
	Source       string      `json:"source"`
	Providers    int         `json:"providers"`
	Services     int         `json:"services"`
	Certificates int         `json:"certificates"`
	SignedBy     string      `json:"signedBy"`
	SHA256       evidence.ID `json:"sha256"`
	// How fresh a list of the cache is: fresh, expired, or unpulled.
	State     string          `json:"state,omitempty"`
	LastGood  *time.Time      `json:"lastGood,omitempty"` // when it was last known to be the published one
	LastError string          `json:"lastError,omitempty"`
	Cause     string          `json:"cause,omitempty"`
	Says      string          `json:"says,omitempty"`
	Problems  []string        `json:"problems,omitempty"`
	Detail    []shownProvider `json:"detail,omitempty"`
}

type shownProvider struct {
	Name       string         `json:"name"`
	TradeNames []string       `json:"tradeNames,omitempty"`
	Services   []shownService `json:"services"`
}

type shownService struct {
	Name   string     `json:"name"`
	Type   string     `json:"type"`
	Status string     `json:"status"`
	Since  *time.Time `json:"since,omitempty"`
	Active bool       `json:"active"`
}

// Run shows what is trusted.
func (c *TrustShowCmd) Run(ctx *runtime) error {
	at, err := parseAt(c.At, ctx.Now)
	if err != nil {
		return err
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
	shown := c.show(s, at, wanted)
	if c.Lists == "" && c.ListsAsOf == "" {
		shown.fresh(pull.FreshnessOf(s, pastPulls(ctx), at, 0))
	}
	if c.Format == "json" {
		enc := json.NewEncoder(ctx.Stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(shown)
	}
	return shown.print(ctx.Stdout)
}

func (c *TrustShowCmd) show(s *trustlist.Snapshot, at time.Time, wanted []string) shownTrust {
	out := shownTrust{Digest: s.Digest(), Journal: s.Journal, Anchors: s.Anchors, At: at, Lists: []shownList{}}
	for _, l := range slices.Concat(s.LOTLs, s.Others, s.Lists) {
		if len(wanted) > 0 && !slices.Contains(wanted, l.Territory) {
			continue
		}
		certificates := map[evidence.ID]bool{}
		x := shownList{Kind: string(l.Kind), Territory: l.Territory, Sequence: l.Sequence, Version: l.Version, Issued: l.Issued, NextUpdate: l.NextUpdate,
			AgeDays: int(at.Sub(l.Issued).Hours() / 24), Expired: l.Expired(at), Source: string(l.Source), Providers: len(l.Providers),
			Services: l.ServiceCount(), SHA256: l.SHA256, Problems: l.Problems}
		if l.Signature.Signer != nil {
			x.SignedBy = l.Signature.Signer.SignerName()
		}
		for _, p := range l.Providers {
			detail := shownProvider{Name: p.Name(), TradeNames: p.TradeNames, Services: []shownService{}}
			for _, service := range p.Services {
				for _, cert := range service.Certificates {
					certificates[cert.ID] = true
				}
				detail.Services = append(detail.Services, showService(service))
			}
			if len(wanted) > 0 {
				x.Detail = append(x.Detail, detail)
			}
		}
		x.Certificates = len(certificates)
		out.Lists = append(out.Lists, x)
	}
	if len(wanted) > 0 {
		return out
	}
	for _, m := range s.Missing {
		out.Missing = append(out.Missing, m.Says)
	}
	for _, r := range s.Rejected {
		if !r.Older {
			out.Rejected = append(out.Rejected, shownFault{File: r.File, Why: r.Why})
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

// showService shortens the URIs to what people call them.
func showService(s *trustlist.Service) shownService {
	if len(s.Instances) == 0 {
		return shownService{Name: "(no status)"}
	}
	i := s.Instances[0]
	return shownService{Name: i.Name, Type: after(i.Type, "/Svctype/"), Status: after(i.Status, "/Svcstatus/"), Since: &i.Start,
		Active: i.Active()}
}

func after(uri, mark string) string {
	if _, rest, ok := strings.Cut(uri, mark); ok {
		return rest
	}
	return uri
}

// print writes the table for people.
func (t shownTrust) print(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) } // Flush tells the error
	rests := t.Journal
	if rests == "" {
		rests = "the operator's own choice"
	}
	line("Trust %s at %s, on %d anchors (%s)\n", t.Digest.String()[:16], t.At.Format(time.RFC3339), len(t.Anchors), rests)
	line("territory\tsequence\tissued\tnext update\tage\tchecked\tproviders\tservices\tcertificates\tsigned by")
	for _, l := range t.Lists {
		next := "closed"
		if l.NextUpdate != nil {
			if next = day(*l.NextUpdate); l.Expired {
				next += " EXPIRED"
			}
		}
		territory := l.Territory
		if l.Source == string(trustlist.FromExtra) {
			territory += " (extra)"
		}
		if l.Source == string(trustlist.FromMRA) {
			territory += " (third country)"
		}
		if l.Source == string(trustlist.FromThirdCountry) {
			territory += " (third country, qualifies nothing)"
		}
		line("%s\t%d\t%s\t%s\t%d d\t%s\t%d\t%d\t%d\t%s", plainText(territory), l.Sequence, day(l.Issued), next, l.AgeDays, l.checked(t.At), l.Providers, l.Services, l.Certificates,
			plainText(l.SignedBy))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, l := range t.Lists {
		for _, p := range l.Detail {
			line("\n%s", plainText(p.Name))
			for _, s := range p.Services {
				since, mark := "", " "
				if s.Since != nil {
					since = day(*s.Since)
				}
				if s.Active {
					mark = "+"
				}
				line("  %s %s\t%s\t%s\t%s", mark, plainText(s.Type), plainText(s.Status), since, plainText(s.Name))
			}
		}
		if l.LastError != "" {
			cause := ""
			if l.Cause != "" {
				cause = " (" + l.Cause + ")"
			}
			line("not had: %s: %s%s", plainText(l.Territory), plainText(l.Says), plainText(cause))
		}
		for _, p := range l.Problems {
			line("problem of %s: %s", plainText(l.Territory), plainText(p))
		}
	}
	for _, m := range t.Missing {
		line("missing: %s", plainText(m))
	}
	for _, r := range t.Rejected {
		line("refused: %s: %s", strconv.Quote(r.File), plainText(r.Why))
	}
	return out.Flush()
}
