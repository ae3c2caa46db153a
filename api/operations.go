package api

import (
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vidimus/vidimus/validate/report"
)

// uploadCodes are the problems that any upload may meet.
var uploadCodes = []Code{MalformedRequest, UnknownField, MissingFile, EmptyFile, BadDigest, MediaType, Encoding, TooLarge, TooManyFiles, TooSlow,
	Unjudgeable, Busy, OutOfTime, Unready, QuotaExhausted}

// operations are all of /v1, by their ids.
var operations = joined(listOperations, shelfOperations, recordOperations, map[string]said{
	"validate": {
		summary: "Judge a signed file", tag: "validation",
		description: "Answers with the report, whatever the verdict is: a signature that is worth nothing is no error. A detached signature is sent with its contents, or with digests of them: then they need not leave their place.",
		answers: func(s *server) map[string]*huma.Response {
			return reports(s)
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
		codes: append([]Code{NoArchive, DigestsNotTaken, NotLogged}, uploadCodes...), body: uploadBody(false),
	},
	"getBundle": {
		summary: "Get a bundle", tag: "archive", description: "The evidence, as an ASiC-E container that `vidimus replay` judges again.",
		answers: func(*server) map[string]*huma.Response {
			return ok(http.StatusOK, "The bundle.", map[string]*huma.MediaType{bundleType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}})
		},
		codes: []Code{NoArchive, NoSuchBundle, Damaged, NotLogged},
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

	"postJob": {
		summary: "Make a batch job", tag: "jobs",
		description: "Takes many files, which are judged one after the other, each as of the time when its turn comes. The contents of a detached signature, or their digests, follow it in the form, as fields detached or digest. The answer comes once all of them survive a crash. Thousands of files are sent in several requests: this one with open=true, then files, then start. The webhook's event is job.completed, job.failed or job.cancelled.",
		answers: func(s *server) map[string]*huma.Response {
			out := ok(http.StatusCreated, "The new job.", jsonContent(schema[Job](s, "Job")))
			out["201"].Headers = map[string]*huma.Header{"Location": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "Path of the job."}}
			out["200"] = &huma.Response{Description: "The job that the same request with this Idempotency-Key has made before.", Content: jsonContent(schema[Job](s, "Job"))}
			return out
		},
		codes: append([]Code{KeyReused, BadWebhook, NoArchive}, jobCodes...), body: jobBody(false),
	},
	"addFiles": {
		summary: "Add files to a job", tag: "jobs",
		description: "All files of the request are added, or none. A client that lost the answer asks for the job, and goes on after as many files as it has.",
		answers:     jobAnswer, codes: append([]Code{NoSuchJob, JobStarted, JobPosition}, jobCodes...), body: jobBody(true),
	},
	"startJob": {
		summary: "Start a job", tag: "jobs", description: "Says that it has all its files. It may be said again.",
		answers: jobAnswer, codes: []Code{NoJobs, NoSuchJob, MissingFile, QuotaExhausted},
	},
	"listJobs": {
		summary: "List jobs", tag: "jobs", description: "The newest first, a page at a time.",
		answers: func(s *server) map[string]*huma.Response {
			return ok(http.StatusOK, "A page; its member next, when there is more, is the parameter before of the next request.", jsonContent(schema[jobPage](s, "JobPage")))
		},
		codes: []Code{NoJobs},
	},
	"getJob": {
		summary: "Tell about a job", tag: "jobs", description: "How far it has come, and how its files were judged.",
		answers: jobAnswer, codes: []Code{NoJobs, NoSuchJob},
	},
	"jobResults": {
		summary: "Get a job's results", tag: "jobs",
		description: "A line of JSON for each file, in the order of the files, as far as they are judged: n (from 1 on), name, sha256, octets, at (when it was judged), indication (the worst of its signatures'), bundle, and report, or reportBase64 for a PDF; or error with code and message. The header X-Job-State says whether more can come.",
		answers: func(*server) map[string]*huma.Response {
			out := ok(http.StatusOK, "The lines.", map[string]*huma.MediaType{jsonLines: {Schema: &huma.Schema{Type: huma.TypeString}}})
			out["200"].Headers = map[string]*huma.Header{
				"X-Job-State":  {Schema: &huma.Schema{Type: huma.TypeString}, Description: "State of the job before the lines were read: where that is an end, these are all."},
				"X-Job-Judged": {Schema: &huma.Schema{Type: huma.TypeInteger}, Description: "Lines that there were then."},
			}
			return out
		},
		codes: []Code{NoJobs, NoSuchJob},
	},
	"cancelJob": {
		summary: "Cancel a job", tag: "jobs", description: "No more files are judged, and their octets are deleted; results that there are stay until they expire. A job that has ended stays as it is.",
		answers: jobAnswer, codes: []Code{NoJobs, NoSuchJob},
	},
})

// jobCodes are the problems that files for a job may meet.
var jobCodes = []Code{NoJobs, MalformedRequest, UnknownField, MissingFile, EmptyFile, MediaType, Encoding, TooLarge, TooManyFiles, TooSlow, Busy, QuotaExhausted, BadDigest, DigestsNotTaken}

func jobAnswer(s *server) map[string]*huma.Response {
	return ok(http.StatusOK, "The job.", jsonContent(schema[Job](s, "Job")))
}

// jobBody is a form of files.
func jobBody(required bool) *huma.RequestBody {
	form := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"file":     {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "A signed file, with its name."}},
			"detached": {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "A content of the detached signature in the last field file before it, with its name."}},
			"digest":   {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Description: "Algorithm, colon, hexadecimal digits: stands in place of a content of the last field file before it; its file name is that of the content. Not with archive."}},
		},
	}
	return &huma.RequestBody{Required: required, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: form, Example: map[string]any{"file": []any{"…", "…"}}}}}
}

// joined is all of several tables.
func joined(tables ...map[string]said) map[string]said {
	out := map[string]said{}
	for _, t := range tables {
		maps.Copy(out, t)
	}
	return out
}

// reports are the answers of operations that give a report.
func reports(s *server) map[string]*huma.Response {
	content := map[string]*huma.MediaType{}
	for _, f := range s.answers {
		content[f.media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	content["application/json"] = &huma.MediaType{Schema: &huma.Schema{AnyOf: []*huma.Schema{schema[report.Report](s, "Report"), schema[SummaryReport](s, "SummaryReport")}}}
	return ok(http.StatusOK, "The report, in the format of the parameter format, else of the header Accept, else JSON.", content)
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
			Type: huma.TypeArray, MaxItems: new(DefaultDetached), Items: &huma.Schema{Type: huma.TypeString, Pattern: `^(sha-256|sha-384|sha-512)(-base64url)?:[0-9a-fA-F]+$`},
			Description: "In place of a content: its digest, such as sha-256:e3b0…, by sha-256, sha-384 or sha-512; the part's file name is the content's. Of one content there may be several, by several algorithms. sha-256-base64url:… and the like are of its base64url text, which JAdES hashes unless its header b64 is false. With digests no content is sent.",
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
