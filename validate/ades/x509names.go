package ades

import (
	"slices"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/verdict"
)

// namedIn says whether a GeneralName in DER is the subject of a certificate, or among
// its alternative names.
func namedIn(general []byte, x *certificate.Certificate) bool {
	names, err := path.ReadGeneralNames(general)
	if err != nil || len(names) != 1 {
		return false
	}
	his := []path.GeneralName{{Form: path.DirectoryName, Value: x.RawSubject}}
	if e, ok := x.Extension(certificate.OIDSubjectAltName); ok {
		if more, err := path.ParseGeneralNames(e.Value); err == nil {
			his = append(his, more...)
		}
	}
	return slices.ContainsFunc(his, func(n path.GeneralName) bool { return n.Key() == names[0].Key() })
}

// x509Names asks what the authorities above demand of the certificate at an index:
// certificate policies and names (RFC 5280 §6.1.3 (b)-(f)). Both are worked out
// over the whole path; what the anchor itself demands shows at the one below it.
func (c *Case) x509Names(r role, ch *path.Chain, i int, b *block) verdict.Conclusion {
	stop, _ := ch.Stop(b.at)
	if stop <= i {
		return verdict.OK
	}
	cert := ch.Certificates[i]
	in := path.ProcessInput{Certificates: ch.Certificates[:stop+1], AnchorConstraints: true}
	here := func(f *path.Failure) bool { return f != nil && min(f.Index, stop-1) == i }
	_, f := path.PolicyTree(in)
	if !b.ask(!here(f), verdict.RulePolicyTree, r.cert(i, "PolicyTree"), cert.ID, func() string { return f.Says }, ids(in.Certificates)...) {
		return verdict.RulePolicyTree.Fails
	}
	n := path.NameConstraints(in)
	if !b.ask(!here(n), verdict.RuleNameConstraints, r.cert(i, "NameConstraints"), cert.ID, func() string { return n.Says }, ids(in.Certificates)...) {
		return verdict.RuleNameConstraints.Fails
	}
	return verdict.OK
}
