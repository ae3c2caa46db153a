package pkix

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/revocation"
)

// pkitsCase is one line of pkits/cases.jsonl: a path of NIST's PKITS and its outcome.
type pkitsCase struct {
	ID, Name, Cert      string
	Intermediates, CRLs []string
	Valid               bool
	Cause               string // "path", "revoked", "revocation-unknown", "StaleRevinfoError"
	Params              struct {
		Policies []string `json:"user_initial_policy_set"`
		Explicit bool     `json:"initial_explicit_policy"`
		Mapping  bool     `json:"initial_policy_mapping_inhibit"`
		Any      bool     `json:"initial_any_policy_inhibit"`
	}
}

// exceptions are cases whose outcome differs, each with its reason. There are none.
var exceptions = map[string]string{}

var pkitsTime = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

type pkits struct {
	*testing.T
	folder string
	anchor *certificate.Certificate
	root   *revocation.CRL
}

func openPKITS(t *testing.T) (pkits, []pkitsCase) {
	t.Helper()
	corpus := os.Getenv("VIDIMUS_CORPUS")
	if corpus == "" {
		t.Skip("VIDIMUS_CORPUS is not set: NIST's PKITS is not at hand")
	}
	p := pkits{T: t, folder: filepath.Join(corpus, "pkits")}
	raw, err := os.ReadFile(filepath.Join(p.folder, "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []pkitsCase
	for s := bufio.NewScanner(bytes.NewReader(raw)); s.Scan(); {
		var c pkitsCase
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	p.anchor, p.root = p.cert("TrustAnchorRootCertificate.crt"), p.crl("TrustAnchorRootCRL.crl")
	return p, cases
}

func (p pkits) cert(name string) *certificate.Certificate {
	p.Helper()
	raw, err := os.ReadFile(filepath.Join(p.folder, "certs", name))
	if err != nil {
		p.Fatal(err)
	}
	c, err := certificate.Parse(raw)
	if err != nil {
		p.Fatalf("%s: %v", name, err)
	}
	return c
}

func (p pkits) crl(name string) *revocation.CRL {
	p.Helper()
	raw, err := os.ReadFile(filepath.Join(p.folder, "crls", name))
	if err != nil {
		p.Fatal(err)
	}
	c, err := revocation.ParseCRL(raw)
	if err != nil {
		p.Fatalf("%s: %v", name, err)
	}
	return c
}

// ordered puts a path together by names and key identifiers alone: signatures are for
// Process to judge.
func (p pkits) ordered(leaf *certificate.Certificate, others []*certificate.Certificate) []*certificate.Certificate {
	out := []*certificate.Certificate{leaf}
	for top := leaf; top != p.anchor; {
		var next *certificate.Certificate
		best := 0
		for _, x := range append(others, p.anchor) {
			score := 0
			if x.Subject.EqualFold(top.Issuer) {
				score++
			}
			if len(top.AuthorityKeyID) > 0 && bytes.Equal(x.SubjectKeyID, top.AuthorityKeyID) {
				score += 2
			}
			if score > best && !slices.Contains(out, x) {
				next, best = x, score
			}
		}
		if next == nil {
			p.Fatalf("no path for %s", leaf.SignerName())
		}
		out, top = append(out, next), next
	}
	return out
}

// outcome judges one case: the cause in the corpus's words, and a sentence.
func (p pkits) outcome(c pkitsCase, seed uint64) (cause, why string) {
	p.Helper()
	var others []*certificate.Certificate
	for _, name := range c.Intermediates {
		others = append(others, p.cert(name))
	}
	crls := []*revocation.CRL{p.root}
	for _, name := range c.CRLs {
		crls = append(crls, p.crl(name))
	}
	if seed > 0 {
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(crls), func(i, j int) { crls[i], crls[j] = crls[j], crls[i] })
		r.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	}
	chain := p.ordered(p.cert(c.Cert), others)
	res := path.Process(path.ProcessInput{
		Certificates: chain, At: pkitsTime, InitialPolicies: c.Params.Policies, InitialExplicitPolicy: c.Params.Explicit,
		InitialPolicyMappingInhibit: c.Params.Mapping, InitialAnyPolicyInhibit: c.Params.Any,
	})
	if !res.OK() {
		return "path", res.Failure.Error()
	}
	statuses := New(Input{CRLs: crls, Pool: others, At: pkitsTime}).Path(chain)
	for i := len(statuses) - 1; i >= 0; i-- {
		switch s := statuses[i]; s.Status {
		case Revoked:
			return "revoked", fmt.Sprintf("%s on %v for reason %d", chain[i].SignerName(), s.RevokedAt, s.Reason)
		case Undetermined:
			return "revocation-unknown", s.Clause + " " + s.Why
		}
	}
	return "", ""
}

// TestPKITS runs NIST's Public Key Interoperability Test Suite, all sections.
func TestPKITS(t *testing.T) {
	p, cases := openPKITS(t)
	type count struct{ right, all int }
	sections := map[string]*count{}
	for _, c := range cases {
		section := strings.Join(strings.Split(c.ID, ".")[:2], ".")
		if sections[section] == nil {
			sections[section] = &count{}
		}
		sections[section].all++
		want := c.Cause
		if want == "StaleRevinfoError" {
			want = "revocation-unknown"
		}
		got, why := p.outcome(c, 0)
		if testing.Verbose() {
			t.Logf("%-8s %-60s %-20s %s", c.ID, c.Name, got, why)
		}
		if reason, excepted := exceptions[c.Name]; excepted {
			if got == want {
				t.Errorf("%s %s is an exception (%s), and came out right", c.ID, c.Name, reason)
			}
			continue
		}
		if got != want || (got == "") != c.Valid {
			t.Errorf("%s %s: %q (%s), want %q, valid %t", c.ID, c.Name, got, why, want, c.Valid)
			continue
		}
		sections[section].right++
		for seed := range uint64(3) {
			if again, _ := p.outcome(c, seed+1); again != got {
				t.Errorf("%s %s: %q in another order, %q in this", c.ID, c.Name, again, got)
			}
		}
	}
	var names []string
	for s := range sections {
		names = append(names, s)
	}
	sort.Slice(names, func(i, j int) bool {
		return len(names[i]) < len(names[j]) || len(names[i]) == len(names[j]) && names[i] < names[j]
	})
	for _, s := range names {
		t.Logf("PKITS %-5s %d of %d", s, sections[s].right, sections[s].all)
	}
	if len(cases) < 240 {
		t.Errorf("only %d cases", len(cases))
	}
}
