package api

import (
	"context"
	"log/slog"
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

// Health is the answer of /readyz, and what the metrics tell of trust.
type Health struct {
	Ready     bool        `json:"ready"`
	Reasons   []string    `json:"reasons,omitempty"`
	Warnings  []string    `json:"warnings,omitempty"`
	UnsafeNow *time.Time  `json:"unsafeNow,omitempty"` // the clock stands: a rehearsal
	Lists     []ListState `json:"lists"`
	Missing   []ListState `json:"missing,omitempty"`
	Digest    string      `json:"digest,omitempty"` // of the snapshot in force
	Store     *StoreState `json:"store,omitempty"`
	// Certificates is the number of distinct certificates of all services in force.
	Certificates int `json:"certificates"`
}

// HealthOf says whether verdicts given now can be trusted, and if not, why. It is the
// one function for whoever asks, so that no two answers disagree.
func HealthOf(ctx context.Context, r Readiness, unsafeNow *time.Time, log *slog.Logger) Health {
	trust := r.Trust()
	h := Health{Reasons: slices.Clone(trust.Reasons), Warnings: trust.Warnings, UnsafeNow: unsafeNow, Lists: trust.Lists, Missing: trust.Missing,
		Digest: trust.Digest, Store: trust.Store, Certificates: trust.Certificates}
	if len(trust.Lists) == 0 {
		h.Lists = []ListState{}
		h.Reasons = append([]string{"No authenticated trusted list is loaded."}, h.Reasons...)
	}
	if unsafeNow != nil {
		h.Warnings = append([]string{"The service goes by an unsafe clock, for rehearsal: " + unsafeNow.UTC().Format(time.RFC3339) + "."}, h.Warnings...)
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := r.Store(ctx); err != nil {
		log.Warn("the store is not reachable", "cause", err.Error())
		h.Reasons = append(h.Reasons, "The store cannot be reached, or does not hold what it promises; the log says more.")
	}
	h.Ready = len(h.Reasons) == 0
	return h
}

// readyz answers with the health: 200 or 503.
func (s *server) readyz(c *gin.Context) {
	h := HealthOf(c.Request.Context(), s.Readiness, s.UnsafeNow, s.Log)
	status := http.StatusOK
	if !h.Ready {
		status = http.StatusServiceUnavailable
	}
	c.JSON(status, h)
}
