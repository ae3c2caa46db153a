package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// TrustCmd is `vidimus trust`: what is trusted, and whether it is genuine.
type TrustCmd struct {
	Pull   TrustPullCmd   `cmd:"" help:"Fill the cache with the lists of trusted lists and the national lists, verified."`
	Show   TrustShowCmd   `cmd:"" help:"Show what is trusted: countries, providers, services, status, ages."`
	Diff   TrustDiffCmd   `cmd:"" help:"Say what changed between two sets of lists."`
	Verify TrustVerifyCmd `cmd:"" help:"Check a mirror: one line for each file, and whether it is authentic."`
	Export TrustExportCmd `cmd:"" help:"Write all lists of the cache, with their proofs, into one file for a machine without a network."`
	Import TrustImportCmd `cmd:"" help:"Take the lists of such a file into the cache, verified again."`
}

// trustError is an error with an exit status (contract §1) and a hint.
type trustError struct {
	code          int
	message, hint string
}

// Exit statuses of the contract.
const (
	trustNotAuthentic = 1 // judged, and not all is authentic
	trustUnreadable   = 2 // something could not be read
	trustUsage        = 3 // wrong usage
	trustNone         = 4 // no trust material
)

// Error is the sentence for people.
func (e *trustError) Error() string { return e.message }

// ExitCode is the exit status of the process.
func (e *trustError) ExitCode() int { return e.code }

// Hint says what to do, "" where nothing helps.
func (e *trustError) Hint() string { return e.hint }

func trustFailure(code int, hint, format string, args ...any) error {
	return &trustError{code: code, message: fmt.Sprintf(format, args...), hint: hint}
}

// trustFlags are the flags that say what is trusted, with the same names
// wherever they apply. They are embedded by the commands.
type trustFlags struct {
	Lists             string   `placeholder:"DIR" help:"Mirror: a folder with the XML of the list of lists, its pivots and the national lists, under any names; or 'none'. Default: the cache that 'trust pull' fills."`
	ListsAsOf         string   `name:"lists-as-of" placeholder:"TIME" help:"Go by the lists that were in force in the cache at this time, RFC 3339, instead of the newest."`
	ListsStore        string   `name:"lists-store" placeholder:"URL" help:"Read the lists of --lists-as-of from here instead of the cache: dir:PATH or s3://BUCKET/PREFIX, as --store. Filled by 'trust pull --lists-store'."`
	LotlAnchors       string   `name:"lotl-anchors" placeholder:"FILE" help:"PEM certificates, or SHA-256 fingerprints one a line, that may sign the list of lists. Default: those published in the Official Journal, built in."`
	TrustedList       []string `name:"trusted-list" sep:"none" placeholder:"FILE" help:"One more list that the Union's list of lists does not point to: a national one, a third country's, or a list of third countries' lists (repeatable, in pairs with --trusted-list-signer)."`
	TrustedListSigner []string `name:"trusted-list-signer" sep:"none" placeholder:"FILE" help:"PEM certificates that may have signed the --trusted-list in the same place."`
}

// parseAt reads --at; empty is now.
func parseAt(at string, now func() time.Time) (time.Time, error) {
	if at == "" {
		return now().UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return time.Time{}, trustFailure(trustUsage, "write it as 2023-11-10T12:00:00Z", "--at %q is not a time in RFC 3339", at)
	}
	return t.UTC(), nil
}

// plainText makes what a list or a file name says harmless for a terminal:
// control characters and bidirectional overrides become '·'.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return '·'
		}
		return r
	}, s)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
