package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// style is the page's only style; the page's policy names it by its digest, so that
// no other style and no script ever runs there.
const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font-family:ui-monospace,monospace}pre{white-space:pre-wrap}
article{border-top:1px solid;margin-top:2rem}
table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}`

var docsTemplate = template.Must(template.New("docs").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Title}} {{.Version}}: HTTP interface</title><style>{{.Style}}</style></head><body>
<h1>{{.Title}} {{.Version}}: HTTP interface</h1><pre>{{.About}}</pre>
<p>For programs: <a href="/openapi.json">/openapi.json</a>. Errors: {{range .Codes}}<a href="/problems/{{.}}">{{.}}</a> {{end}}</p>
{{range .Operations}}<article id="{{.ID}}"><h2><code>{{.Method}} {{.Path}}</code></h2><p><strong>{{.Summary}}.</strong></p><pre>{{.Description}}</pre>
{{with .Parameters}}<h3>Parameters</h3><table><tr><th>name</th><th>in</th><th>example</th><th>meaning</th></tr>{{range .}}
<tr><td><code>{{.Name}}</code></td><td>{{.In}}</td><td><code>{{.Example}}</code></td><td>{{.Description}}</td></tr>{{end}}</table>{{end}}
{{with .Bodies}}<h3>Body</h3><table><tr><th>media type</th><th>field</th><th>meaning</th></tr>{{range .}}
<tr><td><code>{{.Media}}</code></td><td><code>{{.Field}}</code></td><td>{{.Meaning}}</td></tr>{{end}}</table>{{end}}
<h3>Answers</h3><table>{{range .Answers}}
<tr><td>{{.Status}}</td><td>{{.Says}}</td><td>{{range .Media}}<code>{{.}}</code> {{end}}</td></tr>{{end}}</table></article>
{{end}}</body></html>
`))

// docsOperation, docsBody and docsAnswer are what the page says of an operation.
type docsOperation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []*huma.Param
	Bodies                                 []docsBody
	Answers                                []docsAnswer
}

type docsBody struct{ Media, Field, Meaning string }

type docsAnswer struct {
	Status, Says string
	Media        []string
}

// docsPage is the OpenAPI document for people, and the Content-Security-Policy that
// it goes with: it loads nothing, from us or anybody.
func docsPage(doc *huma.OpenAPI) (page []byte, csp string, err error) {
	var all []docsOperation
	for path, item := range doc.Paths {
		for _, m := range []struct {
			method string
			op     *huma.Operation
		}{{http.MethodGet, item.Get}, {http.MethodPost, item.Post}, {http.MethodPut, item.Put}, {http.MethodPatch, item.Patch}, {http.MethodDelete, item.Delete}} {
			if m.op != nil {
				all = append(all, docsOf(m.method, path, m.op))
			}
		}
	}
	slices.SortFunc(all, func(a, b docsOperation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	var out bytes.Buffer
	err = docsTemplate.Execute(&out, map[string]any{
		"Title": doc.Info.Title, "Version": doc.Info.Version, "About": doc.Info.Description, "Operations": all, "Codes": sortedKeys(kinds),
		"Style": template.CSS(style), //#nosec G203 -- the constant above
	})
	if err != nil {
		return nil, "", fmt.Errorf("writing the page of the HTTP interface: %w", err)
	}
	sum := sha256.Sum256([]byte(style))
	csp = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation"
	return out.Bytes(), csp, nil
}

func docsOf(method, path string, op *huma.Operation) docsOperation {
	out := docsOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description, Parameters: op.Parameters}
	if op.RequestBody != nil {
		for _, media := range sortedKeys(op.RequestBody.Content) {
			s := op.RequestBody.Content[media].Schema
			for _, field := range sortedKeys(s.Properties) {
				p := s.Properties[field]
				meaning := p.Description
				if p.Items != nil {
					meaning = strings.TrimSpace(meaning + " " + p.Items.Description + " Any number of times.")
				}
				out.Bodies = append(out.Bodies, docsBody{media, field, meaning})
			}
			if len(s.Properties) == 0 {
				out.Bodies = append(out.Bodies, docsBody{media, "", s.Description})
			}
		}
	}
	for _, status := range sortedKeys(op.Responses) {
		r := op.Responses[status]
		out.Answers = append(out.Answers, docsAnswer{status, r.Description, sortedKeys(r.Content)})
	}
	return out
}

// sortedKeys are the keys of a map in ascending order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
