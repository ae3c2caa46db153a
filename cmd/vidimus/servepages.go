package main

import (
	"context"
	"errors"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/pages"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/asic"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
	"github.com/vidimus/vidimus/validate/signature"
)

// pageFlags say whether people are served too.
type pageFlags struct {
	NoPages bool `name:"no-pages" help:"Serve programs only: no web pages. Without it they stand at /, and ask for an API key where callers must say who they are."`
}

// webPages is the face for people; none with --no-pages.
func (c *ServeCmd) webPages(rt *runtime, s *service) ([]api.Face, error) {
	if c.NoPages {
		return nil, nil
	}
	p, err := c.policy()
	if err != nil {
		return nil, err
	}
	dir, err := c.batchDir()
	if err != nil {
		return nil, err
	}
	batches := pageJobsOf(s)
	if dir == "" {
		batches = nil
	}
	a := &pageArchives{c: c, rt: rt, s: s, suite: p.Suite, all: map[string]*pageArchive{}}
	face, err := pages.New(pages.Deps{Judge: pagesJudge{s, a}, Readiness: s, Trust: s.lists, Archive: a.of, Jobs: batches, Now: rt.Now, Asked: s.now, Version: version()})
	if err != nil {
		return nil, err
	}
	return []api.Face{face}, nil
}

// pagesJudge is the service's judge, for those who read pages.
type pagesJudge struct {
	service  *service
	archives *pageArchives
}

// Judge judges an upload of a page. A file that cannot be judged is a report that says
// why.
func (p pagesJudge) Judge(ctx context.Context, up pages.Upload) (*pages.Result, error) {
	j, err := p.service.judge(ctx, api.Upload{File: api.File{Name: up.Name, Data: up.Data}, Detached: up.Detached})
	var refused *api.Refused
	if errors.As(err, &refused) {
		return &pages.Result{Report: &report.Report{File: up.Name, Error: &report.Error{Code: refused.Code, Message: refused.Message, Hint: refused.Hint}}}, nil
	}
	if err != nil {
		return nil, err
	}
	return &pages.Result{
		Report: j.verdict.Report, Contents: contentsOf(j.verdict, up),
		Write: func(format string, l lang.Lang) ([]byte, error) { return inFormat(j.verdict.Report, format, l) },
		Keep: func(ctx context.Context, tenant string) (string, error) {
			one, err := p.archives.tenant(tenant)
			if err != nil {
				return "", err
			}
			return one.shelf.keep(ctx, j)
		},
	}, nil
}

// inFormat is a report as `vidimus validate --format` writes it.
func inFormat(r *report.Report, format string, l lang.Lang) ([]byte, error) {
	return (&reportFlags{Format: format, Lang: string(l)}).unsigned(r)
}

// contentsOf are the data files of a container, or what a detached signature is over,
// and whether any signature covers them.
func contentsOf(v *validate.Verdict, up pages.Upload) []pages.Content {
	if v.Judged == nil {
		return nil
	}
	doc := v.Judged.Document
	var out []pages.Content
	for _, d := range up.Detached {
		out = append(out, pages.Content{Name: d.Name, Size: int64(len(d.Data)), Covered: covered(doc, d.Name), Open: func() ([]byte, error) { return d.Data, nil }})
	}
	if doc.Container == nil {
		return out
	}
	sizes := map[string]int64{}
	for _, e := range doc.Container.Entries {
		sizes[e.Name] = e.Size
	}
	for i, name := range doc.Container.DataFiles {
		out = append(out, pages.Content{Name: name, Size: sizes[name], Covered: covered(doc, name),
			Open: func() ([]byte, error) { return asic.Content(up.Data, i) }})
	}
	return out
}

// covered says whether a reference of any signature leads to the file, unaltered.
func covered(doc *signature.Document, name string) bool {
	for _, s := range doc.Signatures {
		for _, r := range s.References {
			if r.File == name && r.Intact {
				return true
			}
		}
	}
	return false
}
