package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/fetch"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
)

// judgeFlags say by what a file is judged: trust, time and policy.
type judgeFlags struct {
	trustFlags
	TrustAnchor []string `name:"trust-anchor" sep:"none" placeholder:"FILE" help:"PEM certificates trusted besides the lists (repeatable); what they issue is never called qualified."`
	Policy      string   `placeholder:"NAME|FILE" default:"practice" help:"Validation policy: practice, strict, siva-polv3, siva-polv4, or a file."`
	PolicySet   []string `name:"policy-set" sep:"none" placeholder:"CONSTRAINT=LEVEL" help:"Set one constraint of the policy (repeatable); levels FAIL, WARN, INFORM, IGNORE."`
	Offline     bool     `help:"Fetch nothing: judge by what the files hold."`
}

// validator is what the flags ask for, at a time.
func (f *judgeFlags) validator(rt *runtime, at time.Time) (*validate.Validator, error) {
	p, err := f.policy()
	if err != nil {
		return nil, err
	}
	snap, err := f.snapshot(rt, at)
	if err != nil {
		return nil, err
	}
	return f.join(snap, p)
}

// gatherTimeout bounds the search for what one file lacks.
const gatherTimeout = 30 * time.Second

// online returns what asks the network for what files lack, and what closes it;
// nothing with --offline. A validation as of another day asks nothing either: what
// responders say today is no evidence for then.
func (f *judgeFlags) online(asOf string) (src gather.Source, closing func()) {
	if f.Offline || asOf != "" {
		return nil, func() {}
	}
	client := fetch.New(fetch.Options{})
	return client, client.Close
}

// gathered is the request with what the source has for it.
func gathered(ctx context.Context, v *validate.Validator, req validate.Request, src gather.Source) validate.Request {
	if src == nil {
		return req
	}
	ctx, cancel := context.WithTimeout(ctx, gatherTimeout)
	defer cancel()
	return v.Gather(ctx, req, src)
}

// freshened is a snapshot with what past pulls know of when its lists were last the
// published ones. It is another value beside the old one, which stays as it is; both
// have the same lists and the same digest.
func freshened(s *trustlist.Snapshot, past *pull.State) *trustlist.Snapshot {
	return s.WithChecked(pull.Checked(s, past))
}

// join makes one of a snapshot, the plain anchors and a policy.
func (f *judgeFlags) join(snap *trustlist.Snapshot, p *policy.Policy) (*validate.Validator, error) {
	var plain []*certificate.Certificate
	for _, file := range f.TrustAnchor {
		raw, err := readFile(file, maxAnchorFile)
		if err != nil {
			return nil, trustFailure(trustNone, "", "reading --trust-anchor: %v", err)
		}
		certs, err := pemFile(file, raw)
		if err != nil {
			return nil, err
		}
		plain = append(plain, certs...)
	}
	return validate.New(path.NewTrust(snap, plain), p)
}

// policy is the policy of --policy with the levels of --policy-set.
func (f *judgeFlags) policy() (*policy.Policy, error) {
	p, err := policyByName(f.Policy)
	if err != nil {
		return nil, err
	}
	if p, err = withLevels(p, f.PolicySet); err != nil {
		return nil, usage("'vidimus policy show' prints every constraint", "--policy-set: %v", err)
	}
	return p, nil
}

// withLevels is a policy with some constraints set, each as CONSTRAINT=LEVEL.
func withLevels(p *policy.Policy, sets []string) (*policy.Policy, error) {
	set, err := flagMap("policy-set", sets)
	if err != nil {
		return nil, err
	}
	levels := map[string]policy.Level{}
	for k, v := range set {
		if levels[k], err = policy.ParseLevel(v); err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
	}
	return p.With(levels)
}

func policyByName(name string) (*policy.Policy, error) {
	p, err := policy.Named(name)
	if err == nil {
		return p, nil
	}
	if !strings.ContainsAny(name, "/.") {
		return nil, usage("a policy file is named by its path", "%v", err)
	}
	raw, ioErr := os.ReadFile(name) //#nosec G304 -- the operator names the file
	if ioErr != nil {
		return nil, usage("built in are "+strings.Join(policy.BuiltIn(), ", "), "reading --policy: %v", ioErr)
	}
	if p, err = policy.Parse(raw); err != nil {
		return nil, usage("", "policy %s: %v", name, err)
	}
	return p, nil
}

// job is one file to judge, with its detached contents, by path.
type job struct {
	file     string
	detached []string
}

func readInput(name string) ([]byte, *signature.ReadError) {
	data, err := readFile(name, signature.MaxFileSize+1)
	if err != nil {
		return nil, &signature.ReadError{Code: signature.Unreadable, Message: fmt.Sprintf("The file cannot be read: %v.", err)}
	}
	return data, nil
}

func baseName(p string) string { return p[strings.LastIndexAny(p, "/\\")+1:] }

// jobsFrom reads paths, one a line; further columns, parted by tabs, are that
// file's detached contents. "-" is standard input.
func jobsFrom(rt *runtime, name string) ([]job, error) {
	in := rt.Stdin
	if name != "-" {
		f, err := os.Open(name) //#nosec G304 -- the operator names the file
		if err != nil {
			return nil, usage("", "reading --files-from: %v", err)
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	raw, err := io.ReadAll(in)
	if err != nil {
		return nil, usage("", "reading --files-from %s: %v", name, err)
	}
	var jobs []job
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			continue
		}
		columns := strings.Split(line, "\t")
		jobs = append(jobs, job{file: columns[0], detached: columns[1:]})
	}
	return jobs, nil
}
