package preservation

import (
	"encoding/json"
	"fmt"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate/report"
)

// object is a PO. FileName is ours: by it the references of detached signatures are
// matched, and reports name the file.
type object struct {
	ID       string   `json:"id,omitempty"`
	FormatID string   `json:"formatId,omitempty"`
	FileName string   `json:"fileName,omitempty"`
	Data     binary   `json:"binaryData"`
	Related  []string `json:"relatedObjects,omitempty"`
}

// state says whether there is evidence yet.
type state struct {
	Status  string `json:"status"`             // "pending" or "available"
	Records int    `json:"versions,omitempty"` // evidence records that were made, each the one before, renewed
	Format  string `json:"evidenceFormat"`     // of what is, or will be
}

// maxObjects bounds the objects of one request, as those of an upload are bounded.
const maxObjects = api.DefaultDetached + 1

// maxRelated bounds the objects that one refers to.
const maxRelated = maxObjects

// objects reads POs. One that refers to others is the signed document, and comes
// first; where none does, the first is it.
func (c *call) objects() ([]object, error) {
	items, err := c.fields.list("po", maxObjects)
	if err != nil {
		return nil, err
	}
	var out []object
	ids, document := map[string]bool{}, -1
	for i, v := range items {
		o, err := readObject(fmt.Sprintf("po[%d].", i), v)
		if err != nil {
			return nil, err
		}
		if o.ID != "" && ids[o.ID] {
			return nil, refuse(parameterError, "Two objects have one id.")
		}
		ids[o.ID] = true
		if len(o.Related) > 0 {
			if document >= 0 {
				return nil, refuse(notSupported, "Several objects refer to others; one request is for one signed document and what it signs.")
			}
			document = i
		}
		out = append(out, *o)
	}
	for _, o := range out {
		for _, id := range o.Related {
			if !ids[id] || id == o.ID {
				return nil, refuse(parameterError, "An object refers to one that is not in the request, or to itself.")
			}
		}
	}
	if document > 0 {
		out[0], out[document] = out[document], out[0]
	}
	return out, nil
}

func readObject(at string, v value) (*object, error) {
	f, err := v.object(at, "id", "formatId", "fileName", "binaryData", "relatedObjects")
	if err != nil {
		return nil, err
	}
	o := &object{}
	for name, into := range map[string]*string{"id": &o.ID, "formatId": &o.FormatID, "fileName": &o.FileName} {
		if *into, err = f.text(name); err != nil {
			return nil, err
		}
	}
	o.FileName = api.CleanName(o.FileName)
	if !f.has("binaryData") {
		return nil, refuse(notSupported, "The member %sbinaryData is missing: objects are taken as binary data only.", at)
	}
	if o.Data, err = readBinary(at+"binaryData.", f.m["binaryData"]); err != nil {
		return nil, err
	}
	related, err := f.list("relatedObjects", maxRelated)
	if err != nil {
		return nil, err
	}
	for _, r := range related {
		id, err := (&fields{at, map[string]value{"relatedObjects": r}}).text("relatedObjects")
		if err != nil {
			return nil, err
		}
		o.Related = append(o.Related, id)
	}
	return o, nil
}

func readBinary(at string, v value) (b binary, err error) {
	f, err := v.object(at, "val", "mimeType")
	if err != nil {
		return b, err
	}
	if b.Type, err = f.text("mimeType"); err != nil {
		return b, err
	}
	b.Value, err = f.octets("val")
	return b, err
}

// preservePO answers PreservePO once the object's bundle is durable. Its evidence comes
// with the next seal.
func (f *face) preservePO(c *call) (*response, error) {
	id, err := c.fields.text("profileIdentifier")
	if err != nil {
		return nil, err
	}
	if !isProfile(id) {
		return nil, refuse(unknownProfile, "There is no such profile; there is %s.", profileID)
	}
	objects, err := c.objects()
	if err != nil {
		return nil, err
	}
	if len(objects) == 0 {
		return nil, refuse(parameterError, "The member po is missing: it is an array of at least one object.")
	}
	up := api.Upload{File: fileOf(objects[0])}
	for _, o := range objects[1:] {
		up.Detached = append(up.Detached, fileOf(o))
	}
	a, err := f.house.Archive(c.ctx, c.tenant)
	if err != nil {
		return nil, err
	}
	poid, rep, err := a.Preserve(c.ctx, up)
	if err := c.told(a, "put", poid, "PreservePO", err); err != nil {
		return nil, err
	}
	out := &response{POID: poid, State: &state{Status: "pending", Format: evidenceRecord}, code: evidencePending,
		note: "The object is preserved; its evidence record is made with the next seal."}
	return out, out.tell(rep)
}

func fileOf(o object) api.File { return api.File{Name: o.FileName, Data: o.Data.Value} }

// tell adds a validation report, in JSON and as ETSI TS 119 102-2.
func (r *response) tell(rep *report.Report) error {
	raw, err := rep.JSON()
	if err != nil {
		return err
	}
	etsi, err := rep.ETSI(report.ETSIOptions{})
	if err != nil {
		return err
	}
	r.Report, r.Validation = json.RawMessage(raw), &binary{etsi, "application/xml"}
	return nil
}
