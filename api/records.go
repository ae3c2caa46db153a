package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/archive"
)

// Record is what is told of an evidence record (RFC 4998) of a bundle. What it is worth
// its own time-stamps say: nothing of it is judged here.
type Record struct {
	Number int    `json:"number" minimum:"1" doc:"From 1 on; each record holds all before it."`
	SHA256 string `json:"sha256" doc:"Of the record."`
	Octets int    `json:"octets"`
	// Timestamps are all of the record, the oldest first.
	Timestamps []RecordTimestamp `json:"timestamps" nullable:"false" doc:"Of the record, the oldest first: the last one is the newest renewal."`
	// Problem says why the record does not read.
	Problem string `json:"problem,omitempty" doc:"Why the record does not read as one, a sentence."`
}

// RecordTimestamp is a time-stamp of an evidence record, as it says of itself.
type RecordTimestamp struct {
	Time      time.Time `json:"time"`
	TSA       string    `json:"tsa,omitempty" doc:"Subject of the certificate of the unit that made it, RFC 4514."`
	Algorithm string    `json:"algorithm" doc:"Hash algorithm of the tree that it stands over, e.g. SHA-256."`
}

// recordType is the media type of a record; RFC 4998 registers none.
const recordType = "application/octet-stream"

// recordList is the answer of GET /v1/bundles/{id}/records.
type recordList struct {
	Records []Record `json:"records" nullable:"false"`
}

// recordOperations are those of evidence records.
var recordOperations = map[string]said{
	"listRecords": {
		summary: "List the evidence records of a bundle", tag: "archive",
		description: "Each holds all before it, renewed; a bundle that is not sealed yet has none. They are told as they say of themselves; 'vidimus archive verify' judges them.",
		answers: func(s *server) map[string]*huma.Response {
			return ok(http.StatusOK, "The records, by their numbers.", jsonContent(schema[recordList](s, "RecordList")))
		},
		codes: []Code{NoArchive, NoSuchBundle, Damaged, NotLogged},
	},
	"getRecord": {
		summary: "Get an evidence record of a bundle", tag: "archive",
		description: "An EvidenceRecord of RFC 4998 in DER, over the bundle's manifest.json: any software that knows these can check it.",
		answers: func(*server) map[string]*huma.Response {
			return ok(http.StatusOK, "The record.", map[string]*huma.MediaType{recordType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}})
		},
		codes: []Code{NoArchive, NoSuchBundle, NoSuchRecord, Damaged, NotLogged},
	},
}

// routeRecords serves evidence records.
func (s *server) routeRecords() {
	route(s, s.operation(http.MethodGet, "/v1/bundles/{id}/records", "listRecords", auth.Read), s.listRecords)
	route(s, s.operation(http.MethodGet, "/v1/bundles/{id}/records/{number}", "getRecord", auth.Read), s.getRecord)
}

// listRecords tells of a bundle's evidence records: GET /v1/bundles/{id}/records.
func (s *server) listRecords(c *gin.Context, in *BundlePath) error {
	shelf, err := s.holds(c, in)
	if err != nil {
		return err
	}
	all, err := shelf.Records(c.Request.Context(), in.ID)
	if err != nil {
		return err
	}
	if all == nil {
		all = []Record{}
	}
	return answer(c, http.StatusOK, recordList{all})
}

// recordPath names an evidence record.
type recordPath struct {
	BundlePath
	Number int `path:"number" minimum:"1" maximum:"1000" example:"1" doc:"Number of the record, from 1 on."`
}

// getRecord gives an evidence record: GET /v1/bundles/{id}/records/{number}.
func (s *server) getRecord(c *gin.Context, in *recordPath) error {
	shelf, err := s.holds(c, &in.BundlePath)
	if err != nil {
		return err
	}
	raw, err := shelf.Record(c.Request.Context(), in.ID, in.Number)
	var none *archive.NotFoundError
	var unlogged *Unlogged
	if errors.As(err, &none) && !errors.As(err, &unlogged) {
		return problem(NoSuchRecord, "There is no such bundle, or it has no evidence record of this number.")
	}
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+in.ID+"-"+strconv.Itoa(in.Number)+`.ers"`)
	c.Header("Content-Length", strconv.Itoa(len(raw)))
	c.Data(http.StatusOK, recordType, raw)
	return nil
}
