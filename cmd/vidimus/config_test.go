package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// parsed reads a command line with an environment, and returns what is in force.
func parsed(t *testing.T, args []string, env map[string]string) (*kong.Context, error) {
	t.Helper()
	parser, err := kong.New(&commandLine{}, kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(parser, args, func(name string) (string, bool) { v, ok := env[name]; return v, ok }); err != nil {
		return nil, err
	}
	return parser.Parse(args)
}

func flagOf(t *testing.T, ctx *kong.Context, name string) *kong.Flag {
	t.Helper()
	for _, f := range ctx.Flags() {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("there is no flag %s", name)
	return nil
}

// sample is a value that a flag takes and that is not its default: as text, as YAML,
// and as it is then in force.
func sample(f *kong.Flag) (text, yaml, want string) {
	one := "x7"
	switch {
	case f.Enum != "":
		all := strings.Split(f.Enum, ",")
		if one = all[len(all)-1]; one == f.Default {
			one = all[0]
		}
	case f.IsBool():
		return "true", "true", "true"
	case f.Target.Type() == reflect.TypeFor[time.Duration]():
		return "7m", "7m", "7m0s"
	case f.Target.CanInt() || f.Target.CanFloat():
		return "7", "7", "7"
	}
	if f.IsSlice() {
		return one + "\n" + one + "9", "[" + one + ", " + one + "9]", "[" + one + " " + one + "9]"
	}
	return one, one, one
}

// Every flag of every command can be set by the environment and by the file, under the
// same name; the command line goes before the environment, and that before the file.
func TestConfigReachesEveryFlag(t *testing.T) {
	model, err := kong.New(&commandLine{})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{"x", "x7", "5", "8"} { // some flags want a file that is there
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := 0
	for _, leaf := range model.Model.Leaves(false) {
		args := commandPath(leaf)
		for _, p := range leaf.Positional {
			if p.Required {
				args = append(args, "x")
			}
		}
		var together, alone []*kong.Flag
		for _, f := range leaf.Flags {
			switch {
			case !settable(f):
			case len(f.Xor) == 0:
				together = append(together, f)
			default:
				alone = append(alone, f)
			}
		}
		flags += len(together) + len(alone)
		if len(alone) == 0 && len(together) > 0 {
			reaches(t, leaf, args, together)
		}
		for _, f := range alone {
			reaches(t, leaf, args, append(together[:len(together):len(together)], f))
		}
	}
	if flags < 300 {
		t.Errorf("only %d flags were looked at", flags)
	}
	t.Logf("%d flags", flags)
}

// reaches sets all these flags of a command together, in each way.
func reaches(t *testing.T, leaf *kong.Node, args []string, flags []*kong.Flag) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	env, top, section, other, line := map[string]string{}, "", "", "", args[:len(args):len(args)]
	path := commandPath(leaf)
	for depth, name := range path {
		section += strings.Repeat("  ", depth) + name + ":\n"
	}
	want, eights := map[string]string{}, map[string]string{}
	for _, f := range flags {
		text, yaml, v := sample(f)
		if f.Tag.Type == "existingfile" {
			v = filepath.Join(here, v)
		}
		env[envName(f.Name)], want[f.Name], eights[f.Name] = text, v, v
		top += f.Name + ": " + yaml + "\n"
		section += strings.Repeat("  ", len(path)) + f.Name + ": " + yaml + "\n"
		if text == "7" || text == "x7" && f.Enum == "" {
			other += f.Name + ": \"5\"\n"
			line, eights[f.Name] = append(line, "--"+f.Name+"=8"), v[:len(v)-len(text)]+"8"
		}
	}
	for _, way := range []struct {
		how, file string
		args      []string
		env, want map[string]string
	}{
		{"environment", "", args, env, want},
		{"top of the file", top, args, nil, want},
		{"section of the file", other + section, args, nil, want},
		{"environment before file", other, args, env, want},
		{"command line before both", other, line, env, eights},
	} {
		if err := os.WriteFile("c.yaml", []byte(way.file), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, err := parsed(t, append([]string{"--config", "c.yaml"}, way.args...), way.env)
		if err != nil {
			t.Errorf("%v by %s: %v", path, way.how, err)
			continue
		}
		for name, v := range way.want {
			if got := fmt.Sprint(flagOf(t, ctx, name).Target.Interface()); got != v {
				t.Errorf("%v --%s by %s: %q, want %q", path, name, way.how, got, v)
			}
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, tt := range []struct{ file, says string }{
		{"serve:\n  lisen: 1", `line 2: there is no flag "lisen"`},
		{"serve:\n  lisen: 1", "did you mean listen?"},
		{"max_request: 1", "did you mean max-request?"},
		{"serv: {listen: x}", "did you mean serve?"},
		{"archive:\n  listen: x", `there is no flag "listen"`},
		{"listen: x\nlisten: y", "second time"},
		{"serve: {}\nserve: {}", "second time"},
		{"listen: [a, b]", "the flag takes one value"},
		{"listen:", "it has no value"},
		{"listen: &a x\nstore: *a", "anchors and aliases"},
		{"listen: !!binary aGk=", "!!binary"},
		{"max-request: many", "--max-request"},
		{"- listen", "flags and their values are wanted"},
		{"a: [", "cannot be read as YAML"},
		{"config: other.yaml", `there is no flag "config"`},
		{"tsa: [[a]]", "one value is wanted"},
		{"#" + strings.Repeat("x", maxConfig), "more than 1048576 octets"},
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, []byte(tt.file), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errs := call(t, "serve", "--print-config", "--config", file)
		if code != exitUsage || !strings.Contains(errs, tt.says) {
			t.Errorf("%.40q: exit status %d, %q does not say %q", tt.file, code, errs, tt.says)
		}
	}
	if code, _, errs := call(t, "serve", "--print-config", "--config", "none.yaml"); code != exitUsage || !strings.Contains(errs, "none.yaml") {
		t.Errorf("no such file: %d, %q", code, errs)
	}
}

// What --print-config prints says where each value comes from, hides secrets, and is
// itself a configuration with the same values.
func TestPrintConfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.yaml")
	text := "store: dir:/proof\nmax-request: 12\nserve:\n  max-request: 34\n  require-territory: [EE, LV]\n  webhook: https://hooks.example/T0/s3cret\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"VIDIMUS_CONFIG": file, "VIDIMUS_JOBS": "postgres://me:s3cret@db/jobs?password=s3cret", "VIDIMUS_TSA": "http://a/\nhttp://b/", "VIDIMUS_STORE": ""}
	var out, errs bytes.Buffer
	rt := &runtime{Stdout: &out, Stderr: &errs, Now: time.Now, Env: func(n string) (string, bool) { v, ok := env[n]; return v, ok }}
	if code := run([]string{"serve", "--print-config", "--queue-wait=3s"}, rt); code != exitOK {
		t.Fatal(code, errs.String())
	}
	first := out.String()
	for _, want := range []string{
		"# vidimus serve\n", "\nlisten: \"127.0.0.1:8080\" # default\n", "\nmax-request: 34 # " + file + " line 4\n", "\nqueue-wait: 3s # command line\n",
		"\nstore: \"dir:/proof\" # " + file + " line 1\n", "\nrequire-territory: [EE, LV] # ", "\ntsa: [\"http://a/\", \"http://b/\"] # environment VIDIMUS_TSA\n",
		"https://hooks.example/***", "postgres://***@db/jobs?password=***",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is missing in\n%s", want, first)
		}
	}
	if strings.Contains(first, "s3cret") {
		t.Errorf("a secret is shown:\n%s", first)
	}
	if err := os.WriteFile(file, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	rt.Env = nil
	if code := run([]string{"serve", "--print-config", "--config", file}, rt); code != exitOK {
		t.Fatal(code, errs.String())
	}
	if a, b := values(first), values(out.String()); a != b {
		t.Errorf("read again it gives\n%s, not\n%s", b, a)
	}
}

// values are the lines without where they come from.
func values(printed string) string {
	var b strings.Builder
	for line := range strings.Lines(printed) {
		value, _, _ := strings.Cut(line, " # ")
		b.WriteString(value + "\n")
	}
	return b.String()
}

func TestUnknownVariables(t *testing.T) {
	model, err := kong.New(&commandLine{})
	if err != nil {
		t.Fatal(err)
	}
	got := unknownVariables([]string{"VIDIMUS_LISEN=x", "VIDIMUS_LISTEN=x", "PATH=x", "VIDIMUS_XYZZY_QUUX=1"}, model.Model.Node)
	if s := strings.Join(got, "; "); s != "VIDIMUS_LISEN (did you mean VIDIMUS_LISTEN?); VIDIMUS_XYZZY_QUUX" {
		t.Error(s)
	}
}

// FuzzConfig: no file makes the reader fail otherwise than by an error with words.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{"", "listen: x", "serve: {listen: [a]}", "a: &a [*a]", "{\"tsa\": [\"x\"]}", "archive:\n  seal:\n    batch: 1\n", "? [a]: b", "<<: {}"} {
		f.Add([]byte(s))
	}
	parser, err := kong.New(&commandLine{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseConfig("c.yaml", raw, parser.Model.Node)
		if err == nil && c.top == nil || err != nil && plainText(err.Error()) != err.Error() {
			t.Errorf("%v, %v", c, err)
		}
	})
}
