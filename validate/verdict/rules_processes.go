package verdict

// The rules of the validation processes, EN 319 102-1 §5.4 to §5.6.
var (
	// 5.4 Time-stamps
	RuleTokenSigner = &Rule{
		ID: "TST-SIGNER", Clause: Clause{en102, "5.4.4"}, Fails: fails(Indeterminate, NoSigningCertificateFound), Firm: true,
		Asks:    "Can the certificate of the time-stamping unit be identified?",
		Usually: "The token carries no certificate, and no list holds it.",
	}
	RuleImprintFound = &Rule{
		ID: "TST-IMPRINT-FOUND", Clause: Clause{en102, "5.4.4"}, Fails: fails(Indeterminate, SignedDataNotFound),
		Asks:    "Is what the time-stamp covers at hand?",
		Usually: "The covered data are missing, or their digest algorithm is unknown.",
	}
	RuleImprintIntact = &Rule{
		ID: "TST-IMPRINT-INTACT", Clause: Clause{en102, "5.4.4"}, Fails: fails(Failed, HashFailure),
		Asks:    "Has what the time-stamp covers the digest that the token holds?",
		Usually: "The token belongs to another signature, or the data were changed.",
	}
	RuleTokenIntact = &Rule{
		ID: "TST-INTACT", Clause: Clause{en102, "5.4.4"}, Fails: fails(Failed, SigCryptoFailure),
		Asks:    "Does the unit's key verify the token?",
		Usually: "A damaged or forged token, or the certificate of a namesake unit.",
	}
	RuleTokenCertificateReference = &Rule{
		ID: "TST-CERTIFICATE-REFERENCE", Clause: Clause{"RFC 5816", "2.2.1"}, Fails: fails(Indeterminate, NoSigningCertificateFound), Firm: true,
		Asks:    "Does the token name the certificate whose key verifies it?",
		Usually: "A token whose certificate was exchanged for another of the same key.",
	}
	RuleTokenAlgorithms = &Rule{
		ID: "TST-ALGORITHMS", Clause: Clause{en102, "5.4.4"}, Fails: fails(Indeterminate, CryptoConstraintsFailureNoPOE),
		Asks:    "Are the algorithms of the token good at the time asked for?",
		Usually: "A token of years ago, with SHA-1 or a short key, that nothing later protects.",
	}
	RuleTokenService = &Rule{
		ID: "TST-SERVICE", Clause: Clause{ts119615, "4.7"}, Fails: fails(Indeterminate, ChainConstraintsFailure),
		Asks:    "Is the time-stamping unit under a service of a type that the policy accepts?",
		Usually: "A time-stamp that is no qualified one, under a policy that asks for these.",
	}
	RuleTokenTSA = &Rule{
		ID: "TST-TSA-NAME", Clause: Clause{"RFC 3161", "2.4.2"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Does the token name as its authority one of the names in the certificate of its unit?",
		Usually: "Some authorities write their name differently in tokens and certificates.",
	}
	RuleTimestampUsed = &Rule{
		ID: "LTV-TIMESTAMP", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Does the time-stamp prove when the signature existed?",
		Usually: "The time-stamping unit is not trusted, has expired, or has no revocation data.",
		Instead: "The time-stamp proves nothing: best signature time is that of another one, or now.",
	}

	// 5.5 Signatures with time and long-term validation material
	RuleLongTermRevocation = &Rule{
		ID: "LTV-REVOCATION", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Is there usable revocation data for every certificate of the chain?",
		Usually: "An intermediate authority without an OCSP answer or CRL.",
	}
	RuleRevocationTime = &Rule{
		ID: "LTV-REVOKED", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, RevokedNoPOE),
		Asks:    "Did the signature exist before its certificate was revoked?",
		Usually: "The time-stamp is later than the revocation, or there is none.",
	}
	RuleRevocationTimeCA = &Rule{
		ID: "LTV-REVOKED-CA", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, RevokedCANoPOE),
		Asks:    "Did the signature exist before its authority was revoked?",
		Usually: "The time-stamp is later than the revocation of the authority, or there is none.",
	}
	RuleIssuedBefore = &Rule{
		ID: "LTV-NOT-YET-VALID", Clause: Clause{en102, "5.5.4"}, Fails: fails(Failed, NotYetValid), Firm: true,
		Asks:    "Was the certificate already valid at best signature time?",
		Usually: "A time-stamp older than the certificate: a clock that was wrong, or a time-stamp of something else.",
	}
	RuleExpiredAfter = &Rule{
		ID: "LTV-EXPIRED", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, OutOfBoundsNotRevoked),
		Asks:    "Was the certificate still valid at best signature time?",
		Usually: "No time-stamp proves that the signature was made before the certificate expired.",
	}
	RuleTimestampOrder = &Rule{
		ID: "LTV-ORDER", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, TimestampOrderFailure),
		Asks:    "Do the time-stamps follow one another?",
		Usually: "A later time-stamp with an earlier time: two services whose clocks differ.",
	}
	RuleTimestampDelay = &Rule{
		ID: "LTV-DELAY", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Was the signature time-stamped soon after the claimed signing time?",
		Usually: "The time-stamp was fetched long after signing, or the signer's clock was wrong.",
	}
	RuleTryLater = &Rule{
		ID: "LTV-TRY-LATER", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, TryLater), Firm: true,
		Asks:    "Does the best signature time end the wait for fresher revocation data?",
		Usually: "The certificate was on hold when the signature was made.",
	}
	RuleLongTermAlgorithms = &Rule{
		ID: "LTV-ALGORITHMS", Clause: Clause{en102, "5.5.4"}, Fails: fails(Indeterminate, CryptoConstraintsFailureNoPOE),
		Asks:    "Were all algorithms good when they had to be?",
		Usually: "A chain or OCSP answer signed with SHA-1, which a signature time-stamp cannot cure.",
	}

	// 5.6 Signatures with archival data
	RuleRecordTimestamp = &Rule{
		ID: "ER-TIMESTAMP", Clause: Clause{en102, "5.6.3.4"}, Fails: fails(Indeterminate, NoPOE), Firm: true,
		Asks:    "Did every time-stamp of the evidence record pass, each protected by the next?",
		Usually: "A record that was not renewed before its time-stamp ended.",
	}
	RuleRecordGroup = &Rule{
		ID: "ER-GROUP", Clause: Clause{"RFC 4998", "4.2"}, Fails: fails(Indeterminate, SignedDataNotFound),
		Asks:    "Are all data objects of the evidence record at hand?",
		Usually: "The record was made for a group of objects, of which only some were given.",
	}
	RuleRecordFiles = &Rule{
		ID: "ER-FILES", Clause: Clause{"EN 319 162-1", "4.4.3.2"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Does the evidence record cover every data file of the container?",
		Usually: "A file was added to the container after the record was made.",
	}
	RulePastChain = &Rule{
		ID: "PCV-CHAIN", Clause: Clause{en102, "5.6.2.1.4"}, Fails: fails(Indeterminate, NoPOE),
		Asks:    "Is there a time in the past at which the chain was good?",
		Usually: "Nothing proves that chain and revocation data existed while they were valid.",
		Instead: "Past signature validation stops, and the signature keeps the result that it had before.",
	}
	RulePastSignature = &Rule{
		ID: "PSV-POE", Clause: Clause{en102, "5.6.2.4.4"}, Fails: fails(Indeterminate, NoPOE),
		Asks:    "Is it proven that the signature existed while its chain was good?",
		Usually: "The archive time-stamp came when the chain was good no more, or there is none.",
		Instead: "The signature keeps the result that it had before.",
	}
	RulePastRevocationIssuer = &Rule{
		ID: "PSV-REVOCATION-ISSUER", Clause: Clause{en102, "5.6.2.4.4"}, Fails: fails(Indeterminate, RevocationOutOfBoundsNoPOE), Firm: true,
		Asks:    "Is it proven that the revocation data existed while their signer's certificate was valid?",
		Usually: "No archive time-stamp from the weeks in which the OCSP responder's certificate was valid.",
	}
	RulePastAlgorithms = &Rule{
		ID: "PSV-ALGORITHMS", Clause: Clause{en102, "5.6.2.4.4"}, Fails: fails(Indeterminate, CryptoConstraintsFailureNoPOE),
		Asks:    "Were all algorithms good at the earliest proof of existence?",
		Usually: "Proof of existence came after the algorithm had ended.",
	}

	// Practice: told, never decisive
	RuleArchiveAdvice = &Rule{
		ID: "PRACTICE-ARCHIVE", Clause: Clause{en102, "5.6.1"}, Fails: fails(Indeterminate, RevocationOutOfBoundsNoPOE),
		Asks:    "Would the signature still pass where its revocation data may not outlive their signer's certificate?",
		Usually: "Signatures of level LT; archive them before more of their chain ends.",
		Instead: "It is told as advice.",
	}
	RuleAnchorAdvice = &Rule{
		ID: "PRACTICE-ANCHOR", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, NoCertificateChainFoundNoPOE),
		Asks:    "Is the service that anchors the chain still granted?",
		Usually: "The service was withdrawn since; it is judged as of the time when it was granted.",
		Instead: "It is told as advice.",
	}
)
