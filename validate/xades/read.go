package xades

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// reader reads one XML file.
type reader struct {
	doc    *xmldom.Document
	path   string
	files  *Files
	mu     sync.Mutex // guards budget and chains once imprints are asked for
	budget *budget
	work   *xmldsig.Budget // the same for transforms, kept by xmldsig
	out    []*signature.Signature
	stamps int // time-stamps found so far
}

// source is one ds:Signature while it is read, and what its imprints need later.
type source struct {
	*reader
	ds            *xmldsig.Signature
	out           *signature.Signature
	master        *source
	space         string // namespace of the qualifying properties
	qp            *xmldom.Node
	targetMatches bool
	sp, ssp, sdop *xmldom.Node
	usp           *xmldom.Node
	props         []*xmldom.Node    // the unsigned signature properties
	carried       []tally           // what the first i+1 of them carry
	mimeTypes     map[string]string // ObjectReference to MimeType
	resolver      *resolver
	reports       []*signature.Reference // one for each reference of SignedInfo
	targets       []*xmldom.Node         // and what each points to
	refTargets    map[string]*xmldom.Node
	manifests     []*manifest // those that SignedInfo refers to
	stamps        []stamp
	counters      []counter
	refIDs        map[string]int // "#Id" of the references of SignedInfo
	sums          sumIndex
	named         map[*xmldom.Node]signature.Material // what each property of references names
	lookups       int
	referenced    map[*xmldom.Node]bool // what references point to
	archives      []int                 // places of the archive time-stamps
	chains        map[string]*chain
}

// stamp is a time-stamp token with the element that it stands in.
type stamp struct {
	element *xmldom.Node
	place   int // index among the unsigned properties, -1 for signed ones
	out     *signature.Timestamp
	genTime time.Time
}

// counter is a counter-signature with its place among the unsigned properties.
type counter struct {
	place int
	of    *source
}

// Read reads the signatures of one XML file, in document order, each followed by
// its counter-signatures. path is where the file lies in its container, "" for a
// file by itself. files are what references may mean; nil for none.
//
// An error is a *signature.ReadError: XML that is not well-formed or hostile, or
// a ds:Signature without the parts that make it one (formats §13). It concerns
// the whole file.
func Read(data []byte, path string, files *Files) ([]*signature.Signature, error) {
	where := "the XML file"
	if path != "" {
		where = fmt.Sprintf("%q", path)
	}
	limits := xmldom.Limits{Depth: signature.MaxXMLDepth, Attributes: signature.MaxXMLAttributes, Nodes: signature.MaxXMLNodes, Size: signature.MaxFileSize}
	if path != "" {
		limits.Size = signature.MaxSignatureFile
	}
	doc, err := xmldom.Parse(data, limits)
	if err != nil {
		return nil, refuse(where, err)
	}
	if err := checkNamespaces(doc); err != nil {
		return nil, inFile(where, err)
	}
	r := &reader{doc: doc, path: path, files: files}
	nodes := signatures(doc)
	r.budget, r.work = newBudget(len(data)+files.size(), len(nodes))
	for _, n := range nodes {
		if _, err := r.read(n, nil); err != nil {
			return nil, inFile(where, err)
		}
	}
	signature.TellDuplicates(r.out)
	return r.out, nil
}

// refuse words the refusal of a file that is no XML to read.
func refuse(where string, err error) error {
	out := &signature.ReadError{Code: signature.Malformed, Message: fmt.Sprintf("reading %s: %v", where, err)}
	var p *xmldom.ParseError
	if errors.As(err, &p) {
		switch p.Problem {
		case xmldom.HasDoctype:
			out.Code, out.Hint = signature.Hostile, "signed XML must not have a document type declaration"
		case xmldom.LimitExceeded:
			out.Code = signature.TooLarge
		}
	}
	return out
}

