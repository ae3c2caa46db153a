package siva

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// maxNesting bounds containers in containers.
const maxNesting = 5

// What is said of time-stamp tokens of containers.
const (
	saysUncovered  = "The time-stamp token does not cover container datafile!"
	saysNotGranted = "The certificate is not related to a granted status at time-stamp lowest POE time!"
	saysUngranted  = "Found a timestamp token not related to granted status. If not yet covered with a fresh timestamp token, this container might become invalid in the future."
)

// isTokens says whether a container holds time-stamp tokens.
func isTokens(d *signature.Document) bool { return tokenFiles(d) > 0 }

// hasRecord says whether a container holds a file that is to be an evidence record.
func hasRecord(d *signature.Document) bool {
	return slices.ContainsFunc(d.Container.Entries, func(e signature.Entry) bool { return strings.HasPrefix(e.Name, "META-INF/evidencerecord") })
}

func tokenFiles(d *signature.Document) int {
	n := 0
	if d.Container != nil {
		for _, e := range d.Container.Entries {
			if strings.HasPrefix(e.Name, "META-INF/") && strings.HasSuffix(e.Name, ".tst") {
				n++
			}
		}
	}
	return n
}

// tokens tells of a container whose content is under time-stamp tokens: of the
// tokens, and of its one data file as it was at the time of the first token that
// passed and covers it.
func (f *face) tokens(ctx context.Context, d *document, t *told, depth int) (*conclusion, error) {
	doc := t.Judged.Document
	switch {
	case len(doc.Container.DataFiles) != 1, len(doc.Signatures) > 0, len(doc.Records) > 0, hasRecord(doc):
		return nil, errRequirements
	case len(t.Judged.Timestamps) != tokenFiles(doc):
		return nil, errMalformed // some token cannot be read
	}
	c := d.policy.conclusion(stamp(t.Report.ValidationTime.Time))
	c.SignatureForm, c.ValidationWarnings = form(doc), containerWarnings(doc, d.data)
	name := doc.Container.DataFiles[0]
	inner := dataFile(d.data, name, doc.Container)
	var first *report.JudgedTimestamp
	for i, j := range t.Judged.Timestamps {
		one := newToken(j, name, entriesOf(inner))
		if slices.Contains(one.Warnings, message{saysNotGranted}) && !slices.Contains(c.ValidationWarnings, message{saysUngranted}) {
			c.ValidationWarnings = append(c.ValidationWarnings, message{saysUngranted})
		}
		c.TimeStampTokens = append(c.TimeStampTokens, one)
		if one.passed() && covers(j, name) && (first == nil || j.Token.GenTime.Before(first.Token.GenTime)) {
			first = &t.Judged.Timestamps[i]
		}
	}
	if first == nil || inner == nil || depth >= maxNesting {
		return &c, nil
	}
	return &c, f.inside(ctx, &c, &document{filename: name, data: inner, policy: d.policy, at: first.Token.GenTime}, depth)
}

// inside adds what is told of the data file; one that holds no signature adds
// nothing.
func (f *face) inside(ctx context.Context, c *conclusion, d *document, depth int) error {
	in, _, err := f.document(ctx, d, depth+1)
	var refused *requestErrors
	if errors.As(err, &refused) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, s := range in.Signatures {
		c.add(s)
	}
	c.TimeStampTokens = append(c.TimeStampTokens, in.TimeStampTokens...)
	c.ValidationWarnings = append(c.ValidationWarnings, in.ValidationWarnings...)
	return nil
}

// newToken tells of one token. entries are those of the data file, where it is a
// container itself.
func newToken(j report.JudgedTimestamp, file string, entries []string) tokenReport {
	out := tokenReport{
		Indication: string(verdict.TotalFailed), SubIndication: string(j.SubIndication), SignedTime: stamp(j.Token.GenTime), Level: j.Qualification.Level,
	}
	if j.Passed() { // what is not known of a token counts against it
		out.Indication = string(verdict.TotalPassed)
	}
	if chain := stampChain(j); chain != nil {
		out.SignedBy = j.Signer.SignerName()
		out.Certificates = []certificateReport{withIssuers("CONTENT_TIMESTAMP", chain)}
	}
	var m messages
	for _, f := range append(slices.Clone(j.Findings), j.Qualification.Findings...) {
		m.finding(f, timestampWords(j, f), evidence.ID{})
	}
	out.Errors = slices.DeleteFunc(m.errors, func(x message) bool { return x.Content == saysNotGranted })
	if out.Warnings = m.warnings; len(out.Errors) < len(m.errors) {
		out.Warnings = append(out.Warnings, message{saysNotGranted})
	}
	if !j.Intact {
		return out
	}
	out.Scopes = tokenScopes(j, file, entries)
	if !covers(j, file) {
		out.Warnings = append(out.Warnings, message{saysUncovered})
	}
	return out
}

func (t tokenReport) passed() bool { return t.Indication == string(verdict.TotalPassed) }

// covers says whether the token is over a file: directly, or by a manifest that
// lists it as it is.
func covers(j report.JudgedTimestamp, file string) bool {
	if len(j.At.References) < 2 {
		return j.Intact
	}
	return slices.ContainsFunc(j.At.References, func(r *signature.Reference) bool { return r.Name == file && r.Found && r.Intact })
}

// tokenScopes are the files that a token covers: its manifest and what that lists,
// or the data file.
func tokenScopes(j report.JudgedTimestamp, file string, entries []string) []scope {
	names := []string{file}
	if len(j.At.References) > 1 {
		names = nil
		for _, r := range j.At.References {
			if r.Found && r.Intact {
				names = append(names, r.Name)
			}
		}
	}
	var out []scope
	for i, n := range names {
		x := scope{Name: n, Scope: "FULL", Content: "Full document"}
		if i == 0 && len(names) > 1 {
			x.Content = "Manifest document"
		}
		if n == file && entries != nil {
			x.Content = "ASiCS archive"
		}
		if out = append(out, x); n != file {
			continue
		}
		for _, e := range entries {
			out = append(out, scope{Name: e, Scope: "ARCHIVED", Content: "ASiCS archive content"})
		}
	}
	return out
}

// dataFile unpacks one file of a container that its reader has let pass, and makes
// sure that it is the one that was judged; nil where it is not, or is too large.
func dataFile(container []byte, name string, k *signature.Container) []byte {
	i := slices.IndexFunc(k.Entries, func(e signature.Entry) bool { return e.Name == name })
	z, err := zip.NewReader(bytes.NewReader(container), int64(len(container)))
	if i < 0 || err != nil || k.Entries[i].Size > maxRequest {
		return nil // containers in containers must not unpack to more than a request may hold (attack Z1)
	}
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil
		}
		data, err := io.ReadAll(io.LimitReader(r, k.Entries[i].Size+1))
		_ = r.Close() // nothing was written
		if err == nil && evidence.Of(data) == k.Entries[i].SHA256 {
			return data
		}
	}
	return nil
}

// entriesOf are the files of a container in a container, in its order; nil for what
// is none.
func entriesOf(data []byte) []string {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return nil
	}
	doc, err := validate.Open(validate.File{Name: "inner", Data: data}, nil)
	if err != nil || doc.Container == nil {
		return nil
	}
	var out []string
	for _, e := range doc.Container.Entries {
		if !strings.HasSuffix(e.Name, "/") {
			out = append(out, e.Name)
		}
	}
	return out
}
