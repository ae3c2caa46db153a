package api

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	tags "golang.org/x/text/language"

	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// format is one voice of a report.
type format struct {
	name  string // of the parameter format
	media string // of Accept
	sent  string // as Content-Type

	speaks bool // a language of report/lang
}

// formats are the voices that a report can have, the first being that of a client
// which does not ask. Which of them there are, the validator says (Deps.Formats).
var formats = []format{
	{"json", "application/json", jsonType, false},
	{"text", "text/plain", "text/plain; charset=utf-8", true},
	{"etsi", "application/xml", "application/xml", false}, // TS 119 102-2
	{"html", "text/html", "text/html; charset=utf-8", true},
	{"pdf", "application/pdf", "application/pdf", true},
}

// formatsNamed are json and those that are named.
func formatsNamed(names []string) ([]format, error) {
	for _, n := range names {
		if !slices.ContainsFunc(formats, func(f format) bool { return f.name == n }) {
			return nil, fmt.Errorf("building the HTTP interface: no format of a report is called %q", n)
		}
	}
	var out []format
	for _, f := range formats {
		if f.name == "json" || slices.Contains(names, f.name) {
			out = append(out, f)
		}
	}
	return out, nil
}

func (s *server) formatNames() []string {
	var out []string
	for _, f := range s.answers {
		out = append(out, f.name)
	}
	return out
}

// format is the one that a request asks for: by its parameter, else by Accept. A
// client that accepts none of ours gets JSON (RFC 9110 §12.5.1 allows that).
func (s *server) format(c *gin.Context, asked string) (format, error) {
	if asked == "" {
		c.Writer.Header().Add("Vary", "Accept")
		return accepted(strings.Join(c.Request.Header["Accept"], ","), s.answers), nil
	}
	for _, f := range s.answers {
		if f.name == asked {
			return f, nil
		}
	}
	return format{}, problem(BadParameter, "The parameter format is one of "+strings.Join(s.formatNames(), ", ")+".")
}

// maxRanges bounds the media ranges of one Accept.
const maxRanges = 50

// accepted is the one of all that Accept likes best; of equals the first.
func accepted(accept string, all []format) format {
	best, most := all[0], 0.0
	for _, f := range all {
		if q := quality(accept, f.media); q > most {
			best, most = f, q
		}
	}
	return best
}

// quality is how much Accept likes a media type: the weight of the most specific
// range that covers it (RFC 9110 §12.5.1).
func quality(accept, media string) float64 {
	kind, _, _ := strings.Cut(media, "/")
	found, specific := 0.0, 0
	for i, r := range strings.SplitN(accept, ",", maxRanges+1) {
		if i == maxRanges {
			break
		}
		name, parameters, err := mime.ParseMediaType(r)
		if err != nil {
			continue
		}
		how := map[string]int{"*/*": 1, kind + "/*": 2, media: 3}[name]
		if how <= specific {
			continue
		}
		q := 1.0
		if w, ok := parameters["q"]; ok {
			if q, err = strconv.ParseFloat(w, 64); err != nil || q < 0 || q > 1 {
				continue
			}
		}
		found, specific = q, how
	}
	return found
}

// languages compares what a client understands with what reports speak.
var languages = sync.OnceValue(func() tags.Matcher {
	var all []tags.Tag
	for _, l := range lang.All() {
		all = append(all, tags.Make(string(l)))
	}
	return tags.NewMatcher(all)
})

// maxAccepted bounds the Accept-Language that is read, in octets.
const maxAccepted = 1000

// language is the one that a request asks for: by its parameter, which was checked, else
// by Accept-Language (RFC 9110 §12.5.4), else English.
func language(c *gin.Context, asked string) lang.Lang {
	if l, err := lang.Parse(asked); err == nil {
		return l
	}
	c.Writer.Header().Add("Vary", "Accept-Language")
	given := strings.Join(c.Request.Header["Accept-Language"], ",")
	if given == "" || len(given) > maxAccepted {
		return lang.English
	}
	liked, _, err := tags.ParseAcceptLanguage(given)
	if err != nil {
		return lang.English
	}
	_, i, how := languages().Match(liked...)
	if how < tags.High { // a neighbour's language is none that was asked for
		return lang.English
	}
	return lang.All()[i]
}

// reportPolicy is the Content-Security-Policy of a report for people: its one style, by
// the hash of it, and nothing else.
var reportPolicy = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(report.HTMLStyle()))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
})
