// Package s3 keeps an archive in a bucket of any S3 store. It is the only home of
// minio-go. Objects are written create-only (If-None-Match: *), with their SHA-256,
// in a header and not in a trailer, which not all stores take; and, when asked,
// locked until a date.
//
// An object that is larger than Options.Part is sent in parts, each with its SHA-256,
// from one buffer. An upload that was interrupted is found again by the next Put of
// the key: parts that the store has are not sent again. Uploads that nobody takes up
// cost room that no listing shows, so a bucket should have a lifecycle rule with
// AbortIncompleteMultipartUpload, of a week perhaps.
//
// In a bucket with versions the first version of a key is the truth: whatever is
// put or marked over it later is a sign of tampering and is read through.
package s3

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/vidimus/vidimus/archive"
)

// Lock is how new objects are protected.
type Lock string

// The modes of S3 Object Lock.
const (
	Unlocked   Lock = ""
	Governance Lock = "governance" // removable by holders of s3:BypassGovernanceRetention
	Compliance Lock = "compliance" // removable by nobody before the date, not even the account's root
)

// MaxRetain bounds retention: in compliance mode a date cannot be taken back, so a
// slip must not lock objects for a century (attack A5). Longer keeping is had by
// extending, which saving a bundle again does.
const MaxRetain = 30 * 365 * 24 * time.Hour

// Options say where the bucket is and how it is to protect what is put.
type Options struct {
	Bucket   string
	Prefix   string // of all keys, without slashes at its ends; may be empty
	Endpoint string // host[:port]; empty: Amazon S3
	Region   string
	Insecure bool // http instead of https
	// Credentials. Without AccessKey they are taken from where AWS tools take them
	// (AWS_ACCESS_KEY_ID …, ~/.aws/credentials; on Amazon also the instance's role).
	AccessKey, SecretKey, SessionToken string

	Lock      Lock
	Retain    time.Duration // from the moment of Put; wanted with a Lock
	LegalHold bool          // put a legal hold on every object, too

	// Part is the size in octets of the parts of larger objects, at least 5 MiB, and
	// what an upload needs of memory. 0: 16 MiB.
	Part int64

	Now       func() time.Time  // the clock, for retention dates; wanted with a Lock
	Transport http.RoundTripper // nil: the usual one
}

// Store is an archive.Store over a bucket.
type Store struct {
	client    *minio.Client
	core      minio.Core
	opts      Options
	prefix    string // with its slash
	versioned bool
	proven    bool // the probe passed
}

// Open connects to a bucket, which must exist. When locking is asked for, it
// proves on a scratch object that the store enforces it, and refuses a store that
// does not, with the reason.
func Open(ctx context.Context, opts Options) (*Store, error) {
	s, err := open(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", place(opts), err)
	}
	return s, nil
}

func open(ctx context.Context, opts Options) (*Store, error) {
	if err := opts.valid(); err != nil {
		return nil, err
	}
	endpoint := opts.Endpoint
	if endpoint == "" {
		endpoint = "s3.amazonaws.com"
	}
	transport, err := separated(opts.Transport, !opts.Insecure)
	if err != nil {
		return nil, err
	}
	client, err := minio.New(endpoint, &minio.Options{
		Creds: opts.credentials(), Secure: !opts.Insecure, Region: opts.Region,
		Transport: transport, MaxRetries: 5, TrailingHeaders: false,
	})
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, core: minio.Core{Client: client}, opts: opts}
	if opts.Prefix != "" {
		s.prefix = opts.Prefix + "/"
	}
	versioning, err := client.GetBucketVersioning(ctx, opts.Bucket)
	if err != nil {
		return nil, fmt.Errorf("asking whether the bucket keeps versions: %w", err)
	}
	s.versioned = versioning.Status != "" // a suspended bucket still has its old versions
	if opts.Lock != Unlocked || opts.LegalHold {
		if !versioning.Enabled() {
			return nil, fmt.Errorf("locking is asked for, and the bucket keeps no versions, which Object Lock needs")
		}
		if err := s.probe(ctx); err != nil {
			return nil, fmt.Errorf("the store is refused, because it does not keep what locking promises: %w", err)
		}
		s.proven = opts.Lock != Unlocked
	}
	return s, nil
}

func (o Options) valid() error {
	if o.Bucket == "" {
		return fmt.Errorf("no bucket is named")
	}
	if o.Prefix != "" {
		if err := archive.CheckKey(o.Prefix); err != nil {
			return fmt.Errorf("prefix: %w", err)
		}
	}
	if o.Part != 0 && (o.Part < leastPart || o.Part > archive.MaxObject) {
		return fmt.Errorf("parts of %d octets, want %d to %d", o.Part, leastPart, archive.MaxObject)
	}
	switch o.Lock {
	case Unlocked:
		if o.Retain != 0 {
			return fmt.Errorf("a retention of %v is asked for without a lock mode", o.Retain)
		}
		return nil
	case Governance, Compliance:
	default:
		return fmt.Errorf("lock mode %q, want %q or %q", o.Lock, Governance, Compliance)
	}
	if o.Retain <= 0 || o.Retain > MaxRetain {
		return fmt.Errorf("retention of %v, want more than 0 and at most %v (30 years)", o.Retain, MaxRetain)
	}
	if o.Now == nil {
		return fmt.Errorf("locking needs a clock")
	}
	return nil
}

func (o Options) credentials() *credentials.Credentials {
	if o.AccessKey != "" {
		return credentials.NewStaticV4(o.AccessKey, o.SecretKey, o.SessionToken)
	}
	chain := []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}
	if o.Endpoint == "" || strings.HasSuffix(o.Endpoint, ".amazonaws.com") {
		chain = append(chain, &credentials.IAM{})
	}
	return credentials.NewChainCredentials(chain)
}

func place(o Options) string {
	p := "s3://" + o.Bucket
	if o.Prefix != "" {
		p += "/" + o.Prefix
	}
	return p
}

// Capabilities implements archive.Store.
func (s *Store) Capabilities() archive.Capabilities {
	c := archive.Capabilities{Place: place(s.opts), Mode: strings.ToUpper(string(s.opts.Lock)), LegalHold: s.opts.LegalHold}
	if s.opts.Lock != Unlocked {
		c.Retain = s.opts.Retain
	}
	switch {
	case s.opts.Lock == Compliance:
		c.WORM = s.proven
		c.Statement = fmt.Sprintf("S3 Object Lock in compliance mode, %s from writing: a probe at start has proven that nobody, "+
			"with a bypass neither, can delete a locked object, write over it or shorten its retention.", days(s.opts.Retain))
	case s.opts.Lock == Governance:
		c.Statement = fmt.Sprintf("S3 Object Lock in governance mode, %s from writing: a probe at start has proven that deleting, "+
			"writing over and shortening are refused; who holds the right to bypass governance can still do so.", days(s.opts.Retain))
	case s.versioned:
		c.Statement = "An S3 bucket with versions and without a lock: the first version of each object is read, and who holds the credentials can delete it."
	default:
		c.Statement = "An S3 bucket without versions and without a lock: objects are written once, and who holds the credentials can delete or replace them."
	}
	if s.opts.LegalHold {
		c.Statement += " Each object has a legal hold, which holders of s3:PutObjectLegalHold can lift."
	}
	return c
}

func days(d time.Duration) string {
	if d >= 48*time.Hour {
		return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
	}
	return d.String()
}
