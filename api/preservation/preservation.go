// Package preservation speaks the preservation protocol of ETSI TS 119 512 V1.2.1 as
// JSON over HTTP, for one profile: storage with evidence records (scheme F.1). Its
// operations are RetrieveInfo, PreservePO, RetrievePO, DeletePO, RetrieveTrace,
// ValidateEvidence and Search, each POST /preservation/v1/NAME; RetrieveInfo is also GET.
//
// It is a voice of the archive. A preservation object (PO) is kept as an evidence
// bundle, whose ID is the POID; what is judged, kept, sealed and deleted is decided where
// it always is.
//
// Names. Where our copy of the standard names a thing (operations, goals, storage
// models, policies, scheme, SubjectOfRetrieval, DeletionMode, versions, statuses), that
// name is used. Of the JSON binding our copy has no member names: requests and answers
// have those of OASIS DSS-X 2.0, on which the binding rests (reqID, result with maj, min
// and msg, binary data with val and mimeType), and every other element has its XML name
// in lower camel case (profileIdentifier, poId, subjectOfRetrieval). Major results are
// the URIs of OASIS DSS; minor ones are ours (urn:vidimus:preservation:…), see result.go.
// Two things are ours besides: the fileName of a PO, and the members of a Search filter.
//
// Requests are read strictly: a member that is unknown or doubled is refused. Errors are
// a result in the body and an HTTP status; what the door refuses before (credentials,
// rates) is a problem of RFC 9457, as everywhere.
package preservation

import (
	"context"
	"net/http"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/report"
)

// House is what the face hangs on. Its methods are called concurrently.
type House interface {
	// Archive is that of a tenant, which shows nothing of any other's.
	Archive(ctx context.Context, tenant string) (Archive, error)
	// Judge judges a file now. An *api.NotReady says that there is no trust to judge by.
	Judge(ctx context.Context, req validate.Request) (*validate.Verdict, error)
}

// Archive is the archive of one tenant.
type Archive interface {
	// Preserve judges an object and returns once its bundle is durable, under the
	// retention of Options. One in which nothing is signed is preserved too; one that is
	// malformed or hostile is an *api.Refused.
	Preserve(ctx context.Context, upload api.Upload) (id string, rep *report.Report, err error)
	// Store holds the bundles; objects can be deleted only from an archive.Keeper.
	Store() archive.Store
	// Delete deletes a bundle whose retention is over. Errors are those of archive.Delete.
	Delete(ctx context.Context, id, by, reason string) (archive.Deleted, error)
	// Search looks into the index; ErrNoIndex where there is none.
	Search(ctx context.Context, q index.Query) (index.Page, error)
	// Log appends to the audit log, and returns when that is durable.
	Log(ctx context.Context, events ...audit.Event) error
}

// Options say what the profile promises.
type Options struct {
	// Policy is the name of the signature validation policy.
	Policy string
	// Retention is for how long each object is kept from deletion; 0: for as long as the
	// operator says by other means.
	Retention time.Duration
}

// New returns the face.
func New(house House, options Options) api.Face { return &face{house: house, options: options} }

type face struct {
	house   House
	options Options
	turns   api.Turns
}

// Open takes the turns that requests have to wait for.
func (f *face) Open(turns api.Turns) { f.turns = turns }

// basePath is before the name of every operation.
const basePath = "/preservation/v1/"

// operation is one of TS 119 512 clause 5.3.
type operation struct {
	name  string
	scope string // "" lets everybody in
	large bool   // the request may hold files
	// members are those of the request, besides reqID; the profile lists them as inputs.
	members []string
	work    func(f *face, c *call) (*response, error)
}

// operations are all of them, in the order of the standard.
func operations() []operation {
	return []operation{
		{"RetrieveInfo", "", false, []string{"profileIdentifier", "status"}, (*face).retrieveInfo},
		{"PreservePO", auth.Put, true, []string{"profileIdentifier", "po"}, (*face).preservePO},
		{"RetrievePO", auth.Read, false, []string{"poId", "versionId", "subjectOfRetrieval", "evidenceFormat"}, (*face).retrievePO},
		{"DeletePO", auth.Put, false, []string{"poId", "deletionMode", "reason"}, (*face).deletePO},
		{"RetrieveTrace", auth.Read, false, []string{"poId", "after", "maxResults"}, (*face).retrieveTrace},
		{"ValidateEvidence", auth.Validate, true, []string{"poId", "evidence", "po"}, (*face).validateEvidence},
		{"Search", auth.Read, false, []string{"filter", "maxResults", "cursor"}, (*face).search},
	}
}

// Routes are the operations' resources.
func (f *face) Routes() []api.Route {
	var out []api.Route
	for _, op := range operations() {
		out = append(out, api.Route{Method: http.MethodPost, Path: basePath + op.name, Handler: f.serve(op), Open: op.scope == "", Scope: op.scope, Reads: !op.large})
	}
	return append(out, api.Route{Method: http.MethodGet, Path: basePath + "RetrieveInfo", Handler: f.info, Open: true})
}
