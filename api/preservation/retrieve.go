package preservation

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/preserve"
)

// evidence is a preservation evidence: an evidence record, and what it is over.
type evidence struct {
	FormatID  string `json:"formatId"`
	POID      string `json:"poId,omitempty"`
	VersionID string `json:"versionId"`
	Data      binary `json:"binaryData"`
	// Covers is the data object of the record: the manifest of the bundle, which holds
	// the hash of every file in it, and whose SHA-256 is the POID.
	Covers *object `json:"dataObject,omitempty"`
}

// The subjects of a retrieval.
const (
	subjectPO       = "PO"
	subjectEvidence = "Evidence"
	subjectEmbedded = "POwithEmbeddedEvidence" // the default
	subjectDetached = "POwithDetachedEvidence"
)

// theVersion is the only version of an object: what is preserved does not change.
// allVersions is the default of versionId.
const (
	theVersion  = "1"
	allVersions = "all"
)

// Media types.
const (
	typeASiC   = "application/vnd.etsi.asic-e+zip"
	typeOctets = "application/octet-stream"
	typeJSON   = "application/json"
)

var poidForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// poid reads the member poId. What is none never reaches a store.
func (c *call) poid() (string, error) {
	id, err := c.fields.text("poId")
	switch {
	case err != nil:
		return "", err
	case id == "":
		return "", refuse(parameterError, "The member poId is missing.")
	case !poidForm.MatchString(id):
		return "", refuse(unknownPOID, "No object has this POID.")
	}
	return id, nil
}

// retrievePO answers RetrievePO.
func (f *face) retrievePO(c *call) (*response, error) {
	id, err := c.poid()
	if err != nil {
		return nil, err
	}
	version, err := c.fields.text("versionId")
	if err != nil {
		return nil, err
	}
	if version != "" && version != theVersion && version != allVersions {
		return nil, refuse(unknownVersion, "The object has one version, %s; all is that one too.", theVersion)
	}
	format, err := c.fields.text("evidenceFormat")
	if err != nil {
		return nil, err
	}
	if format != "" && format != evidenceRecord {
		return nil, refuse(notSupported, "Evidence is given as %s.", evidenceRecord)
	}
	subject, err := c.fields.text("subjectOfRetrieval")
	if err != nil {
		return nil, err
	}
	if subject == "" {
		subject = subjectEmbedded
	}
	work, ok := map[string]func(*call, archive.Store, string, *response) error{
		subjectPO: submitted, subjectEvidence: onlyEvidence, subjectEmbedded: embedded, subjectDetached: detached,
	}[subject]
	if !ok {
		return nil, refuse(parameterError, "The member subjectOfRetrieval is %s, %s, %s or %s.", subjectPO, subjectEvidence, subjectEmbedded, subjectDetached)
	}
	a, err := f.house.Archive(c.ctx, c.tenant)
	if err != nil {
		return nil, err
	}
	out := &response{POID: id}
	err = work(c, a.Store(), id, out)
	var none *archive.NotFoundError
	if errors.As(err, &none) {
		return nil, err // of what is no object, or another's, there is nothing to log
	}
	return out, c.told(a, "get", id, "RetrievePO "+subject, err)
}

// opened reads a bundle, every hash checked.
func opened(c *call, st archive.Store, id string) (*bundle.Bundle, []byte, error) {
	raw, err := archive.Load(c.ctx, st, id)
	if err != nil {
		return nil, nil, err
	}
	b, err := bundle.Open(raw)
	return b, raw, err
}

// submitted gives the objects as they were submitted.
func submitted(c *call, st archive.Store, id string, out *response) error {
	b, _, err := opened(c, st, id)
	if err != nil {
		return err
	}
	for i, o := range b.Content.Originals {
		out.Objects = append(out.Objects, object{ID: fmt.Sprintf("po-%d", i+1), FileName: o.Name, Data: binary{o.Data, typeOctets}})
		if i > 0 {
			out.Objects[0].Related = append(out.Objects[0].Related, out.Objects[i].ID)
		}
	}
	out.State, err = stateOf(c, st, id)
	return err
}

func stateOf(c *call, st archive.Store, id string) (*state, error) {
	n, err := archive.Records(c.ctx, st, id)
	s := &state{Status: "pending", Records: n, Format: evidenceRecord}
	if n > 0 {
		s.Status = "available"
	}
	return s, err
}

// newest is the newest evidence record of an object, which holds all before it, and its
// number.
func newest(c *call, st archive.Store, id string) (record []byte, n int, err error) {
	if n, err = archive.Records(c.ctx, st, id); err != nil {
		return nil, 0, err
	}
	if n == 0 {
		if _, err := archive.RawManifest(c.ctx, st, id); err != nil { // it is unknown, or was deleted
			return nil, 0, err
		}
		return nil, 0, refuse(evidencePending, "The object has no evidence record yet: it is made with the next seal. The subject %s can be retrieved now.", subjectPO)
	}
	record, err = archive.Record(c.ctx, st, id, n)
	return record, n, err
}

// onlyEvidence gives the evidence record and its data object.
func onlyEvidence(c *call, st archive.Store, id string, out *response) error {
	record, n, err := newest(c, st, id)
	if err != nil {
		return err
	}
	manifest, err := archive.RawManifest(c.ctx, st, id)
	if err != nil {
		return err
	}
	out.evidence(id, record, n, manifest)
	return nil
}

func (r *response) evidence(id string, record []byte, n int, manifest []byte) {
	r.Evidence = []evidence{{FormatID: evidenceRecord, POID: id, VersionID: theVersion, Data: binary{record, typeOctets},
		Covers: &object{FileName: preserve.DataObject, Data: binary{manifest, typeJSON}}}}
	r.State = &state{Status: "available", Records: n, Format: evidenceRecord}
}

// detached gives the bundle, and beside it the evidence record over its manifest.
func detached(c *call, st archive.Store, id string, out *response) error {
	record, n, err := newest(c, st, id)
	if err != nil {
		return err
	}
	b, raw, err := opened(c, st, id)
	if err != nil {
		return err
	}
	out.evidence(id, record, n, b.RawManifest)
	out.Objects = []object{{ID: "po-1", FileName: id + ".asice", Data: binary{raw, typeASiC}}}
	return nil
}

// embedded gives the bundle with the evidence record inside.
func embedded(c *call, st archive.Store, id string, out *response) error {
	record, n, err := newest(c, st, id)
	if err != nil {
		return err
	}
	b, _, err := opened(c, st, id)
	if err != nil {
		return err
	}
	raw, err := withRecord(b, record)
	if err != nil {
		return err
	}
	out.Objects = []object{{ID: "po-1", FileName: id + ".asice", Data: binary{raw, typeASiC}}}
	out.State = &state{Status: "available", Records: n, Format: evidenceRecord}
	return nil
}
