package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/index"
)

// Code is the stable machine word of a problem; clients may build on it.
type Code string

// The problems of the service itself. A file that cannot be judged carries the
// code of its *Refused instead.
const (
	NotFound         Code = "not-found"
	NoSuchBundle     Code = "no-such-bundle"
	NoSuchRecord     Code = "no-such-record"
	NoArchive        Code = "no-archive"
	MethodNotAllowed Code = "method-not-allowed"
	MalformedRequest Code = "malformed-request"
	BadParameter     Code = "bad-parameter"
	UnknownField     Code = "unknown-field"
	MissingFile      Code = "missing-file"
	EmptyFile        Code = "empty-file"
	MediaType        Code = "unsupported-media-type"
	Encoding         Code = "unsupported-content-encoding"
	TooLarge         Code = "too-large"
	TooManyFiles     Code = "too-many-files"
	TooSlow          Code = "upload-too-slow"
	Unjudgeable      Code = "unjudgeable"
	Busy             Code = "busy"
	OutOfTime        Code = "out-of-time"
	Unready          Code = "not-ready"
	Damaged          Code = "bundle-damaged"
	Internal         Code = "internal"
	NoSuchPolicy     Code = "no-such-policy"
	BadDigest        Code = "bad-digest"
	DigestsNotTaken  Code = "digests-not-taken"
	Unauthorized     Code = "unauthorized"
	Forbidden        Code = "forbidden"
	RateLimited      Code = "rate-limited"
	QuotaExhausted   Code = "quota-exhausted"
	NoSignIn         Code = "sign-in-unavailable"
	NotListed        Code = "not-listed"
	NoCertificate    Code = "no-certificate"
	NotRemembered    Code = "not-remembered"
	NoIndex          Code = "no-index"
	IndexFailed      Code = "index-unavailable"
	NotLogged        Code = "not-logged"
	OtherReport      Code = "other-report"

	NoJobs      Code = "no-jobs"
	NoSuchJob   Code = "no-such-job"
	JobStarted  Code = "job-started"
	JobPosition Code = "job-position"
	KeyReused   Code = "idempotency-key-reused"
	BadWebhook  Code = "bad-webhook"
)

// kind is what all problems of one code share.
type kind struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Hint   string `json:"hint,omitempty"`
}

