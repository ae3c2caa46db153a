package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/validate/fetch"
	"github.com/vidimus/vidimus/validate/policy"
)

// authFlags say who may call a service, and how much.
type authFlags struct {
	APIKeys         string   `name:"api-keys" placeholder:"FILE" help:"Let in who has an API key of this file ('vidimus key new' writes it); it is read again when it changes, and on SIGHUP."`
	OIDCIssuer      string   `name:"oidc-issuer" placeholder:"URL" help:"Let in who has a token of this OpenID Connect provider."`
	OIDCAudience    string   `name:"oidc-audience" placeholder:"NAME" help:"The audience that tokens must be for."`
	OIDCTenantClaim string   `name:"oidc-tenant-claim" default:"tenant" placeholder:"NAME" help:"Claim of a token that names the tenant."`
	OIDCScopeClaim  string   `name:"oidc-scope-claim" default:"scope" placeholder:"NAME" help:"Claim of a token that has its scopes: validate, put, read."`
	OpenToAll       bool     `name:"open-to-all" help:"Serve everybody who reaches the address, also beyond this machine; they share one archive."`
	TrustedProxy    []string `name:"trusted-proxy" placeholder:"NETWORK" help:"Proxies, e.g. 10.0.0.0/8, that are believed who a client is (X-Forwarded-For) and that it came over TLS (repeatable)."`

	TenantRate       float64 `name:"tenant-rate" default:"0" placeholder:"N" help:"Most requests a second of one tenant, on average; 0 is no bound. A key's own limits go before."`
	TenantBurst      int     `name:"tenant-burst" default:"0" placeholder:"N" help:"Most requests of one tenant at once. Default: one second's worth."`
	TenantDaily      int     `name:"tenant-daily" default:"0" placeholder:"N" help:"Most files of one tenant in a day of UTC; 0 is no bound."`
	TenantConcurrent int     `name:"tenant-concurrent" default:"0" placeholder:"N" help:"Most files of one tenant being received or judged at once; 0 is no bound."`
}

// closed says whether callers must say who they are.
func (f *authFlags) closed() bool { return f.APIKeys != "" || f.OIDCIssuer != "" }

// check refuses to serve everybody by oversight.
func (f *authFlags) check(listen string) error {
	if (f.OIDCIssuer == "") != (f.OIDCAudience == "") {
		return usage("a token for another service must not count here", "--oidc-issuer and --oidc-audience are given together")
	}
	if f.OIDCIssuer != "" {
		if u, err := url.Parse(f.OIDCIssuer); err != nil || u.Host == "" || u.Scheme != "https" && !isLoopback(u.Host) {
			return usage("write it as https://id.example.org", "--oidc-issuer %q is no https URL", f.OIDCIssuer)
		}
	}
	if f.closed() && f.OpenToAll {
		return usage("leave one of them out", "--open-to-all contradicts --api-keys and --oidc-issuer")
	}
	if !f.closed() && !f.OpenToAll && !isLoopback(listen) {
		return usage("give --api-keys FILE or --oidc-issuer URL; or say --open-to-all, where a proxy asks who it is",
			"--listen %q can be reached from other machines, and nothing says who may call", listen)
	}
	if err := f.limits().Check(); err != nil {
		return usage("leave them out for no bound", "--tenant-…: %v", err)
	}
	return nil
}

func (f *authFlags) limits() auth.Limits {
	return auth.Limits{PerSecond: f.TenantRate, Burst: f.TenantBurst, PerDay: f.TenantDaily, Concurrent: f.TenantConcurrent}
}

// isLoopback says whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// door adds to what the HTTP door hangs on who may come in, and what each may see.
// The function that it returns ends all that closing ends, and what it started.
func (c *ServeCmd) door(rt *runtime, s *service, deps api.Deps, closing func(), log *slog.Logger) (api.Deps, func(), error) {
	if err := c.authFlags.check(c.Listen); err != nil {
		closing()
		return api.Deps{}, nil, err
	}
	gate, stop, err := c.gate(rt, log)
	if err != nil {
		closing()
		return api.Deps{}, nil, err
	}
	if gate != nil {
		deps.Gate, deps.Archive, deps.Tenants = gate, nil, s.tenant
	}
	if deps.Policies, err = c.policies(); err != nil {
		stop()
		closing()
		return api.Deps{}, nil, err
	}
	deps.Now, deps.TenantLimits, deps.TrustedProxies, deps.Formats, deps.Map = rt.Now, c.authFlags.limits(), c.TrustedProxy, []string{"text", "etsi", "html", "pdf"}, mapUpload
	return deps, func() { stop(); closing() }, nil
}

