package xades

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// readReferences resolves all references of SignedInfo, and those of the
// manifests among them, and reports them in the order of formats §12.2.
func (s *source) readReferences() error {
	s.resolver = &resolver{files: s.files, match: map[*xmldsig.Reference]*hashedFile{}}
	external := 0
	for _, r := range s.ds.References {
		if !sameDocument(r.URI, r.HasURI) {
			external++
		}
	}
	s.resolver.single = external == 1 && s.files.Len() == 1
	content := false
	for _, r := range s.ds.References {
		report, target, err := s.readReference(r)
		if err != nil {
			return err
		}
		report.Type = s.typeOf(r, target)
		s.bind(report, target)
		s.reports = append(s.reports, report)
		s.targets = append(s.targets, target)
		if target != nil {
			s.referenced[target] = true
		}
		s.out.References = append(s.out.References, report)
		switch report.Type {
		case signature.RefReference, signature.RefObject, signature.RefXPointer:
			content = true
		case signature.RefManifest:
			content = true
			if err := s.readManifest(report, target); err != nil {
				return err
			}
		case signature.RefCounterSignature:
			content = true
			s.out.References = append(s.out.References, s.counterSigned(report, target))
		}
	}
	if !content {
		s.out.References = append(s.out.References, &signature.Reference{Type: signature.RefReference, Scope: signature.ScopeFull,
			Why: "the signature refers to no content at all"})
	}
	return nil
}

// readReference resolves one reference and computes its digest. target is the
// node it means, nil for files and where there is none.
func (s *source) readReference(r *xmldsig.Reference) (*signature.Reference, *xmldom.Node, error) {
	out := &signature.Reference{URI: r.URI, Name: decodeURI(r.URI), Digest: r.Digest, DigestName: r.DigestMethod, Value: r.Value}
	if len(r.Transforms) > signature.MaxTransforms {
		out.Why = fmt.Sprintf("%d transforms, at most %d are carried out", len(r.Transforms), signature.MaxTransforms)
		return out, nil, nil
	}
	res := s.resolve(r)
	out.Found, out.Ambiguous, out.Why = res.Found, res.Ambiguous, res.Why
	if res.Ambiguous {
		out.Found = false
		s.problem(signature.DuplicateID, "The reference %q is ambiguous: its Id stands more than once.", short(r.URI))
	}
	file := s.resolver.match[r]
	if file != nil {
		out.File = file.Name
		if !r.HasURI {
			out.Name = file.Name
		}
		out.NameMatches = !r.HasURI || nameMatches(r.URI, file.Name)
	} else {
		out.NameMatches = true
	}
	if strings.HasPrefix(res.Why, "transform") || forbidden(r) {
		s.problem(signature.UnsupportedTransform, "The reference %q has a transform that is never carried out: %s.", short(r.URI), res.Why)
	}
	out.Scope = signature.ScopeFull
	if res.Partial {
		out.Scope = signature.ScopePartial
	}
	if r.ID != "" {
		out.MIMEType = s.mimeTypes["#"+r.ID]
	}
	if file != nil && file.byDigest() {
		readByDigest(out, r, file)
		return out, res.Target, nil
	}
	if !out.Found {
		return out, res.Target, nil
	}
	if file != nil && len(r.Transforms) == 0 {
		out.Computed, out.DataID = file.sum(r.Digest), file.id()
	} else if err := s.digest(out, res); err != nil {
		return nil, nil, err
	}
	switch {
	case !out.Found:
	case r.ValueProblem != "":
		out.Why = r.ValueProblem
	case out.Computed == nil:
		out.Why = fmt.Sprintf("the digest algorithm %q is not known", short(r.DigestMethod))
	default:
		out.Intact = len(r.Value) > 0 && bytes.Equal(out.Computed, r.Value)
	}
	return out, res.Target, nil
}

// readByDigest compares a reference with content of which only a digest is known:
// it is found where that digest is of the reference's algorithm and nothing is to
// be done to the octets first (EN 319 102-1 §5.2.7: hashes in place of the data).
func readByDigest(out *signature.Reference, r *xmldsig.Reference, file *hashedFile) {
	sum := file.sum(r.Digest)
	switch {
	case len(r.Transforms) > 0:
		out.Why = "only the digest of the content is known, and the reference transforms the content first"
	case sum == nil:
		out.Why = fmt.Sprintf("of the content a digest by %s is known, and the reference has one by %s", file.digested.Digest, short(r.DigestMethod))
	default:
		out.Found, out.Why, out.Computed, out.DataID = true, r.ValueProblem, sum, file.id()
		out.Intact = r.ValueProblem == "" && len(r.Value) > 0 && bytes.Equal(sum, r.Value)
	}
}

