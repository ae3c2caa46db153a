package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/webhook"
	"github.com/vidimus/vidimus/validate/fetch"
)

// jobHooks tells tenants' URLs of jobs that have ended. The URLs are strangers': no
// host of theirs is trusted, so none at a private address is called (attack S1). Each
// tenant has secrets of its own, made of the service's: what one is told of its jobs
// another cannot forge.
type jobHooks struct {
	sender  *webhook.Sender
	secrets []webhook.Secret
}

// Names within the folder of batch jobs.
const (
	jobOutbox     = "webhooks"
	jobSecretFile = "webhook-secret"
)

// ownerPrefix tells tenants' targets from the operator's, also where the tenant has no
// name.
const ownerPrefix = "tenant:"

// jobHooks begins to send, from an outbox in dir. Close is called in the end.
func (c *ServeCmd) jobHooks(rt *runtime, dir string, s *service, log *slog.Logger) (h *jobHooks, closing func(), err error) {
	h = &jobHooks{}
	if c.WebhookSecret != "" {
		h.secrets, err = c.secrets()
	} else {
		h.secrets, err = secretOf(filepath.Join(dir, jobSecretFile))
	}
	if err != nil {
		return nil, nil, err
	}
	network := rt.Network
	network.Trusted, network.Timeout = nil, webhookTimeout
	client := fetch.New(network)
	terms := func(to webhook.Target) (webhook.Terms, error) {
		tenant, ok := strings.CutPrefix(to.Owner, ownerPrefix)
		if !ok || c.Offline {
			return webhook.Terms{}, errors.New("it is no tenant's, or the service is offline")
		}
		return webhook.Terms{Poster: client, Secrets: h.of(tenant)}, nil
	}
	o := webhook.Options{Outbox: webhook.NewFolder(filepath.Join(dir, jobOutbox), rt.Disk, rt.Now, log), Terms: terms, Now: rt.Now, Log: log, Max: 20_000}
	if s.metrics != nil {
		o.Told = s.metrics.Webhook
	}
	if h.sender, err = webhook.New(o); err != nil {
		client.Close()
		return nil, nil, err
	}
	return h, func() {
		h.sender.Close()
		client.Close()
	}, nil
}

// secretOf is the secret of a file, which is made where there is none: written whole
// beside it, and given its name only where nobody else was faster.
func secretOf(name string) ([]webhook.Secret, error) {
	raw, err := readFile(name, maxSecretFile)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails since Go 1.24
		if err := writeOnce(name, []byte(secretText(key)+"\n")); err != nil {
			return nil, fmt.Errorf("making the secret of webhooks: %w", err)
		}
		raw, err = readFile(name, maxSecretFile)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the secret of webhooks: %w", err)
	}
	return webhook.ParseSecrets(raw)
}

// writeOnce makes a file, whole, unless there is one.
func writeOnce(name string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".secret-*") // for the owner only
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		if err = os.Link(f.Name(), name); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	return errors.Join(err, os.Remove(f.Name()))
}

// secretText is a secret as receivers are told it.
func secretText(key []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }

// of are the secrets of a tenant, made of those of the service.
func (h *jobHooks) of(tenant string) []webhook.Secret {
	var out []webhook.Secret
	for _, s := range h.secrets {
		mac := hmac.New(sha256.New, s)
		_, _ = mac.Write([]byte("vidimus webhooks of jobs, tenant " + tenant)) // never fails
		out = append(out, mac.Sum(nil))
	}
	return out
}

// secretText is what a tenant is told.
func (h *jobHooks) secretText(tenant string) string { return secretText(h.of(tenant)[0]) }

// tell sends an event of a job; its ID is the same whenever it is sent.
func (h *jobHooks) tell(tenant, url string, j api.Job) error {
	j.WebhookSecret = ""
	return h.sender.Send(webhook.Event{ID: "job-" + j.ID, Type: "job." + string(j.State), At: *j.Ended, Data: j}, webhook.Target{URL: url, Owner: ownerPrefix + tenant})
}

// checkHook refuses early what would be refused whenever it is called. What a name
// stands for is looked up, and checked, at each call.
func checkHook(raw string) error {
	bad := func(why string) error {
		return &api.JobError{Code: api.BadWebhook, Why: "The parameter webhook " + why + "."}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		return bad("is no URL of http or https, without a user's name and a fragment")
	}
	if p := u.Port(); p != "" && p != "80" && p != "443" {
		return bad("names a port other than 80 and 443")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip = ip.Unmap(); !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" {
			return bad("names an address that is not public")
		}
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return bad("names this machine")
	}
	return nil
}
