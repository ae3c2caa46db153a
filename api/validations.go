package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

const jsonType = "application/json; charset=utf-8"

// Judging says how a file is to be judged.
type Judging struct {
	Policy    string   `query:"policy" example:"practice" doc:"Name of a policy; empty: that of the service."`
	PolicySet []string `query:"policy-set,explode" nullable:"false" example:"eIDAS/TLNotExpired=WARN" doc:"CONSTRAINT=LEVEL sets one constraint of the policy; levels are FAIL, WARN, INFORM, IGNORE."`
	At        string   `query:"at" format:"date-time" example:"2025-06-01T12:00:00Z" doc:"Validation time, RFC 3339, not in the future; nothing is fetched then. Empty: now. The report says it as validationTime."`
	Name      string   `query:"name" example:"contract.asice" doc:"What the file is called, where it is sent as it is."`
}

// options are those of an upload.
func (in *Judging) options(u *Upload) error {
	if len(in.PolicySet) > maxPolicySets {
		return problem(BadParameter, fmt.Sprintf("The parameter policy-set is given %d times, at most %d are taken.", len(in.PolicySet), maxPolicySets))
	}
	u.Policy, u.PolicySet, u.Name = in.Policy, in.PolicySet, in.Name
	if in.At != "" {
		at, err := time.Parse(time.RFC3339, in.At)
		if err != nil {
			return problem(BadParameter, "The parameter at is a time in RFC 3339, such as 2025-06-01T12:00:00Z.")
		}
		at = at.UTC()
		u.At = &at
	}
	return nil
}

// validationQuery are the parameters of a validation.
type validationQuery struct {
	Judging
	Spoken
}

// Spoken says how a report is written.
type Spoken struct {
	Format string `query:"format" example:"json" doc:"How the report is written."`
	Depth  string `query:"depth" enum:"full,summary" example:"full" doc:"full: all that was found; summary, in JSON: each signature's verdict, and why."`
	Lang   string `query:"lang" enum:"en,et,lv,lt,fi,sv" example:"et" doc:"Language of text, html and pdf; what a rule found stays in English beside it. Empty: that of the header Accept-Language, else English."`
	Raw    bool   `query:"raw" example:"false" doc:"In etsi: certificates, OCSP answers, CRLs and tokens in full, not by digest alone."`
}

// voice is the one that a request asks for.
func (s *server) voice(c *gin.Context, in Spoken) (Voice, format, error) {
	f, err := s.format(c, in.Format)
	if err != nil {
		return Voice{}, f, err
	}
	if in.Depth == DepthSummary && f.name != "json" {
		return Voice{}, f, problem(BadParameter, "The depth summary is of the format json only.")
	}
	if in.Raw && f.name != "etsi" {
		return Voice{}, f, problem(BadParameter, "The parameter raw is of the format etsi only.")
	}
	v := Voice{Format: f.name, Depth: in.Depth, Raw: in.Raw}
	if f.speaks {
		v.Lang = language(c, in.Lang)
	}
	return v, f, nil
}

// report answers with a report. A page may have its own style, and nothing else: no
// script, no form, no frame, no request.
func (s *server) report(c *gin.Context, v Voice, f format, body []byte) {
	if f.name == "html" {
		c.Header("Content-Security-Policy", reportPolicy())
	}
	if v.Lang != "" {
		c.Header("Content-Language", string(v.Lang))
	}
	c.Header("Content-Length", strconv.Itoa(len(body))) // else it is sent in chunks, each with system calls of its own
	c.Data(http.StatusOK, f.sent, body)
}

// postValidation judges an upload and answers with its report: POST /v1/validations.
func (s *server) postValidation(c *gin.Context, in *validationQuery) error {
	v, f, err := s.voice(c, in.Spoken)
	if err != nil {
		return err
	}
	asked := Upload{Format: v.Format, Depth: v.Depth, Lang: v.Lang, Raw: v.Raw}
	if err := in.options(&asked); err != nil {
		return err
	}
	return s.judge(c, asked, func(ctx context.Context, upload Upload) error {
		report, err := s.Validator.Validate(ctx, upload)
		if err == nil {
			s.report(c, v, f, report)
		}
		return err
	})
}
