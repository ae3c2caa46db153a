package api

import (
	"context"
	"fmt"
	"net/http"
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
	Format string `query:"format" example:"json" doc:"How the report is written."`
	Depth  string `query:"depth" enum:"full,summary" example:"full" doc:"full: all that was found; summary, in JSON: each signature's verdict, and why."`
}

// postValidation judges an upload and answers with its report: POST /v1/validations.
func (s *server) postValidation(c *gin.Context, in *validationQuery) error {
	f, err := s.format(c, in.Format)
	if err != nil {
		return err
	}
	if in.Depth == DepthSummary && f.name != "json" {
		return problem(BadParameter, "The depth summary is of the format json only.")
	}
	asked := Upload{Format: f.name, Depth: in.Depth}
	if err := in.options(&asked); err != nil {
		return err
	}
	return s.judge(c, asked, func(ctx context.Context, upload Upload) error {
		report, err := s.Validator.Validate(ctx, upload)
		if err == nil {
			c.Data(http.StatusOK, f.sent, report)
		}
		return err
	})
}