// kinds is the one table of HTTP statuses.
var kinds = map[Code]kind{
	NotFound:         {http.StatusNotFound, "Not found", "The resources stand in /openapi.json, and on the page /docs."},
	NoSuchRecord:     {http.StatusNotFound, "No such evidence record", "GET /v1/bundles/{id}/records lists them."},
	NoSuchBundle:     {http.StatusNotFound, "No such bundle", "A bundle's id is 64 hexadecimal digits; GET /v1/bundles lists them."},
	NoArchive:        {http.StatusNotFound, "No archive here", "Start the service with --store to keep bundles."},
	MethodNotAllowed: {http.StatusMethodNotAllowed, "Method not allowed", ""},
	MalformedRequest: {http.StatusBadRequest, "Malformed request", ""},
	BadParameter:     {http.StatusBadRequest, "Bad parameter", ""},
	UnknownField:     {http.StatusUnprocessableEntity, "Unknown form field", "The fields are file, once, and detached or digest, any number of times."},
	MissingFile:      {http.StatusUnprocessableEntity, "No file", "Send the signed file as the multipart field file, or as the raw body with ?name=."},
	EmptyFile:        {http.StatusUnprocessableEntity, "Empty file", "Send the signed file as the multipart field file, or as the raw body with ?name=."},
	MediaType:        {http.StatusUnsupportedMediaType, "Unsupported media type", "Send multipart/form-data, or the raw file as application/octet-stream."},
	Encoding:         {http.StatusUnsupportedMediaType, "Unsupported content encoding", "Send the file as it is, without Content-Encoding."},
	TooLarge:         {http.StatusRequestEntityTooLarge, "Too large", ""},
	TooManyFiles:     {http.StatusRequestEntityTooLarge, "Too many files", ""},
	TooSlow:          {http.StatusRequestTimeout, "Upload too slow", ""},
	Unjudgeable:      {http.StatusUnprocessableEntity, "The file cannot be judged", ""},
	Busy:             {http.StatusServiceUnavailable, "Busy", "Try again after the seconds that Retry-After says."},
	OutOfTime:        {http.StatusServiceUnavailable, "Out of time", "Try again later; /readyz may say what is wrong."},
	Unready:          {http.StatusServiceUnavailable, "Not ready", "See /readyz."},
	Damaged:          {http.StatusInternalServerError, "The stored bundle is damaged", "Run `vidimus archive verify` with the bundle's id."},
	Internal:         {http.StatusInternalServerError, "Internal error", "Tell the operator the incident, which the log names too."},
	NoSuchPolicy:     {http.StatusNotFound, "No such policy", "GET /v1/policies lists them."},
	BadDigest:        {http.StatusUnprocessableEntity, "Bad digest", "A field digest is sha-256, sha-384 or sha-512, a colon, and the digest in hexadecimal; its file name is the content's."},
	DigestsNotTaken:  {http.StatusUnprocessableEntity, "Digests are not taken here", "A bundle holds what was signed: send the contents as the field detached."},
	Unauthorized:     {http.StatusUnauthorized, "Unauthorized", "Send the header 'Authorization: Bearer KEY'; 'vidimus key new' makes a key."},
	Forbidden:        {http.StatusForbidden, "Forbidden", "Ask the operator for a key with the scope."},
	RateLimited:      {http.StatusTooManyRequests, "Too many requests", "Try again after the seconds that Retry-After says."},
	QuotaExhausted:   {http.StatusTooManyRequests, "Quota exhausted", "Try again after the seconds that Retry-After says."},
	NoSignIn:         {http.StatusServiceUnavailable, "Sign-in unavailable", "Try again later; API keys work meanwhile."},
	NotListed:        {http.StatusNotFound, "Not listed", "GET /v1/trust/services?q=WORDS finds providers and services; GET /v1/trust/lists names the territories."},
	NoCertificate:    {http.StatusUnprocessableEntity, "No certificate", "Send an X.509 certificate in DER or PEM, as it is or as the field file of a form."},
	NotRemembered:    {http.StatusNotFound, "Not remembered", "Lists are remembered from the first time on that the service, or 'vidimus trust pull', fetched them; those of a mirror are not."},
	NoIndex:          {http.StatusNotFound, "No index here", "Start the service with --index, or leave that out for the default; GET /v1/bundles without filters needs none."},
	IndexFailed:      {http.StatusServiceUnavailable, "The index cannot be searched", "The bundles are safe in the store; 'vidimus archive rebuild-index' makes the index anew from it."},
	NotLogged:        {http.StatusInternalServerError, "Not written into the audit log", "Tell the operator the incident, and try again: what is not in the log is not acknowledged."},
	OtherReport:      {http.StatusConflict, "The bundle gives another report today", "Ask for the report as it was archived: json, or html or etsi in English; 'vidimus replay' shows what differs."},

	NoJobs:      {http.StatusNotFound, "No batch jobs here", "Start the service with --jobs-dir."},
	NoSuchJob:   {http.StatusNotFound, "No such job", "GET /v1/jobs lists them; a job is forgotten some days after its end."},
	JobStarted:  {http.StatusConflict, "The job was started", "Make another job for more files."},
	JobPosition: {http.StatusConflict, "The job has another number of files", "GET /v1/jobs/{id} tells it; go on after as many."},
	KeyReused:   {http.StatusUnprocessableEntity, "Idempotency key reused", "Another request needs another Idempotency-Key."},
	BadWebhook:  {http.StatusUnprocessableEntity, "Bad webhook", "It is the URL of a public host, http or https, on port 80 or 443."},
}

const problemType = "application/problem+json"

// Problem is an answer of RFC 9457, with the members code, hint and incident.
type Problem struct {
	Type     string `json:"type" doc:"Where it stands what the problem means."`
	Title    string `json:"title" doc:"The same for all problems of one code."`
	Status   int    `json:"status" doc:"The HTTP status."`
	Detail   string `json:"detail,omitempty" doc:"What happened this time, in a sentence."`
	Code     Code   `json:"code"`
	Hint     string `json:"hint,omitempty" doc:"What to do about it."`
	Incident string `json:"incident,omitempty" doc:"Number under which the service's log says more."`

	retryAfter int // seconds; 0: no such header
}

// Error makes a Problem travel as an error; it is the detail.
func (p *Problem) Error() string { return p.Detail }

func problem(code Code, detail string) *Problem {
	k := kinds[code]
	return &Problem{Type: "/problems/" + string(code), Title: k.Title, Status: k.Status, Detail: detail, Code: code, Hint: k.Hint}
}

// Refused is a file that cannot be judged; the command makes it of what the
// readers say. Its words are shown to the client.
type Refused struct {
	Code    string // stable: unsupported-format, malformed, hostile, too-large, no-signature, …
	Message string // one sentence
	Hint    string // may be empty
}

// Error is the message.
func (e *Refused) Error() string { return e.Message }

// NotReady says that nothing can be judged now, e.g. for want of trusted lists.
type NotReady struct{ Why string }

// Error is why, one sentence that is shown to the client.
func (e *NotReady) Error() string { return e.Why }

// BadPolicy says that the policy that a request asks for is none, e.g. for a
// constraint that there is not.
type BadPolicy struct{ Why string }

// Error is why, one sentence that is shown to the client.
func (e *BadPolicy) Error() string { return e.Why }

