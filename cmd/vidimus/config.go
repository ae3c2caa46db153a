package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// configFlags are those of every command: where its other flags come from.
type configFlags struct {
	Config      string `placeholder:"FILE" help:"Take flags that are not given from this file of YAML or JSON, where --max-request is max-request. The environment goes before it: VIDIMUS_MAX_REQUEST."`
	PrintConfig bool   `name:"print-config" help:"Do nothing but print which flags are in force, and where each comes from; secrets are hidden."`
}

// envPrefix begins the names of our variables in the environment.
const envPrefix = "VIDIMUS_"

// envName is the variable of a flag.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// settings give the values of flags that are not on the command line: the environment
// first, then the file, then the defaults.
type settings struct {
	lookup func(name string) (string, bool) // of the environment; nil: there is none
	file   *configFile                      // nil: none was named
	from   map[*kong.Flag]string            // where what we gave came from
}

// prepare reads the file that the arguments or the environment name, and lets the
// parser ask us. It comes before parsing: what is wrong with the file is told first.
func prepare(parser *kong.Kong, args []string, lookup func(string) (string, bool)) (*settings, error) {
	s := &settings{lookup: lookup, from: map[*kong.Flag]string{}}
	name, given := configGiven(args)
	if !given {
		name = s.env(envName("config"))
	}
	if name != "" {
		var err error
		if s.file, err = readConfig(name, parser.Model.Node); err != nil {
			return nil, err
		}
	}
	return s, kong.Resolvers(s).Apply(parser)
}

// configGiven looks for --config among the arguments. Kong could tell by a trace, but a
// flag that must be a file that is there keeps what the first of two traces found.
func configGiven(args []string) (name string, given bool) {
	for i, a := range args {
		switch v, ok := strings.CutPrefix(a, "--config="); {
		case a == "--":
			return name, given
		case ok:
			name, given = v, true
		case a == "--config" && i+1 < len(args):
			name, given = args[i+1], true
		}
	}
	return name, given
}

// env is a variable; one that is set to nothing counts as not set.
func (s *settings) env(name string) string {
	if s.lookup == nil {
		return ""
	}
	v, _ := s.lookup(name)
	return v
}

// Validate implements kong.Resolver: the file was checked when it was read.
func (s *settings) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver: nil leaves a flag at its default.
func (s *settings) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if !settable(flag) {
		return nil, nil //nolint:nilnil // kong's way to say that there is none
	}
	name := envName(flag.Name)
	if v := s.env(name); v != "" {
		s.from[flag] = "environment " + name
		if flag.IsSlice() {
			return listOf(flag, v), nil
		}
		return v, nil
	}
	if s.file == nil {
		return nil, nil //nolint:nilnil // as above
	}
	e := s.file.find(commandPath(parent.Node()), flag.Name)
	if e == nil {
		return nil, nil //nolint:nilnil // as above
	}
	s.from[flag] = fmt.Sprintf("%s line %d", s.file.name, e.line)
	switch {
	case !flag.IsSlice() && e.list:
		return nil, fmt.Errorf("%s line %d: a list is given, and the flag takes one value", s.file.name, e.line)
	case !flag.IsSlice():
		return e.values[0], nil
	case e.list:
		return anyList(e.values), nil
	}
	return listOf(flag, e.values[0]), nil
}

// settable says whether a flag may come from elsewhere than the command line.
func settable(flag *kong.Flag) bool { return flag.Name != "help" && flag.Name != "config" }

// listOf parts the one text of a repeatable flag: at line ends, and at commas where the
// flag takes them on the command line too.
func listOf(flag *kong.Flag, text string) []any {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, kong.SplitEscaped(line, flag.Tag.Sep)...)
		}
	}
	return anyList(out)
}