// policies are those that requests may name; the service's own is first.
func (c *ServeCmd) policies() ([]api.Policy, error) {
	own, err := c.policy()
	if err != nil {
		return nil, err
	}
	out := []api.Policy{{Name: own.Name, SHA256: own.SHA256(), Default: true, Text: string(own.Text())}}
	for _, name := range policy.BuiltIn() {
		p, err := policy.Named(name)
		if err != nil {
			return nil, err
		}
		if p.SHA256() != own.SHA256() && p.Name != own.Name {
			out = append(out, api.Policy{Name: p.Name, SHA256: p.SHA256(), Text: string(p.Text())})
		}
	}
	return out, nil
}

// gate says who calls; nil where everybody may.
func (f *authFlags) gate(rt *runtime, log *slog.Logger) (gate api.Gate, stop func(), err error) {
	var methods auth.Any
	stop = func() {}
	if f.APIKeys != "" {
		w := &keyWatch{file: f.APIKeys, keys: &auth.Keys{}, log: log}
		if err := w.read(); err != nil {
			return nil, nil, usage("'vidimus key new --api-keys "+f.APIKeys+" --tenant NAME' writes such a file", "--api-keys: %v", err)
		}
		methods = append(methods, w.keys)
		stop = w.start()
	}
	if f.OIDCIssuer != "" {
		issuer, err := url.Parse(f.OIDCIssuer)
		if err != nil {
			stop()
			return nil, nil, usage("write it as https://id.example.org", "--oidc-issuer %q is no URL", f.OIDCIssuer)
		}
		options := rt.Network
		options.Trusted = append(slices.Clone(options.Trusted), issuer.Host)
		client := fetch.New(options)
		oidc, err := auth.NewOIDC(auth.OIDCOptions{
			Issuer: f.OIDCIssuer, Audience: f.OIDCAudience, TenantClaim: f.OIDCTenantClaim, ScopeClaim: f.OIDCScopeClaim, Get: client.Get, Now: rt.Now,
		})
		if err != nil {
			client.Close()
			stop()
			return nil, nil, err
		}
		methods = append(methods, oidc)
		earlier := stop
		stop = func() { earlier(); client.Close() }
	}
	if methods == nil {
		return nil, stop, nil
	}
	return methods, stop, nil
}

// keyWatch keeps the API keys in force those of their file.
type keyWatch struct {
	file string
	keys *auth.Keys
	log  *slog.Logger
	last []byte
}

// watchEvery is how often the file is looked at.
const watchEvery = 5 * time.Second

// read puts the file's keys in force; with an error those before stay.
func (w *keyWatch) read() error {
	raw, err := readFile(w.file, maxKeyFile)
	if err != nil {
		return err
	}
	if w.last != nil && bytes.Equal(raw, w.last) {
		return nil
	}
	keys, err := auth.ParseKeys(raw)
	if err != nil {
		return err
	}
	w.keys.Set(keys)
	w.last = raw
	w.log.Info("API keys in force", "keys", len(keys))
	return nil
}

// maxKeyFile bounds the file of API keys, in octets.
const maxKeyFile = 64 << 20

// start reads the file again on SIGHUP, and now and then; stop ends that.
func (w *keyWatch) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	hup, tick := make(chan os.Signal, 1), time.NewTicker(watchEvery)
	signal.Notify(hup, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.watch(ctx, hup, tick.C)
	}()
	return func() {
		signal.Stop(hup)
		tick.Stop()
		cancel()
		<-ended
	}
}

// watch reads the file again whenever one of its occasions comes. What is wrong with
// the file is told once, not every few seconds.
func (w *keyWatch) watch(ctx context.Context, hup <-chan os.Signal, tick <-chan time.Time) {
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			told = ""
		case <-tick:
		}
		says := ""
		if err := w.read(); err != nil {
			says = err.Error()
		}
		if says != "" && says != told {
			w.log.Error("the API keys could not be read again; those before stay in force", "cause", says)
		}
		told = says
	}
}
