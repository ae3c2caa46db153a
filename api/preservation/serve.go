package preservation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/archive/audit"
)

// maxSmall bounds a request that holds no file, in octets.
const maxSmall = 64 << 10

// call is one request on its way through an operation.
type call struct {
	ctx    context.Context
	who    string // in the audit log
	tenant string
	// mayRead: the caller may fetch what is stored, besides what the operation asks.
	mayRead bool
	fields  *fields
	reqID   string
}

// response is the answer of any operation: what is absent is not part of it.
type response struct {
	ReqID    string     `json:"reqID,omitempty"`
	Result   result     `json:"result"`
	Profiles []profile  `json:"profile,omitzero"`
	POID     string     `json:"poId,omitempty"`
	State    *state     `json:"evidenceStatus,omitempty"`
	Objects  []object   `json:"po,omitempty"`
	Evidence []evidence `json:"evidence,omitempty"`
	Trace    *trace     `json:"trace,omitempty"`
	POIDs    []string   `json:"poIds,omitzero"`
	Cursor   string     `json:"cursor,omitempty"`
	Verdict  *verdict   `json:"evidenceValidation,omitempty"`
	// Report is ours, of the validation of signatures or of evidence.
	Report json.RawMessage `json:"report,omitempty"`
	// Validation is the same in ETSI TS 119 102-2.
	Validation *binary `json:"validationReport,omitempty"`

	note string // the message of a success, if any
	code code   // and its minor result
}

// binary is Base64Data of OASIS DSS-X.
type binary struct {
	Value []byte `json:"val"`
	Type  string `json:"mimeType,omitempty"`
}

// serve answers one operation. The turn to receive is held until the answer is
// written, for answers hold whole bundles.
func (f *face) serve(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		release, ok := f.turns.Upload(r.Context())
		if !ok {
			f.answer(w, r, op.name, "", nil, errBusy)
			return
		}
		defer release()
		c := &call{}
		out, err := f.turn(w, r, op, c)
		f.answer(w, r, op.name, c.reqID, out, err)
	}
}

var errBusy = refuse(busy, "The service is busy; try again after the seconds that Retry-After says.")

// turn receives the request and does the work in a turn of judging, which bounds its
// memory and time.
func (f *face) turn(w http.ResponseWriter, r *http.Request, op operation, c *call) (*response, error) {
	kept, err := f.receive(w, r, op)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	ctx, release, ok := f.turns.Judging(r.Context())
	if !ok {
		return nil, errBusy
	}
	defer release()
	body, err := kept.Octets()
	if err != nil {
		return nil, err
	}
	kept.Close()
	if err := c.read(op, body); err != nil {
		return nil, err
	}
	caller := api.CallerOf(r.Context())
	c.ctx, c.who, c.tenant, c.mayRead = ctx, caller.ID, caller.Tenant, caller.May(auth.Read)
	if caller.ID == "" { // the service is open to all
		c.who, c.mayRead = "anybody", true
	}
	return op.work(f, c)
}

// read takes the request's members; its reqID comes back also where the rest is refused.
func (c *call) read(op operation, body []byte) error {
	v, err := parse(body)
	if err != nil {
		return err
	}
	var bad error
	c.fields, bad = v.object("", append([]string{"reqID"}, op.members...)...)
	if c.fields == nil {
		return bad
	}
	id, err := c.fields.text("reqID")
	if err != nil {
		return errors.Join(bad, err)
	}
	c.reqID = id
	return bad
}

// receive keeps the body, within the bound of the operation.
func (f *face) receive(w http.ResponseWriter, r *http.Request, op operation) (*api.Kept, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, refuse(parameterError, "A compressed request is not taken.")
	}
	limit := f.turns.MaxRequest()
	if !op.large {
		limit = min(limit, maxSmall)
	}
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return f.turns.Keep(http.MaxBytesReader(w, r.Body, limit))
}

// info answers GET RetrieveInfo, whose parameters stand in the query.
func (f *face) info(w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err == nil {
		for name, values := range query {
			if name != "reqID" && name != "profileIdentifier" && name != "status" || len(values) != 1 || len(values[0]) > maxText {
				err = refuse(parameterError, "The parameters are reqID, profileIdentifier and status, each once.")
			}
		}
	} else {
		err = refuse(parameterError, "The query cannot be read.")
	}
	id := query.Get("reqID")
	if err != nil || bytes.ContainsFunc([]byte(id), unprintable) {
		f.answer(w, r, "RetrieveInfo", "", nil, refuse(parameterError, "The parameters are reqID, profileIdentifier and status, each once."))
		return
	}
	out, err := f.profiles(query.Get("profileIdentifier"), query.Get("status"))
	f.answer(w, r, "RetrieveInfo", id, out, err)
}

// statusClientGone stands in the log where nobody is left to answer, as for /v1.
const statusClientGone = 499

// answer writes what an operation returned, or its error. What went wrong inside is
// told by a number that stands in the log.
func (f *face) answer(w http.ResponseWriter, r *http.Request, route, reqID string, out *response, err error) {
	status := http.StatusOK
	switch {
	case err == nil:
		out.Result = result{Major: success}
		if out.note != "" {
			out.Result.Minor, out.Result.Message = minorPrefix+string(out.code), &message{out.note, "en"}
		}
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		w.WriteHeader(statusClientGone)
		return
	default:
		no := refusalOf(err)
		if no == nil {
			no = &refusal{internalError, "Something went wrong inside; its number in the log is " + f.turns.Incident(basePath+route, err) + "."}
		} else if no.code == damaged {
			no = &refusal{damaged, no.says + " The number in the log is " + f.turns.Incident(basePath+route, err) + "."}
		}
		meaning := meanings[no.code]
		status, out = meaning.status, &response{Result: result{meaning.major, minorPrefix + string(no.code), &message{no.says, "en"}}}
		if no.code == busy {
			w.Header().Set("Retry-After", strconv.Itoa(f.turns.Retry()))
		}
	}
	out.ReqID = reqID
	var body bytes.Buffer
	e := json.NewEncoder(&body) // which escapes HTML: names are strangers'
	if err := e.Encode(out); err != nil {
		http.Error(w, `{"result":{"maj":"`+responderError+`"}}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="answer.json"`)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = io.Copy(w, &body) // a client that left is no incident
}

// told logs how an operation on an object ended, and returns its error, or that it could
// not be logged: what is not in the log is not acknowledged.
func (c *call) told(a Archive, what, object, detail string, err error) error {
	e := audit.Event{Who: c.who, What: what, Object: object, Result: "ok", Detail: detail}
	if err != nil {
		e.Result, e.Detail = "failed", err.Error()
	}
	return errors.Join(err, a.Log(context.WithoutCancel(c.ctx), e))
}
