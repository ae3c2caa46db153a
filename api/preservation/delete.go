package preservation

import (
	"errors"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
)

// The modes of a deletion.
const (
	deleteAll     = "SubDOsAndEvidence" // the default
	deleteObjects = "OnlySubDOs"
)

// maxReason bounds the reason of a deletion, in octets; who deletes stands beside it.
const maxReason = 1024

// deletePO answers DeletePO: at the end of retention, never under a hold, and the
// record of it stays for ever.
func (f *face) deletePO(c *call) (*response, error) {
	id, err := c.poid()
	if err != nil {
		return nil, err
	}
	mode, err := c.fields.text("deletionMode")
	if err != nil {
		return nil, err
	}
	switch mode {
	case "", deleteAll:
	case deleteObjects:
		return nil, refuse(notSupported, "Evidence is deleted with its object: the mode is %s.", deleteAll)
	default:
		return nil, refuse(parameterError, "The member deletionMode is %s or %s.", deleteAll, deleteObjects)
	}
	reason, err := c.fields.text("reason")
	if err != nil {
		return nil, err
	}
	if reason == "" || len(reason) > maxReason {
		return nil, refuse(missingReason, "A deletion wants a reason of 1 to %d octets, which is kept for ever.", maxReason)
	}
	a, err := f.house.Archive(c.ctx, c.tenant)
	if err != nil {
		return nil, err
	}
	if _, err := archive.RawManifest(c.ctx, a.Store(), id); err != nil {
		var broken *archive.DamagedError
		if !errors.As(err, &broken) { // unknown, another's, or gone
			return nil, err
		}
	}
	// Before anything is done, so that no deletion is without a trace.
	if err := c.told(a, "delete-asked", id, reason, nil); err != nil {
		return nil, err
	}
	done, err := a.Delete(c.ctx, id, c.who, reason)
	if err := c.told(a, "delete", id, "DeletePO", err); err != nil {
		return nil, err
	}
	if done.Before > 0 {
		return nil, refuse(deletedPOID, "The object was deleted before.")
	}
	return &response{POID: id}, nil
}

// trace is the Trace of an object: what is in the audit log about it.
type trace struct {
	Events []event `json:"event"`
	// Next, where there is more, is the member after of the next request.
	Next int64 `json:"next,omitempty"`
}

type event struct {
	Time      time.Time `json:"time"`
	Subject   string    `json:"subject"`
	Operation string    `json:"operation"`
	Object    string    `json:"object,omitempty"`
	Detail    string    `json:"detail,omitempty"`
}

// maxResults bounds the events of a trace, and the objects of a search, of one answer.
const maxResults = 1000

// retrieveTrace answers RetrieveTrace. A deleted object keeps its trace.
func (f *face) retrieveTrace(c *call) (*response, error) {
	id, err := c.poid()
	if err != nil {
		return nil, err
	}
	after, err := c.fields.number("after", 1<<53)
	if err != nil {
		return nil, err
	}
	most, err := c.fields.number("maxResults", maxResults)
	if err != nil {
		return nil, err
	}
	if most == 0 {
		most = maxResults
	}
	a, err := f.house.Archive(c.ctx, c.tenant)
	if err != nil {
		return nil, err
	}
	var gone *archive.DeletedError
	if _, err := archive.RawManifest(c.ctx, a.Store(), id); err != nil && !errors.As(err, &gone) {
		return nil, err
	}
	t := &trace{Events: []event{}}
	var last int64
	for line, err := range audit.Entries(c.ctx, a.Store()) {
		if err != nil {
			return nil, err
		}
		if line.Object != id || line.Seq <= after {
			continue
		}
		if int64(len(t.Events)) == most {
			t.Next = last
			break
		}
		last = line.Seq
		detail := line.Result
		if line.Detail != "" {
			detail += ": " + line.Detail
		}
		t.Events = append(t.Events, event{line.At, line.Who, line.What, line.Object, detail})
	}
	return &response{POID: id, Trace: t}, c.told(a, "trace", id, "RetrieveTrace", nil)
}
