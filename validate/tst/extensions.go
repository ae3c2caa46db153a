package tst

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// readExtensions reads Extensions of TSTInfo ([1] implicit, RFC 3161 §2.4.2).
func (t *Token) readExtensions(list der.Reader) error {
	for !list.Empty() {
		if len(t.Extensions) == maxExtensions {
			return fmt.Errorf("more than %d", maxExtensions)
		}
		_, r, err := list.Sequence()
		if err != nil {
			return err
		}
		oid, err := r.Expect(der.Universal, der.TagOID)
		if err != nil {
			return err
		}
		x := certificate.Extension{OID: oid.OID()}
		critical, ok, err := r.Optional(der.Universal, der.TagBoolean)
		if err != nil {
			return err
		}
		if ok {
			if x.Critical, err = critical.Bool(); err != nil {
				return err
			}
		}
		value, err := r.Expect(der.Universal, der.TagOctetString)
		if err != nil {
			return err
		}
		if x.Value, err = value.Octets(); err != nil {
			return err
		}
		t.Extensions = append(t.Extensions, x)
		switch {
		case x.OID == oidQCStatements:
			if claims, err := qualified(x.Value); err != nil {
				t.problem("qcStatements: %v", err)
			} else if claims {
				t.Qualified = true
			}
		case x.Critical:
			t.CriticalUnknown = append(t.CriticalUnknown, x.OID)
		}
	}
	return nil
}

// qualified looks for esi4-qtstStatement-1 in QCStatements (RFC 3739 §3.2.6):
// SEQUENCE OF SEQUENCE { statementId, statementInfo OPTIONAL }.
func qualified(raw []byte) (bool, error) {
	top, err := der.One(raw)
	if err != nil {
		return false, err
	}
	found := false
	for list := top.Reader(); !list.Empty(); {
		_, statement, err := list.Sequence()
		if err != nil {
			return false, err
		}
		oid, err := statement.Expect(der.Universal, der.TagOID)
		if err != nil {
			return false, err
		}
		found = found || oid.OID() == oidQualified
	}
	return found, nil
}
