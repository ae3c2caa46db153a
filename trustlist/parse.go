package trustlist

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Parse reads one list by itself. Lists that belong together are better read by
// one Reader.
func Parse(raw []byte) (*List, error) { return NewReader().Parse(raw) }

// parser is the state of reading one list.
type parser struct {
	*Reader
	list     *List
	services int
	buf      []byte // for base64
}

// Read reads the content of a list (TS 119 612 §5.2 to §5.6). It does not look at
// the signature. id is the SHA-256 of doc.Raw.
func (r *Reader) Read(doc *xmldom.Document, id evidence.ID) (*List, error) {
	root := doc.Root
	if root == nil || !root.Is(NamespaceTSL, "TrustServiceStatusList") {
		name := "nothing"
		if root != nil {
			name = qualified(root)
		}
		return nil, fmt.Errorf("reading trusted list: the root element is %s, not TrustServiceStatusList", clip(name))
	}
	p := &parser{Reader: r, list: &List{Raw: doc.Raw, SHA256: id, Kind: Unknown}}
	scheme, providers := root.All(NamespaceTSL, "SchemeInformation"), root.All(NamespaceTSL, "TrustServiceProviderList")
	// A second one could be what is read while the first is what people see (attack T4).
	if len(scheme) > 1 || len(providers) > 1 {
		return nil, fmt.Errorf("reading trusted list: %d SchemeInformation and %d TrustServiceProviderList elements, at most one each",
			len(scheme), len(providers))
	}
	if tag, _ := root.Attribute("TSLTag"); !strings.HasSuffix(strings.TrimSpace(tag), "/TSLTag") {
		p.problem("TSLTag is missing")
	}
	if len(scheme) == 0 {
		p.problem("SchemeInformation is missing: nothing says which version or whose list this is")
	} else if err := p.scheme(scheme[0]); err != nil {
		return nil, err
	}
	if len(providers) == 1 {
		if err := p.providers(providers[0]); err != nil {
			return nil, err
		}
	}
	return p.list, nil
}

// scheme reads SchemeInformation (TS 119 612 §5.3).
func (p *parser) scheme(n *xmldom.Node) error {
	l := p.list
	seen := map[string]bool{}
	var pointers *xmldom.Node
	for _, c := range n.Children {
		if c.Kind != xmldom.Element || c.Space != NamespaceTSL {
			continue
		}
		if seen[c.Local] {
			p.problem("%s stands twice in SchemeInformation; the first one counts", c.Local)
			continue
		}
		seen[c.Local] = true
		switch c.Local {
		case "TSLVersionIdentifier":
			l.Version = p.number(c)
		case "TSLSequenceNumber":
			l.Sequence = p.number(c)
		case "TSLType":
			l.Type = p.intern(text(c))
			l.Kind = kindOf(l.Type)
		case "SchemeOperatorName":
			l.SchemeOperator = first(names(c, "Name"))
		case "SchemeInformationURI":
			l.InformationURIs = appendNew(nil, texts(c, "URI")...)
		case "SchemeTerritory":
			l.Territory = p.intern(strings.ToUpper(text(c)))
		case "PointersToOtherTSL":
			pointers = c
		case "ListIssueDateTime":
			if t, ok := p.time(c, text(c)); ok {
				l.Issued = t
			}
		case "NextUpdate":
			p.nextUpdate(c)
		case "DistributionPoints":
			l.Distribution = texts(c, "URI")
		}
	}
	for _, must := range schemeMust {
		if !seen[must] {
			p.problem("%s is missing from SchemeInformation", must)
		}
	}
	if seen["TSLVersionIdentifier"] && l.Version != 5 && l.Version != 6 {
		p.problem("TSLVersionIdentifier is %d, not 5 or 6", l.Version)
	}
	if pointers == nil {
		return nil
	}
	return p.pointers(pointers)
}

