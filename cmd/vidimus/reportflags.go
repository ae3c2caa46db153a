package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// reportFlags say in which voice a report speaks.
type reportFlags struct {
	Format string `enum:"text,json,etsi,html,pdf" default:"text" help:"text; json: one object a line; etsi: an ETSI TS 119 102-2 XML report; html or pdf: a document."`
	Lang   string `enum:"en,et,lv,lt,fi,sv" default:"en" help:"Language of text, html and pdf; what a rule found stays in English beside it."`
	signFlags
	Raw bool `name:"report-raw" help:"With etsi: certificates, OCSP answers, CRLs and tokens in full, not by digest alone."`
}

// document says whether a report is a document of its own, of which two cannot stand
// in one stream.
func (f *reportFlags) document() bool {
	return f.Format == "etsi" || f.Format == "html" || f.Format == "pdf"
}

// render writes a report, signed where that was asked for.
func (f *reportFlags) render(r *report.Report) ([]byte, error) {
	out, err := f.unsigned(r)
	if err != nil {
		return nil, err
	}
	return f.signed(f.Format, out)
}

func (f *reportFlags) unsigned(r *report.Report) ([]byte, error) {
	switch f.Format {
	case "json":
		return r.JSON()
	case "etsi":
		return r.ETSI(report.ETSIOptions{Raw: f.Raw})
	case "html":
		return r.HTML(lang.Lang(f.Lang))
	case "pdf":
		return r.PDF(lang.Lang(f.Lang))
	}
	var b bytes.Buffer
	if err := r.TextIn(&b, lang.Lang(f.Lang)); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// endings of the files that documents are written to.
var endings = map[string]string{"text": ".txt", "json": ".json", "etsi": ".xml", "html": ".html", "pdf": ".pdf"}

// reportFolder is a folder into which each report is written as a file of its own.
type reportFolder struct {
	dir, ending string
	used        map[string]bool
}

// name is that of the report of a file: the file's own with the ending of the format;
// where two files bear one name, a number parts them.
func (d *reportFolder) name(file string) string {
	base := filepath.Base(file)
	for n := 1; ; n++ {
		name := base + ".report" + d.ending
		if n > 1 {
			name = fmt.Sprintf("%s.report-%d%s", base, n, d.ending)
		}
		if key := strings.ToLower(name); !d.used[key] {
			d.used[key] = true
			return filepath.Join(d.dir, name)
		}
	}
}

// write writes a report, and never over a file that is there.
func (d *reportFolder) write(file string, out []byte) error {
	if err := os.MkdirAll(d.dir, 0o750); err != nil {
		return &failure{code: exitUnjudged, message: fmt.Sprintf("making the folder of --out-dir: %v", err)}
	}
	name := d.name(file)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //#nosec G304 -- the operator names the folder
	if errors.Is(err, fs.ErrExist) {
		return &failure{code: exitUnjudged, message: fmt.Sprintf("the report %s is there already", name), hint: "name another --out-dir, or move the old reports away"}
	}
	if err != nil {
		return &failure{code: exitUnjudged, message: fmt.Sprintf("writing the report of %q: %v", file, err)}
	}
	if _, err = f.Write(out); err == nil {
		err = f.Close()
	} else {
		_ = f.Close() // that it could not be written is told already
	}
	if err != nil {
		return &failure{code: exitUnjudged, message: fmt.Sprintf("writing the report of %q: %v", file, err)}
	}
	return nil
}
