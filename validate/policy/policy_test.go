package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/verdict"
)

func named(t *testing.T, name string) *Policy {
	t.Helper()
	p, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func parsed(t *testing.T, text string) *Policy {
	t.Helper()
	p, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a policy prints is a policy file of the same meaning and hash.
func TestRoundTrip(t *testing.T) {
	softer, err := named(t, "practice").With(map[string]Level{"eIDAS/TLNotExpired": Fail})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Policy{
		named(t, "strict"), named(t, "practice"), named(t, "siva-polv3"), named(t, "siva-polv4"), softer,
		parsed(t, "name\tmine\r\nbase\tstrict\r\n# a remark\n\nconstraint\teIDAS/TLVersion\twarn\t5 6\n"),
		parsed(t, "name\tmine\nsuite\tS\nupdated\t2024-01-01\nafter-update\tINFORM\ndigest\tSHA-256\t-\nalgorithm\tRSA\t2048\t2030-01-01\nalgorithm\tRSA\t1024\t2010-01-01\n"),
	} {
		again, err := Parse(p.Text())
		if err != nil {
			t.Fatalf("%s: its own text is not read back: %v", p.Name, err)
		}
		if string(again.Text()) != string(p.Text()) || again.SHA256() != p.SHA256() || again.Name != p.Name {
			t.Errorf("%s: read back it is another policy", p.Name)
		}
		if len(p.SHA256()) != 64 {
			t.Errorf("%s: hash %q", p.Name, p.SHA256())
		}
	}
}

// Contract §1: practice differs from strict in two points, exactly.
func TestPracticeDiffersInTwoPoints(t *testing.T) {
	strict, practice := named(t, "strict"), named(t, "practice")
	want := map[string]Level{
		"SignatureConstraints/BasicSignatureConstraints/SigningCertificate/RevocationIssuerNotExpired": Inform,
		"eIDAS/TrustAnchorPeriod": Ignore,
	}
	if len(practice.levels) != len(strict.levels) {
		t.Errorf("practice has %d constraints, strict %d", len(practice.levels), len(strict.levels))
	}
	differs := 0
	for k, l := range strict.levels {
		switch got := practice.Level(k); {
		case got == l:
		case want[k] == got && l == Fail:
			differs++
		default:
			t.Errorf("%s is %s in practice and %s in strict", k, got, l)
		}
		if !slices.Equal(strict.Values(k), practice.Values(k)) {
			t.Errorf("%s has other values in practice", k)
		}
	}
	if differs != len(want) {
		t.Errorf("practice differs in %d points, want %d", differs, len(want))
	}
	if !slices.Equal(strict.Suite.lines(), practice.Suite.lines()) {
		t.Error("practice has another cryptographic suite than strict")
	}
	if strict.SHA256() == practice.SHA256() {
		t.Error("two policies of one hash")
	}
	if Default != "practice" || !slices.Contains(BuiltIn(), Default) || !slices.Contains(BuiltIn(), "strict") {
		t.Errorf("the default is %s of %v", Default, BuiltIn())
	}
}

// Contract §1: --policy-set changes the hash, and only what it says.
func TestWith(t *testing.T) {
	p := named(t, "practice")
	before := p.SHA256()
	q, err := p.With(map[string]Level{"eIDAS/TLNotExpired": Fail})
	if err != nil {
		t.Fatal(err)
	}
	if q.Level("eIDAS/TLNotExpired") != Fail || p.Level("eIDAS/TLNotExpired") != Warn {
		t.Error("want FAIL in the new policy, and the old one as it was")
	}
	if q.SHA256() == before || p.SHA256() != before || q.Name != p.Name {
		t.Error("want another hash under the same name, and the old one's as it was")
	}
	back, err := q.With(map[string]Level{"eIDAS/TLNotExpired": Warn})
	if err != nil || back.SHA256() != before {
		t.Errorf("set back, the hash is not that of the beginning (%v)", err)
	}
	// one that only another built-in policy names can be set all the same (contract §1)
	const qtst = "Timestamp/BasicSignatureConstraints/TrustServiceTypeIdentifier"
	if q, err := p.With(map[string]Level{qtst: Warn}); err != nil || q.Level(qtst) != Warn || p.Level(qtst) != Ignore {
		t.Errorf("%s cannot be set: %v", qtst, err)
	}
	if same, err := p.With(nil); err != nil || same != p {
		t.Errorf("nothing set gave another policy (%v)", err)
	}
	if !slices.Equal(q.Values("eIDAS/TLVersion"), []string{"5", "6"}) {
		t.Errorf("values %v, want those of the policy it was made from", q.Values("eIDAS/TLVersion"))
	}
}

// A misspelt constraint changes nothing silently, and the error names what was meant.
func TestUnknownConstraint(t *testing.T) {
	for _, test := range []struct{ name, near string }{
		{"eIDAS/TLNotExpird", "eIDAS/TLNotExpired"},
		{"eidas/tlnotexpired", "eIDAS/TLNotExpired"},
		{"TLNotExpired", "eIDAS/TLNotExpired"},
		{"Wrong/Path/RevocationIssuerNotExpired", "RevocationIssuerNotExpired"},
		{"", ""},
		{"Moon", ""},
	} {
		_, with := named(t, "practice").With(map[string]Level{test.name: Ignore})
		_, file := Parse([]byte("name\tmine\nbase\tstrict\nconstraint\t" + test.name + "\tIGNORE\n"))
		for _, err := range []error{with, file} {
			switch {
			case err == nil:
				t.Errorf("%q is taken", test.name)
			case !strings.Contains(err.Error(), `"`+test.name+`" is unknown`):
				t.Errorf("%q: %v", test.name, err)
			case test.near != "" && (!strings.Contains(err.Error(), "is it ") || !strings.Contains(err.Error(), test.near)):
				t.Errorf("%q: %v; want %q near by", test.name, err, test.near)
			case test.near == "" && strings.Contains(err.Error(), "is it "):
				t.Errorf("%q: %v; nothing is near", test.name, err)
			}
		}
	}
}

func TestLevels(t *testing.T) {
	for _, test := range []struct {
		word string
		want Level
		told verdict.Level
	}{{"FAIL", Fail, verdict.Error}, {"warn", Warn, verdict.Warning}, {"Inform", Inform, verdict.Info}, {"IGNORE", Ignore, verdict.Info}} {
		l, err := ParseLevel(test.word)
		if err != nil || l != test.want || l.Finding() != test.told {
			t.Errorf("%s: %s (%s), %v", test.word, l, l.Finding(), err)
		}
	}
	if _, err := ParseLevel("ERROR"); err == nil || !strings.Contains(err.Error(), "FAIL, WARN, INFORM and IGNORE") {
		t.Errorf("ERROR: %v; want the words there are", err)
	}
	if l := named(t, "strict").Level("what nobody names"); l != Ignore {
		t.Errorf("what the policy does not name is %s", l)
	}
}

func TestParseRefuses(t *testing.T) {
	suite := "suite\tS\nupdated\t2024-01-01\n"
	for _, test := range []struct{ name, text, says string }{
		{"no name", "base\tstrict\n", `no line "name"`},
		{"an unknown base", "name\tx\nbase\tlax\n", `policy "lax" is unknown; built in are practice, strict`},
		{"a base that takes constraints back", "name\tx\nconstraint\teIDAS/TLVersion\tFAIL\nbase\tstrict\n", "line 3: base"},
		{"two bases", "name\tx\nbase\tpractice\nbase\tstrict\n", "line 3: base"},
		{"an unknown level", "name\tx\nconstraint\teIDAS/TLVersion\tPERHAPS\n", `level "PERHAPS" is unknown`},
		{"an unknown word", "name\tx\nconstraints\ta\tFAIL\n", `line 2: word "constraints" with 3 columns is unknown`},
		{"blanks for tabs", "name x\n", `word "name x"`},
		{"too many columns", "name\tx\tx\n", "3 columns"},
		{"a name that steers a terminal", "name\t\x1b[2J\n", "cannot be printed"},
		{"a name that is no text", "name\t\xff\n", "cannot be printed"},
		{"a suite without a name", "name\tx\nupdated\t2024-01-01\ndigest\tMD5\t-\n", `no line "suite"`},
		{"a digest of no suite", "name\tx\nbase\tstrict\ndigest\tMD5\t-\n", `no line "suite"`},
		{"a suite without its day, whose every end would be a forecast", "name\tx\nsuite\tS\ndigest\tMD5\t2004-08-01\n", `no line "updated"`},
		{"a digest twice", "name\tx\n" + suite + "digest\tMD5\t2004-08-01\ndigest\tMD5\t-\n", "MD5 stands twice"},
		{"a size twice", "name\tx\n" + suite + "algorithm\tRSA\t2048\t-\nalgorithm\tRSA\t2048\t2030-01-01\n", "RSA of 2048 bits stands twice"},
		{"a size that is none", "name\tx\n" + suite + "algorithm\tRSA\tmany\t-\n", `key size "many"`},
		{"a negative size", "name\tx\n" + suite + "algorithm\tRSA\t-1\t-\n", `key size "-1"`},
		{"a day that is none", "name\tx\n" + suite + "digest\tMD5\t2004-13-01\n", "2004-13-01"},
		{"a day that would mean no end", "name\tx\n" + suite + "digest\tMD5\t0001-01-01\n", "before all tables"},
		{"a day with a time", "name\tx\nsuite\tS\nupdated\t2024-01-01T00:00:00Z\n", "2024-01-01T00:00:00Z"},
		{"a level of the suite", "name\tx\n" + suite + "after-update\tPERHAPS\n", `level "PERHAPS"`},
		{"a file too large", "name\tx\n" + strings.Repeat("#\n", maxPolicySize/2), "at most 1048576"},
		{"a line too long", "name\tx\n#" + strings.Repeat("x", 100_000), "token too long"},
	} {
		_, err := Parse([]byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "reading policy") {
			t.Errorf("%s: %v, want %q", test.name, err, test.says)
		}
	}
	if _, err := Named("lax"); err == nil {
		t.Error("a policy that nobody made")
	}
}

// The model of certificate validation is part of the policy, its text and its hash.
func TestModel(t *testing.T) {
	hashes := map[string]bool{}
	for word, want := range map[string]Model{"": Shell, "model\tshell\n": Shell, "model\tchain\n": Chain, "model\thybrid\n": Hybrid} {
		p := parsed(t, "name\tx\nbase\tpractice\n"+word)
		q, err := p.With(map[string]Level{"eIDAS/TLVersion": Warn})
		if err != nil {
			t.Fatal(err)
		}
		if p.Model != want || q.Model != want || parsed(t, string(p.Text())).Model != want {
			t.Errorf("%q: %s, %s after a change, want %s", word, p.Model, q.Model, want)
		}
		hashes[p.SHA256()] = true
	}
	if len(hashes) != 3 {
		t.Errorf("%d hashes of three models", len(hashes))
	}
	if _, err := Parse([]byte("name\tx\nmodel\tmoon\n")); err == nil || !strings.Contains(err.Error(), "shell, chain and hybrid") {
		t.Errorf("model moon: %v", err)
	}
}

// The policy files are read by lines, whatever a line ends with.
func TestLineEnds(t *testing.T) {
	unix := parsed(t, "name\tx\nbase\tstrict\nconstraint\teIDAS/TLVersion\tWARN\t4 5\n")
	dos := parsed(t, "name\tx\r\nbase\tstrict\r\nconstraint\teIDAS/TLVersion\tWARN\t4 5")
	if unix.SHA256() != dos.SHA256() || !slices.Equal(unix.Values("eIDAS/TLVersion"), []string{"4", "5"}) {
		t.Error("line ends make another policy")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "name\tx\n", "name\tx\nbase\tpractice\n", "name\tx\nbase\tstrict\nconstraint\teIDAS/TLVersion\tWARN\t4  5\n",
		"name\tx\nsuite\tS\nupdated\t2024-01-01\nafter-update\tWARN\ndigest\tSHA-256\t-\nalgorithm\tRSA\t1024\t2010-01-01\nalgorithm\tRSA\t512\t-\n",
		"name\tx\n#\tremark\n\n\r\nconstraint\teIDAS/TLVersion\tfail\n", "constraint\t\t\t\n", "algorithm\tRSA\t99999999999999999999\t-\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Parse(raw)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "reading policy") {
				t.Errorf("error %q does not say what was read", err)
			}
			return
		}
		again, err := Parse(p.Text())
		if err != nil {
			t.Fatalf("its own text is not read back: %v\n%s", err, p.Text())
		}
		if again.SHA256() != p.SHA256() {
			t.Errorf("read back it is another policy:\n%s\n%s", p.Text(), again.Text())
		}
	})
}

