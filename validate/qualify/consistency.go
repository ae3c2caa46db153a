package qualify

import "github.com/vidimus/vidimus/trustlist"

// knownQualifiers are those of TS 119 612 §5.5.9.2.3.
var knownQualifiers = map[string]bool{
	trustlist.QCStatement: true, trustlist.NotQualified: true, trustlist.QCForLegalPerson: true,
	trustlist.QCWithSSCD: true, trustlist.QCNoSSCD: true, trustlist.QCSSCDStatusAsInCert: true,
	trustlist.QCWithQSCD: true, trustlist.QCNoQSCD: true, trustlist.QCQSCDStatusAsInCert: true, trustlist.QCQSCDManagedOnBehalf: true,
	trustlist.QCForESig: true, trustlist.QCForESeal: true, trustlist.QCForWSA: true,
}

// Consistency between the qualifiers of one instance (TS 119 612 §5.5.9.2.3).
// Each function returns what is wrong; nothing where all is well.

// inconsistentQualified: the list may not say both.
func inconsistentQualified(i instance) string {
	if i.captured[trustlist.QCStatement] && i.captured[trustlist.NotQualified] {
		return "its qualifiers say both qualified and not qualified"
	}
	return ""
}

// inconsistentType: whose usage cannot be told.
func inconsistentType(i instance) string {
	q := i.captured
	s, l, w := q[trustlist.QCForESig], q[trustlist.QCForESeal], q[trustlist.QCForWSA]
	asiS, asiL, asiW := has(i.ASI, trustlist.ForeSignatures), has(i.ASI, trustlist.ForeSeals), has(i.ASI, trustlist.ForWebSiteAuthentication)
	switch {
	case q[trustlist.QCForLegalPerson] && s:
		return "its qualifiers say both for legal persons and for electronic signatures"
	case count(s, l, w) > 1:
		return "its qualifiers name more than one usage"
	case i.pre && !asiS && asiL != asiW, i.pre && (l || w):
		return "it names seals or websites before the law knew them"
	case (asiS || asiL || asiW) && count(s, l, w) == 1 && (s && !asiS || l && !asiL || w && !asiW):
		return "its qualifier names a usage that its additional service information does not cover"
	}
	return ""
}
