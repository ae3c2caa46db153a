package preservation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/index"
)

// result is that of OASIS DSS-X 2.0.
type result struct {
	Major   string   `json:"maj"`
	Minor   string   `json:"min,omitempty"`
	Message *message `json:"msg,omitempty"`
}

type message struct {
	Value string `json:"value"`
	Lang  string `json:"lang"`
}

// The major results of OASIS DSS.
const (
	majorPrefix    = "urn:oasis:names:tc:dss:1.0:resultmajor:"
	success        = majorPrefix + "Success"
	requesterError = majorPrefix + "RequesterError"
	responderError = majorPrefix + "ResponderError"
)

// minorPrefix is before every code: our copy of the standard has no list of them.
const minorPrefix = "urn:vidimus:preservation:"

// code is a minor result.
type code string

// The minor results.
const (
	parameterError  code = "parameterError"
	tooLarge        code = "tooLarge"
	tooSlow         code = "tooSlow"
	unknownProfile  code = "unknownProfile"
	unknownPOID     code = "unknownPOID"
	unknownVersion  code = "unknownVersion"
	deletedPOID     code = "deletedPOID"
	poFormatError   code = "POFormatError"
	notSupported    code = "notSupported"
	missingReason   code = "missingReason"
	evidencePending code = "evidencePending"
	underRetention  code = "underRetention"
	underHold       code = "underHold"
	busy            code = "busy"
	notReady        code = "notReady"
	outOfTime       code = "outOfTime"
	noPermission    code = "noPermission"
	damaged         code = "damaged"
	internalError   code = "internalError"
)

// meanings is the one table of majors and HTTP statuses.
var meanings = map[code]struct {
	major  string
	status int
}{
	parameterError:  {requesterError, http.StatusBadRequest},
	tooLarge:        {requesterError, http.StatusRequestEntityTooLarge},
	tooSlow:         {requesterError, http.StatusRequestTimeout},
	unknownProfile:  {requesterError, http.StatusUnprocessableEntity},
	unknownPOID:     {requesterError, http.StatusNotFound},
	unknownVersion:  {requesterError, http.StatusNotFound},
	deletedPOID:     {requesterError, http.StatusGone},
	poFormatError:   {requesterError, http.StatusUnprocessableEntity},
	notSupported:    {requesterError, http.StatusUnprocessableEntity},
	missingReason:   {requesterError, http.StatusBadRequest},
	evidencePending: {requesterError, http.StatusConflict},
	underRetention:  {requesterError, http.StatusConflict},
	underHold:       {requesterError, http.StatusConflict},
	noPermission:    {requesterError, http.StatusForbidden},
	busy:            {responderError, http.StatusServiceUnavailable},
	notReady:        {responderError, http.StatusServiceUnavailable},
	outOfTime:       {responderError, http.StatusServiceUnavailable},
	damaged:         {responderError, http.StatusInternalServerError},
	internalError:   {responderError, http.StatusInternalServerError},
}

// refusal is a result that is no success, as an error.
type refusal struct {
	code code
	says string // a sentence, shown to the client
}

// Error is the sentence.
func (e *refusal) Error() string { return e.says }

func refuse(c code, format string, args ...any) error {
	return &refusal{c, fmt.Sprintf(format, args...)}
}

// ErrNoIndex says that there is no index to search.
var ErrNoIndex = errors.New("this service keeps no index")

// refusalOf is the only translation of errors into results. nil is what it does not
// know: that is ours, and the client learns nothing of it.
func refusalOf(err error) *refusal {
	var (
		own        *refusal
		refused    *api.Refused
		unready    *api.NotReady
		tooMuch    *http.MaxBytesError
		problem    *api.Problem
		missing    *archive.NotFoundError
		gone       *archive.DeletedError
		altered    *archive.DamagedError
		alteredToo *bundle.DamagedError
		held       *archive.HeldError
		unretained *archive.UnretainedError
		query      *index.QueryError
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &refused):
		return &refusal{poFormatError, refused.Message}
	case errors.As(err, &unready):
		return &refusal{notReady, unready.Why}
	case errors.As(err, &tooMuch):
		return &refusal{tooLarge, fmt.Sprintf("The request has more than %d octets.", tooMuch.Limit)}
	case errors.As(err, &problem) && problem.Code == api.TooLarge:
		return &refusal{tooLarge, problem.Detail}
	case errors.As(err, &gone):
		return &refusal{deletedPOID, fmt.Sprintf("The object was deleted on %s.", gone.At.UTC().Format(time.RFC3339))}
	case errors.As(err, &missing):
		return &refusal{unknownPOID, "No object has this POID."}
	case errors.As(err, &altered), errors.As(err, &alteredToo):
		return &refusal{damaged, "What the store holds of this object is not what was written."}
	case errors.As(err, &held) && held.Lock.LegalHold:
		return &refusal{underHold, "The object is under a legal hold and may not be deleted."}
	case errors.As(err, &held):
		return &refusal{underRetention, fmt.Sprintf("The object is retained until %s and may not be deleted before.", held.Lock.Until.UTC().Format(time.RFC3339))}
	case errors.As(err, &unretained):
		return &refusal{underRetention, "The object has no end of its retention, so it cannot be told that its time is over; the operator sets one."}
	case errors.Is(err, ErrNoIndex):
		return &refusal{notSupported, "This service keeps no index to search in."}
	case errors.As(err, &query):
		return &refusal{parameterError, "The filter: " + query.Why + "."}
	case errors.Is(err, context.DeadlineExceeded):
		return &refusal{outOfTime, "The work was not done in the time that one request may take."}
	case api.ClientsFault(err):
		return &refusal{tooSlow, "The request broke off or did not arrive in time."}
	}
	return nil
}
