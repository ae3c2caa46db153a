package xades

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// readTimestamps reads all time-stamps: those among the signed properties first,
// then the unsigned ones in document order (formats §1.4, §12.3). Each token is
// one; those that cannot be parsed are problems, and no time-stamps.
func (s *source) readTimestamps() error {
	for _, n := range s.sdop.Elements() {
		if n.Space != s.space {
			continue
		}
		switch n.Local {
		case "AllDataObjectsTimeStamp":
			if err := s.readTokens(n, -1, signature.AllDataObjectsTimestamp, s.allDataObjects(n)); err != nil {
				return err
			}
		case "IndividualDataObjectsTimeStamp":
			if err := s.readTokens(n, -1, signature.IndividualDataObjectsTimestamp, s.individualDataObjects(n)); err != nil {
				return err
			}
		}
	}
	for place, n := range s.props {
		kind, parts := s.unsignedTimestamp(n, place)
		if kind == "" {
			continue
		}
		if err := s.readTokens(n, place, kind, parts); err != nil {
			return err
		}
	}
	return nil
}

// unsignedTimestamp tells what kind of time-stamp an unsigned property is, and
// what its imprint is over; "" where it is none.
func (s *source) unsignedTimestamp(n *xmldom.Node, place int) (signature.TimestampType, imprint) {
	if n.Space != s.space && n.Space != nsXAdES141 {
		return "", nil
	}
	switch n.Local {
	case "SignatureTimeStamp":
		return signature.SignatureTimestamp, s.overNodes(n, s.ds.ValueNode)
	case "SigAndRefsTimeStamp", "SigAndRefsTimeStampV2":
		return signature.ValidationDataTimestamp, s.sigAndRefs(n, place)
	case "RefsOnlyTimeStamp", "RefsOnlyTimeStampV2":
		return signature.ValidationDataRefsTimestamp, s.refsOnly(n, place)
	case "ArchiveTimeStamp":
		return signature.ArchiveTimestamp, s.archive(n, place)
	}
	return "", nil
}

// readTokens reads the tokens of one time-stamp element.
func (s *source) readTokens(n *xmldom.Node, place int, kind signature.TimestampType, over imprint) error {
	for _, e := range n.Elements() {
		if e.Local != "EncapsulatedTimeStamp" || !xadesSpace(e.Space) {
			continue
		}
		if s.reader.stamps++; s.reader.stamps > signature.MaxTimestamps {
			return &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("more than %d time-stamps", signature.MaxTimestamps)}
		}
		raw, ok := decode64(e)
		if !ok {
			s.problem(signature.BadStructure, "A token in %s is not base64.", n.Local)
			continue
		}
		token, err := tst.Parse(raw)
		if err != nil {
			s.problem(signature.BadStructure, "A token in %s cannot be read: %v.", n.Local, err)
			continue
		}
		t := &signature.Timestamp{Type: kind, Raw: raw, Imprint: over.once()}
		s.stamps = append(s.stamps, stamp{element: n, place: place, out: t, genTime: token.GenTime})
		s.out.Timestamps = append(s.out.Timestamps, t)
	}
	return nil
}
