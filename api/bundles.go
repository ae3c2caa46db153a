package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// BundlePath names a bundle.
type BundlePath struct {
	ID string `path:"id" example:"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" doc:"The bundle's id, 64 hexadecimal digits."`
}

// holds is the archive of who asks, and notes for which bundle.
func (s *server) holds(c *gin.Context, in *BundlePath) (Archive, error) {
	archive, err := s.archive(c)
	if err != nil {
		return nil, err
	}
	if !bundleID.MatchString(in.ID) { // before any store sees it
		return nil, problem(NoSuchBundle, "No bundle has this id.")
	}
	c.Set(bundleKey, in.ID)
	return archive, nil
}

// getBundle gives a bundle's file: GET /v1/bundles/{id}.
func (s *server) getBundle(c *gin.Context, in *BundlePath) error {
	archive, err := s.holds(c, in)
	if err != nil {
		return err
	}
	data, err := archive.Get(c.Request.Context(), in.ID)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+in.ID+bundleSuffix+`"`)
	c.Header("Content-Length", strconv.FormatInt(data.Size(), 10))
	c.Header("Content-Type", bundleType)
	c.Status(http.StatusOK)
	// Where it breaks off fewer octets come than Content-Length says, and the connection
	// ends: nobody takes that for the bundle.
	client := &receiver{to: c.Writer}
	if err := data.Write(c.Request.Context(), client); err != nil && !client.left {
		return err
	}
	return nil
}

// receiver tells a client that left, which is no incident, from failures of ours.
type receiver struct {
	to   io.Writer
	left bool
}

func (r *receiver) Write(p []byte) (int, error) {
	n, err := r.to.Write(p)
	r.left = r.left || err != nil
	return n, err
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
