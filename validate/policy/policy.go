// Package policy holds validation policies: how strictly each constraint is
// asked, and which algorithms are acceptable until when. A policy is data; it
// can soften a rule to a warning, never hide one (TS 119 172-1, TS 119 312).
package policy

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/verdict"
)

// Level is how a constraint counts when it is not met.
type Level string

// Fail stops the block with the rule's conclusion; Warn and Inform tell and go
// on; Ignore does not ask.
const (
	Fail   Level = "FAIL"
	Warn   Level = "WARN"
	Inform Level = "INFORM"
	Ignore Level = "IGNORE"
)

// ParseLevel reads one of FAIL, WARN, INFORM, IGNORE.
func ParseLevel(s string) (Level, error) {
	switch l := Level(strings.ToUpper(s)); l {
	case Fail, Warn, Inform, Ignore:
		return l, nil
	}
	return "", fmt.Errorf("level %q is unknown; levels are FAIL, WARN, INFORM and IGNORE", s)
}

// Finding is the level under which a report tells of an unmet constraint.
func (l Level) Finding() verdict.Level {
	switch l {
	case Fail:
		return verdict.Error
	case Warn:
		return verdict.Warning
	}
	return verdict.Info
}

// Model says for which time the authorities of a chain are asked (EN 319 102-1
// §5.2.6.4, annex A of TS 119 172-4).
type Model string

// Shell asks everything for the validation time; Chain asks each authority for
// the time at which it issued the certificate below; Hybrid asks in the shell
// model, but an authority's revocation counts only when time slides back.
const (
	Shell  Model = "shell"
	Chain  Model = "chain"
	Hybrid Model = "hybrid"
)

// Policy is a validation policy. It is not changed after it was made.
type Policy struct {
	Name   string
	Suite  *Suite
	Model  Model
	levels map[string]Level
	values map[string][]string
	text   []byte
	sum    string // SHA-256 of text
}

//go:embed data/*.tsv
var data embed.FS

// Default is the name of the policy that is used where none is named.
const Default = "practice"

// BuiltIn names the policies that need no file.
func BuiltIn() []string { return []string{"practice", "strict", "siva-polv3", "siva-polv4"} }

// Named returns a built-in policy.
func Named(name string) (*Policy, error) {
	for _, n := range BuiltIn() {
		if n == name {
			raw, err := data.ReadFile("data/" + name + ".tsv")
			if err != nil {
				return nil, fmt.Errorf("reading built-in policy %q: %w", name, err)
			}
			return parse(raw, nil)
		}
	}
	return nil, fmt.Errorf("policy %q is unknown; built in are %s", name, strings.Join(BuiltIn(), ", "))
}

// maxPolicySize bounds a policy file.
const maxPolicySize = 1 << 20

// Parse reads a policy file: lines of words parted by tabs (name, base,
// model, constraint, and those of a suite). A base is a built-in policy whose lines are
// taken first; without suite lines the built-in suite counts. A constraint that
// no built-in policy knows is an error, so that a misspelt one changes nothing
// silently.
func Parse(raw []byte) (*Policy, error) {
	all, err := known()
	if err != nil {
		return nil, err
	}
	return parse(raw, all)
}

// known holds every constraint that some built-in policy names; its levels mean nothing.
var known = sync.OnceValues(func() (*Policy, error) {
	all := &Policy{levels: map[string]Level{}}
	for _, name := range BuiltIn() {
		p, err := Named(name)
		if err != nil {
			return nil, err
		}
		for k, l := range p.levels {
			all.levels[k] = l
		}
	}
	return all, nil
})

