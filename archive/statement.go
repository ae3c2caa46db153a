package archive

import (
	"encoding/json"
	"fmt"
	"time"
)

// Enforced is what a store enforces, as the bundles say that were put into it. Of where
// the store is, of who holds its credentials, and of when it was asked it says nothing:
// equal stores give equal bundles.
type Enforced struct {
	Format string `json:"format"`
	// WORM: what was written cannot be deleted or written over by anybody who holds the
	// store's usual credentials, and a probe has proven it.
	WORM bool `json:"worm"`
	// Mode is how retention is kept: COMPLIANCE, GOVERNANCE, or NOTE where it is noted
	// and enforced by nobody; absent: not at all.
	Mode string `json:"lockMode,omitempty"`
	// RetentionDays is for how many whole days the store retains each object from its
	// writing on; 0: for as long as it is told to, bundle by bundle.
	RetentionDays int `json:"retentionDays"`
	// LegalHold: each object is put under a legal hold.
	LegalHold bool `json:"legalHold,omitempty"`
	// Statement is the sentence of the probe.
	Statement string `json:"statement"`
}

// EnforcedFormat is the version of Enforced.
const EnforcedFormat = "vidimus-store/1"

// Statement is what a bundle holds of the store that it is put into: an Enforced, JSON.
func Statement(st Store) ([]byte, error) {
	c := st.Capabilities()
	raw, err := json.MarshalIndent(Enforced{EnforcedFormat, c.WORM, c.Mode, int(c.Retain / (24 * time.Hour)), c.LegalHold, c.Statement}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing what the store enforces: %w", err)
	}
	return append(raw, '\n'), nil
}
