package preservation

import (
	"errors"
	"time"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate"
)

// verdict is what ValidateEvidence found: an indication of EN 319 102-1 §5.6.3.4.
type verdict struct {
	Indication    string `json:"indication"`
	SubIndication string `json:"subIndication,omitempty"`
	// Existed is when the objects are proven to have existed (the proof of existence).
	Existed *time.Time `json:"proofOfExistence,omitempty"`
	Says    string     `json:"says,omitempty"` // why it does not prove
}

// validateEvidence answers ValidateEvidence. The evidence is that of the request, or
// that of a stored object, or stands inside the object of the request.
func (f *face) validateEvidence(c *call) (*response, error) {
	req, id, err := f.question(c)
	if err != nil {
		return nil, err
	}
	v, err := f.house.Judge(c.ctx, *req)
	if err != nil {
		return nil, err
	}
	rep := v.Report
	if rep.Error != nil {
		return nil, refuse(poFormatError, "%s", rep.Error.Message)
	}
	if len(rep.EvidenceRecords) == 0 {
		return nil, refuse(poFormatError, "There is no evidence record in it.")
	}
	out := &response{POID: id, Verdict: &verdict{Indication: passed}}
	for _, e := range rep.EvidenceRecords {
		if e.Indication != passed && out.Verdict.Indication == passed {
			out.Verdict = &verdict{Indication: e.Indication, SubIndication: e.SubIndication}
			for _, finding := range e.Findings {
				if finding.Level == "error" {
					out.Verdict.Says = finding.Says
					break
				}
			}
		}
		if poe := e.POE.UTC(); e.Indication == passed && out.Verdict.Indication == passed && !e.POE.IsZero() && (out.Verdict.Existed == nil || poe.After(*out.Verdict.Existed)) {
			out.Verdict.Existed = &poe // of several the latest: what all of them prove
		}
	}
	if name := altered(req.File.Data, v.Judged.Document.Container); name != "" {
		out.Verdict = &verdict{Indication: "FAILED", SubIndication: "HASH_FAILURE",
			Says: "The record is over manifest.json, and " + name + " is not what that says, or is not in it."}
	}
	return out, out.tell(rep)
}

const passed = "PASSED"

// question is what is judged, and the POID where it is about a stored object.
func (f *face) question(c *call) (*validate.Request, string, error) {
	objects, err := c.objects()
	if err != nil {
		return nil, "", err
	}
	var given []byte
	if c.fields.has("evidence") {
		if given, err = c.given(); err != nil {
			return nil, "", err
		}
	}
	req := &validate.Request{File: validate.File{Name: "record.ers", Data: given}}
	switch {
	case c.fields.has("poId") && len(objects) > 0:
		return nil, "", refuse(parameterError, "The members poId and po say both what the evidence is over; one of them does.")
	case c.fields.has("poId"):
		id, err := f.stored(c, req)
		return req, id, err
	case len(objects) == 0:
		return nil, "", refuse(parameterError, "It is not said what the evidence is over: give poId, or po.")
	case given == nil:
		req.File = validate.File(fileOf(objects[0]))
		objects = objects[1:]
	}
	for _, o := range objects {
		// Of a bundle the record is over its manifest. Open compares every file with it.
		if b, err := bundle.Open(o.Data.Value); err == nil {
			req.Detached = append(req.Detached, validate.File{Name: preserve.DataObject, Data: b.RawManifest})
			continue
		}
		req.Detached = append(req.Detached, validate.File(fileOf(o)))
	}
	return req, "", nil
}

// given reads the member evidence.
func (c *call) given() ([]byte, error) {
	e, err := c.fields.m["evidence"].object("evidence.", "formatId", "binaryData")
	if err != nil {
		return nil, err
	}
	format, err := e.text("formatId")
	if err != nil {
		return nil, err
	}
	if format != "" && format != evidenceRecord {
		return nil, refuse(notSupported, "Evidence is validated as %s.", evidenceRecord)
	}
	if !e.has("binaryData") {
		return nil, refuse(parameterError, "The member evidence.binaryData is missing.")
	}
	b, err := readBinary("evidence.binaryData.", e.m["binaryData"])
	return b.Value, err
}

// stored asks about a stored object: all its files are compared with the manifest, and
// the record is judged over that.
func (f *face) stored(c *call, req *validate.Request) (string, error) {
	id, err := c.poid()
	if err != nil {
		return "", err
	}
	if !c.mayRead {
		return "", refuse(noPermission, "This credential has not the scope %s, which asking about a stored object needs.", auth.Read)
	}
	a, err := f.house.Archive(c.ctx, c.tenant)
	if err != nil {
		return "", err
	}
	err = func() error {
		manifest, err := archive.RawManifest(c.ctx, a.Store(), id)
		if err != nil {
			return err
		}
		damages, err := archive.Verify(c.ctx, a.Store(), id)
		if err != nil {
			return err
		}
		if len(damages) > 0 {
			return &archive.DamagedError{Key: id, Says: damages[0].String()}
		}
		req.Detached = []validate.File{{Name: preserve.DataObject, Data: manifest}}
		if req.File.Data == nil {
			req.File.Data, _, err = newest(c, a.Store(), id)
		}
		return err
	}()
	var none *archive.NotFoundError
	if errors.As(err, &none) {
		return "", err
	}
	return id, c.told(a, "verify", id, "ValidateEvidence", err)
}
