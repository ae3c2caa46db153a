package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/evidence"
)

// thirdDir holds, in the cache, the lists of third countries to which lists of lists
// point that the operator named. Their signatures are verified whenever they are read:
// nothing here says what is trusted.
const thirdDir = "third-country"

// thirdFiles are the third countries' lists of the cache; none where none were pulled.
func thirdFiles(rt *runtime) ([]lotl.File, error) {
	dir, err := cacheDir(rt)
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, thirdDir)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return readMirror(dir)
}

// thirdResult is what became of one third country's list; id is that of the file that
// is kept now, zero where none is.
type thirdResult struct {
	pull.ListResult
	id evidence.ID
}

// pullThird brings the lists to which the lists of lists of --trusted-list point into
// the cache, from the network or, where files are given, from those. union is what is
// in force of the Union; nothing here touches what is stored or was seen of it.
func (c *TrustPullCmd) pullThird(ctx context.Context, rt *runtime, o pull.Options, union *trustlist.Snapshot, files []lotl.File) ([]thirdResult, error) {
	in := lotl.Input{At: o.Now(), Workers: o.Workers}
	var err error
	if in.Extra, err = (&trustFlags{TrustedList: c.TrustedList, TrustedListSigner: c.TrustedListSigner}).extra(); err != nil || len(in.Extra) == 0 {
		return nil, err
	}
	if union != nil && len(union.LOTLs) > 0 {
		in.Union = union.LOTLs[0]
	}
	named, reports := lotl.Authenticate(in)
	if err := refusedExtra(reports); err != nil {
		return nil, err
	}
	dir, err := cacheDir(rt)
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, thirdDir)
	if err := o.Disk.MkdirAll(dir); err != nil {
		return nil, pullFailure(err)
	}
	var out []thirdResult
	for _, other := range named.Others {
		for _, w := range lotl.Outside(other, in.Union) {
			t := third{other: other, Wanted: w, dir: dir, disk: o.Disk, result: thirdResult{ListResult: pull.ListResult{
				ListID: pull.ListID{Role: stored.RoleTL, Territory: w.Territory, ThirdCountry: true}}}}
			if files != nil {
				for _, f := range files {
					t.offer(f.Raw, f.Name)
				}
			} else {
				t.fetch(ctx, o.Getter)
			}
			if err := ctx.Err(); err != nil {
				return nil, pullFailure(err)
			}
			if err := t.keep(); err != nil {
				return nil, pullFailure(err)
			}
			out = append(out, t.result)
		}
	}
	return out, nil
}

// third is the search for one third country's list.
type third struct {
	lotl.Wanted
	other  *trustlist.List
	dir    string
	disk   stored.Disk
	best   *trustlist.List // the newest genuine one that was offered
	why    string          // why one that was offered is not used
	result thirdResult
}

// offer takes a file when it is genuine, of the territory, and newer than what was offered.
func (t *third) offer(raw []byte, from string) {
	l, err := trustlist.Parse(raw)
	if err != nil || l.Territory != t.Territory || trustlist.UnionType(l.Type) {
		return
	}
	if l, err = lotl.Genuine(raw, t.Signers); err != nil {
		t.why, t.result.From = err.Error(), from
		return
	}
	if t.best == nil || l.Sequence > t.best.Sequence {
		t.best, t.result.From = l, from
	}
}

// fetch asks the locations in their order, until one gives a genuine list.
func (t *third) fetch(ctx context.Context, getter pull.Getter) {
	for _, url := range t.Locations[:min(len(t.Locations), pull.DefaultLocations)] {
		raw, _, _, err := getter.IfChanged(ctx, url, "", "", pull.DefaultMaxList)
		if err != nil {
			if t.result.Says = err.Error(); ctx.Err() != nil {
				return
			}
			continue
		}
		if t.offer(raw, url); t.best != nil {
			return
		}
		if t.why == "" {
			t.why, t.result.From = "It is not the list of "+t.Territory+".", url
		}
	}
}

var territoryCode = regexp.MustCompile(`^[A-Z0-9-]{2,12}$`)

// keep stores what was found, unless an older one is: a list that is older than the
// stored one, or of its number with other content, is refused (attack T1).
func (t *third) keep() error {
	r := &t.result
	switch {
	case !territoryCode.MatchString(t.Territory):
		r.Outcome, r.Says = pull.OutcomeRefused, "Its territory is no code of a country."
		return nil
	case t.best == nil && t.why != "":
		r.Outcome, r.Says = pull.OutcomeRefused, t.why
		return nil
	case t.best == nil:
		if r.Outcome = pull.OutcomeFailed; r.Says == "" {
			r.Says = "No list of this country was there."
		}
		return nil
	}
	r.Number, r.Says = t.best.Sequence, ""
	vouching := evidence.Of([]byte(t.other.Type + "\x00" + t.other.Territory)).String()[:8]
	path := filepath.Join(t.dir, t.Territory+"-"+vouching+".xml")
	if old, err := readFile(path, trustlist.MaxListSize); err == nil {
		if l, err := lotl.Genuine(old, t.Signers); err == nil {
			seen := lotl.Seen{Territory: t.Territory, ThirdCountry: true, Sequence: l.Sequence, Issued: l.Issued, SHA256: l.SHA256}
			if why := seen.Refuses(t.best); why != "" {
				r.Outcome, r.Says, r.Rollback = pull.OutcomeRefused, why, true
				return nil
			}
			if l.SHA256 == t.best.SHA256 {
				r.Outcome, t.result.id = pull.OutcomeUnchanged, l.SHA256
				return nil
			}
		}
	}
	r.Outcome, t.result.id = pull.OutcomeNew, t.best.SHA256
	return t.disk.Replace(path, t.best.Raw)
}

// markThird says in the reports of a mirror's files which are used as third countries'.
func markThird(reports []lotl.FileReport, third []thirdResult) {
	for i := range reports {
		r := &reports[i]
		if !r.Used && slices.ContainsFunc(third, func(t thirdResult) bool { return !t.id.IsZero() && t.id == r.SHA256 }) {
			r.Used, r.Older, r.Source, r.Problems = true, false, string(trustlist.FromThirdCountry), nil
		}
	}
}