// Built-in strict only sets what counts elsewhere to its own level; those fixed to
// be asked cannot be softened.
func TestIneffective(t *testing.T) {
	p, err := Parse([]byte("name\tours\nbase\tstrict\nconstraint\tRevocation/UnknownStatus\tIGNORE\n"))
	if err != nil {
		t.Fatal(err)
	}
	strict, err := Named("strict")
	if err != nil {
		t.Fatal(err)
	}
	const want = "Constraint Revocation/UnknownStatus is IGNORE here and counts as FAIL in every policy: the answer unknown is not the answer good (RFC 6960 §2.2)."
	got := p.Ineffective()
	if !slices.Contains(got, want) || slices.Contains(strict.Ineffective(), want) || len(got) != len(strict.Ineffective())+1 {
		t.Errorf("ineffective are %q; of strict %q", got, strict.Ineffective())
	}
	if level, _, ok := FixedAs("Revocation/UnknownStatus"); level != Fail || !ok {
		t.Errorf("an unknown status counts as %q, fixed %t", level, ok)
	}
	if _, _, ok := FixedAs("eIDAS/TLNotExpired"); ok {
		t.Error("eIDAS/TLNotExpired is fixed")
	}
	if _, _, ok := FixedAs("eIDAS/TLFreshness"); ok {
		t.Error("eIDAS/TLFreshness is fixed")
	}
}

// How old the copy of a list may be: six hours, in SiVa's policies a day and an hour.
func TestMaximumAge(t *testing.T) {
	for name, want := range map[string]time.Duration{"strict": 6 * time.Hour, "practice": 6 * time.Hour, "siva-polv3": 25 * time.Hour, "siva-polv4": 25 * time.Hour} {
		p, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.MaximumAge("eIDAS/TLFreshness"); got != want || !ok || p.Level("eIDAS/TLFreshness") != Warn {
			t.Errorf("%s allows %s, %t, at %s", name, got, ok, p.Level("eIDAS/TLFreshness"))
		}
		if _, ok := p.MaximumAge("eIDAS/TLNotExpired"); ok {
			t.Errorf("%s: an age where none is given", name)
		}
	}
}
