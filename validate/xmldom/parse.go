package xmldom

import (
	"fmt"
	"strings"
)

// Parse reads a document within limits. The error is a *ParseError. data is kept
// as Document.Raw and must not be changed afterwards; strings of the tree are
// parts of one copy of it, so that a tree costs few allocations.
func Parse(data []byte, limits Limits) (*Document, error) {
	limits = limits.orDefault()
	if int64(len(data)) > limits.Size {
		return nil, &ParseError{Problem: LimitExceeded, Line: 1, Says: fmt.Sprintf("%d octets, at most %d are read", len(data), limits.Size)}
	}
	text, encoding, transcoded, perr := decode(data)
	if perr != nil {
		return nil, perr
	}
	if int64(len(text)) > limits.Size {
		return nil, &ParseError{Problem: LimitExceeded, Line: 1, Says: fmt.Sprintf("%d octets as UTF-8, at most %d are read", len(text), limits.Size)}
	}
	p := &parser{src: string(text), limits: limits}
	p.doc = &Document{Raw: text, Encoding: encoding, Transcoded: transcoded, ids: map[string][]*Node{}}
	if err := p.document(); err != nil {
		return nil, err
	}
	return p.doc, nil
}

// parser is one pass over the source. Every method leaves pos behind what it read.
type parser struct {
	src    string
	pos    int
	limits Limits
	doc    *Document

	open  []frame // elements not yet closed, outermost first
	kids  []*Node // children of all open elements, each frame's from frame.kids on
	scope scope
	slabs slabs
	text  pending

	attrs []rawAttr // of the start tag being read, reused
}

type frame struct {
	node     *Node
	name     string // qualified name, for the end tag
	kids     int    // where its children begin in parser.kids
	bindings int    // where its namespace declarations begin in scope.undo
}

func (p *parser) fail(problem Problem, at int, format string, args ...any) error {
	return &ParseError{Problem: problem, Offset: at, Line: 1 + strings.Count(p.src[:min(at, len(p.src))], "\n"), Says: fmt.Sprintf(format, args...)}
}

// document reads XML 1.0 §2.1 [1]: prolog element Misc*.
func (p *parser) document() error {
	if strings.HasPrefix(p.src, string(utf8BOM)) {
		p.pos = len(utf8BOM)
	}
	node, err := p.node(DocumentNode, 0)
	if err != nil {
		return err
	}
	p.doc.Node = node
	p.open = append(p.open, frame{node: node})
	if strings.HasPrefix(p.src[p.pos:], "<?xml") && p.pos+5 < len(p.src) && class[p.src[p.pos+5]]&isSpace != 0 {
		if err := p.declaration(); err != nil {
			return err
		}
	}
	for p.pos < len(p.src) {
		if len(p.open) > 1 {
			err = p.content()
		} else {
			err = p.misc()
		}
		if err != nil {
			return err
		}
	}
	if len(p.open) > 1 {
		f := p.open[len(p.open)-1]
		return p.fail(NotWellFormed, p.pos, "the document ends inside <%s>", shorten(f.name))
	}
	if p.doc.Root == nil {
		return p.fail(NotWellFormed, p.pos, "no element")
	}
	node.Children = p.slabs.children(p.kids)
	node.End = len(p.src)
	return nil
}

// misc reads one thing outside the root element.
func (p *parser) misc() error {
	for p.pos < len(p.src) && class[p.src[p.pos]]&isSpace != 0 {
		p.pos++
	}
	if p.pos == len(p.src) {
		return nil
	}
	if p.src[p.pos] != '<' {
		return p.fail(NotWellFormed, p.pos, "text outside the root element")
	}
	return p.markup()
}

// markup reads what begins with the '<' at pos.
func (p *parser) markup() error {
	rest := p.src[p.pos:]
	if len(rest) < 2 {
		return p.fail(NotWellFormed, p.pos, "the document ends with '<'")
	}
	switch rest[1] {
	case '/':
		if err := p.flush(p.pos); err != nil {
			return err
		}
		return p.endTag()
	case '?':
		if err := p.flush(p.pos); err != nil {
			return err
		}
		return p.instruction()
	case '!':
		switch {
		case strings.HasPrefix(rest, "<!--"):
			if err := p.flush(p.pos); err != nil {
				return err
			}
			return p.comment()
		case strings.HasPrefix(rest, "<![CDATA["):
			if len(p.open) == 1 {
				return p.fail(NotWellFormed, p.pos, "CDATA outside the root element")
			}
			return p.cdata()
		case strings.HasPrefix(rest, "<!DOCTYPE"):
			return p.fail(HasDoctype, p.pos, "a document type declaration; no document with one is read")
		}
		return p.fail(NotWellFormed, p.pos, "unknown markup after '<!'")
	}
	if len(p.open) == 1 && p.doc.Root != nil {
		return p.fail(NotWellFormed, p.pos, "a second root element")
	}
	if err := p.flush(p.pos); err != nil {
		return err
	}
	return p.startTag()
}

// shorten cuts names for messages.
func shorten(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}
