package cades

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// kinds are the time-stamp attributes (formats §4.1, §12.3).
var kinds = map[string]signature.TimestampType{
	oidSignatureTimestamp: signature.SignatureTimestamp,
	oidCAdESCTimestamp:    signature.ValidationDataTimestamp,
	oidCertCRLTimestamp:   signature.ValidationDataRefsTimestamp,
	oidArchiveTimestampV2: signature.ArchiveTimestamp,
	oidArchiveTimestampV3: signature.ArchiveTimestamp,
}

// readTimestamps reads all time-stamps: content time-stamps among the signed
// attributes first, then the unsigned ones in their order. Their imprints are put
// together once all are known: what an archive time-stamp is over depends on the
// times of the others.
func (s *source) readTimestamps() error {
	for _, a := range s.si.SignedAttributes {
		if a.OID != oidContentTimestamp {
			continue
		}
		if err := s.readToken(a, -1, signature.ContentTimestamp); err != nil {
			return err
		}
	}
	for place, a := range s.si.UnsignedAttributes {
		kind, ok := kinds[a.OID]
		if !ok || s.inPDF && kind == signature.ArchiveTimestamp {
			continue
		}
		if err := s.readToken(a, place, kind); err != nil {
			return err
		}
	}
	for i := range s.stamps {
		st := &s.stamps[i]
		st.out.Imprint = once(s.imprint(st))
		s.out.Timestamps = append(s.out.Timestamps, st.out)
	}
	return nil
}

// readToken reads the token of one attribute; one with other than one value gives
// none (formats §4.4).
func (s *source) readToken(a cms.Attribute, place int, kind signature.TimestampType) error {
	if len(a.Values) != 1 {
		s.problem(signature.BadStructure, "A time-stamp attribute (%s) has %d values, not one: it gives no time-stamp.", a.OID, len(a.Values))
		return nil
	}
	if s.reader.stamps++; s.reader.stamps > signature.MaxTimestamps {
		return &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("reading CMS: more than %d time-stamps", signature.MaxTimestamps)}
	}
	token, err := tst.Parse(a.Values[0])
	if err != nil {
		s.problem(signature.BadStructure, "A token in the attribute %s cannot be read: %v.", a.OID, err)
		return nil
	}
	st := stamp{place: place, oid: a.OID, token: token, out: &signature.Timestamp{Type: kind, Raw: token.Raw}}
	if a.OID == oidArchiveTimestampV3 {
		st.index = readHashIndex(token)
	}
	s.stamps = append(s.stamps, st)
	return nil
}
