package client

import (
	"context"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/vidimus/vidimus/validate/report"
)

// Search says which bundles are looked for: those to which all of it applies. What is
// left empty asks nothing.
type Search struct {
	Signer, File, Scheme string
	Digest               string // SHA-256 or SHA-512 of a file in the bundle, hexadecimal
	From, To             time.Time
	ValidatedFrom        time.Time
	ValidatedTo          time.Time
	Verdicts             []string // any of these
	Qualification        string
	Territory            string
	ExpiresBefore        time.Time
	Sort                 string // id, file, signed, validated or expiry
	Desc                 bool
	PageSize             int // bundles that are asked for at once; 0: as the service likes
}

// Found is what a service's index says of a bundle.
type Found struct {
	ID                   string      `json:"id"`
	Problem              string      `json:"problem"` // why not all could be read
	File                 string      `json:"file"`
	Size                 int64       `json:"size"`
	SHA256               string      `json:"sha256"`
	Form                 string      `json:"form"`
	Policy               string      `json:"policy"`
	Territories          []string    `json:"territories"`
	ValidationTime       report.Time `json:"validationTime"`
	SignaturesCount      int         `json:"signaturesCount"`
	ValidSignaturesCount int         `json:"validSignaturesCount"`
	EvidenceRecords      int         `json:"evidenceRecords"`
	RenewBy              report.Time `json:"renewBy"`
	Ends                 report.Time `json:"ends"`
	Signatures           []struct {
		ID                string      `json:"id"`
		Format            string      `json:"format"`
		Indication        string      `json:"indication"`
		SubIndication     string      `json:"subIndication"`
		Qualification     string      `json:"qualification"`
		SignedBy          string      `json:"signedBy"`
		SerialNumber      string      `json:"serialNumber"`
		Scheme            string      `json:"scheme"`
		BestSignatureTime report.Time `json:"bestSignatureTime"`
	} `json:"signatures"`
	// Complete is false while the index is being compared with the store: then bundles
	// may be missing.
	Complete bool `json:"-"`
}

func (q Search) query() url.Values {
	out := url.Values{"sort": {"id"}}
	for name, value := range map[string]string{"signer": q.Signer, "file": q.File, "scheme": q.Scheme, "digest": q.Digest, "qualification": q.Qualification,
		"territory": q.Territory, "sort": q.Sort} {
		if value != "" {
			out.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{"from": q.From, "to": q.To, "validated-from": q.ValidatedFrom, "validated-to": q.ValidatedTo, "expires-before": q.ExpiresBefore} {
		if !at.IsZero() {
			out.Set(name, at.UTC().Format(time.RFC3339))
		}
	}
	for _, v := range q.Verdicts {
		out.Add("verdict", v)
	}
	if q.Desc {
		out.Set("desc", "true")
	}
	if q.PageSize > 0 {
		out.Set("limit", strconv.Itoa(q.PageSize))
	}
	return out
}

// Search finds bundles, a page at a time; the first error ends it.
func (c *Client) Search(ctx context.Context, q Search) iter.Seq2[Found, error] {
	return func(yield func(Found, error) bool) {
		query := q.query()
		for {
			var page struct {
				Bundles  []Found `json:"bundles"`
				Next     string  `json:"next"`
				Complete bool    `json:"complete"`
			}
			if err := c.get(ctx, "/v1/bundles", query, &page); err != nil {
				yield(Found{}, err)
				return
			}
			for _, b := range page.Bundles {
				if b.Complete = page.Complete; !yield(b, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("cursor", page.Next)
		}
	}
}

// Record is what is told of an evidence record of a bundle; nothing of it is judged.
type Record struct {
	Number     int
	SHA256     string
	Octets     int
	Timestamps []RecordTimestamp // the oldest first
	Problem    string            // why it does not read as one
}

// RecordTimestamp is a time-stamp of an evidence record, as it says of itself.
type RecordTimestamp struct {
	Time           time.Time
	TSA, Algorithm string
}

// Records tells of the evidence records of a bundle, by their numbers.
func (c *Client) Records(ctx context.Context, id string) ([]Record, error) {
	var out struct{ Records []Record }
	err := c.get(ctx, "/v1/bundles/"+url.PathEscape(id)+"/records", nil, &out)
	return out.Records, err
}

// Record gives evidence record n of a bundle, from 1 on, RFC 4998 in DER; the caller
// closes it.
func (c *Client) Record(ctx context.Context, id string, n int) (io.ReadCloser, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/bundles/" + url.PathEscape(id) + "/records/" + strconv.Itoa(n), accept: "*/*"})
}

// BundleReport gives the report that a bundle holds.
func (c *Client) BundleReport(ctx context.Context, id string) (*Report, error) {
	out := &Report{}
	return out, c.get(ctx, "/v1/bundles/"+url.PathEscape(id)+"/report", url.Values{"format": {"json"}}, out)
}

// BundleReportAs gives the report of a bundle in a format of the service, e.g. "pdf", and
// a language, e.g. "et", "" being English; the caller closes it.
func (c *Client) BundleReportAs(ctx context.Context, id, format, lang string) (io.ReadCloser, error) {
	query := url.Values{"format": {format}, "lang": {"en"}}
	if lang != "" {
		query.Set("lang", lang)
	}
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/bundles/" + url.PathEscape(id) + "/report", query: query, accept: "*/*"})
}