// parse reads a policy; all holds the constraints that there are, nil for the
// built-in policies themselves.
func parse(raw []byte, all *Policy) (*Policy, error) {
	if len(raw) > maxPolicySize {
		return nil, fmt.Errorf("reading policy: %d octets, at most %d are allowed", len(raw), maxPolicySize)
	}
	p := &Policy{levels: map[string]Level{}, values: map[string][]string{}}
	suite := newSuite()
	sc := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimRight(sc.Text(), "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		var err error
		switch {
		case f[0] == "name" && len(f) == 2:
			p.Name, err = nameOf(f[1])
		case f[0] == "model" && len(f) == 2:
			if p.Model = Model(f[1]); p.Model != Shell && p.Model != Chain && p.Model != Hybrid {
				err = fmt.Errorf("model %q is unknown; models are shell, chain and hybrid", f[1])
			}
		case f[0] == "base" && len(f) == 2:
			err = p.inherit(f[1])
		case f[0] == "constraint" && (len(f) == 3 || len(f) == 4):
			if all != nil && all.levels[f[1]] == "" {
				err = fmt.Errorf("constraint %q is unknown%s", f[1], all.near(f[1]))
				break
			}
			err = p.set(f)
		default:
			err = suite.line(f)
		}
		if err != nil {
			return nil, fmt.Errorf("reading policy, line %d: %w", n, err)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("reading policy: %w", err)
	}
	if p.Name == "" {
		return nil, fmt.Errorf("reading policy: it has no line \"name\"")
	}
	if p.Model == "" {
		p.Model = Shell
	}
	if suite.begun {
		if err := suite.check(); err != nil {
			return nil, fmt.Errorf("reading policy: %w", err)
		}
		p.Suite = suite
	}
	if p.Suite == nil {
		s, err := builtInSuite()
		if err != nil {
			return nil, err
		}
		p.Suite = s
	}
	p.write()
	return p, nil
}

func newSuite() *Suite {
	return &Suite{AfterUpdate: Fail, digests: map[string]time.Time{}, algorithms: map[string][]sizeRow{}}
}

func builtInSuite() (*Suite, error) {
	raw, err := data.ReadFile("data/suite-ts119312-v1.5.1.tsv")
	if err != nil {
		return nil, fmt.Errorf("reading built-in cryptographic suite: %w", err)
	}
	s := newSuite()
	for n, line := range strings.Split(string(raw), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if err := s.line(strings.Split(line, "\t")); err != nil {
			return nil, fmt.Errorf("reading built-in cryptographic suite, line %d: %w", n+1, err)
		}
	}
	return s, s.check()
}

// nameOf reads a policy's name, which reports print.
func nameOf(s string) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fmt.Errorf("name %q holds what cannot be printed", s)
	}
	return s, nil
}

func (p *Policy) inherit(base string) error {
	if len(p.levels) > 0 {
		return fmt.Errorf("base %q stands below constraints that it would take back; it must stand above them, once", base)
	}
	b, err := Named(base)
	if err != nil {
		return err
	}
	for k, v := range b.levels {
		p.levels[k] = v
	}
	for k, v := range b.values {
		p.values[k] = v
	}
	p.Suite, p.Model = b.Suite, b.Model
	return nil
}

func (p *Policy) set(f []string) error {
	l, err := ParseLevel(f[2])
	if err != nil {
		return fmt.Errorf("constraint %s: %w", f[1], err)
	}
	p.levels[f[1]] = l
	if len(f) == 4 && f[3] != "" {
		p.values[f[1]] = strings.Fields(f[3])
	}
	return nil
}

// Level says how a constraint counts; one that the policy does not name is not asked.
func (p *Policy) Level(constraint string) Level {
	if l, ok := p.levels[constraint]; ok {
		return l
	}
	return Ignore
}

// Values are the values of a constraint, such as accepted OIDs.
func (p *Policy) Values(constraint string) []string { return p.values[constraint] }

// With returns the policy with some levels changed. A name that no built-in
// policy knows is an error, so that a misspelt one changes nothing silently.
func (p *Policy) With(levels map[string]Level) (*Policy, error) {
	if len(levels) == 0 {
		return p, nil
	}
	all, err := known()
	if err != nil {
		return nil, err
	}
	out := &Policy{Name: p.Name, Suite: p.Suite, Model: p.Model, levels: map[string]Level{}, values: p.values}
	for k, v := range p.levels {
		out.levels[k] = v
	}
	for k, v := range levels {
		if all.levels[k] == "" {
			return nil, fmt.Errorf("constraint %q is unknown%s", k, all.near(k))
		}
		out.levels[k] = v
	}
	out.write()
	return out, nil
}

func (p *Policy) near(name string) string {
	last := name[strings.LastIndexByte(name, '/')+1:]
	var hits []string
	for _, k := range sortedKeys(p.levels) {
		same := strings.EqualFold(k[strings.LastIndexByte(k, '/')+1:], last) || within(strings.ToLower(k), strings.ToLower(name), 3)
		if same && len(hits) < 3 {
			hits = append(hits, k)
		}
	}
	if hits == nil {
		return ""
	}
	return "; is it " + strings.Join(hits, ", or ") + "?"
}

// within says whether at most n letters must be changed, left out or put in to
// make one word of the other.
func within(a, b string, n int) bool {
	if len(a)-len(b) > n || len(b)-len(a) > n {
		return false
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)] <= n
}

// write keeps the canonical text, which Parse reads back to the same policy.
func (p *Policy) write() {
	lines := []string{"name\t" + p.Name, "model\t" + string(p.Model)}
	for _, k := range sortedKeys(p.levels) {
		lines = append(lines, "constraint\t"+k+"\t"+string(p.levels[k])+"\t"+strings.Join(p.values[k], " "))
	}
	lines = append(lines, p.Suite.lines()...)
	p.text = []byte(strings.Join(lines, "\n") + "\n")
	sum := sha256.Sum256(p.text)
	p.sum = hex.EncodeToString(sum[:])
}

// Text is the whole policy in the words of its file, in a fixed order.
func (p *Policy) Text() []byte { return p.text }

// SHA256 is the hexadecimal SHA-256 of Text: what a report names.
func (p *Policy) SHA256() string { return p.sum }
