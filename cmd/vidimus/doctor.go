package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/vidimus/vidimus/validate/fetch"
)

// DoctorCmd is `vidimus doctor`: what is wrong with a deployment. Its flags are those
// of serve, and may be given in the same file and environment.
type DoctorCmd struct {
	ServeCmd
	URL    string `placeholder:"URL" help:"Ask nothing but whether the running service answers here with 200, e.g. http://127.0.0.1:8080/readyz: for the health check of a container."`
	Format string `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// Help is the example under `--help`.
func (c *DoctorCmd) Help() string {
	return `Takes the flags, the configuration file and the environment of 'vidimus serve', and looks
at what it would need: the lists and the clock, the network, the store and its lock, the
disk, databases, time-stamping authorities, files of secrets, receivers of webhooks, the
memory and open files. Each line is ok, warn or fail. Nothing is changed: what serve would make is not
made, but that a store with a lock is asked to prove it, by an object of a few octets.
Exit status 0 when nothing fails, 1 when something does.

Examples:
  vidimus doctor --config /etc/vidimus/vidimus.yaml
  vidimus doctor --url http://127.0.0.1:8080/readyz`
}

// The states of a finding.
const (
	stateOK   = "ok"
	stateWarn = "warn"
	stateFail = "fail"
)

// diagnosis is one thing that was looked at.
type diagnosis struct {
	Check string `json:"check"`
	State string `json:"state"`
	Says  string `json:"says"`
	Hint  string `json:"hint,omitempty"`
}

// visit is one run of the doctor.
type visit struct {
	*DoctorCmd
	rt    *runtime
	now   time.Time
	free  func(path string) (free, total uint64, err error)
	found []diagnosis
}

func (v *visit) says(check, state, hint, format string, args ...any) {
	v.found = append(v.found, diagnosis{check, state, plainText(fmt.Sprintf(format, args...)), plainText(hint)})
}

func (v *visit) ok(check, format string, args ...any) { v.says(check, stateOK, "", format, args...) }

func (v *visit) warn(check, hint, format string, args ...any) {
	v.says(check, stateWarn, hint, format, args...)
}

func (v *visit) fail(check, hint, format string, args ...any) {
	v.says(check, stateFail, hint, format, args...)
}

// failed is an error as a finding, with its own hint where it has one.
func (v *visit) failed(check string, err error, hint string) {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		hint = hinted.Hint()
	}
	says := err.Error()
	var fetched *fetch.Error
	if errors.As(err, &fetched) && fetched.Cause() != nil {
		says += ": " + fetched.Cause().Error() // the operator may know
	}
	v.fail(check, hint, "%s", sentence(says))
}

// sentence is an error's text with a capital and a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if !strings.HasPrefix(s, "--") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return strings.TrimSuffix(s, ".") + "."
}

// Run looks, and says what is wrong.
func (c *DoctorCmd) Run(rt *runtime) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	v := &visit{DoctorCmd: c, rt: rt, now: rt.Now(), free: diskFree}
	if c.URL != "" {
		v.service(ctx)
	} else {
		v.all(ctx)
	}
	return v.tell()
}

// all is everything that serve would need.
func (v *visit) all(ctx context.Context) {
	v.flags()
	v.environment()
	validator := v.lists()
	v.cache()
	v.network(ctx)
	v.store(ctx)
	v.databases(ctx)
	v.jobsFolder(ctx)
	v.uploads()
	v.stamps(ctx, validator)
	v.secrets()
	v.signing()
	v.receivers(ctx)
	v.memory()
	v.openFiles()
}

// tell prints what was found.
func (v *visit) tell() error {
	bad := false
	enc := json.NewEncoder(v.rt.Stdout)
	enc.SetEscapeHTML(false)
	for _, d := range v.found {
		bad = bad || d.State == stateFail
		var err error
		switch {
		case v.Format == "json":
			err = enc.Encode(d)
		case d.Hint != "":
			_, err = fmt.Fprintf(v.rt.Stdout, "%-4s  %s: %s\n      hint: %s\n", d.State, d.Check, d.Says, d.Hint)
		default:
			_, err = fmt.Fprintf(v.rt.Stdout, "%-4s  %s: %s\n", d.State, d.Check, d.Says)
		}
		if err != nil {
			return err
		}
	}
	if bad {
		return status(exitNotValid)
	}
	return nil
}

// service asks a running service.
func (v *visit) service(ctx context.Context) {
	u, err := url.Parse(v.URL)
	if err != nil || u.Host == "" {
		v.fail("service", "write it as http://127.0.0.1:8080/readyz", "--url is no URL.")
		return
	}
	client := v.client(v.URL)
	defer client.Close()
	if _, err := client.Get(ctx, v.URL, maxAsked); err != nil {
		v.failed("service", err, "is it running, and are its lists fresh? Its log and /readyz say more")
		return
	}
	v.ok("service", "It answers.")
}

// Bounds of one question over the network: time, and octets of the answer.
const (
	askTimeout = 10 * time.Second
	maxAsked   = 4 << 20
)

// client reaches what the operator named, also at private addresses.
func (v *visit) client(urls ...string) *fetch.Client {
	network := v.rt.Network
	network.Timeout, network.Trusted = askTimeout, slices.Clone(network.Trusted)
	for _, raw := range urls {
		if u, err := url.Parse(raw); err == nil && u.Host != "" {
			network.Trusted = append(network.Trusted, u.Host)
		}
	}
	return fetch.New(network)
}

// flags looks at flags that make no sense together; serve would refuse to start.
func (v *visit) flags() {
	n := len(v.found)
	for _, err := range []error{v.check(), v.checkJobs(), v.authFlags.check(v.Listen)} {
		if err != nil {
			v.failed("flags", err, "")
		}
	}
	if v.OpenToAll && !isLoopback(v.Listen) {
		v.warn("flags", "let a proxy ask who it is, or give --api-keys FILE", "Everybody who reaches %s may use the service, and sees every bundle.", v.Listen)
	}
	if len(v.found) == n {
		v.ok("flags", "They make sense together.")
	}
}

// environment looks for variables that are without effect because they are misspelt. A
// name in the configuration file that is not known has ended the command before.
func (v *visit) environment() {
	if v.rt.Environ == nil {
		return
	}
	parser, err := kong.New(&commandLine{})
	if err != nil {
		v.failed("environment", err, "")
		return
	}
	for _, name := range unknownVariables(v.rt.Environ(), parser.Model.Node) {
		v.warn("environment", "it is without effect; 'vidimus serve --print-config' shows what is in force", "No flag has the variable %s.", name)
	}
}
