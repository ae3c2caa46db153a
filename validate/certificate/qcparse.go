package certificate

import (
	"errors"
	"fmt"
	"strconv"
)

// The statements of EN 319 412-5 §4, RFC 3739 §3.2.6 and TS 119 495 §5.1.
const (
	oidQcCompliance      = "0.4.0.1862.1.1"
	oidQcLimitValue      = "0.4.0.1862.1.2"
	oidQcRetentionPeriod = "0.4.0.1862.1.3"
	oidQcSSCD            = "0.4.0.1862.1.4"
	oidQcPDS             = "0.4.0.1862.1.5"
	oidQcType            = "0.4.0.1862.1.6"
	oidQcCClegislation   = "0.4.0.1862.1.7"
	oidQcIdentMethod     = "0.4.0.1862.1.8"
	oidQcQSCDlegislation = "0.4.0.1862.1.9"
	oidPSD2              = "0.4.0.19495.2"
	oidSyntaxV2          = "1.3.6.1.5.5.7.11.2"
)

// parse reads QCStatements ::= SEQUENCE OF SEQUENCE{ OID, ANY OPTIONAL }. A statement
// that is malformed is passed over and told; only a frame that cannot be walked is an
// error.
func (q *QCStatements) parse(value []byte) error {
	q.Present = true
	seq, err := inside(value, tagSequence)
	if err != nil {
		q.problem("the extension: %s", err)
		return err
	}
	for !seq.empty() {
		statement, err := seq.want(tagSequence)
		if err != nil {
			q.problem("statement %d: %s", len(q.Statements)+1, err)
			return err
		}
		if len(q.Statements) == maxListItems {
			q.problem("more than %d statements", maxListItems)
			return errTooMany
		}
		r := reader{statement.content}
		oid, err := readOID(&r)
		if err != nil {
			q.Statements = append(q.Statements, "")
			q.problem("statement %d: %s", len(q.Statements), err)
			continue
		}
		q.Statements = append(q.Statements, oid)
		if err := q.read(oid, r); err != nil {
			q.problem("statement %s is malformed: %s", oid, err)
		}
	}
	return nil
}

func (q *QCStatements) problem(format string, args ...any) {
	if len(q.Problems) < maxExtensions {
		q.Problems = append(q.Problems, fmt.Sprintf(format, args...))
	}
}

// read takes what one statement says. info holds its value, and may be empty.
func (q *QCStatements) read(oid string, info reader) error {
	switch oid {
	case oidQcCompliance, oidQcSSCD:
		// Their statementInfo is absent (EN 319 412-5 §4.2.1, §4.2.2). It is the identifier
		// that states; a value is told and not looked at: a Bulgarian CA wrote the next
		// identifier there, and EU DSS counts the statement, too.
		if !info.empty() {
			q.problem("statement %s has a value, and should have none", oid)
		}
		if oid == oidQcCompliance {
			q.Compliance = true
		} else {
			q.SSCD = true
		}
	case oidQcType:
		types, err := parseOIDs(info.b)
		if err != nil {
			return err
		}
		q.Types = append(q.Types, types...)
	case oidQcIdentMethod:
		methods, err := parseOIDs(info.b)
		if err != nil {
			return err
		}
		q.IdentMethods = append(q.IdentMethods, methods...)
	case oidQcCClegislation:
		q.HasCCLegislation = true
		countries, err := parseCountries(info.b)
		if err != nil {
			return err
		}
		q.CCLegislation = append(q.CCLegislation, countries...)
	case oidQcQSCDlegislation:
		q.HasQSCDLegislation = true
		countries, err := parseCountries(info.b)
		if err != nil {
			return err
		}
		q.QSCDLegislation = append(q.QSCDLegislation, countries...)
	case oidQcLimitValue:
		return q.readLimit(info.b)
	case oidQcRetentionPeriod:
		years, err := readSmall(&info)
		if err != nil || years < 0 || years > 1<<16 || !info.empty() {
			return errors.New("it is not a number of years")
		}
		q.RetentionYears = int(years)
	case oidQcPDS:
		return q.readPDS(info.b)
	case oidSyntaxV2:
		return q.readSemantics(info.b)
	case oidPSD2:
		q.PSD2 = true
	}
	return nil
}

func readSmall(in *reader) (int64, error) {
	e, err := in.want(tagInteger)
	if err != nil {
		return 0, err
	}
	n, ok := smallInteger(e.content)
	if !ok {
		return 0, errors.New("an INTEGER is too large")
	}
	return n, nil
}

// parseCountries reads SEQUENCE OF country: two letters each, ISO 3166-1.
func parseCountries(value []byte) ([]string, error) {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return nil, err
	}
	var out []string
	for !seq.empty() {
		e, err := seq.next()
		if err != nil {
			return nil, err
		}
		if len(e.content) != 2 || len(out) == maxListItems {
			return nil, fmt.Errorf("%q is no country code", clip(e.content))
		}
		out = append(out, text(e))
	}
	return out, nil
}

// readLimit reads QcLimitValue, EN 319 412-5 §4.3.2.
func (q *QCStatements) readLimit(value []byte) error {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return err
	}
	currency, err := seq.next()
	if err != nil {
		return err
	}
	limit := LimitValue{Currency: text(currency)}
	if currency.tag == tagInteger {
		n, ok := smallInteger(currency.content)
		if !ok {
			return errors.New("its currency is no ISO 4217 number")
		}
		limit.Currency = strconv.FormatInt(n, 10)
	}
	if limit.Amount, err = readSmall(&seq); err != nil {
		return err
	}
	if limit.Exponent, err = readSmall(&seq); err != nil {
		return err
	}
	q.LimitValue = &limit
	return nil
}

// readPDS reads QcPDS, EN 319 412-5 §4.3.4.
func (q *QCStatements) readPDS(value []byte) error {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return err
	}
	for !seq.empty() {
		location, err := seq.want(tagSequence)
		if err != nil {
			return err
		}
		r := reader{location.content}
		url, err := r.next()
		if err != nil {
			return err
		}
		language, err := r.next()
		if err != nil {
			return err
		}
		if len(q.PDS) == maxListItems {
			return errTooMany
		}
		q.PDS = append(q.PDS, PDSLocation{URL: text(url), Language: text(language)})
	}
	return nil
}

// readSemantics reads the semanticsIdentifier of pkixQCSyntax-v2, RFC 3739 §3.2.6.1.
func (q *QCStatements) readSemantics(value []byte) error {
	if len(value) == 0 {
		return nil
	}
	seq, err := inside(value, tagSequence)
	if err != nil {
		return err
	}
	if seq.peek() != tagOID {
		return nil
	}
	oid, err := readOID(&seq)
	if err != nil {
		return err
	}
	q.SemanticsIdentifiers = append(q.SemanticsIdentifiers, oid)
	return nil
}
