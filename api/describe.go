package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/validate/report"
)

// version is that of the interface, not of the software: its first number changes
// when a client that was right would be wrong.
const version = "1.0.0"

const about = `What is this electronic signature worth, why, and can I still prove it in thirty years?

Files are sent as they are, or as a form. Every answer that is no success is a problem of RFC 9457; its member code is stable, and what it means stands under /problems/{code}.`

// describe serves /v1, the OpenAPI document that its operations make, and a page of it.
func (s *server) describe(g *gin.Engine) error {
	config := huma.DefaultConfig("vidimus", version)
	config.Info.Description = about
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // huma's pages load scripts of others
	config.CreateHooks = nil                                             // no $schema in answers
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "An API key (`vidimus key new`), or a token of the OpenID Connect provider that the service trusts."},
	}
	s.huma = humagin.New(g, config)
	doc := s.huma.OpenAPI()
	doc.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[report.Time](), reflect.TypeFor[time.Time]())
	s.huma.UseMiddleware(s.enter)

	route(s, s.operation(http.MethodPost, "/v1/validations", "validate", auth.Validate), s.postValidation)
	route(s, s.operation(http.MethodPost, "/v1/bundles", "putBundle", auth.Put), s.postBundle)
	s.routeShelf()
	route(s, s.operation(http.MethodGet, "/v1/trust", "getTrust", auth.Validate), s.getTrust)
	s.routeLists()
	route(s, s.operation(http.MethodGet, "/v1/policies", "listPolicies", auth.Validate), s.listPolicies)
	route(s, s.operation(http.MethodGet, "/v1/policies/{name}", "getPolicy", auth.Validate), s.getPolicy)
	s.routeJobs()

	for _, path := range doc.Paths {
		if path.Get != nil {
			s.enumerate(path.Get)
		}
		if path.Post != nil {
			s.enumerate(path.Post)
			path.Post.RequestBody = operations[path.Post.OperationID].body // now: earlier, huma would want to read it
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	g.GET("/openapi.json", func(c *gin.Context) { c.Data(http.StatusOK, "application/json", raw) })
	page, csp, err := docsPage(doc)
	if err != nil {
		return err
	}
	g.GET("/docs", func(c *gin.Context) {
		c.Header("Content-Security-Policy", csp)
		c.Data(http.StatusOK, "text/html; charset=utf-8", page)
	})
	return nil
}

// enumerate names the formats that this service's validator writes.
func (s *server) enumerate(op *huma.Operation) {
	for _, p := range op.Parameters {
		if p.Name == "format" {
			for _, f := range s.formatNames() {
				p.Schema.Enum = append(p.Schema.Enum, f)
			}
		}
	}
}

// said is what the document says of an operation beyond its parameters.
type said struct {
	summary, description string
	tag                  string
	answers              func(s *server) map[string]*huma.Response
	codes                []Code // of its problems, beside those of all
	body                 *huma.RequestBody
}

// operation is the entry of an operation in the document.
func (s *server) operation(method, path, id, scope string) huma.Operation {
	of := operations[id]
	op := huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: of.summary, Description: of.description + "\n\nScope: `" + scope + "`.", Tags: []string{of.tag},
		Responses: of.answers(s), Metadata: map[string]any{scopeOf: scope, uploadsOf: of.body != nil},
	}
	if s.Gate != nil {
		op.Security = []map[string][]string{{"bearer": {}}}
	}
	codes := append([]Code{BadParameter, Unauthorized, Forbidden, RateLimited, NoSignIn, Internal}, of.codes...)
	byStatus := map[int][]string{}
	for _, c := range codes {
		status := kinds[c].Status
		byStatus[status] = append(byStatus[status], string(c))
	}
	problems := s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for status, words := range byStatus {
		slices.Sort(words)
		op.Responses[fmt.Sprint(status)] = &huma.Response{
			Description: http.StatusText(status) + "; code: " + strings.Join(words, ", ") + ".",
			Content:     map[string]*huma.MediaType{problemType: {Schema: problems}},
		}
	}
	return op
}

// schemaName names the schema of a type: what a report, a list or the index is made of
// by that it is of one, since both a report and the service have, say, a policy.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	for _, p := range []struct{ end, prefix string }{{"/report", "Report"}, {"/trustlist/browse", "Trust"}, {"/trustlist/changes", "Trust"}, {"/archive/index", "Archived"}} {
		if strings.HasSuffix(t.PkgPath(), p.end) && name != p.prefix {
			name = p.prefix + name
		}
	}
	return name
}

// schema is that of a type, in the document's components.
func schema[T any](s *server, name string) *huma.Schema {
	return s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, name)
}

func ok(status int, says string, content map[string]*huma.MediaType) map[string]*huma.Response {
	return map[string]*huma.Response{fmt.Sprint(status): {Description: says, Content: content}}
}

func jsonContent(s *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: s}}
}

// Schema is that of a code: it may also be one of a file that cannot be judged, and
// those are the readers' to name.
func (Code) Schema(huma.Registry) *huma.Schema {
	var all []string
	for c := range kinds {
		all = append(all, string(c))
	}
	slices.Sort(all)
	examples := make([]any, len(all))
	for i, c := range all {
		examples[i] = c
	}
	return &huma.Schema{
		Type: huma.TypeString, Pattern: codeForm.String(), Examples: examples,
		Description: "Stable. The service's own: " + strings.Join(all, ", ") + ". A file that cannot be judged has its own code: unsupported-format, malformed, hostile, too-large, no-signature, …",
	}
}
