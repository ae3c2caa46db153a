package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// storeTime bounds the probe of the store: a readiness that hangs is a red one.
const storeTime = 5 * time.Second

// healthz says that the process lives, and nothing more.
func (s *server) healthz(c *gin.Context) {
	c.JSON(http.StatusOK, gin.H{"status": "alive"})
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready     bool        `json:"ready"`
	Reasons   []string    `json:"reasons,omitempty"`
	Warnings  []string    `json:"warnings,omitempty"`
	UnsafeNow *time.Time  `json:"unsafeNow,omitempty"` // the clock stands: a rehearsal
	Lists     []ListState `json:"lists"`
}

// readyz says whether verdicts given now can be trusted, and if not, why.
func (s *server) readyz(c *gin.Context) {
	trust := s.Readiness.Trust()
	answer := readiness{Reasons: slices.Clone(trust.Reasons), Warnings: trust.Warnings, UnsafeNow: s.UnsafeNow, Lists: trust.Lists}
	if len(trust.Lists) == 0 {
		answer.Lists = []ListState{}
		answer.Reasons = append([]string{"No authenticated trusted list is loaded."}, answer.Reasons...)
	}
	if s.UnsafeNow != nil {
		answer.Warnings = append([]string{"The service goes by an unsafe clock, for rehearsal: " + s.UnsafeNow.UTC().Format(time.RFC3339) + "."}, answer.Warnings...)
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), storeTime)
	defer cancel()
	if err := s.Readiness.Store(ctx); err != nil {
		s.Log.Warn("the store is not reachable", "cause", err.Error())
		answer.Reasons = append(answer.Reasons, "The store cannot be reached, or does not hold what it promises; the log says more.")
	}
	answer.Ready = len(answer.Reasons) == 0
	status := http.StatusOK
	if !answer.Ready {
		status = http.StatusServiceUnavailable
	}
	c.JSON(status, answer)
}