// BadTime says that a file cannot be judged as of the time that a request asks for.
type BadTime struct{ Why string }

// Error is why, one sentence that is shown to the client.
func (e *BadTime) Error() string { return e.Why }

// NoSearch says that bundles cannot be searched.
type NoSearch struct{ Cause error } // nil: the service has no index

// Error is the cause.
func (e *NoSearch) Error() string {
	if e.Cause == nil {
		return "there is no index"
	}
	return "searching the index: " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *NoSearch) Unwrap() error { return e.Cause }

// Unlogged says that what was done, or asked for, could not be written into the audit log.
type Unlogged struct{ Cause error }

// Error is the cause.
func (e *Unlogged) Error() string { return "writing the audit log: " + e.Cause.Error() }

// ReportDiffers says that the evidence of a bundle gives another report than it holds.
type ReportDiffers struct{}

// Error says so.
func (*ReportDiffers) Error() string { return "the bundle gives another report than the one it holds" }

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// problemOf is the only translation of errors into HTTP. What it does not know is
// an internal error, of which the client learns nothing but that it happened.
func problemOf(err error) *Problem {
	var (
		own      *Problem
		refused  *Refused
		unready  *NotReady
		policy   *BadPolicy
		moment   *BadTime
		tooMuch  *http.MaxBytesError
		missing  *archive.NotFoundError
		badKey   *archive.KeyError
		damaged  *archive.DamagedError
		query    *index.QueryError
		search   *NoSearch
		unlogged *Unlogged
		differs  *ReportDiffers
		timedOut interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &unlogged): // before what may be joined to it
		return problem(NotLogged, "The access could not be written into the audit log of the archive.")
	case errors.As(err, &own):
		return own
	case errors.As(err, &refused):
		p := problem(Unjudgeable, refused.Message)
		if refused.Code == string(TooLarge) {
			p = problem(TooLarge, refused.Message)
		}
		if codeForm.MatchString(refused.Code) {
			p.Code = Code(refused.Code)
		}
		p.Hint = refused.Hint
		return p
	case errors.As(err, &policy):
		return problem(BadParameter, policy.Why)
	case errors.As(err, &moment):
		return problem(BadParameter, moment.Why)
	case errors.As(err, &unready):
		return problem(Unready, unready.Why)
	case errors.As(err, &tooMuch):
		return problem(TooLarge, fmt.Sprintf("The request has more than %d octets.", tooMuch.Limit))
	case errors.As(err, &missing), errors.As(err, &badKey):
		return problem(NoSuchBundle, "No bundle has this id.")
	case errors.As(err, &query):
		return problem(BadParameter, strings.ToUpper(query.Why[:1])+query.Why[1:]+".")
	case errors.As(err, &search) && search.Cause == nil:
		return problem(NoIndex, "This service has no index of its bundles.")
	case errors.As(err, &search):
		return problem(IndexFailed, "The index of the bundles is broken, of another store, or of another version.")
	case errors.As(err, &differs):
		return problem(OtherReport, "Judged again from its evidence, by this version, the bundle gives another report than the one it holds.")
	case errors.As(err, &damaged):
		return problem(Damaged, "What the store holds of this bundle is not what was written.")
	case errors.Is(err, context.DeadlineExceeded):
		return problem(OutOfTime, "The work was not done in the time that one request may take.")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timedOut) && timedOut.Timeout():
		return problem(TooSlow, "The request's body did not arrive in time.")
	}
	return problem(Internal, "Something went wrong inside; it says nothing about the file.")
}

// statusClientGone stands in the log where nobody is left to answer; it is what
// other servers write there too.
const statusClientGone = 499

// fail answers with err's problem and ends the chain. Internal causes go to the
// log under an incident number that the client gets too.
func (s *server) fail(c *gin.Context, err error) {
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		c.AbortWithStatus(statusClientGone)
		return
	}
	p := *problemOf(err)
	if p.Status == http.StatusInternalServerError || p.Code == IndexFailed {
		p.Incident = incident()
		s.Log.ErrorContext(c.Request.Context(), "request failed", "incident", p.Incident, "request", c.GetString(requestKey), "route", c.FullPath(), "cause", err.Error())
	}
	s.write(c, &p)
}

func (s *server) write(c *gin.Context, p *Problem) {
	c.Abort()
	c.Set(codeKey, string(p.Code))
	if c.Writer.Written() {
		return // too late for a status; the connection's end must tell
	}
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{"status":500,"code":"internal"}`)
	}
	if p.retryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(p.retryAfter))
	}
	c.Data(p.Status, problemType, body)
}

// problemPage tells what a problem's type means: the URI in its member type.
func (s *server) problemPage(c *gin.Context) {
	k, known := kinds[Code(c.Param("code"))]
	if !known {
		s.fail(c, problem(NotFound, "There is no such problem."))
		return
	}
	c.JSON(http.StatusOK, k)
}
