package pades

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"github.com/vidimus/vidimus/validate/internal/corpustest"
)

// reading is what two readers of PDF are compared by: the ByteRanges of all signed
// fields, in order, and the number of pages. "" is a file that does not open.
type reading string

func readingOf(ranges []string, pages int) reading {
	slices.Sort(ranges)
	return reading(fmt.Sprintf("%d pages, signed %s", pages, strings.Join(ranges, " ")))
}

func readHere(data []byte) reading {
	f, err := open(data)
	if err != nil {
		return ""
	}
	v := f.last()
	var ranges []string
	for _, fd := range v.fields() {
		if list := v.array(v.dict(fd.value).get("ByteRange")); list != nil {
			var numbers []string
			for _, n := range list {
				numbers = append(numbers, fmt.Sprint(v.resolve(n)))
			}
			ranges = append(ranges, "["+strings.Join(numbers, " ")+"]")
		}
	}
	pages, _ := v.pages()
	if f.hostile != nil {
		return ""
	}
	return readingOf(ranges, len(pages))
}

// readPDFCPU reads with pdfcpu, which shows the last revision only.
func readPDFCPU(data []byte) (r reading) {
	defer func() {
		if recover() != nil {
			r = ""
		}
	}()
	ctx, err := api.ReadContext(bytes.NewReader(data), model.NewDefaultConfiguration())
	if err != nil {
		return ""
	}
	x := ctx.XRefTable
	if err := x.EnsurePageCount(); err != nil {
		return ""
	}
	root, err := x.Catalog()
	if err != nil {
		return ""
	}
	var ranges []string
	seen := map[string]bool{}
	var visit func(o types.Object)
	visit = func(o types.Object) {
		if at := fmt.Sprint(o); seen[at] {
			return
		} else if _, indirect := o.(types.IndirectRef); indirect {
			seen[at] = true
		}
		d, err := x.DereferenceDict(o)
		if err != nil || d == nil {
			return
		}
		if value, err := x.DereferenceDict(d["V"]); err == nil && value != nil {
			if list, err := x.DereferenceArray(value["ByteRange"]); err == nil && list != nil {
				var numbers []string
				for _, n := range list {
					n, _ := x.Dereference(n)
					numbers = append(numbers, fmt.Sprint(n))
				}
				ranges = append(ranges, "["+strings.Join(numbers, " ")+"]")
			}
		}
		kids, _ := x.DereferenceArray(d["Kids"])
		for _, k := range kids {
			visit(k)
		}
	}
	if form, err := x.DereferenceDict(root["AcroForm"]); err == nil && form != nil {
		fields, _ := x.DereferenceArray(form["Fields"])
		for _, o := range fields {
			visit(o)
		}
	}
	return readingOf(ranges, x.PageCount)
}

// crossCheck compares both readers. known are the files of which pdfcpu says
// something else, with the clause.
func crossCheck(t *testing.T, name string, data []byte, known map[string]string) (same bool) {
	t.Helper()
	a, b := readHere(data), readPDFCPU(data)
	clause, explained := known[name]
	switch {
	case a == b && explained:
		t.Errorf("%s: both read %q; the table of differences says %q", name, a, clause)
	case a != b && !explained:
		t.Errorf("%s: here %q, pdfcpu %q", name, a, b)
	}
	return a == b
}

func TestCrossCheckPDFCPUCorpus(t *testing.T) {
	api.DisableConfigDir()
	files, err := filepath.Glob(filepath.Join(corpustest.Root(t), "files", "*", "*.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, file := range files {
		name := path.Base(filepath.ToSlash(filepath.Dir(file)))
		if crossCheck(t, name, corpustest.Read(t, name+"/"+filepath.Base(file)), map[string]string{
			"0fb75b109ea1": lostObject,
			"2a3e1b7041e4": lostObject,
			"e6ffaacc9106": "ISO 32000-2 §7.5.4: the cross-references lead in a circle; we search the objects, and say so, pdfcpu stops at the first section",
		}) {
			same++
		}
	}
	t.Logf("%d of %d files are read alike", same, len(files))
}

const lostObject = "ISO 32000-2 §7.3.10: a reference to an object that is not there is null; an object stream that cannot be read takes its own objects away, not the file"

// TestCrossCheckPDFCPUMade: files of our own maker, with tables, streams, updates,
// and broken ones.
func TestCrossCheckPDFCPUMade(t *testing.T) {
	api.DisableConfigDir()
	pages := []string{"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", "<</Type/Pages/Count 2/Kids[3 0 R 6 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", "<</FT/Sig/T(a)/V 5 0 R>>", sig, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"}
	nested := slices.Clone(pages)
	nested[3] = "<</T(a)/Kids[7 0 R 8 0 R]>>"
	nested = append(nested, "<</FT/Sig/T(b)/V 5 0 R/Parent 4 0 R>>", "<</FT/Tx/T(c)/V(text)/Parent 4 0 R>>")
	circle := slices.Clone(pages)
	circle[3] = "<</T(a)/Kids[4 0 R 7 0 R]>>"
	circle = append(circle, "<</FT/Sig/T(b)/V 5 0 R/Parent 4 0 R>>")
	head := "%PDF-1.7\n1 0 obj\n<</Type/ObjStm/N 3/First 15/Length 163>>stream\n"
	objects := "2 0 3 43 4 89 \n<</Type/Catalog/Pages 3 0 R>>              <</Type/Pages/Count 1/Kids[4 0 R]>>           <</Type/Page/Parent 3 0 R/MediaBox[0 0 9 9]>>            "
	head = strings.Replace(head, "163", fmt.Sprint(len(objects)), 1) + objects + "\nendstream\nendobj\n"
	rows := string([]byte{1, 0, 9, 0, 2, 0, 1, 0, 2, 0, 1, 1, 2, 0, 1, 2, 1, byte(len(head) >> 8), byte(len(head)), 0})
	inStream := fmt.Appendf(nil, "%s5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", head, streamOf("/Type/XRef/Size 6/Root 2 0 R/W[1 2 1]/Index[1 5]", rows), len(head))
	whole := raw(pages, "")
	for name, data := range map[string][]byte{
		"table":          whole,
		"nested fields":  raw(nested, ""),
		"circle":         raw(circle, ""),
		"object stream":  inStream,
		"no pages":       raw([]string{"<</Type/Catalog>>"}, ""),
		"no file":        []byte("%PDF-1.7\n"),
		"startxref away": bytes.Replace(whole, []byte("startxref\n"), []byte("startxref\n9"), 1),
		"cut":            whole[:len(whole)-40],
	} {
		t.Run(name, func(t *testing.T) { crossCheck(t, name, data, nil) })
	}
}