// schemeMust are the elements that every list has (TS 119 612 §5.3). The
// territory is optional in the schema, but no list can be used without it.
var schemeMust = []string{
	"TSLVersionIdentifier", "TSLSequenceNumber", "TSLType", "SchemeOperatorName", "SchemeOperatorAddress", "SchemeName",
	"SchemeInformationURI", "StatusDeterminationApproach", "SchemeTerritory", "HistoricalInformationPeriod",
	"ListIssueDateTime", "NextUpdate",
}

// nextUpdate reads NextUpdate: null (no dateTime, or an empty one) closes the
// list (TS 119 612 §5.3.15).
func (p *parser) nextUpdate(n *xmldom.Node) {
	d := n.First(NamespaceTSL, "dateTime")
	if d == nil || text(d) == "" {
		return
	}
	if t, ok := p.time(n, text(d)); ok {
		p.list.NextUpdate = &t
	}
}

// number reads a positive integer; 0 and a problem where there is none.
func (p *parser) number(n *xmldom.Node) int {
	s := text(n)
	v, err := strconv.Atoi(s)
	if err != nil || v < 1 || v > 1<<30 {
		p.problem("%s is %q, not a positive number", n.Local, clip(s))
		return 0
	}
	return v
}

// time reads an xsd:dateTime. TS 119 612 §5.1.4 asks for UTC with Z; an offset
// is read as it stands, and a time without either as UTC, with a problem.
func (p *parser) time(n *xmldom.Node, s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if err == nil {
		return t.UTC(), true
	}
	if t, err = time.Parse("2006-01-02T15:04:05", s); err == nil {
		p.problem("%s %q says no time zone; read as UTC", n.Local, clip(s))
		return t, true
	}
	p.problem("%s %q is not a date and time", n.Local, clip(s))
	return time.Time{}, false
}

func (p *parser) problem(format string, args ...any) {
	switch n := len(p.list.Problems); {
	case n < MaxProblems:
		p.list.Problems = append(p.list.Problems, fmt.Sprintf(format, args...))
	case n == MaxProblems:
		p.list.Problems = append(p.list.Problems, fmt.Sprintf("more problems than %d; the rest is not told", MaxProblems))
	}
}

// text is the trimmed content of an element, cut at MaxText.
func text(n *xmldom.Node) string {
	if n == nil {
		return ""
	}
	return cut(strings.TrimSpace(n.Content()))
}

// cut shortens what is kept of a text to MaxText.
func cut(s string) string {
	if len(s) > MaxText {
		return strings.ToValidUTF8(s[:MaxText], "")
	}
	return s
}

// texts are the contents of the children of this name, in document order, MaxURIs at most.
func texts(n *xmldom.Node, local string) []string {
	var out []string
	for _, c := range n.Children {
		if c.Is(NamespaceTSL, local) && len(out) < MaxURIs {
			if s := text(c); s != "" {
				out = append(out, strings.Clone(s))
			}
		}
	}
	return out
}

// names are multilingual names, the English ones first (TS 119 612 §5.1.5).
func names(n *xmldom.Node, local string) []string {
	var english, other []string
	for _, c := range n.Children {
		if !c.Is(NamespaceTSL, local) || len(english)+len(other) == MaxURIs {
			continue
		}
		s := text(c)
		if s == "" {
			continue
		}
		s = strings.Clone(s)
		if strings.EqualFold(language(c), "en") {
			english = append(english, s)
		} else {
			other = append(other, s)
		}
	}
	return append(english, other...)
}

func language(n *xmldom.Node) string {
	for _, a := range n.Attrs {
		if a.Local == "lang" && a.Space == "http://www.w3.org/XML/1998/namespace" {
			return a.Value
		}
	}
	return ""
}

// qualified is an element's name for sentences: "{namespace}local".
func qualified(n *xmldom.Node) string { return "{" + n.Space + "}" + n.Local }

// clip shortens what a list says before it is put into a sentence.
func clip(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:117], "") + "…"
	}
	return s
}
