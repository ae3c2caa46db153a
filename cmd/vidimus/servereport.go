package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/replay"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// Report gives the report of a bundle.
func (a *shelf) Report(ctx context.Context, id string, v api.Voice) ([]byte, error) {
	out, err := a.report(ctx, id, v)
	if err = a.told(ctx, "report", id, err, v.Format); err != nil {
		return nil, err
	}
	return out, nil
}

// report is as it was archived, where it was in that voice, and read alone. Else it is
// written from the verdict that the whole bundle gives again.
func (a *shelf) report(ctx context.Context, id string, v api.Voice) ([]byte, error) {
	m, err := archive.Manifest(ctx, a.store, id)
	if err != nil {
		return nil, err
	}
	kept, err := a.member(ctx, m, bundle.Report)
	if err != nil {
		return nil, err
	}
	switch plain := v.Lang == "" || v.Lang == lang.English; {
	case v.Format == "json" && v.Depth == api.DepthSummary:
		var r report.Report
		if err := json.Unmarshal(kept, &r); err != nil {
			return nil, fmt.Errorf("reading the report of bundle %s: %w", id, err)
		}
		return api.Summary(&r)
	case v.Format == "json":
		return kept, nil
	case v.Format == "html" && plain:
		if out, err := a.member(ctx, m, bundle.ReportHTML); out != nil || err != nil {
			return out, err
		}
	case v.Format == "etsi" && !v.Raw:
		if out, err := a.member(ctx, m, bundle.ReportETSI); err != nil {
			return nil, err
		} else if out != nil {
			return a.service.signed(v.Format, out)
		}
	}
	return a.again(ctx, id, v)
}

// member reads what a bundle has for a role that only one entry has; nil without an
// error: a bundle of before has none.
func (a *shelf) member(ctx context.Context, m bundle.Manifest, role bundle.Role) ([]byte, error) {
	for _, e := range m.Entries {
		if e.Role == role {
			return archive.Object(ctx, a.store, e)
		}
	}
	return nil, nil
}

// again writes a report from the verdict that the bundle gives again, which must be the
// one that was kept.
func (a *shelf) again(ctx context.Context, id string, v api.Voice) ([]byte, error) {
	stored, err := archive.Open(ctx, a.store, id)
	if err != nil {
		return nil, err
	}
	raw, done, err := onDisk(ctx, stored)
	if err != nil {
		return nil, err
	}
	defer done()
	b, err := bundle.Open(raw)
	if err != nil {
		return nil, err
	}
	verdict, err := replay.Judge(b)
	if err != nil {
		return nil, fmt.Errorf("judging bundle %s again: %w", id, err)
	}
	if same, _, err := replay.Same(b, verdict); err != nil || !same {
		return nil, errors.Join(err, &api.ReportDiffers{})
	}
	return a.service.written(verdict.Report, v)
}

// bundleMemory is the size from which a bundle is not held in memory to be judged again,
// in octets.
const bundleMemory = 32 << 20

// onDisk gives the octets of a bundle: those of a large one are mapped from a file
// without a name, until done.
func onDisk(ctx context.Context, stored *archive.Stored) (raw []byte, done func(), err error) {
	inMemory := func() ([]byte, func(), error) {
		b := bytes.NewBuffer(make([]byte, 0, stored.Size()))
		err := stored.Write(ctx, b)
		return b.Bytes(), func() {}, err
	}
	if stored.Size() <= bundleMemory {
		return inMemory()
	}
	f, err := os.CreateTemp("", "vidimus-bundle-*")
	if err != nil {
		return nil, nil, fmt.Errorf("keeping a bundle to judge it again: %w", err)
	}
	name := f.Name()
	gone := os.Remove(name) // at once, where the system allows that: a crash leaves nothing
	closing := func() {
		_ = f.Close()
		if gone != nil {
			_ = os.Remove(name)
		}
	}
	err = stored.Write(ctx, f)
	if err == nil {
		var unmap func()
		if raw, unmap, err = mapUpload(f, stored.Size()); err == nil {
			return raw, func() { unmap(); closing() }, nil
		}
	}
	closing()
	if errors.Is(err, errors.ErrUnsupported) {
		return inMemory()
	}
	return nil, nil, fmt.Errorf("keeping a bundle to judge it again: %w", err)
}
