package eutest

// What an authority demands of those below it (RFC 5280 §4.2.1.10, §4.2.1.11, §4.2.1.14).

// NameConstraints lets a CA certify only names below one of permitted, and none below
// one of excluded; each is a directory name. Critical, as the standard wants it.
func NameConstraints(permitted, excluded [][]NameAttribute) Option {
	var parts [][]byte
	for i, list := range [][][]NameAttribute{permitted, excluded} {
		var subtrees [][]byte
		for _, name := range list {
			subtrees = append(subtrees, sequence(tlv(0xa4, nameDER(name))))
		}
		if len(subtrees) > 0 {
			parts = append(parts, explicit(byte(i), subtrees...))
		}
	}
	return Extension("2.5.29.30", true, sequence(parts...))
}

// RequireExplicitPolicy has every chain below a CA be valid under some certificate
// policy, from this many certificates below it on.
func RequireExplicitPolicy(skip int64) Option {
	return Extension("2.5.29.36", true, sequence(implicit(0, small(skip)[2:])))
}

// InhibitAnyPolicy has anyPolicy stand for nothing, from this many certificates on.
func InhibitAnyPolicy(skip int64) Option { return Extension("2.5.29.54", true, small(skip)) }
