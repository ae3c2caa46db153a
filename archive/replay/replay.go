// Package replay turns a verdict into an evidence bundle and a bundle back into
// the same verdict: offline, from the bytes of the bundle alone, in any later
// year. It is pure.
package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	in := input{Version: inputVersion, Software: software, File: req.File.Name, ValidationTime: req.At.UTC().Truncate(time.Second)}
	c := bundle.Content{Report: rep, Evidence: verdict.Evidence.All(), Policy: v.Policy().Text()}
	c.Originals = append(c.Originals, bundle.Original{Name: req.File.Name, Role: bundle.Document, Data: req.File.Data})
	for _, d := range req.Detached {
		in.Detached = append(in.Detached, d.Name)
		c.Originals = append(c.Originals, bundle.Original{Name: d.Name, Role: bundle.Detached, Data: d.Data})
	}
	if snap := v.Trust().Snapshot(); snap != nil {
		in.Journal, in.LOTLAnchors = snap.Journal, snap.Anchors
		c.Lists, in.Extra = lists(snap, verdict.Lists)
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
	for _, l := range relied {
		if l.Source != trustlist.FromExtra {
			out = append(out, bundle.ListFile{Name: l.Name, Role: bundle.List, Data: l.Raw})
			continue
		}
		signer := l.Signature.Signer
		out = append(out,
			bundle.ListFile{Name: l.Name, Role: bundle.Extra, Data: l.Raw},
			bundle.ListFile{Name: l.Name + "-signer.der", Role: bundle.ExtraSigner, Data: signer.Raw})
		extras = append(extras, extra{List: l.SHA256, Signers: []evidence.ID{signer.ID}})
	}
	return out, extras
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
			x.Signers = append(x.Signers, signers[id])
		}
		li.Extra = append(li.Extra, x)
	}
	if len(li.Files) == 0 && len(li.Extra) == 0 {
		return path.NewTrust(nil, plain), nil
	}
	snap, _ := lotl.Authenticate(li)
	return path.NewTrust(snap, plain), nil
}

// Same says whether a verdict gives the report that the bundle holds, byte for
// byte; got is what it gives now.
func Same(b *bundle.Bundle, v *validate.Verdict) (same bool, got []byte, err error) {
	got, err = v.Report.JSON()
	if err != nil {
		return false, nil, err
	}
	return bytes.Equal(got, b.Content.Report), got, nil
}
