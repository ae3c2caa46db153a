// Package replay turns a verdict into an evidence bundle and a bundle back into
// the same verdict: offline, from the bytes of the bundle alone, in any later
// year. It is pure.
package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// inputVersion counts changes of the input's meaning.
const inputVersion = 1

// input is the bundle's input.json: how the judgement was asked for.
type input struct {
	Version        int           `json:"version"`
	Software       string        `json:"software"`
	File           string        `json:"file"`
	Detached       []string      `json:"detached,omitempty"`
	ValidationTime time.Time     `json:"validationTime"`
	Journal        string        `json:"officialJournal,omitempty"`
	LOTLAnchors    []evidence.ID `json:"lotlAnchors,omitempty"`
	Extra          []extra       `json:"extraLists,omitempty"`
	Fetched        *fetched      `json:"fetched,omitempty"`
	Voices         int           `json:"voices,omitempty"` // report.Voices of the day; 0: JSON alone
	// Checked is when each list, by its SHA-256, was last known to be the published one.
	Checked map[string]time.Time `json:"listsChecked,omitempty"`
}

// fetched names, among the evidence of the bundle, what the file itself does not
// hold and was fetched for it, and what was asked for in vain.
type fetched struct {
	Certificates []evidence.ID `json:"certificates,omitempty"`
	OCSPs        []evidence.ID `json:"ocsps,omitempty"`
	CRLs         []evidence.ID `json:"crls,omitempty"`
	Notes        []string      `json:"notes,omitempty"`
}

func fetchedOf(f validate.Fetched) *fetched {
	names := func(list [][]byte) []evidence.ID {
		var out []evidence.ID
		for _, raw := range list {
			out = append(out, evidence.Of(raw))
		}
		return out
	}
	out := &fetched{Certificates: names(f.Material.Certificates), OCSPs: names(f.Material.OCSPs), CRLs: names(f.Material.CRLs), Notes: f.Notes}
	if len(out.Certificates)+len(out.OCSPs)+len(out.CRLs)+len(out.Notes) == 0 {
		return nil
	}
	return out
}

// restore finds what was fetched among the evidence of the bundle.
func (f *fetched) restore(b *bundle.Bundle) (out validate.Fetched, err error) {
	if f == nil {
		return out, nil
	}
	held := map[evidence.ID][]byte{}
	for _, o := range b.Content.Evidence {
		held[o.ID] = o.Raw
	}
	out.Notes = f.Notes
	for _, list := range []struct {
		ids []evidence.ID
		to  *[][]byte
	}{{f.Certificates, &out.Material.Certificates}, {f.OCSPs, &out.Material.OCSPs}, {f.CRLs, &out.Material.CRLs}} {
		for _, id := range list.ids {
			raw, ok := held[id]
			if !ok {
				return out, fmt.Errorf("bundle %s: the fetched evidence %s is named in the input and missing", b.ID, id)
			}
			*list.to = append(*list.to, raw)
		}
	}
	return out, nil
}

// extra joins an extra list with the certificates that may have signed it, by
// their SHA-256.
type extra struct {
	List    evidence.ID   `json:"list"`
	Signers []evidence.ID `json:"signers"`
}

const trustAnchorPrefix = "trust-anchor-"

