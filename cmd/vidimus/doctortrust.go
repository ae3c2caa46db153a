package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
)

// lists looks at what serve would trust, as its readiness does. nil: nothing.
func (v *visit) lists() *validate.Validator {
	now, standing, err := v.clock(v.rt)
	if err != nil {
		v.failed("lists", err, "")
		return nil
	}
	if standing != nil {
		v.warn("clock", "leave out --unsafe-now, but for rehearsals", "The clock stands at %s.", standing.Format(time.RFC3339))
	}
	first, err := v.inForce(v.rt, now())
	if err != nil {
		v.failed("lists", err, "")
		return nil
	}
	if first.validator == nil {
		v.fail("lists", "without lists nothing is judged: "+pullHint, "%s", first.why)
		return nil
	}
	s := &service{now: now, unsafeNow: standing, asks: v.asked()}
	s.current.Store(first)
	if v.Lists == "" && v.ListsAsOf == "" && v.UnsafeNow == "" {
		s.pulls.Store(pastPulls(v.rt))
	}
	state := s.trust()
	for _, r := range state.Reasons {
		v.fail("lists", "'vidimus trust pull' fetches them; 'vidimus trust show' tells their ages", "%s", r)
	}
	for _, w := range state.Warnings {
		v.warn("lists", "'vidimus trust show' tells more", "%s", w)
	}
	snap := first.validator.Trust().Snapshot()
	if len(state.Reasons) == 0 {
		v.ok("lists", "%d lists are in force, with %d certificates.", len(state.Lists), state.Certificates)
	}
	if snap != nil {
		v.dates(snap, now())
		v.notice(snap)
	}
	return first.validator
}

// clockSlack is how far clocks of publishers may be ahead of ours.
const clockSlack = 5 * time.Minute

// dates compares the clock with what the lists say of when they were issued: no list
// comes from the future.
func (v *visit) dates(snap *trustlist.Snapshot, now time.Time) {
	var newest *trustlist.List
	for _, l := range slices.Concat(snap.LOTLs, snap.Lists) {
		if newest == nil || l.Issued.After(newest.Issued) {
			newest = l
		}
	}
	switch {
	case newest == nil:
	case newest.Issued.After(now.Add(clockSlack)):
		v.fail("clock", "set the clock, and keep it by NTP", "The clock says %s, and the list of %s was issued at %s: the clock is slow.",
			now.UTC().Format(time.RFC3339), newest.Territory, newest.Issued.UTC().Format(time.RFC3339))
	default:
		v.ok("clock", "It says %s, which is after every list was issued.", now.UTC().Format(time.RFC3339))
	}
}

// notice looks whether the anchors are those of the notice in the Official Journal that
// the list of lists rests on.
func (v *visit) notice(snap *trustlist.Snapshot) {
	_, journal, err := v.anchors()
	if err != nil {
		v.failed("anchors", err, "")
		return
	}
	for _, l := range snap.LOTLs {
		if l.Source == trustlist.FromExtra || l.Source == trustlist.FromThirdCountry {
			continue
		}
		if says := lotl.NoticeSays(l, journal); says != "" && !lotl.RestsOn(l, journal) {
			v.warn("anchors", noticeHint, "%s", says)
			continue
		}
		v.ok("anchors", "List of lists %d rests on the notice that they come from.", l.Sequence)
	}
}

// cache looks whether lists that are fetched could be stored.
func (v *visit) cache() {
	if !v.refreshes() {
		v.ok("cache", "No list is fetched by the service: a mirror is named, or --offline, --refresh 0 or --unsafe-now given.")
		return
	}
	dir, err := cacheDir(v.rt)
	if err != nil {
		v.failed("cache", err, "")
		return
	}
	v.writable("cache", filepath.Clean(dir))
	v.disk("cache", dir)
}

// network looks whether the list of lists can be had.
func (v *visit) network(ctx context.Context) {
	if !v.refreshes() {
		return
	}
	from := orDefault(v.LotlURL, lotl.Location)
	asked := []string{}
	if v.LotlURL != "" {
		asked = append(asked, v.LotlURL)
	}
	client := v.client(asked...)
	defer client.Close()
	if _, err := client.Get(ctx, from, trustlist.MaxListSize); err != nil {
		v.failed("network", err, "may this machine reach it? Lists from elsewhere come by --mirror-url URL, or by --lists DIR")
		return
	}
	v.ok("network", "The list of lists can be fetched.")
}

// stamps asks each time-stamping authority for a token, and judges it.
func (v *visit) stamps(ctx context.Context, by *validate.Validator) {
	for _, raw := range v.TSA {
		name := raw
		if u, err := url.Parse(raw); err == nil {
			name = u.Host
		}
		v.stamp(ctx, by, raw, name)
	}
}

func (v *visit) stamp(ctx context.Context, by *validate.Validator, raw, name string) {
	client, err := tsaClient([]string{raw})
	if err != nil {
		v.failed("time-stamps", err, "")
		return
	}
	defer client.Close()
	data := []byte(rand.Text())
	sum := sha256.Sum256(data)
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	token, err := preserve.HTTP{URL: raw, Post: client}.Stamp(ctx, algo.SHA256, sum[:])
	if err != nil {
		v.failed("time-stamps", err, "seal and renew wait for it, or ask the next --tsa")
		return
	}
	if by == nil {
		v.warn("time-stamps", "they are judged by the lists", "%s answers; its token cannot be judged without lists.", name)
		return
	}
	src, closing := v.online(v.UnsafeNow)
	defer closing()
	now, _, _ := v.clock(v.rt) // lists has told its error
	req := validate.Request{File: validate.File{Name: "token.tst", Data: token}, Detached: []validate.File{{Name: "data", Data: data}}, At: now()}
	verdict, err := by.Validate(gathered(ctx, by, req, src))
	if err != nil {
		v.failed("time-stamps", err, "")
		return
	}
	rep := verdict.Report
	if len(rep.Timestamps) == 1 && v.UnsafeNow == "" {
		v.gap(name, rep.Timestamps[0].Time.Time, v.rt.Now())
	}
	switch {
	case rep.Error != nil:
		v.fail("time-stamps", "seal and renew will refuse its tokens", "%s gave what is no token: %s", name, rep.Error.Message)
	case len(rep.Timestamps) != 1 || rep.Timestamps[0].Indication != "PASSED":
		says := "it reads as no single time-stamp."
		if len(rep.Timestamps) == 1 {
			says = "it is " + rep.Timestamps[0].Indication + " " + rep.Timestamps[0].SubIndication + "."
		}
		v.fail("time-stamps", "name an authority that a trusted list has, or trust its certificate with --trust-anchor", "%s gave a token that is not trusted: %s", name, says)
	default:
		v.ok("time-stamps", "%s gave a token that is trusted.", name)
	}
}
