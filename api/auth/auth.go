// Package auth says who calls: by an API key whose hash stands in a file, or by a
// token of an OpenID Connect provider. It knows no HTTP; package api asks it.
package auth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The scopes of a caller: what it may do.
const (
	Validate = "validate" // judge files; see what is trusted, and policies
	Put      = "put"      // archive evidence
	Read     = "read"     // list and fetch its tenant's evidence
)

// Scopes are all of them.
func Scopes() []string { return []string{Validate, Put, Read} }

// Caller is who calls.
type Caller struct {
	// Tenant whose evidence it works on; "" only where a service is open to all.
	Tenant string
	// ID names the key, or who issued the token; it stands in logs, so it is no name of a person.
	ID     string
	Scopes []string
	// Limits of its own; the zero value: those of the service for each tenant.
	Limits Limits
}

// May says whether the caller has a scope.
func (c Caller) May(scope string) bool { return slices.Contains(c.Scopes, scope) }

// Limits bound what a tenant may cost. 0 is no bound.
type Limits struct {
	PerSecond   float64 `json:"requestsPerSecond,omitempty"` // on average
	Burst       int     `json:"burst,omitempty"`             // at once; 0 with a rate: one second's worth
	PerDay      int     `json:"filesPerDay,omitempty"`       // files judged in a day of UTC, since the service began
	Concurrent  int     `json:"concurrent,omitempty"`        // files being received or judged at once
	RequestSize int64   `json:"requestSize,omitempty"`       // octets, where less than that of the service
}

// Check refuses what is no limit.
func (l Limits) Check() error {
	if l.PerSecond < 0 || l.Burst < 0 || l.PerDay < 0 || l.Concurrent < 0 || l.RequestSize < 0 {
		return errors.New("a limit is less than nothing")
	}
	return nil
}

// Refused says that a credential is none that counts. What was wrong with it is for
// the log: a client that guesses learns nothing from it.
type Refused struct{ Why string }

// Error is why.
func (e *Refused) Error() string { return "credential refused: " + e.Why }

// Unavailable says that nobody could be asked whether a credential counts.
type Unavailable struct{ Cause error }

// Error is the cause.
func (e *Unavailable) Error() string {
	return "asking who issued a token failed: " + e.Cause.Error()
}

// Unwrap is the cause.
func (e *Unavailable) Unwrap() error { return e.Cause }

// Method is one way to say who calls.
type Method interface {
	// Mine says whether a credential has this method's form.
	Mine(credential string) bool
	// Caller is whose credential it is, at a time. Errors are a *Refused, or an
	// *Unavailable.
	Caller(ctx context.Context, credential string, at time.Time) (Caller, error)
}

// Any takes a credential of any of several methods.
type Any []Method

// maxCredential bounds a credential, in octets; tokens with many claims are long.
const maxCredential = 8 << 10

// Caller is whose credential it is.
func (a Any) Caller(ctx context.Context, credential string, at time.Time) (Caller, error) {
	if len(credential) > maxCredential {
		return Caller{}, &Refused{fmt.Sprintf("it has %d octets, at most %d are read", len(credential), maxCredential)}
	}
	for _, m := range a {
		if m.Mine(credential) {
			return m.Caller(ctx, credential, at)
		}
	}
	return Caller{}, &Refused{"it has no known form"}
}

// tenantForm: a tenant's name is a segment of the archive's keys, so it is one for
// every store, and cannot lead out of its place.
var tenantForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckTenant refuses what cannot be the name of a tenant.
func CheckTenant(name string) error {
	if !tenantForm.MatchString(name) {
		return fmt.Errorf("%q is no name of a tenant: 1 to 63 small letters, digits and dashes, none at an end", name)
	}
	return nil
}

func checkScopes(scopes []string) error {
	for _, s := range scopes {
		if !slices.Contains(Scopes(), s) {
			return fmt.Errorf("%q is no scope; they are %s", s, strings.Join(Scopes(), ", "))
		}
	}
	if len(scopes) == 0 {
		return errors.New("there is no scope")
	}
	return nil
}
