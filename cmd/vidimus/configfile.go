package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// configFile is a configuration file: YAML, of which JSON is a part. At its top stand
// flags for all commands that have them; below the name of a command, those for that
// command, which go before.
//
//	store: dir:/var/lib/vidimus/proof
//	tsa:
//	  - http://tsa.example.com/tsr
//	serve:
//	  listen: 0.0.0.0:8080
//	archive:
//	  seal: {batch: 1000}
type configFile struct {
	name string
	top  *configSection
}

// configSection is the flags and commands below one name.
type configSection struct {
	flags    map[string]*configEntry
	sections map[string]*configSection
}

// configEntry is the value of a flag. Values stay as they are written: "no" is no false.
type configEntry struct {
	line   int
	list   bool
	values []string
}

// find is what the file says of a flag for a command; the innermost section counts.
func (f *configFile) find(command []string, flag string) *configEntry {
	at := f.top
	found := at.flags[flag]
	for _, name := range command {
		if at = at.sections[name]; at == nil {
			break
		}
		if e := at.flags[flag]; e != nil {
			found = e
		}
	}
	return found
}

// parseConfig reads a file. A name that is no flag and no command is an error: a
// misspelt flag would else be without effect, in silence.
func parseConfig(name string, raw []byte, model *kong.Node) (*configFile, error) {
	p := &configParser{name: name}
	if len(raw) > maxConfig {
		return nil, p.wrong(1, "", "the file has more than %d octets", maxConfig)
	}
	f := &configFile{name: name, top: &configSection{}}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, usage("write NAME: VALUE, a line each", "%s: it cannot be read as YAML: %s", name, plainText(strings.TrimPrefix(err.Error(), "yaml: ")))
	}
	if len(doc.Content) == 0 { // nothing but comments
		return f, nil
	}
	var err error
	f.top, err = p.section(doc.Content[0], model)
	return f, err
}

type configParser struct{ name string }

func (p *configParser) wrong(line int, hint, format string, args ...any) error {
	return usage(hint, "%s line %d: %s", p.name, line, plainText(fmt.Sprintf(format, args...)))
}

// section reads the names below a command. It goes no deeper than there are commands.
func (p *configParser) section(n *yaml.Node, model *kong.Node) (*configSection, error) {
	if n.Kind != yaml.MappingNode {
		return nil, p.wrong(n.Line, "write NAME: VALUE, a line each", "flags and their values are wanted")
	}
	s := &configSection{flags: map[string]*configEntry{}, sections: map[string]*configSection{}}
	flags := flagsBelow(model)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Anchor != "" || value.Anchor != "" || value.Kind == yaml.AliasNode {
			return nil, p.wrong(key.Line, "write the value again where it is needed", "names are plain words, and anchors and aliases of YAML are not taken")
		}
		var err error
		if value.Kind == yaml.MappingNode {
			err = p.command(s, key, value, model)
		} else {
			err = p.flag(s, key, value, flags)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (p *configParser) command(s *configSection, key, value *yaml.Node, model *kong.Node) error {
	var names []string
	for _, c := range model.Children {
		names = append(names, c.Name)
		if c.Name != key.Value {
			continue
		}
		if s.sections[c.Name] != nil {
			return p.wrong(key.Line, "", "%s stands here a second time", key.Value)
		}
		var err error
		s.sections[c.Name], err = p.section(value, c)
		return err
	}
	return p.wrong(key.Line, didYouMean(key.Value, names), "there is no command %q", key.Value)
}

func (p *configParser) flag(s *configSection, key, value *yaml.Node, flags []string) error {
	name := key.Value
	if !slices.Contains(flags, name) {
		return p.wrong(key.Line, didYouMean(name, flags), "there is no flag %q", name)
	}
	if s.flags[name] != nil {
		return p.wrong(key.Line, "the values of a repeatable flag are a list: "+name+": [A, B]", "%s stands here a second time", name)
	}
	e := &configEntry{line: key.Line}
	items := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		e.list, items = true, value.Content
	}
	for _, item := range items {
		text, err := scalar(item)
		if err != nil {
			return p.wrong(item.Line, "leave the flag out for its default", "%s: %v", name, err)
		}
		e.values = append(e.values, text)
	}
	s.flags[name] = e
	return nil
}

// scalar is a value as it is written.
func scalar(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || n.Anchor != "" {
		return "", errors.New("one value is wanted")
	}
	switch n.Tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp":
		return n.Value, nil
	case "!!null":
		return "", errors.New("it has no value")
	}
	return "", fmt.Errorf("the tag %s of YAML is not taken", n.Tag)
}

// flagsBelow are the names of all flags of a command and those below it.
func flagsBelow(n *kong.Node) []string {
	var out []string
	for _, f := range n.Flags {
		if settable(f) {
			out = append(out, f.Name)
		}
	}
	for _, c := range n.Children {
		out = append(out, flagsBelow(c)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func didYouMean(name string, known []string) string {
	if like := nearest(name, known); like != "" {
		return "did you mean " + like + "?"
	}
	return "the names are those of the flags, without '--'; 'vidimus COMMAND --help' shows them"
}

// nearest is the name that needs the fewest changes to be the one given, "" where that
// is a third of it or more.
func nearest(name string, known []string) string {
	if len(name) > 100 {
		return ""
	}
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	best, least := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is how many octets must be put in, left out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
