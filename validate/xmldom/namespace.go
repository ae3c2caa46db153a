package xmldom

// scope is the namespace declarations in force, as a map with an undo list, so
// that many declarations cost linear time (deps B: 20 000 of them, 0.9 s when not).
type scope struct {
	uris map[string]string
	undo []binding
	// The last answer; valid until a declaration comes or goes.
	cached      bool
	prefix, uri string
}

type binding struct {
	prefix, old string
	had         bool
}

func (s *scope) declare(prefix, uri string) {
	if s.uris == nil {
		s.uris = map[string]string{}
	}
	old, had := s.uris[prefix]
	s.undo = append(s.undo, binding{prefix, old, had})
	s.uris[prefix] = uri
	s.cached = false
}

func (s *scope) leave(mark int) {
	for len(s.undo) > mark {
		b := s.undo[len(s.undo)-1]
		s.undo = s.undo[:len(s.undo)-1]
		if b.had {
			s.uris[b.prefix] = b.old
		} else {
			delete(s.uris, b.prefix)
		}
		s.cached = false
	}
}

func (s *scope) lookup(prefix string) (string, bool) {
	if s.cached && s.prefix == prefix {
		return s.uri, true
	}
	uri, ok := s.uris[prefix]
	if ok {
		s.cached, s.prefix, s.uri = true, prefix, uri
	}
	return uri, ok
}

// bind takes the attributes just read apart: namespace declarations into scope and
// n.NS, the others into n.Attrs with their namespaces; and gives n its own.
func (p *parser) bind(n *Node, start int) error {
	var declBuf [8]NSDecl
	decls := declBuf[:0]
	plain := 0
	for i := range p.attrs {
		a := &p.attrs[i]
		isDefault := a.prefix == "" && a.local == "xmlns"
		if !isDefault && a.prefix != "xmlns" {
			p.attrs[plain] = *a
			plain++
			continue
		}
		d := NSDecl{URI: a.value}
		if !isDefault {
			d.Prefix = a.local
		}
		if err := p.checkDecl(d, isDefault, a.at); err != nil {
			return err
		}
		if len(p.scope.undo)+len(decls) >= p.limits.Namespaces {
			return p.fail(LimitExceeded, a.at, "more than %d namespace declarations in scope", p.limits.Namespaces)
		}
		decls = append(decls, d)
	}
	if err := p.uniqueDecls(decls, start); err != nil {
		return err
	}
	for _, d := range decls {
		p.scope.declare(d.Prefix, d.URI)
	}
	n.NS = take(&p.slabs, &p.slabs.decls, decls)
	p.attrs = p.attrs[:plain]
	uri, err := p.resolve(n.Prefix, start)
	if err != nil {
		return err
	}
	n.Space = uri
	return p.bindAttrs(n, start)
}

// checkDecl applies the constraints of Namespaces in XML §3 and §5.
func (p *parser) checkDecl(d NSDecl, isDefault bool, at int) error {
	switch {
	case d.Prefix == "xmlns":
		return p.fail(WrongNamespace, at, "the prefix xmlns must not be declared")
	case d.Prefix == "xml" && d.URI != XMLSpace:
		return p.fail(WrongNamespace, at, "the prefix xml must not be bound to %q", shorten(d.URI))
	case d.Prefix != "xml" && (d.URI == XMLSpace || d.URI == XMLNSSpace):
		return p.fail(WrongNamespace, at, "the namespace %s must not be bound to another prefix", d.URI)
	case !isDefault && d.URI == "":
		return p.fail(WrongNamespace, at, "the prefix %q must not be bound to an empty namespace", shorten(d.Prefix))
	}
	return nil
}

func (p *parser) uniqueDecls(decls []NSDecl, start int) error {
	if len(decls) <= 8 {
		for i := range decls {
			for j := range i {
				if decls[i].Prefix == decls[j].Prefix {
					return p.fail(NotWellFormed, start, "the namespace prefix %q is declared twice on one element", shorten(decls[i].Prefix))
				}
			}
		}
		return nil
	}
	seen := make(map[string]struct{}, len(decls))
	for i := range decls {
		if _, twice := seen[decls[i].Prefix]; twice {
			return p.fail(NotWellFormed, start, "the namespace prefix %q is declared twice on one element", shorten(decls[i].Prefix))
		}
		seen[decls[i].Prefix] = struct{}{}
	}
	return nil
}

// resolve returns the namespace of a prefix; "" is the default namespace.
func (p *parser) resolve(prefix string, at int) (string, error) {
	if prefix == "xml" {
		return XMLSpace, nil
	}
	if prefix == "xmlns" {
		return "", p.fail(WrongNamespace, at, "an element must not have the prefix xmlns")
	}
	uri, ok := p.scope.lookup(prefix)
	if !ok && prefix != "" {
		return "", p.fail(WrongNamespace, at, "the prefix %q is not declared", shorten(prefix))
	}
	return uri, nil
}

// bindAttrs resolves attributes and refuses two of one expanded name
// (XML 1.0 §3.1, Namespaces in XML §6.3).
func (p *parser) bindAttrs(n *Node, start int) error {
	if len(p.attrs) == 0 {
		return nil
	}
	var buf [16]Attr
	attrs := buf[:0]
	for i := range p.attrs {
		raw := &p.attrs[i]
		a := Attr{Prefix: raw.prefix, Local: raw.local, Value: raw.value}
		if raw.prefix != "" { // the default namespace does not reach attributes
			uri, err := p.resolve(raw.prefix, raw.at)
			if err != nil {
				return err
			}
			a.Space = uri
		}
		attrs = append(attrs, a)
	}
	if dup := duplicate(attrs); dup >= 0 {
		return p.fail(NotWellFormed, start, "the attribute %q occurs twice on one element", shorten(attrs[dup].Name()))
	}
	for i := range attrs {
		if attrs[i].isID() {
			p.identify(attrs[i].Value, n)
		}
	}
	n.Attrs = take(&p.slabs, &p.slabs.attrs, attrs)
	return nil
}

// duplicate returns the index of an attribute whose expanded name came before, or -1.
func duplicate(attrs []Attr) int {
	if len(attrs) <= 16 {
		for i := range attrs {
			for j := range i {
				if attrs[i].Local == attrs[j].Local && attrs[i].Space == attrs[j].Space {
					return i
				}
			}
		}
		return -1
	}
	// A fresh map each time: clearing one that once grew large costs its size.
	type expanded struct{ space, local string }
	seen := make(map[expanded]struct{}, len(attrs))
	for i := range attrs {
		key := expanded{attrs[i].Space, attrs[i].Local}
		if _, twice := seen[key]; twice {
			return i
		}
		seen[key] = struct{}{}
	}
	return -1
}

// identify enters n under id; an element with Id and id of one value counts once.
func (p *parser) identify(id string, n *Node) {
	hits := p.doc.ids[id]
	if len(hits) > 0 && hits[len(hits)-1] == n {
		return
	}
	p.doc.ids[id] = append(hits, n)
}
