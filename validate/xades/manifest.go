package xades

import (
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// manifest is a ds:Manifest that SignedInfo refers to.
type manifest struct {
	refs    []*xmldsig.Reference
	reports []*signature.Reference
	targets []*xmldom.Node
}

// readManifest reads the entries of a ds:Manifest (XMLDSig §5.1) and checks each
// like a reference; a missing one only warns (EN 319 102-1 §5.2.7.4 note). target
// is what the reference points to: the Manifest, or the ds:Object around it.
func (s *source) readManifest(of *signature.Reference, target *xmldom.Node) error {
	if !of.Found || target == nil {
		return nil
	}
	if !target.Is(nsDS, "Manifest") {
		target = target.First(nsDS, "Manifest")
	}
	if target == nil {
		return nil
	}
	refs, err := xmldsig.ReadManifest(target)
	if err != nil {
		return &signature.ReadError{Code: signature.TooLarge, Message: err.Error()}
	}
	m := &manifest{refs: refs}
	s.manifests = append(s.manifests, m)
	for _, r := range refs {
		report, node, err := s.readReference(r)
		if err != nil {
			return err
		}
		report.Type, report.Lenient = signature.RefManifestEntry, true
		m.reports = append(m.reports, report)
		m.targets = append(m.targets, node)
		s.out.References = append(s.out.References, report)
	}
	return nil
}
