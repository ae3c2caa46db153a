package siva

import (
	"context"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/signature"
)

// validate answers POST /validate.
func (f *face) validate(ctx context.Context, body []byte) (any, error) {
	d, err := readDocument(body)
	if err != nil {
		return nil, err
	}
	c, told, err := f.document(ctx, d, 0)
	if err != nil {
		return nil, err
	}
	c.ValidatedDocument = &validatedFile{d.filename}
	out := answer{Report: validationReport{Conclusion: *c}}
	if told != nil {
		out.Report.Process, out.Report.Diagnostic = told.more(d.report, d.filename)
	}
	return out, nil
}

// document chooses the rules by the name of the file, as SiVa does, and judges.
// told is nil where only a conclusion is given, whatever report was asked for.
func (f *face) document(ctx context.Context, d *document, depth int) (*conclusion, *told, error) {
	ext := extension(d.filename)
	if ext == "ddoc" {
		return nil, nil, ddocRefused(d.data)
	}
	t, err := f.judged(ctx, d.policy, validate.Request{File: validate.File{Name: d.filename, Data: d.data}, At: d.at})
	if err != nil {
		return nil, nil, err
	}
	if t == nil {
		c := d.policy.conclusion(stamp(f.options.Now()))
		c.ValidationLevel = "ARCHIVAL_DATA"
		return &c, &told{policy: d.policy}, nil
	}
	if slices.Contains([]string{"asics", "scs", "zip"}, ext) && isTokens(t.Judged.Document) {
		c, err := f.tokens(ctx, d, t, depth)
		return c, nil, err
	}
	if t.bdoc = ext == "bdoc"; t.bdoc {
		if !isBDOC(t.Judged.Document) {
			return nil, nil, errMalformed
		}
		c := t.conclusion()
		return &c, nil, nil
	}
	c := t.conclusion()
	return &c, t, nil
}

// isBDOC says whether a file can be one of BDOC 2.1: a container with a mimetype
// file that does not name BDOC 1.0.
func isBDOC(d *signature.Document) bool {
	k := d.Container
	return k != nil && k.HasMimetype && !strings.HasPrefix(k.Mimetype, "application/vnd.bdoc-1.")
}

// judged judges a file; nil where it can be read and nothing in it is signed. One
// that cannot be read is refused in SiVa's words.
func (f *face) judged(ctx context.Context, p *legalPolicy, req validate.Request) (*told, error) {
	v, err := f.judge.Judge(ctx, p.judged, req)
	if err != nil {
		return nil, err
	}
	if e := v.Report.Error; e != nil {
		if e.Code == string(signature.NoSignature) && strings.HasPrefix(string(req.File.Data[:min(5, len(req.File.Data))]), "%PDF-") {
			return nil, nil
		}
		return nil, errMalformed
	}
	return &told{Verdict: v, policy: p, data: req.File.Data, digested: req.Digests}, nil
}

func extension(name string) string {
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

// dataFiles answers POST /getDataFiles, which is for DDOC only.
func (f *face) dataFiles(_ context.Context, body []byte) (any, error) {
	m, err := members(body)
	if err != nil {
		return nil, err
	}
	var bad faults
	name := bad.filename("filename", m["filename"])
	data := bad.base64("document", m["document"], false)
	if err := bad.err(); err != nil {
		return nil, err
	}
	if extension(name) != "ddoc" {
		return nil, refuse("filename", saysNoDDOC)
	}
	return nil, ddocRefused(data)
}

// ddocRefused says that a DDOC is none, or that it is not judged yet.
func ddocRefused(data []byte) error {
	if head := string(data[:min(len(data), 1024)]); strings.Contains(head, "<SignedDoc") {
		return refuse("document", "DDOC is not judged by this version of the service")
	}
	return errMalformed
}

// validateHashcode answers POST /validateHashcode: each signature file is judged by
// itself.
func (f *face) validateHashcode(ctx context.Context, body []byte) (any, error) {
	h, err := readHashcode(body)
	if err != nil {
		return nil, err
	}
	var c *conclusion
	for _, s := range h.signatures {
		one, err := f.signatureFile(ctx, h.policy, s)
		if err != nil {
			return nil, err
		}
		if c == nil {
			c = one
			continue
		}
		for _, sig := range one.Signatures {
			c.add(sig)
		}
	}
	return answer{Report: validationReport{Conclusion: *c}}, nil
}

func (f *face) signatureFile(ctx context.Context, p *legalPolicy, s signatureFile) (*conclusion, error) {
	if s.digests == nil {
		if s.digests = ownDigests(s.data); s.digests == nil {
			return nil, errMalformed
		}
	}
	t, err := f.judged(ctx, p, validate.Request{File: validate.File{Name: "signature.xml", Data: s.data}, Digests: s.digests})
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, errMalformed
	}
	c := t.conclusion()
	return &c, nil
}

// ownDigests are the digests of contents outside that signatures refer to: where a
// client sends none, they are taken on the signatures' word, and the report shows
// them for him to compare.
func ownDigests(data []byte) []validate.Digested {
	doc, err := validate.Open(validate.File{Data: data}, nil)
	if err != nil || doc.Form != signature.FormXAdES {
		return nil
	}
	out := []validate.Digested{}
	for _, s := range doc.Signatures {
		for _, r := range s.References {
			if r.Type == signature.RefReference && !r.Found && !strings.HasPrefix(r.URI, "#") && len(r.Value) > 0 {
				out = append(out, validate.Digested{Name: r.Name, Digest: r.Digest, Sum: r.Value})
			}
		}
	}
	return out
}
