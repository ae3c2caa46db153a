package qualify

import "github.com/vidimus/vidimus/trustlist"

// inQSCD is the QSCD decision, TS 119 615 §4.5: is the private key in a qualified
// signature (or seal) creation device? The list's qualifier decides where there
// is one, in the words of the law under which the service instance began; else
// the certificate's own statement. A qualifier of the other law's words is no word.
func inQSCD(i instance, self statements) bool {
	if i.pre {
		switch {
		case i.captured[trustlist.QCWithSSCD]:
			return true
		case i.captured[trustlist.QCSSCDStatusAsInCert]:
			return self.qscd
		case i.captured[trustlist.QCNoSSCD]:
			return false
		}
		return self.qscd
	}
	switch {
	case i.captured[trustlist.QCWithQSCD], i.captured[trustlist.QCQSCDManagedOnBehalf]:
		return true
	case i.captured[trustlist.QCQSCDStatusAsInCert]:
		return self.qscd
	case i.captured[trustlist.QCNoQSCD]:
		return false
	}
	return self.qscd
}

// inconsistentQSCD: qualifiers about the device that contradict each other leave
// the question open, and open means no.
func inconsistentQSCD(i instance) string {
	q := i.captured
	with := q[trustlist.QCWithSSCD] || q[trustlist.QCWithQSCD] || q[trustlist.QCQSCDManagedOnBehalf]
	asInCert := q[trustlist.QCSSCDStatusAsInCert] || q[trustlist.QCQSCDStatusAsInCert]
	without := q[trustlist.QCNoSSCD] || q[trustlist.QCNoQSCD]
	switch {
	case (with || asInCert) && without:
		return "its qualifiers say both that the key is in a device and that it is not"
	case asInCert && with:
		return "its qualifiers say both that the key is in a device and that the certificate is to say so"
	case !i.pre && (q[trustlist.QCWithSSCD] || q[trustlist.QCNoSSCD]) && !q[trustlist.QCWithQSCD] && !q[trustlist.QCNoQSCD]:
		return "its qualifier about the device is one of Directive 1999/93/EC, which applied no more"
	}
	return ""
}
