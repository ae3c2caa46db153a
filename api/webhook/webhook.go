// Package webhook tells others of events: a signed POST for each event and target, in
// the way of Standard Webhooks 1.0, tried again until it is taken or too old.
//
// What is to be sent lies in an Outbox before anybody is told that it will be, and
// leaves it when the receiver has taken it: so a crash loses nothing, and may send an
// event twice. Its ID is the same both times (the header webhook-id). Whoever hands
// over an event never waits for a receiver.
//
// Targets may be chosen by strangers. The package knows no network: a Poster guards
// against what hostile addresses can do (attack S1), and Terms say, at every attempt,
// whether a target may lie at a private address.
package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"time"
)

// Bounds: of a body and of a URL, in octets.
const (
	MaxBody = 200 << 10
	maxURL  = 2048
)

// Event is what happened.
type Event struct {
	// ID names the event for ever: the same event has the same ID, also when it is
	// told again after a crash. Receivers drop what they have seen (idempotency key).
	ID    string
	Type  string // "trust.list-expired"
	At    time.Time
	Data  any  // becomes JSON
	Grave bool // stays longest when the outbox is full
}

// Target is where events go.
type Target struct {
	URL string `json:"url"`
	// Owner is whose target it is, "" the operator's: Terms go by it.
	Owner string `json:"owner,omitempty"`
}

// Delivery is one event on its way to one target.
type Delivery struct {
	Key      string    `json:"key"` // of event and target
	Event    string    `json:"event"`
	Type     string    `json:"type"`
	Target   Target    `json:"target"`
	Grave    bool      `json:"grave,omitempty"`
	Made     time.Time `json:"made"`
	Attempts int       `json:"attempts"`
	Next     time.Time `json:"next"` // not before
	Body     []byte    `json:"body"` // the same octets at every attempt
}

// KeyOf names the delivery of an event to a target.
func KeyOf(event string, to Target) string {
	sum := sha256.Sum256([]byte(event + "\x00" + to.Owner + "\x00" + to.URL))
	return hex.EncodeToString(sum[:16])
}

// newDelivery writes the body of an event.
func newDelivery(e Event, to Target, now time.Time) (Delivery, error) {
	if e.ID == "" || e.Type == "" {
		return Delivery{}, errors.New("sending a webhook: the event has no ID or no type")
	}
	body, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{e.Type, e.At.UTC(), e.Data})
	if err != nil {
		return Delivery{}, fmt.Errorf("sending a webhook of %s: %w", e.Type, err)
	}
	d := Delivery{Key: KeyOf(e.ID, to), Event: e.ID, Type: e.Type, Target: to, Grave: e.Grave, Made: now.UTC(), Next: now.UTC(), Body: body}
	return d, d.check()
}

// check refuses a delivery that no Sender of ours has made.
func (d *Delivery) check() error {
	switch {
	case d.Key != KeyOf(d.Event, d.Target):
		return errors.New("reading a webhook: its key is not that of its event and target")
	case len(d.Body) == 0 || len(d.Body) > MaxBody:
		return fmt.Errorf("reading a webhook: its body has %d octets, from 1 to %d are sent", len(d.Body), MaxBody)
	case len(d.Target.URL) > maxURL:
		return fmt.Errorf("reading a webhook: its URL has %d octets, at most %d are allowed", len(d.Target.URL), maxURL)
	}
	return nil
}

// Outbox keeps deliveries until they are taken. It is called by one Sender at a time;
// other processes may use the same one.
type Outbox interface {
	// Put makes a delivery durable, in the place of the one with its key.
	Put(d Delivery) error
	// Remove forgets a delivery; that it is not there is no error.
	Remove(key string) error
	// All are the deliveries that are kept, in any order.
	All() ([]Delivery, error)
}

// Poster is the network. fetch.Client is one: it guards against hostile addresses.
type Poster interface {
	// Post sends body and returns the answer's status and Retry-After. It follows no
	// redirect and reads little of the answer. An error may have the method
	// Cause() error, for the operator's eyes.
	Post(ctx context.Context, url, contentType string, header map[string]string, body []byte) (status int, retryAfter string, err error)
}

// Terms are by what a delivery is sent.
type Terms struct {
	Poster  Poster
	Secrets []Secret // the receiver accepts the signature of any of them
}

// Options say how a Sender sends.
type Options struct {
	Outbox Outbox
	// Terms are asked for before every attempt, so that what is allowed is what is
	// allowed now. An error drops the delivery.
	Terms func(to Target) (Terms, error)
	Now   func() time.Time
	Log   *slog.Logger // nil discards
	// Random gives numbers from 0 to below 1; nil means those of math/rand.
	Random func() float64
	// Told is called with what became of an attempt: Delivered, Retried or Dropped.
	Told func(outcome string)

	Max        int           // deliveries kept; one more pushes out the oldest that is not grave
	MaxAge     time.Duration // how long it is tried
	Backoff    time.Duration // after the first attempt; it doubles, and is spread by half to one and a half
	MaxBackoff time.Duration
	Concurrent int           // attempts under way; one at most for each target
	Rescan     time.Duration // how often the outbox is read for what other processes put there
}

// What became of an attempt.
const (
	Delivered = "delivered"
	Retried   = "retried" // it failed, and is made again later
	Dropped   = "dropped" // it is not made again
)

// Outcomes are all of them.
func Outcomes() []string { return []string{Delivered, Retried, Dropped} }

// The defaults of Options: three days are some 20 attempts.
const (
	DefaultMax        = 1000
	DefaultMaxAge     = 72 * time.Hour
	DefaultBackoff    = 5 * time.Second
	DefaultMaxBackoff = 6 * time.Hour
	DefaultConcurrent = 8
	DefaultRescan     = time.Minute
)

func (o Options) withDefaults() Options {
	span := func(p *time.Duration, d time.Duration) {
		if *p <= 0 {
			*p = d
		}
	}
	span(&o.MaxAge, DefaultMaxAge)
	span(&o.Backoff, DefaultBackoff)
	span(&o.MaxBackoff, DefaultMaxBackoff)
	span(&o.Rescan, DefaultRescan)
	if o.Max <= 0 {
		o.Max = DefaultMax
	}
	if o.Concurrent <= 0 {
		o.Concurrent = DefaultConcurrent
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Told == nil {
		o.Told = func(string) {}
	}
	return o
}

// place is a target as a log may name it: paths and queries of webhooks hold secrets.
func place(to Target) string {
	u, err := url.Parse(to.URL)
	if err != nil || u.Host == "" {
		return "no address"
	}
	return u.Scheme + "://" + u.Host
}
