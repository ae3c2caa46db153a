package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vidimus/vidimus/validate/report"
)

// uploadCodes are the problems that any upload may meet.
var uploadCodes = []Code{MalformedRequest, UnknownField, MissingFile, EmptyFile, BadDigest, MediaType, Encoding, TooLarge, TooManyFiles, TooSlow,
	Unjudgeable, Busy, OutOfTime, Unready, QuotaExhausted}

// operations are all of /v1, by their ids.
var operations = map[string]said{
	"validate": {
		summary: "Judge a signed file", tag: "validation",
		description: "Answers with the report, whatever the verdict is: a signature that is worth nothing is no error. A detached signature is sent with its contents, or with digests of them: then they need not leave their place.",
		answers: func(s *server) map[string]*huma.Response {
			content := map[string]*huma.MediaType{}
			for _, f := range s.answers {
				content[f.media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
			}
			content["application/json"] = &huma.MediaType{Schema: &huma.Schema{AnyOf: []*huma.Schema{schema[report.Report](s, "Report"), schema[SummaryReport](s, "SummaryReport")}}}
			return ok(http.StatusOK, "The report, in the format of the parameter format, else of the header Accept, else JSON.", content)
		},
		codes: uploadCodes, body: uploadBody(true),
	},
	"putBundle": {
		summary: "Judge a signed file and archive the evidence", tag: "archive",
		description: "Answers once the bundle is durable: it holds the file, the report, and all that the verdict rests on.",
		answers: func(s *server) map[string]*huma.Response {
			out := ok(http.StatusCreated, "The bundle's id, and the report.", jsonContent(schema[bundleMade](s, "Bundle")))
			out["201"].Headers = map[string]*huma.Header{"Location": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "Path of the bundle."}}
			return out
		},
		codes: append([]Code{NoArchive, DigestsNotTaken}, uploadCodes...), body: uploadBody(false),
	},
	"listBundles": {
		summary: "List bundles", tag: "archive", description: "Their ids in ascending order, a page at a time.",
		answers: func(s *server) map[string]*huma.Response {
			return ok(http.StatusOK, "A page; its member next, when there is more, is the parameter after of the next request.", jsonContent(schema[bundlePage](s, "BundlePage")))
		},
		codes: []Code{NoArchive},
	},
	"getBundle": {
		summary: "Get a bundle", tag: "archive", description: "The evidence, as an ASiC-E container that `vidimus replay` judges again.",
		answers: func(*server) map[string]*huma.Response {
			return ok(http.StatusOK, "The bundle.", map[string]*huma.MediaType{bundleType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}})
		},
		codes: []Code{NoArchive, NoSuchBundle, Damaged},
	},
	"getTrust": {
		summary: "What is trusted now", tag: "trust", description: "The authenticated trusted lists, how fresh they are, and what is wrong with any.",
		answers: func(s *server) map[string]*huma.Response {
			return ok(http.StatusOK, "The lists.", jsonContent(schema[trustStatus](s, "TrustStatus")))
		},
	},
	"listPolicies": {
		summary: "List validation policies", tag: "policies", description: "Those that the parameter policy may name.",
		answers: func(s *server) map[string]*huma.Response {
			return ok(http.StatusOK, "The policies, without their text.", jsonContent(schema[policyList](s, "PolicyList")))
		},
	},
	"getPolicy": {
		summary: "Show a validation policy", tag: "policies", description: "With its text: every constraint and its level.",
		answers: func(s *server) map[string]*huma.Response {
			return ok(http.StatusOK, "The policy.", jsonContent(schema[Policy](s, "Policy")))
		},
		codes: []Code{NoSuchPolicy},
	},
}

// uploadBody is a body with a signed file, as a form or as it is.
func uploadBody(digests bool) *huma.RequestBody {
	file := func(says string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Format: "binary", Description: says}
	}
	form := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"file":     file("The signed file, with its name."),
			"detached": {Type: huma.TypeArray, Items: file("A content of a detached signature, with its name."), MaxItems: new(DefaultDetached)},
		},
	}
	example := map[string]any{"file": "…", "detached": []any{"…"}}
	if digests {
		form.Properties["digest"] = &huma.Schema{
			Type: huma.TypeArray, MaxItems: new(DefaultDetached), Items: &huma.Schema{Type: huma.TypeString, Pattern: `^(sha-256|sha-384|sha-512):[0-9a-fA-F]+$`},
			Description: "In place of a content: its digest, such as sha-256:e3b0…, by sha-256, sha-384 or sha-512; the part's file name is the content's. With digests no content is sent.",
		}
		example = map[string]any{"file": "…", "digest": []any{"sha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}
	}
	return &huma.RequestBody{
		Required: true,
		Content: map[string]*huma.MediaType{
			"multipart/form-data":      {Schema: form, Example: example},
			"application/octet-stream": {Schema: file("The signed file as it is; any media type that is no form. The parameter name says what it is called.")},
		},
	}
}
