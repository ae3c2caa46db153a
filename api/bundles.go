package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"github.com/gin-gonic/gin"
)

// bundleType and bundleSuffix: a bundle is an ASiC-E container (EN 319 162-1 annex A).
const (
	bundleType   = "application/vnd.etsi.asic-e+zip"
	bundleSuffix = ".asice"
)

// How many IDs GET /v1/bundles gives at once, unless asked for fewer.
const (
	pageSize    = 100
	maxPageSize = 1000
)

var bundleID = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (s *server) needArchive(c *gin.Context) {
	if s.Archive == nil {
		s.fail(c, problem(NoArchive, "This service keeps no bundles."))
	}
}

// postBundle judges and archives: POST /v1/bundles. It answers once the bundle is
// durable.
func (s *server) postBundle(c *gin.Context) {
	err := s.judge(c, func(ctx context.Context, upload Upload) error {
		id, report, err := s.Archive.Put(ctx, upload)
		if err != nil {
			return err
		}
		if !bundleID.MatchString(id) {
			return fmt.Errorf("archiving a bundle: the archive named it %q", id)
		}
		var body bytes.Buffer // the report's bytes stay as they are, also inside
		fmt.Fprintf(&body, `{"id":%q,"report":`, id)
		body.Write(bytes.TrimSpace(report))
		body.WriteString("}\n")
		c.Header("Location", "/v1/bundles/"+id)
		c.Data(http.StatusCreated, jsonType, body.Bytes())
		return nil
	})
	if err != nil {
		s.fail(c, err)
	}
}

// getBundle gives a bundle's file: GET /v1/bundles/{id}.
func (s *server) getBundle(c *gin.Context) {
	id := c.Param("id")
	if !bundleID.MatchString(id) { // before any store sees it
		s.fail(c, problem(NoSuchBundle, "No bundle has this id."))
		return
	}
	data, err := s.Archive.Get(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Disposition", `attachment; filename="`+id+bundleSuffix+`"`)
	c.Header("Content-Length", strconv.Itoa(len(data)))
	c.Data(http.StatusOK, bundleType, data)
}

// bundleItem is one bundle of the list.
type bundleItem struct {
	ID string `json:"id"`
}

// bundlePage is a part of the list; Next, when there is more, is the after of the
// next request.
type bundlePage struct {
	Bundles []bundleItem `json:"bundles"`
	Next    string       `json:"next,omitempty"`
}

// listBundles lists IDs in ascending order: GET /v1/bundles?after=ID&limit=N.
func (s *server) listBundles(c *gin.Context) {
	after, limit := c.Query("after"), pageSize
	if after != "" && !bundleID.MatchString(after) {
		s.fail(c, problem(BadParameter, "The parameter after is not a bundle's id."))
		return
	}
	if asked := c.Query("limit"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 || n > maxPageSize {
			s.fail(c, problem(BadParameter, fmt.Sprintf("The parameter limit is a number from 1 to %d.", maxPageSize)))
			return
		}
		limit = n
	}
	page := bundlePage{Bundles: []bundleItem{}}
	for id, err := range s.Archive.List(c.Request.Context()) {
		if err != nil {
			s.fail(c, fmt.Errorf("listing bundles: %w", err))
			return
		}
		if id <= after {
			continue
		}
		if len(page.Bundles) == limit {
			page.Next = page.Bundles[limit-1].ID
			break
		}
		page.Bundles = append(page.Bundles, bundleItem{id})
	}
	body, err := json.Marshal(page)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Data(http.StatusOK, jsonType, body)
}