// resolve follows a reference and carries out its transforms; a node-set is not
// made into octets yet.
func (s *source) resolve(r *xmldsig.Reference) xmldsig.Resolution {
	// DigestOf of a reference without a digest algorithm stops where the digest
	// would begin.
	probe := *r
	probe.Digest = ""
	s.resolver.asked = r
	_, res := s.ds.DigestOf(s.doc, &probe, s.resolver)
	return res
}

// digest streams what a reference is over through its digest, and through
// SHA-256, by which objects are known here.
func (s *source) digest(out *signature.Reference, res xmldsig.Resolution) error {
	id := sha256.New()
	var w io.Writer = id
	h, known := out.Digest.New()
	if known && out.Digest != algo.SHA256 {
		w = io.MultiWriter(id, h)
	}
	if err := res.Write(spending{w, s.budget}, xmldom.Method{}); err != nil {
		var refused *signature.ReadError
		if errors.As(err, &refused) {
			return refused
		}
		out.Found, out.Why = false, err.Error()
		return nil
	}
	out.DataID = evidence.ID(id.Sum(nil))
	switch {
	case out.Digest == algo.SHA256:
		out.Computed = out.DataID[:]
	case known:
		out.Computed = h.Sum(nil)
	}
	return nil
}

// forbidden says whether a reference asks for XSLT (attack X6).
func forbidden(r *xmldsig.Reference) bool {
	for _, t := range r.Transforms {
		if t.Algorithm == "http://www.w3.org/TR/1999/REC-xslt-19991116" {
			return true
		}
	}
	return false
}

// typeOf tells the type of a reference: the first rule of formats §12.2 that fits.
func (s *source) typeOf(r *xmldsig.Reference, target *xmldom.Node) signature.ReferenceType {
	byID := len(r.URI) > 1 && r.URI[0] == '#' && !strings.HasPrefix(r.URI, "#xpointer(")
	switch {
	case byID && r.Type == signedPropertiesType(s.space):
		return signature.RefSignedProperties
	case strings.HasPrefix(r.URI, "#xpointer("):
		return signature.RefXPointer
	case byID && target.Is(nsDS, "KeyInfo"):
		return signature.RefKeyInfo
	case byID && (target.Is(nsDS, "SignatureProperties") || target.Is(nsDS, "SignatureProperty")):
		return signature.RefSignatureProperties
	case byID && r.Type == typeObject:
		return signature.RefObject
	case byID && r.Type == typeManifest:
		return signature.RefManifest
	case s.master != nil && (r.Type == typeCountersigned || target != nil && target == s.master.ds.ValueNode):
		return signature.RefCounterSignature
	}
	return signature.RefReference
}

// bind applies the rules against wrapping (formats §1.2, attack X3): what is
// digested must be what is read. SignedProperties must be those of this
// signature; an Object, a Manifest and a KeyInfo must lie inside of it.
func (s *source) bind(out *signature.Reference, target *xmldom.Node) {
	lost := func(format string, args ...any) {
		out.Found, out.Intact, out.Computed, out.DataID = false, false, nil, evidence.ID{}
		out.Why = fmt.Sprintf(format, args...)
		s.problem(signature.WrappedProperties, "The reference %q: %s.", short(out.URI), out.Why)
	}
	switch out.Type {
	case signature.RefSignedProperties:
		out.Scope = signature.ScopeNone
		if !out.Found {
			return
		}
		if target == nil || target != s.sp {
			lost("it does not point to the signed properties of this signature")
			return
		}
		s.out.Properties = true
	case signature.RefKeyInfo, signature.RefSignatureProperties:
		out.Scope = signature.ScopeNone
	case signature.RefObject:
		if out.Found && !s.ownObject(target) {
			lost("it does not point to an Object of this signature")
		}
	case signature.RefManifest:
		if out.Found && !s.ownObject(target) && !s.ownObject(target.Parent) {
			lost("it does not point to a Manifest in an Object of this signature")
		}
	case signature.RefCounterSignature:
		out.Scope = signature.ScopeCounter
	}
}

// ownObject says whether a node is a ds:Object child of this signature.
func (s *source) ownObject(n *xmldom.Node) bool { return n.Is(nsDS, "Object") && n.Parent == s.ds.Node }

// counterSigned reports whether what a counter-signature signs is the value of
// the signature it stands in (smartcases 59).
func (s *source) counterSigned(ref *signature.Reference, target *xmldom.Node) *signature.Reference {
	out := &signature.Reference{Type: signature.RefCounterSignedValue, URI: ref.URI, Digest: ref.Digest, DigestName: ref.DigestName,
		Value: ref.Value, Computed: ref.Computed, Found: ref.Found, Scope: signature.ScopeNone, NameMatches: true}
	switch {
	case !ref.Found:
		out.Why = ref.Why
	case target != s.master.ds.ValueNode:
		out.Why = "what is signed is not the value of the signature that this one stands in"
	default:
		out.Intact = ref.Intact
	}
	return out
}
