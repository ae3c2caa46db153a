package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/s3"
)

// storeError is wrong usage of --store; exit status 3.
type storeError struct {
	err  error
	hint string
}

func (e *storeError) Error() string { return e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// Hint says what to do about it.
func (e *storeError) Hint() string { return e.hint }

// ExitCode is that of wrong usage.
func (e *storeError) ExitCode() int { return 3 }

const storeHint = "write --store dir:PATH, or --store 's3://BUCKET/PREFIX?endpoint=HOST&region=REGION&lock=compliance&retain=3650d'"

// openStore opens the store that a --store URL names:
//
//	""           a folder in the user's data directory
//	dir:PATH     a folder
//	s3://BUCKET/PREFIX?endpoint=HOST[:PORT]&region=NAME&insecure=1&lock=governance|compliance&retain=TIME&hold=1
//
// retain is a period (90m, 3650d, 10y) or a date (2036-01-01). Unknown parameters
// are refused: a misspelt lock must not turn into no lock. With a lock, opening
// probes the store and refuses one that does not enforce it.
func openStore(ctx context.Context, rawURL string, now func() time.Time) (archive.Store, error) {
	if rawURL == "" {
		path, err := dataDir()
		if err != nil {
			return nil, &storeError{fmt.Errorf("finding the folder for archives: %w", err), storeHint}
		}
		return dir.Open(filepath.Join(path, "archive"))
	}
	if path, ok := strings.CutPrefix(rawURL, "dir:"); ok && path != "" {
		return dir.Open(path)
	}
	if !strings.HasPrefix(rawURL, "s3://") {
		return nil, &storeError{fmt.Errorf("the store %q is neither dir:PATH nor s3://BUCKET/PREFIX", rawURL), storeHint}
	}
	opts, err := s3Options(rawURL, now)
	if err != nil {
		return nil, &storeError{fmt.Errorf("reading --store: %w", err), storeHint}
	}
	return s3.Open(ctx, opts)
}

func s3Options(rawURL string, now func() time.Time) (s3.Options, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return s3.Options{}, err
	}
	if u.User != nil {
		return s3.Options{}, fmt.Errorf("credentials do not belong into the URL, where others can see them; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	o := s3.Options{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"), Now: now}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return o, err
	}
	for name, values := range query {
		if len(values) != 1 {
			return o, fmt.Errorf("%s is given %d times", name, len(values))
		}
		v := values[0]
		switch name {
		case "endpoint":
			scheme, host, ok := strings.Cut(v, "://")
			if !ok {
				scheme, host = "", v
			}
			o.Endpoint, o.Insecure = strings.TrimSuffix(host, "/"), o.Insecure || scheme == "http"
		case "region":
			o.Region = v
		case "insecure":
			var on bool
			on, err = strconv.ParseBool(v)
			o.Insecure = o.Insecure || on
		case "lock":
			o.Lock = s3.Lock(strings.ToLower(v))
		case "retain":
			o.Retain, err = parseRetain(v, now())
		case "hold":
			o.LegalHold, err = strconv.ParseBool(v)
		default:
			err = fmt.Errorf("there is no such parameter")
		}
		if err != nil {
			return o, fmt.Errorf("parameter %s=%q: %w", name, v, err)
		}
	}
	if o.Region == "" {
		o.Region = defaultRegion(o.Endpoint)
	}
	return o, nil
}

// defaultRegion follows the AWS variables; stores that are not Amazon take the
// name that they all default to.
func defaultRegion(endpoint string) string {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	if endpoint != "" {
		return "us-east-1"
	}
	return ""
}

// parseRetain reads a period (Go's notation, or whole days and years of 365 days)
// or a date.
func parseRetain(s string, now time.Time) (time.Duration, error) {
	const day = 24 * time.Hour
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Sub(now), nil
		}
	}
	for suffix, unit := range map[string]time.Duration{"d": day, "y": 365 * day} {
		if n, err := strconv.ParseUint(strings.TrimSuffix(s, suffix), 10, 16); err == nil && strings.HasSuffix(s, suffix) {
			if n > uint64(s3.MaxRetain/unit) {
				return 0, fmt.Errorf("at most %d%s are allowed", s3.MaxRetain/unit, suffix)
			}
			return time.Duration(n) * unit, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("want a period such as 3650d or 10y, or a date such as 2036-01-01")
	}
	return d, nil
}
