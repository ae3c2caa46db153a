package verdict

const regulation910 = "Regulation (EU) 910/2014"

// unqualified is what a "no" to a rule of qualification does: it is about what a
// signature is worth in law, and never about whether it is valid.
const unqualified = "The conclusion of EN 319 102-1 stays as it is; the certificate, signature or time-stamp may be less qualified for it."

// The rules of TS 119 615: trusted lists and qualification.
var (
	// TS 119 615: trusted lists and qualification
	RuleListReached = &Rule{
		ID: "QUAL-LIST", Clause: Clause{ts119615, "4.3"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Does a service of a trusted list stand above the certificate?",
		Usually: "The issuer is on no trusted list that was loaded.",
	}
	RuleListVersion = &Rule{
		ID: "QUAL-LIST-VERSION", Clause: Clause{"TS 119 612", "5.3.1"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Has the trusted list a version that counts?",
		Usually: "A list of version 4 or before.",
	}
	RuleListExpired = &Rule{
		ID: "QUAL-LIST-EXPIRED", Clause: Clause{"TS 119 612", "5.3.15"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Is the trusted list within its nextUpdate?",
		Usually: "The list was not renewed, or an old copy is used.",
	}
	RuleListFresh = &Rule{
		ID: "QUAL-LIST-FRESH", Clause: Clause{ts119615, "4.2"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Was the copy of the trusted list lately known to be the published one?",
		Usually: "The lists were not fetched for longer than the policy allows ('vidimus trust pull').",
	}
	RuleServiceAtTime = &Rule{
		ID: "QUAL-SERVICE-TIME", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Was the service listed at the time?",
		Usually: "The certificate is older than the service.",
	}
	RuleMRA = &Rule{
		ID: "QUAL-MRA", Clause: Clause{regulation910, "article 14"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Does a mutual recognition agreement, enacted at the time, make the third country's service equivalent to one of the Union's?",
		Usually: "The agreement was not yet enacted, or is repealed, or does not name such a service.",
	}
	RuleMRAOne = &Rule{
		ID: "QUAL-MRA-ONE", Clause: Clause{regulation910, "article 14"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Is it clear to which service of the Union the agreement makes the third country's service equivalent?",
		Usually: "Two equivalences of the agreement name the same service.",
	}
	RuleMRACertificate = &Rule{
		ID: "QUAL-MRA-CERT", Clause: Clause{regulation910, "article 14"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Does the third country's certificate state what the agreement asks of one that it recognises?",
		Usually: "The certificate lacks the statement QcCClegislation of its country.",
	}
	RuleServiceType = &Rule{
		ID: "QUAL-SERVICE-TYPE", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Is the service one that issues qualified certificates (CA/QC)?",
		Usually: "A service for other certificates.",
	}
	RuleServiceCovers = &Rule{
		ID: "QUAL-SERVICE-COVERS", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Does the service cover this type of certificate?",
		Usually: "The list names no ForeSignatures or ForeSeals for the service.",
	}
	RuleServiceConflict = &Rule{
		ID: "QUAL-CONFLICT", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Do all services that stand above the certificate say the same?",
		Usually: "Two entries for one authority, of which one is withdrawn.",
	}
	RuleServiceGranted = &Rule{
		ID: "QUAL-GRANTED", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Was the service granted at the time?",
		Usually: "The service was withdrawn.",
	}
	RuleServiceConsistent = &Rule{
		ID: "QUAL-CONSISTENT", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Do the entries of the list about the service agree with one another?",
		Usually: "Qualifiers that contradict each other.",
	}
	RuleQualified = &Rule{
		ID: "QUAL-QC", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Is the certificate qualified?",
		Usually: "The certificate has no QcCompliance statement, and the list does not say it in its place.",
	}
	RuleCertificateType = &Rule{
		ID: "QUAL-TYPE", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Is it told what the certificate is for: signatures, seals or websites?",
		Usually: "Several or no types in the certificate.",
	}
	RuleQSCD = &Rule{
		ID: "QUAL-QSCD", Clause: Clause{ts119615, "4.5"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Is the private key in a qualified signature creation device?",
		Usually: "Neither the certificate nor the list says so.",
	}
	RuleQualifiedAtSigning = &Rule{
		ID: "QUAL-BOTH-TIMES", Clause: Clause{ts119615, "4.4"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Do issuance and best signature time give the same qualification?",
		Usually: "The service changed between the two.",
	}
	RuleAdESPassed = &Rule{
		ID: "QUAL-ADES", Clause: Clause{ts119615, "4.6"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Is the signature an advanced one, by EN 319 102-1?",
		Usually: "The validation ended otherwise than TOTAL-PASSED.",
	}
	RuleTimestampQualified = &Rule{
		ID: "QUAL-QTST", Clause: Clause{ts119615, "4.7"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Was the time-stamping service granted as a qualified one (TSA/QTST)?",
		Usually: "The service is not qualified, or was withdrawn since.",
	}
	RuleProviderName = &Rule{
		ID: "QUAL-PROVIDER-NAME", Clause: Clause{ts119615, "4.3"}, Fails: fails(Indeterminate, SigConstraintsFailure), Instead: unqualified,
		Asks:    "Does the listed provider bear the name in the listed certificate?",
		Usually: "A provider that was renamed.",
	}
)
