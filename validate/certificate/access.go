package certificate

// tagURI is uniformResourceIdentifier [6] IA5String of GeneralName, RFC 5280 §4.2.1.6.
const tagURI = 0x86

// parseAuthorityInfo reads RFC 5280 §4.2.2.1: where the OCSP responder and the
// issuer's certificate are.
func (c *Certificate) parseAuthorityInfo(value []byte) error {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return err
	}
	for count := 0; !seq.empty(); count++ {
		if count == maxListItems {
			return errTooMany
		}
		description, err := seq.want(tagSequence)
		if err != nil {
			return err
		}
		r := reader{description.content}
		method, err := readOID(&r)
		if err != nil {
			return err
		}
		location, err := r.next()
		if err != nil {
			return err
		}
		if location.tag != tagURI {
			continue
		}
		switch method {
		case oidAccessOCSP:
			c.OCSPURLs = append(c.OCSPURLs, string(location.content))
		case oidAccessIssuers:
			c.IssuerURLs = append(c.IssuerURLs, string(location.content))
		}
	}
	return nil
}

// parseCRLPoints reads the URIs of RFC 5280 §4.2.1.13:
// DistributionPoint{ [0] { [0] fullName GeneralNames }, … }.
func parseCRLPoints(value []byte) ([]string, error) {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return nil, err
	}
	var out []string
	for !seq.empty() {
		point, err := seq.want(tagSequence)
		if err != nil {
			return out, err
		}
		r := reader{point.content}
		if r.peek() != 0xa0 {
			continue
		}
		name, err := r.next()
		if err != nil {
			return out, err
		}
		r = reader{name.content}
		if r.peek() != 0xa0 {
			continue // nameRelativeToCRLIssuer
		}
		full, err := r.next()
		if err != nil {
			return out, err
		}
		for r = (reader{full.content}); !r.empty(); {
			e, err := r.next()
			if err != nil {
				return out, err
			}
			if e.tag != tagURI {
				continue
			}
			if len(out) == maxListItems {
				return out, errTooMany
			}
			out = append(out, string(e.content))
		}
	}
	return out, nil
}