// Pack gathers what a verdict rests on. software says what judged it.
func Pack(v *validate.Validator, req validate.Request, verdict *validate.Verdict, software string) (bundle.Content, error) {
	rep, err := verdict.Report.JSON()
	if err != nil {
		return bundle.Content{}, err
	}
	in := input{Version: inputVersion, Software: software, File: req.File.Name, ValidationTime: req.At.UTC().Truncate(time.Second), Voices: report.Voices}
	c := bundle.Content{Report: rep, Evidence: verdict.Evidence.All(), Policy: v.Policy().Text()}
	if c.ETSI, c.HTML, err = voices(verdict.Report); err != nil {
		return bundle.Content{}, err
	}
	c.Originals = append(c.Originals, bundle.Original{Name: req.File.Name, Role: bundle.Document, Data: req.File.Data})
	in.Fetched = fetchedOf(req.Fetched)
	for _, d := range req.Detached {
		in.Detached = append(in.Detached, d.Name)
		c.Originals = append(c.Originals, bundle.Original{Name: d.Name, Role: bundle.Detached, Data: d.Data})
	}
	if snap := v.Trust().Snapshot(); snap != nil {
		in.Journal, in.LOTLAnchors = snap.Journal, snap.Anchors
		c.Lists, in.Extra = lists(snap, verdict.Lists)
		in.Checked = checked(snap, verdict.Lists)
	}
	for _, x := range v.Trust().Plain() {
		if verdict.Uses(x) {
			c.Lists = append(c.Lists, bundle.ListFile{Name: trustAnchorPrefix + x.ID.String() + ".der", Role: bundle.Anchor, Data: x.Raw})
		}
	}
	c.Input, err = json.MarshalIndent(in, "", " ")
	if err != nil {
		return bundle.Content{}, fmt.Errorf("writing the input of %q: %w", req.File.Name, err)
	}
	return c, nil
}

// lists gathers the lists of lists with their pivots, and the national lists
// that the verdict rests on.
func lists(snap *trustlist.Snapshot, relied []*trustlist.List) ([]bundle.ListFile, []extra) {
	var out []bundle.ListFile
	var extras []extra
	for _, group := range []struct {
		role  bundle.Role
		lists []*trustlist.List
	}{{bundle.LOTL, snap.LOTLs}, {bundle.Pivot, snap.Pivots}} {
		for _, l := range group.lists {
			out = append(out, bundle.ListFile{Name: l.Name, Role: group.role, Data: l.Raw})
		}
	}
	byOperator := func(l *trustlist.List) {
		signer := l.Signature.Signer
		out = append(out,
			bundle.ListFile{Name: l.Name, Role: bundle.Extra, Data: l.Raw},
			bundle.ListFile{Name: l.Name + "-signer.der", Role: bundle.ExtraSigner, Data: signer.Raw})
		extras = append(extras, extra{List: l.SHA256, Signers: []evidence.ID{signer.ID}})
	}
	for _, l := range relied {
		if l.Source == trustlist.FromExtra || l.Source == trustlist.FromThirdCountry && l.LOTL == nil {
			byOperator(l)
			continue
		}
		out = append(out, bundle.ListFile{Name: l.Name, Role: bundle.List, Data: l.Raw})
	}
	for _, other := range snap.Others { // they say who may sign the third countries' lists
		if slices.ContainsFunc(relied, func(l *trustlist.List) bool { return l.LOTL == other }) {
			byOperator(other)
		}
	}
	return out, extras
}

// checked is what is known of when the lists that the verdict rests on, and those that
// point to them, were last the published ones.
func checked(snap *trustlist.Snapshot, relied []*trustlist.List) map[string]time.Time {
	out := map[string]time.Time{}
	for _, l := range relied {
		for _, x := range []*trustlist.List{l, l.LOTL} {
			if t := snap.Checked(x); !t.IsZero() {
				out[x.SHA256.String()] = t
			}
		}
	}
	return out
}

// restoreChecked gives a snapshot what the bundle knows of its lists' freshness.
func restoreChecked(snap *trustlist.Snapshot, frozen map[string]time.Time) (*trustlist.Snapshot, error) {
	if len(frozen) == 0 {
		return snap, nil
	}
	out := make(map[evidence.ID]time.Time, len(frozen))
	for name, t := range frozen {
		id, err := evidence.ParseID(name)
		if err != nil {
			return nil, fmt.Errorf("reading when lists were checked: %w", err)
		}
		out[id] = t
	}
	return snap.WithChecked(out), nil
}

