package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vidimus/vidimus/trustlist/browse"
)

// told is an operation that answers with one thing in JSON.
func told[T any](summary, description, name, says string, codes ...Code) said {
	return said{summary: summary, description: description, tag: "trust", codes: codes, answers: func(s *server) map[string]*huma.Response {
		return ok(http.StatusOK, says, jsonContent(schema[T](s, name)))
	}}
}

// listOperations are those of the list browser.
var listOperations = map[string]said{
	"listTrustLists": told[browse.Overview]("The trusted lists", "What each list in force says of itself, how old it is, how much it holds, and who says so.",
		"TrustOverview", "The lists.", Unready),
	"getTerritory": told[browse.Territory]("Who is listed in a country", "Its lists with their providers and services.", "TrustTerritory", "The territory.", Unready, NotListed),
	"getProvider":  told[browse.Provider]("Show a trust service provider", "With its services.", "TrustProvider", "The provider.", Unready, NotListed),
	"getService": told[browse.Service]("Show a trust service", "All that the list says of it: its statuses with what it may issue, its certificates, and who says so.",
		"TrustService", "The service.", Unready, NotListed),
	"searchServices": told[browse.Results]("Search providers and services", "Hits are services, and providers where no filter is of services alone; the best first. All that is given must hold.",
		"TrustResults", "A page of hits.", Unready),
	"getCertificate": told[browse.Answer]("Show a listed certificate", "Whose it is: the services that it identifies, and the listed services that issued it.",
		"TrustAnswer", "What the lists know of it.", Unready, NotListed),
	"identifyCertificates": {
		summary: "Who issued this certificate?", tag: "trust",
		description: "Takes certificates, in DER or PEM, and says what the lists know of each: the services that it identifies, and the listed services whose keys verify its signature. It is no verdict: a longer chain is for validation to build.",
		answers:     told[identified]("", "", "TrustAnswers", "What the lists know of each.").answers,
		codes: []Code{Unready, NoCertificate, MalformedRequest, UnknownField, MissingFile, EmptyFile, BadDigest, MediaType, Encoding, TooLarge, TooManyFiles, TooSlow,
			Busy, OutOfTime, QuotaExhausted},
		body: certificateBody(),
	},
	"listTrustChanges": told[changesMade]("What has changed in the lists", "Between the lists as they were in force at a time (since, or from) and those of now, or of a later time (to): new issues, signers, and services that came, went, or have another status.",
		"TrustChanges", "The changes, by territory.", Unready, NotRemembered, Busy),
}

// certificateBody is a body with certificates.
func certificateBody() *huma.RequestBody {
	file := &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "An X.509 certificate in DER, or several in PEM."}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {
			Schema:  &huma.Schema{Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false, Properties: map[string]*huma.Schema{"file": file}},
			Example: map[string]any{"file": "…"},
		},
		"application/octet-stream": {Schema: file},
	}}
}

// shelfOperations are those of bundles that are kept.
var shelfOperations = map[string]said{
	"listBundles": {
		summary: "List or search bundles", tag: "archive",
		description: "Without filters: ids in ascending order, a page at a time. With any: what the index says of each bundle to which all of it applies; what is said of a signature applies to one and the same. Each tenant finds its own.",
		answers: func(s *server) map[string]*huma.Response {
			return ok(http.StatusOK, "A page. Its member next, when there is more, is the parameter after of the next request, or of a search the parameter cursor.",
				jsonContent(&huma.Schema{AnyOf: []*huma.Schema{schema[bundlePage](s, "BundlePage"), schema[bundlesFound](s, "BundlesFound")}}))
		},
		codes: []Code{NoArchive, NoIndex, IndexFailed, NotLogged},
	},
	"getBundleReport": {
		summary: "Get the report of a bundle", tag: "archive",
		description: "JSON, and HTML and ETSI in English, are given as the bundle holds them; another voice is written anew from the bundle's evidence, by its lists, its policy and its time, and only where that gives the report that the bundle holds.",
		answers:     reports, codes: []Code{NoArchive, NoSuchBundle, Damaged, OtherReport, Busy, OutOfTime, NotLogged},
	},
}