// inFile gives an error of one signature the name of its file.
func inFile(where string, err error) error {
	var e *signature.ReadError
	if errors.As(err, &e) {
		return &signature.ReadError{Code: e.Code, Message: fmt.Sprintf("reading %s: %s", where, e.Message), Hint: e.Hint}
	}
	return &signature.ReadError{Code: signature.Malformed, Message: fmt.Sprintf("reading %s: %v", where, err)}
}

// signatures lists what counts as a signature of the document (formats §1.2): every
// ds:Signature in document order, but for counter-signatures, which follow their
// masters, and for those in an element spelt saml2:Assertion.
func signatures(doc *xmldom.Document) []*xmldom.Node {
	var out []*xmldom.Node
	doc.Root.Walk(func(n *xmldom.Node) bool {
		if !n.Is(nsDS, "Signature") {
			return n.Kind == xmldom.Element
		}
		p := n.Parent
		if !p.Is(nsXAdES132, "CounterSignature") && (p.Kind != xmldom.Element || p.Name() != "saml2:Assertion") {
			out = append(out, n)
		}
		return true
	})
	return out
}

// read reads one signature and, after it, its counter-signatures.
func (r *reader) read(n *xmldom.Node, master *source) (*source, error) {
	if len(r.out) >= signature.MaxSignatures {
		return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("more than %d signatures", signature.MaxSignatures)}
	}
	if refs := len(n.First(nsDS, "SignedInfo").All(nsDS, "Reference")); refs > signature.MaxReferences {
		return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("%d references in one signature, at most %d are read", refs, signature.MaxReferences)}
	}
	ds, err := xmldsig.Read(n)
	if err != nil {
		return nil, err
	}
	if !ds.Algorithm.Known() {
		return nil, &signature.ReadError{Code: signature.UnsupportedFormat, Message: fmt.Sprintf("the signature method %q is not known: %s", short(ds.Method), ds.MethodProblem)}
	}
	ds.Budget = r.work
	s := &source{reader: r, ds: ds, master: master, mimeTypes: map[string]string{}, referenced: map[*xmldom.Node]bool{}, sums: sumIndex{}, named: map[*xmldom.Node]signature.Material{},
		out: &signature.Signature{XMLID: ds.ID, Path: r.path, Form: signature.FormXAdES, Algorithm: ds.Algorithm, AlgorithmName: ds.Method, Value: ds.Value, ValueProblem: ds.ValueProblem}}
	if master != nil {
		s.out.Master = master.out
	}
	r.out = append(r.out, s.out)
	signed, err := ds.SignedOctets()
	s.out.Signed = signed
	if err != nil {
		s.out.ValueProblem = err.Error()
		signed = r.doc.Raw[ds.SignedInfo.Start:ds.SignedInfo.End]
	}
	h := sha256.New()
	h.Write(signed)
	h.Write(ds.Value)
	s.out.ID = fmt.Sprintf("S-%X", h.Sum(nil))
	s.out.ObjectID = evidence.Of(append(append([]byte{}, ds.Value...), signed...))
	for _, p := range ds.Problems {
		s.problem(signature.BadStructure, "%s", p)
	}
	s.findProperties()
	if s.props = s.usp.Elements(); len(s.props) > maxUnsigned {
		return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("%d unsigned properties in one signature, at most %d are read", len(s.props), maxUnsigned)}
	}
	s.readSigned()
	if err := s.readReferences(); err != nil {
		return nil, err
	}
	s.readMaterial()
	s.readKeyInfo()
	if err := s.readTimestamps(); err != nil {
		return nil, err
	}
	for place, p := range s.props {
		if !p.Is(nsXAdES132, "CounterSignature") {
			continue
		}
		for _, c := range p.All(nsDS, "Signature") {
			of, err := r.read(c, s)
			if err != nil {
				return nil, err
			}
			s.counters = append(s.counters, counter{place, of})
		}
	}
	s.cover()
	s.readRecords()
	s.readStructure()
	return s, nil
}