func anyList(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// commandPath is the names of a command from the top: "archive", "seal".
func commandPath(n *kong.Node) []string {
	var out []string
	for ; n != nil && n.Parent != nil; n = n.Parent {
		out = append(out, n.Name)
	}
	slices.Reverse(out)
	return out
}

// print writes what is in force for a command, as a configuration file that gives the
// same, with where each value comes from.
func (s *settings) print(w io.Writer, ctx *kong.Context) error {
	given := map[*kong.Flag]bool{}
	for _, p := range ctx.Path {
		if p.Flag != nil && !p.Resolved {
			given[p.Flag] = true
		}
	}
	lines := []string{"# vidimus " + strings.Join(commandPath(ctx.Selected()), " ")}
	for _, flag := range ctx.Flags() {
		if flag.Name == "print-config" || !settable(flag) {
			continue
		}
		from := "default"
		switch {
		case given[flag]:
			from = "command line"
		case s.from[flag] != "":
			from = s.from[flag]
		}
		lines = append(lines, fmt.Sprintf("%s: %s # %s", flag.Name, shown(flag), plainText(from)))
	}
	slices.Sort(lines[1:])
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// shown is a flag's value as YAML, without secrets.
func shown(flag *kong.Flag) string {
	v := flag.Target
	if !flag.IsSlice() {
		return quotedYAML(hidden(flag.Name, fmt.Sprint(v.Interface())))
	}
	var items []string
	for i := range v.Len() {
		items = append(items, quotedYAML(hidden(flag.Name, fmt.Sprint(v.Index(i).Interface()))))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// plainScalar is what needs no quotes in YAML, whoever reads it.
var plainScalar = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9_./+-]*$`)

func quotedYAML(s string) string {
	if plainScalar.MatchString(s) {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// secretParameters are those of URLs that nobody else may see.
var secretParameters = []string{"password", "sslpassword", "passfile", "token", "key", "secret"}

// hidden is a value without what is secret in it: the path of a webhook, which often is
// one, and the user's part and some parameters of any URL.
func hidden(flag, value string) string {
	if !strings.Contains(value, "://") {
		return value
	}
	u, err := url.Parse(value)
	if err != nil {
		return "***"
	}
	if flag == "webhook" {
		return u.Scheme + "://" + u.Host + "/***"
	}
	hid := false
	if u.User != nil {
		u.User, hid = url.User("***"), true
	}
	query := u.Query()
	for name := range query {
		if slices.Contains(secretParameters, strings.ToLower(name)) {
			query.Set(name, "***")
			u.RawQuery, hid = query.Encode(), true
		}
	}
	if !hid {
		return value
	}
	return strings.ReplaceAll(strings.ReplaceAll(u.String(), "%2A", "*"), "%2a", "*")
}

// unknownVariables are variables of the environment that begin like ours and that no
// flag has, each with the flag that it looks like.
func unknownVariables(environ []string, model *kong.Node) []string {
	known := map[string]bool{}
	for _, f := range flagsBelow(model) {
		known[envName(f)] = true
	}
	var out []string
	for _, line := range environ {
		name, _, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, envPrefix) || known[name] {
			continue
		}
		flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, envPrefix), "_", "-"))
		says := name
		if like := nearest(flag, flagsBelow(model)); like != "" {
			says += " (did you mean " + envName(like) + "?)"
		}
		out = append(out, says)
	}
	slices.Sort(out)
	return out
}

// errNoFile is a file that cannot be read at all.
var errNoFile = errors.New("the configuration file cannot be read")

// maxConfig bounds a configuration file, in octets.
const maxConfig = 1 << 20

// readConfig reads a configuration file and checks every name in it.
func readConfig(name string, model *kong.Node) (*configFile, error) {
	raw, err := readFile(name, maxConfig+1)
	if err != nil {
		var reason *os.PathError
		if errors.As(err, &reason) {
			err = reason.Err
		}
		return nil, usage("--config and VIDIMUS_CONFIG name a file of YAML or JSON", "%v: %s: %v", errNoFile, name, err)
	}
	return parseConfig(name, raw, model)
}
