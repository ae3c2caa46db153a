package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vidimus/vidimus/api/metrics"
	"github.com/vidimus/vidimus/api/webhook"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/validate/fetch"
)

// webhookFlags say who is told of alerts.
type webhookFlags struct {
	Webhook       []string `sep:"none" placeholder:"URL" help:"Tell alerts, about lists and about jobs of 'serve' that fail or find damage, to this URL, by a signed POST (repeatable). It may be a private host."`
	WebhookSecret string   `name:"webhook-secret" placeholder:"FILE" help:"Secrets that webhooks are signed with, one a line: whsec_ and base64. While a secret is changed there are two."`
}

// Bounds: of the file of secrets, in octets; of an alert's words; of one attempt, and
// of those that a command that ends waits for.
const (
	maxSecretFile  = 64 << 10
	maxAlertWords  = 8 << 10
	webhookTimeout = 15 * time.Second
	webhookFlush   = 30 * time.Second
)

// outboxName is the folder of webhooks beside the cache of lists.
const outboxName = "webhooks"

// check refuses flags that make no sense.
func (f *webhookFlags) check() error {
	for _, raw := range f.Webhook {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
			return usage("write it as https://alerts.example.org/hook", "--webhook: a URL of http or https without a user's name is needed") // the URL may be a secret
		}
	}
	if len(f.Webhook) > 0 && f.WebhookSecret == "" {
		return usage("make one with: echo whsec_$(openssl rand -base64 32) > FILE", "--webhook needs --webhook-secret")
	}
	return nil
}

// targets are the operator's.
func (f *webhookFlags) targets() []webhook.Target {
	var out []webhook.Target
	for _, u := range f.Webhook {
		out = append(out, webhook.Target{URL: u})
	}
	return out
}

// sender sends webhooks by these flags, and what an earlier process left in the
// outbox; nil without flags. Close is called in either case.
func (f *webhookFlags) sender(rt *runtime, log *slog.Logger, told func(string)) (s *webhook.Sender, closing func(), err error) {
	if len(f.Webhook) == 0 {
		return nil, func() {}, nil
	}
	secrets, err := f.secrets()
	if err != nil {
		return nil, nil, err
	}
	dir, err := rt.CacheDir()
	if err != nil {
		return nil, nil, err
	}
	network := rt.Network
	network.Trusted, network.Timeout = slices.Clone(network.Trusted), webhookTimeout
	for _, raw := range f.Webhook {
		if u, err := url.Parse(raw); err == nil {
			network.Trusted = append(network.Trusted, u.Host)
		}
	}
	client := fetch.New(network)
	terms := func(to webhook.Target) (webhook.Terms, error) {
		// A private address is for URLs of the flags that the process has now.
		if to.Owner != "" || !slices.Contains(f.Webhook, to.URL) {
			return webhook.Terms{}, errors.New("no flag --webhook names its URL any more")
		}
		return webhook.Terms{Poster: client, Secrets: secrets}, nil
	}
	s, err = webhook.New(webhook.Options{Outbox: webhook.NewFolder(filepath.Join(dir, outboxName), rt.Disk, rt.Now, log), Terms: terms, Now: rt.Now, Log: log, Told: told})
	if err != nil {
		client.Close()
		return nil, nil, err
	}
	return s, func() {
		s.Close()
		client.Close()
	}, nil
}

// secrets reads the file of secrets.
func (f *webhookFlags) secrets() ([]webhook.Secret, error) {
	file, err := os.Open(f.WebhookSecret)
	if err != nil {
		return nil, usage("it holds one secret a line", "--webhook-secret: %v", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(file, maxSecretFile))
	if err != nil {
		return nil, usage("it holds one secret a line", "--webhook-secret: %v", err)
	}
	secrets, err := webhook.ParseSecrets(raw)
	if err != nil {
		return nil, usage("make one with: echo whsec_$(openssl rand -base64 32) > FILE", "--webhook-secret: %v", err)
	}
	return secrets, nil
}

// alerting tells alerts about lists: to the log, the metrics and the webhooks. One
// goroutine uses it.
type alerting struct {
	log     *slog.Logger
	metrics *metrics.Metrics // nil: they are printed elsewhere, and nobody counts
	hooks   *webhook.Sender  // nil: nobody is told
	targets []webhook.Target
	told    map[string]bool // IDs, since a pull was last stored
	failed  bool            // the webhooks of the pull before could not be made durable
}

// tell tells alerts before their pull is stored. A pull whose webhooks cannot be made
// durable ends, and is soon made again; when the next one's cannot either, the lists go
// first: an outbox that is broken for good must not let trust grow old.
func (a *alerting) tell(alerts []pull.Alert) error {
	err := a.send(alerts)
	again := a.failed
	if a.failed = err != nil; err == nil || !again {
		return err
	}
	a.log.Error("alerts are not durable; they are sent as long as the service runs", "cause", err.Error())
	return nil
}

// send returns when the webhooks are durable. Alerts that are told again, because their
// pull was not stored, are logged and counted once.
func (a *alerting) send(alerts []pull.Alert) error {
	if a.told == nil {
		a.told = map[string]bool{}
	}
	var problems []error
	for _, x := range alerts {
		if len(x.Says) > maxAlertWords { // it quotes lists
			x.Says = fmt.Sprintf("%.*s…", maxAlertWords/4, x.Says)
		}
		if a.metrics != nil && !a.told[x.ID] {
			a.told[x.ID] = true
			a.count(x)
		}
		if a.hooks != nil {
			problems = append(problems, a.hooks.Send(webhook.Event{ID: x.ID, Type: "trust." + x.Kind, At: x.At, Data: x, Grave: x.Grave}, a.targets...))
		}
	}
	return errors.Join(problems...)
}

func (a *alerting) count(x pull.Alert) {
	a.metrics.Alert(x.Kind)
	level := slog.LevelInfo
	if x.Grave {
		level = slog.LevelWarn
	}
	a.log.Log(context.Background(), level, "trust alert", "kind", x.Kind, "territory", x.Territory, "says", x.Says, "id", x.ID)
}

// stored says that the pull whose alerts were told is stored: the next ones are others.
func (a *alerting) stored() { clear(a.told) }