// Judge judges a bundle's document again, under the policy, the lists and the
// time that the bundle holds.
func Judge(b *bundle.Bundle) (*validate.Verdict, error) {
	var in input
	if err := json.Unmarshal(b.Content.Input, &in); err != nil {
		return nil, fmt.Errorf("reading the input of bundle %s: %w", b.ID, err)
	}
	if in.Version != inputVersion {
		return nil, fmt.Errorf("reading the input of bundle %s: version %d; this program replays version %d", b.ID, in.Version, inputVersion)
	}
	p, err := policy.Parse(b.Content.Policy)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", b.ID, err)
	}
	trust, err := trustOf(b, in)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", b.ID, err)
	}
	v, err := validate.New(trust, p)
	if err != nil {
		return nil, err
	}
	req := validate.Request{At: in.ValidationTime}
	if req.Fetched, err = in.Fetched.restore(b); err != nil {
		return nil, err
	}
	for _, o := range b.Content.Originals {
		f := validate.File{Name: o.Name, Data: o.Data}
		if o.Role == bundle.Document {
			req.File = f
		} else {
			req.Detached = append(req.Detached, f)
		}
	}
	return v.Validate(req)
}

// trustOf authenticates the bundle's lists again, from its anchors.
func trustOf(b *bundle.Bundle, in input) (*path.Trust, error) {
	li := lotl.Input{Journal: in.Journal, At: in.ValidationTime, Workers: 1}
	for _, f := range in.LOTLAnchors {
		li.Anchors = append(li.Anchors, lotl.Anchor{Fingerprint: f})
	}
	var plain []*certificate.Certificate
	signers := map[evidence.ID]*certificate.Certificate{}
	extras := map[evidence.ID]bundle.ListFile{}
	for _, f := range b.Content.Lists {
		switch f.Role {
		case bundle.Anchor, bundle.ExtraSigner:
			x, err := certificate.Parse(f.Data)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", f.Name, err)
			}
			if f.Role == bundle.ExtraSigner {
				signers[x.ID] = x
			} else if strings.HasPrefix(f.Name, trustAnchorPrefix) {
				plain = append(plain, x)
			}
		case bundle.Extra:
			extras[evidence.Of(f.Data)] = f
		default:
			li.Files = append(li.Files, lotl.File{Name: f.Name, Raw: f.Data})
		}
	}
	for _, e := range in.Extra {
		f, ok := extras[e.List]
		if !ok {
			return nil, fmt.Errorf("the extra list %s is named in the input and missing", e.List)
		}
		x := lotl.Extra{Name: f.Name, Raw: f.Data}
		for _, id := range e.Signers {
			signer, ok := signers[id]
			if !ok {
				return nil, fmt.Errorf("the signer %s of the extra list %s is named in the input and missing", id, f.Name)
			}
			x.Signers = append(x.Signers, signer)
		}
		li.Extra = append(li.Extra, x)
	}
	if len(li.Files) == 0 && len(li.Extra) == 0 {
		return path.NewTrust(nil, plain), nil
	}
	snap, _ := lotl.Authenticate(li)
	snap, err := restoreChecked(snap, in.Checked)
	if err != nil {
		return nil, err
	}
	return path.NewTrust(snap, plain), nil
}

// voices are the report as a bundle holds it beside the JSON.
func voices(r *report.Report) (etsi, html []byte, err error) {
	if etsi, err = r.ETSI(report.ETSIOptions{}); err != nil {
		return nil, nil, err
	}
	html, err = r.HTML(lang.English)
	return etsi, html, err
}

// Same says whether a verdict gives the reports that the bundle holds, byte for
// byte; got is the JSON that it gives now, without members that reports had not on the
// bundle's day. The ETSI and HTML reports are compared where they were written in the
// way of today (report.Voices): a later version may say the same facts in another
// dress, and the JSON holds them all.
func Same(b *bundle.Bundle, v *validate.Verdict) (same bool, got []byte, err error) {
	var in input
	if err := json.Unmarshal(b.Content.Input, &in); err != nil {
		return false, nil, fmt.Errorf("reading the input of bundle %s: %w", b.ID, err)
	}
	got, err = v.Report.JSONOf(in.Voices)
	if err != nil {
		return false, nil, err
	}
	if same = bytes.Equal(got, b.Content.Report); !same || in.Voices != report.Voices {
		return same, got, nil
	}
	etsi, html, err := voices(v.Report)
	if err != nil {
		return false, nil, err
	}
	return bytes.Equal(etsi, b.Content.ETSI) && bytes.Equal(html, b.Content.HTML), got, nil
}
