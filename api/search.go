package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/archive/index"
)

// routeShelf serves what is told of bundles that are kept.
func (s *server) routeShelf() {
	route(s, s.operation(http.MethodGet, "/v1/bundles", "listBundles", auth.Read), s.listBundles)
	route(s, s.operation(http.MethodGet, "/v1/bundles/{id}", "getBundle", auth.Read), s.getBundle)
	route(s, s.operation(http.MethodGet, "/v1/bundles/{id}/report", "getBundleReport", auth.Read), s.getBundleReport)
	s.routeRecords()
}

// pageQuery says which part of the list, or what is looked for.
type pageQuery struct {
	After string `query:"after" pattern:"^[0-9a-f]{64}$" example:"0000000000000000000000000000000000000000000000000000000000000000" doc:"Only ids after this one; of a list without filters."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" example:"100" doc:"How many bundles at most."`
	Filters
}

// Filters say which bundles are looked for: those to which all of it applies. What is
// said of a signature applies to one and the same.
type Filters struct {
	Signer        string   `query:"signer" example:"joeorg kristjan" doc:"Words of a signer's names or code, without case and accents."`
	File          string   `query:"file" example:"contract" doc:"Words of the file's name."`
	Scheme        string   `query:"scheme" example:"Smart-ID" doc:"eID scheme of the signer's certificate."`
	Digest        string   `query:"digest" example:"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" doc:"SHA-256 or SHA-512 of a file in the bundle, hexadecimal."`
	From          string   `query:"from" example:"2025-03-01" doc:"Signed then or later, by the best signature time: RFC 3339, or a day."`
	To            string   `query:"to" example:"2025-03-31" doc:"Signed then or earlier; a day is the whole day in UTC."`
	ValidatedFrom string   `query:"validated-from" example:"2025-03-01" doc:"Judged then or later."`
	ValidatedTo   string   `query:"validated-to" example:"2025-03-31" doc:"Judged then or earlier."`
	Verdict       []string `query:"verdict,explode" nullable:"false" example:"TOTAL-PASSED" doc:"TOTAL-PASSED, TOTAL-FAILED or INDETERMINATE; any of those given."`
	Qualification string   `query:"qualification" example:"QESig" doc:"Qualification of a signature."`
	Territory     string   `query:"territory" example:"EE" doc:"Of a trusted list that the verdict rests on."`
	ExpiresBefore string   `query:"expires-before" example:"2031-01-01" doc:"Something that the bundle rests on ends before: RFC 3339, or a day."`
	Sort          string   `query:"sort" enum:"id,file,signed,validated,expiry" example:"signed" doc:"By what bundles are ordered. Empty: by id."`
	Desc          bool     `query:"desc" example:"true" doc:"The last ones first."`
	Cursor        string   `query:"cursor" maxLength:"4096" example:"eyJzIjoiaWQiLCJpIjoiMCJ9" doc:"The member next of the page before; everything else must be as it was there."`
}

// bundlesFound is a page of bundles that were looked for.
type bundlesFound struct {
	Bundles []index.Entry `json:"bundles" nullable:"false"`
	Next    string        `json:"next,omitempty" doc:"When there is more: the parameter cursor of the next request."`
	// Complete is false where the index was not yet compared with the whole store.
	Complete bool `json:"complete" doc:"False while the index is being compared with the store: bundles may be missing."`
	// Compared is the index.State's.
	Compared *time.Time `json:"compared,omitempty" example:"2026-11-22T23:05:02Z" doc:"When the index was last compared with the whole store. What is said of a bundle here, its verdict too, is as of the index; its report and the bundle itself are read from the store."`
}

// listBundles lists ids in ascending order, or looks for bundles: GET /v1/bundles.
func (s *server) listBundles(c *gin.Context, in *pageQuery) error {
	archive, err := s.archive(c)
	if err != nil {
		return err
	}
	if in.any() {
		return s.searchBundles(c, archive, in)
	}
	page := bundlePage{Bundles: []bundleItem{}}
	for id, err := range archive.List(c.Request.Context()) {
		if err != nil {
			return fmt.Errorf("listing bundles: %w", err)
		}
		if id <= in.After {
			continue
		}
		if len(page.Bundles) == in.Limit {
			page.Next = page.Bundles[in.Limit-1].ID
			break
		}
		page.Bundles = append(page.Bundles, bundleItem{id})
	}
	return answer(c, http.StatusOK, page)
}

// any says whether bundles are looked for.
func (f *Filters) any() bool {
	return f.Signer+f.File+f.Scheme+f.Digest+f.From+f.To+f.ValidatedFrom+f.ValidatedTo+f.Qualification+f.Territory+f.ExpiresBefore+f.Sort+f.Cursor != "" ||
		f.Desc || len(f.Verdict) > 0
}

func (s *server) searchBundles(c *gin.Context, archive Archive, in *pageQuery) error {
	if in.After != "" {
		return problem(BadParameter, "The parameter after is of a list without filters; here the page before names a cursor.")
	}
	q, err := in.query(in.Limit)
	if err != nil {
		return err
	}
	page, complete, err := archive.Search(c.Request.Context(), q)
	if err != nil {
		return err
	}
	out := bundlesFound{Bundles: page.Entries, Next: page.Next, Complete: complete}
	if at := page.State.Compared; !at.IsZero() {
		out.Compared = &at
	}
	if out.Bundles == nil {
		out.Bundles = []index.Entry{}
	}
	return answer(c, http.StatusOK, out)
}

// query is what the filters ask of the index, whose ends are exclusive.
func (f *Filters) query(limit int) (index.Query, error) {
	q := index.Query{Signer: f.Signer, File: f.File, Scheme: f.Scheme, Digest: f.Digest, Verdicts: f.Verdict, Qualification: f.Qualification,
		Territory: f.Territory, Sort: index.Sort(f.Sort), Desc: f.Desc, Limit: limit, Cursor: f.Cursor}
	for _, one := range []struct {
		name, value string
		last        bool
		into        *time.Time
	}{
		{"from", f.From, false, &q.SignedFrom}, {"to", f.To, true, &q.SignedTo}, {"validated-from", f.ValidatedFrom, false, &q.ValidatedFrom},
		{"validated-to", f.ValidatedTo, true, &q.ValidatedTo}, {"expires-before", f.ExpiresBefore, false, &q.ExpiresBefore},
	} {
		if one.value == "" {
			continue
		}
		t, err := moment(one.name, one.value, one.last)
		if err != nil {
			return q, err
		}
		if one.last {
			t = t.Add(time.Second)
		}
		*one.into = t
	}
	return q, nil
}

// bundleReportQuery names a bundle, and how its report is written.
type bundleReportQuery struct {
	BundlePath
	Spoken
}

// getBundleReport gives the report of a bundle: GET /v1/bundles/{id}/report. What the
// bundle does not hold is written anew from its evidence, which takes its turn among
// those who judge.
func (s *server) getBundleReport(c *gin.Context, in *bundleReportQuery) error {
	archive, err := s.holds(c, &in.BundlePath)
	if err != nil {
		return err
	}
	v, f, err := s.voice(c, in.Spoken)
	if err != nil {
		return err
	}
	release, ok := s.judgings.take(c.Request.Context())
	if !ok {
		return s.busy(s.judgings, "files being judged")
	}
	defer release()
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.Limits.JudgingTime)
	defer cancel()
	body, err := archive.Report(ctx, in.ID, v)
	if err == nil {
		s.report(c, v, f, body)
	}
	return err
}
