package siva

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/vidimus/vidimus/api"
)

// maxRequest bounds a request's body, in octets, as SiVa does.
const maxRequest = 28311552

// serve answers one resource: it takes the turns, receives the body, and writes
// what work returns, or its error.
func (f *face) serve(route string, work func(ctx context.Context, body []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := f.turn(w, r, work)
		if err != nil {
			f.fail(w, r, route, err)
			return
		}
		write(w, http.StatusOK, answer)
	}
}

// turn waits for the turns and does the work in them. While the body arrives and
// waits it is not held in memory; what costs memory and time happens in a turn of
// judging.
func (f *face) turn(w http.ResponseWriter, r *http.Request, work func(ctx context.Context, body []byte) (any, error)) (any, error) {
	release, ok := f.turns.Upload(r.Context())
	if !ok {
		return nil, errBusy
	}
	defer release()
	kept, err := f.receive(w, r)
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
	return work(ctx, body)
}

// receive keeps the body, of at most SiVa's size and the service's own.
func (f *face) receive(w http.ResponseWriter, r *http.Request) (*api.Kept, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, refuse("request", "A compressed request is not taken")
	}
	limit := min(maxRequest, f.turns.MaxRequest())
	if r.ContentLength > limit {
		return nil, tooLarge(r.ContentLength, limit)
	}
	kept, err := f.turns.Keep(http.MaxBytesReader(w, r.Body, limit))
	var over *api.Problem
	if errors.As(err, &over) && over.Code == api.TooLarge {
		return nil, tooLarge(limit+1, limit)
	}
	return kept, err
}

func tooLarge(size, limit int64) error {
	return refuse("request", fmt.Sprintf("Request content-length (%d bytes) exceeds request size limit (%d bytes)", size, limit))
}

// statusClientGone stands in the log where nobody is left to answer, as for /v1.
const statusClientGone = 499

// requestErrors is how SiVa refuses a request: status 400 and what is wrong, by
// the key of the request that it concerns.
type requestErrors struct {
	Errors []requestError `json:"requestErrors"`
}

type requestError struct {
	Key     string `json:"key"`
	Message string `json:"message"`
}

// Error is the first message.
func (e *requestErrors) Error() string { return e.Errors[0].Message }

func refuse(key, message string) error {
	return &requestErrors{Errors: []requestError{{key, message}}}
}

// What is said of a document that cannot be judged.
var (
	errMalformed    = refuse("document", "Document malformed or not matching documentType")
	errRequirements = refuse("document", "Document does not meet the requirements")
	errBusy         = errors.New("no turn came free in time")
)

// fail is the only place where errors become answers. What went wrong inside is
// told by a number that stands in the log.
func (f *face) fail(w http.ResponseWriter, r *http.Request, route string, err error) {
	var refused *requestErrors
	var unready *api.NotReady
	switch {
	case errors.As(err, &refused):
		write(w, http.StatusBadRequest, refused)
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", strconv.Itoa(f.turns.Retry()))
		write(w, http.StatusServiceUnavailable, refuse("request", "The service is busy; try again after the seconds that Retry-After says"))
	case errors.As(err, &unready):
		write(w, http.StatusServiceUnavailable, refuse("request", unready.Why))
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		w.WriteHeader(statusClientGone)
	case errors.Is(err, context.DeadlineExceeded):
		write(w, http.StatusServiceUnavailable, refuse("request", "The work was not done in the time that one request may take"))
	case api.ClientsFault(err):
		write(w, http.StatusBadRequest, refuse("request", "The request broke off or did not arrive in time"))
	default:
		number := f.turns.Incident(route, err)
		write(w, http.StatusInternalServerError, refuse("request", "Something went wrong inside; its number in the log is "+number))
	}
}

// write answers with JSON. The name of the attachment is what SiVa gives against
// browsers that would run an answer as a page of their own.
func write(w http.ResponseWriter, status int, answer any) {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(answer); err != nil {
		http.Error(w, `{"requestErrors":[{"key":"request","message":"The answer could not be written"}]}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="api.json"`)
	w.WriteHeader(status)
	_, _ = io.Copy(w, &body) // a client that left is no incident
}
