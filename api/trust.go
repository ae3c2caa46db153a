package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Policy is a validation policy that requests may name.
type Policy struct {
	Name    string `json:"name"`
	SHA256  string `json:"sha256" doc:"Of the policy's text, as reports name it."`
	Default bool   `json:"default,omitempty" doc:"Requests that name no policy go by this one."`
	Text    string `json:"text,omitempty" doc:"The policy, whole, in the words of a policy file."`
}

// policyList is the answer of GET /v1/policies.
type policyList struct {
	Policies []Policy `json:"policies" nullable:"false"`
}

// trustStatus is the answer of GET /v1/trust.
type trustStatus struct {
	Lists    []ListState `json:"lists" nullable:"false" doc:"The authenticated lists; none: nothing can be judged."`
	Reasons  []string    `json:"reasons,omitempty" doc:"Why the service is not ready, a sentence each."`
	Warnings []string    `json:"warnings,omitempty" doc:"What is told and changes nothing, a sentence each."`
	Missing  []ListState `json:"missing,omitempty" doc:"Lists that are pointed to, and of which no genuine copy was ever had."`
	Digest   string      `json:"digest,omitempty" doc:"Names the set of lists in force."`
	// Certificates is the number of distinct certificates of all services in force.
	Certificates int `json:"certificates" doc:"Distinct certificates of all services in force."`
}

// getTrust tells what is trusted now: GET /v1/trust.
func (s *server) getTrust(c *gin.Context, _ *struct{}) error {
	trust := s.Readiness.Trust()
	if trust.Lists == nil {
		trust.Lists = []ListState{}
	}
	return answer(c, http.StatusOK, trustStatus{Lists: trust.Lists, Reasons: trust.Reasons, Warnings: trust.Warnings, Missing: trust.Missing,
		Digest: trust.Digest, Certificates: trust.Certificates})
}

// listPolicies names the policies: GET /v1/policies.
func (s *server) listPolicies(c *gin.Context, _ *struct{}) error {
	out := policyList{Policies: []Policy{}}
	for _, p := range s.Policies {
		p.Text = ""
		out.Policies = append(out.Policies, p)
	}
	return answer(c, http.StatusOK, out)
}

// policyPath names a policy.
type policyPath struct {
	Name string `path:"name" example:"practice" doc:"Name of a policy."`
}

// getPolicy gives a policy whole: GET /v1/policies/{name}.
func (s *server) getPolicy(c *gin.Context, in *policyPath) error {
	for _, p := range s.Policies {
		if p.Name == in.Name {
			return answer(c, http.StatusOK, p)
		}
	}
	return problem(NoSuchPolicy, "No policy has this name.")
}
