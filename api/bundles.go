package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/validate/report"
)

// bundleType and bundleSuffix: a bundle is an ASiC-E container (EN 319 162-1 annex A).
const (
	bundleType   = "application/vnd.etsi.asic-e+zip"
	bundleSuffix = ".asice"
)

var bundleID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// bundleMade is the answer of POST /v1/bundles.
type bundleMade struct {
	ID     string        `json:"id" pattern:"^[0-9a-f]{64}$"`
	Report report.Report `json:"report"`
}

// postBundle judges and archives: POST /v1/bundles. It answers once the bundle is
// durable.
func (s *server) postBundle(c *gin.Context, in *Judging) error {
	archive, err := s.archive(c)
	if err != nil {
		return err
	}
	var asked Upload
	if err := in.options(&asked); err != nil {
		return err
	}
	return s.judge(c, asked, func(ctx context.Context, upload Upload) error {
		if len(upload.Digests) > 0 {
			return problem(DigestsNotTaken, "The form has a digest in place of a content.")
		}
		id, report, err := archive.Put(ctx, upload)
		if err != nil {
			return err
		}
		if !bundleID.MatchString(id) {
			return fmt.Errorf("archiving a bundle: the archive named it %q", id)
		}
		c.Set(bundleKey, id)
		var body bytes.Buffer // the report's bytes stay as they are, also inside
		fmt.Fprintf(&body, `{"id":%q,"report":`, id)
		body.Write(bytes.TrimSpace(report))
		body.WriteString("}\n")
		c.Header("Location", "/v1/bundles/"+id)
		c.Data(http.StatusCreated, jsonType, body.Bytes())
		return nil
	})
}

// bundlePath names a bundle.
type bundlePath struct {
	ID string `path:"id" example:"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" doc:"The bundle's id, 64 hexadecimal digits."`
}

// getBundle gives a bundle's file: GET /v1/bundles/{id}.
func (s *server) getBundle(c *gin.Context, in *bundlePath) error {
	archive, err := s.archive(c)
	if err != nil {
		return err
	}
	if !bundleID.MatchString(in.ID) { // before any store sees it
		return problem(NoSuchBundle, "No bundle has this id.")
	}
	c.Set(bundleKey, in.ID)
	data, err := archive.Get(c.Request.Context(), in.ID)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+in.ID+bundleSuffix+`"`)
	c.Header("Content-Length", strconv.Itoa(len(data)))
	c.Data(http.StatusOK, bundleType, data)
	return nil
}

// bundleItem is one bundle of the list.
type bundleItem struct {
	ID string `json:"id" pattern:"^[0-9a-f]{64}$"`
}

// bundlePage is a part of the list; Next, when there is more, is the after of the
// next request.
type bundlePage struct {
	Bundles []bundleItem `json:"bundles" nullable:"false"`
	Next    string       `json:"next,omitempty"`
}

// pageQuery says which part of the list.
type pageQuery struct {
	After string `query:"after" pattern:"^[0-9a-f]{64}$" example:"0000000000000000000000000000000000000000000000000000000000000000" doc:"Only ids after this one."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" example:"100" doc:"How many ids at most."`
}

// listBundles lists IDs in ascending order: GET /v1/bundles?after=ID&limit=N.
func (s *server) listBundles(c *gin.Context, in *pageQuery) error {
	archive, err := s.archive(c)
	if err != nil {
		return err
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
