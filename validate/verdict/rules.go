package verdict

// The table of all rules: the question, the clause that asks it, and what a "no"
// ends with. A policy may soften a rule to a warning; nothing hides one.
//
// The clause numbers of EN 319 102-1 are those of v1.4.1.

// Documents that rules quote.
const (
	en102    = "EN 319 102-1"
	ts119615 = "TS 119 615"
)

func fails(i Indication, s SubIndication) Conclusion {
	return Conclusion{Indication: i, SubIndication: s}
}

// The rules of the building blocks, EN 319 102-1 §5.2. Those of the processes
// stand in rules_processes.go, those of qualification in rules_qualification.go;
// table.go lists them all.
var (
	// 5.2.2 Format checking
	RuleContainerType = &Rule{
		ID: "FC-CONTAINER-TYPE", Clause: Clause{en102, "5.2.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Is the container an ASiC-S or ASiC-E?",
		Usually: "A ZIP file without a mimetype file, of a name and with files that tell nothing: packed by hand, or no signature container at all.",
	}
	RuleMimetypePresent = &Rule{
		ID: "FC-MIMETYPE-PRESENT", Clause: Clause{"EN 319 162-1", "4.3.3.1"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the container hold a mimetype file?",
		Usually: "The container was packed again by an ordinary ZIP tool.",
	}
	RuleMimetypeContent = &Rule{
		ID: "FC-MIMETYPE-CONTENT", Clause: Clause{"EN 319 162-1", "4.3.3.1"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the mimetype file name an ASiC container?",
		Usually: "An older or private container type, such as the first BDOC files.",
	}
	RuleManifest = &Rule{
		ID: "FC-MANIFEST", Clause: Clause{"EN 319 162-1", "4.4.3.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the ASiC-E container hold a readable manifest?",
		Usually: "META-INF/manifest.xml was left out when the container was packed.",
	}
	RuleSignedFiles = &Rule{
		ID: "FC-SIGNED-FILES", Clause: Clause{"EN 319 162-1", "4.3.1"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the container hold the files that it is to sign: one for ASiC-S, at least one for ASiC-E?",
		Usually: "A data file was removed from or added to the container.",
	}
	RuleAllFilesSigned = &Rule{
		ID: "FC-ALL-FILES-SIGNED", Clause: Clause{"EN 319 162-1", "4.4.1"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the signature cover every data file of the container?",
		Usually: "A file was added after signing.",
	}
	RuleFileName = &Rule{
		ID: "FC-FILE-NAME", Clause: Clause{"EN 319 162-1", "4.3.3.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the file of the signature or time-stamp bear the name that the container's type wants?",
		Usually: "A container put together by hand, or by software that keeps no standard.",
	}
	RuleDuplicateSignature = &Rule{
		ID: "FC-DUPLICATE-SIGNATURE", Clause: Clause{en102, "5.2.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the signature stand in the document only once?",
		Usually: "A signature was copied inside the container, to make it seem signed by more people.",
	}
	RuleAmbiguousReference = &Rule{
		ID: "FC-AMBIGUOUS-REFERENCE", Clause: Clause{en102, "5.2.2"}, Fails: fails(Failed, FormatFailure), Firm: true,
		Asks:    "Does every reference point at exactly one element?",
		Usually: "Two elements with one Id: a wrapping attack, or a faulty generator.",
	}
	RuleAmbiguousFile = &Rule{
		ID: "FC-AMBIGUOUS-FILE", Clause: Clause{en102, "5.2.2"}, Fails: fails(Failed, FormatFailure), Firm: true,
		Asks:    "Has the file only one meaning to every reader?",
		Usually: "Two entries of one name, headers that differ, or data before or after the container.",
	}
	RuleSignerInfos = &Rule{
		ID: "FC-SIGNER-INFOS", Clause: Clause{"EN 319 142-1", "5.5"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the PDF signature hold exactly one SignerInfo?",
		Usually: "A CMS with several signers, which a PDF cannot hold: each signs in a field of its own.",
	}
	RuleByteRange = &Rule{
		ID: "FC-BYTE-RANGE", Clause: Clause{"ISO 32000-2", "12.8.1"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does ByteRange cover all of the revision but the signature value?",
		Usually: "A range that leaves out more than the signature: an attack, or a faulty generator.",
	}
	RuleByteRangeCollision = &Rule{
		ID: "FC-BYTE-RANGE-COLLISION", Clause: Clause{"ISO 32000-2", "12.8.1"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the range of each signature lie within that of a later one?",
		Usually: "A range that was rewritten after signing, for no sequence of revisions gives ranges that overlap.",
	}
	RuleSignatureDictionary = &Rule{
		ID: "FC-SIGNATURE-DICTIONARY", Clause: Clause{en102, "5.2.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Is the signature dictionary the same in the signed and in the final revision?",
		Usually: "The dictionary was replaced after signing, to show another name, reason or date.",
	}
	RulePageDifference = &Rule{
		ID: "FC-PAGES", Clause: Clause{en102, "5.2.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Has the document as many pages as when it was signed?",
		Usually: "Pages were added or removed after signing, by merging or splitting the file.",
	}
	RuleAnnotationOverlap = &Rule{
		ID: "FC-ANNOTATION-OVERLAP", Clause: Clause{"ISO 32000-2", "12.8.2.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Is everything that was shown at signing still visible?",
		Usually: "An annotation laid over another one after signing: a stamp, or a text that hides another.",
	}
	RuleAnnotationChange = &Rule{
		ID: "FC-ANNOTATION-CHANGE", Clause: Clause{"ISO 32000-2", "12.8.2.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Are the annotations those of the signed revision?",
		Usually: "Comments or stamps that were added after signing.",
		Instead: "It is told: ISO 32000-2 lets annotations come after signing, unless a certification forbids them, and then FC-DOC-MDP decides.",
	}
	RuleDocMDP = &Rule{
		ID: "FC-DOC-MDP", Clause: Clause{"ISO 32000-2", "12.8.2.2"}, Fails: fails(Failed, FormatFailure), Firm: true,
		Asks:    "Do later changes keep to what the certification allows?",
		Usually: "A certified document was edited, or signed once more by a certification that may only come first.",
	}
	RuleFieldMDP = &Rule{
		ID: "FC-FIELD-MDP", Clause: Clause{"ISO 32000-2", "12.8.2.4"}, Fails: fails(Failed, FormatFailure), Firm: true,
		Asks:    "Are the fields that the signature locks unchanged?",
		Usually: "A locked form field was filled in after signing.",
	}
	RuleFieldLock = &Rule{
		ID: "FC-FIELD-LOCK", Clause: Clause{"ISO 32000-2", "12.7.5.5"}, Fails: fails(Failed, FormatFailure), Firm: true,
		Asks:    "Are the fields that the signature field locks unchanged?",
		Usually: "A form field that the signature field locks was filled in after signing.",
	}
	RuleUndefinedChange = &Rule{
		ID: "FC-UNDEFINED-CHANGE", Clause: Clause{"ISO 32000-2", "12.8.2.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Are all later changes of a kind that signing allows?",
		Usually: "Page content, fonts or actions that were replaced after signing: a shadow attack, or a careless editor.",
	}
	RuleRevision = &Rule{
		ID: "FC-REVISION", Clause: Clause{"ISO 32000-2", "7.5.6"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Is the signed revision a whole one, on which later ones build?",
		Usually: "Data appended without a revision of their own, or a signature that was taken away.",
		Instead: "It is told: octets outside of the revision were never signed, and what a later revision changed other rules ask.",
	}
	RuleTimestampCoverage = &Rule{
		ID: "FC-TIMESTAMP-COVERAGE", Clause: Clause{"EN 319 162-1", "A.4"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the container's time-stamp cover content, and all that what it covers covers?",
		Usually: "A manifest that leaves out a signature, a time-stamp or its files.",
	}
	RuleHashIndex = &Rule{
		ID: "FC-HASH-INDEX", Clause: Clause{"EN 319 122-1", "5.5.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Does the time-stamp's hash index name what is there?",
		Usually: "Values removed from the signature after it was archived.",
	}
	RuleFormatAccepted = &Rule{
		ID: "FC-FORMAT-ACCEPTED", Clause: Clause{en102, "5.2.2"}, Fails: fails(Failed, FormatFailure),
		Asks:    "Is the level of the signature accepted by the policy?",
		Usually: "The policy wants a time-stamp or revocation data inside the signature.",
	}

	// 5.2.3 Identification of the signing certificate
	RuleSignerFound = &Rule{
		ID: "ISC-SIGNER-FOUND", Clause: Clause{en102, "5.2.3.4"}, Fails: fails(Indeterminate, NoSigningCertificateFound), Firm: true,
		Asks:    "Can the signing certificate be identified?",
		Usually: "The certificate is not in the signature, or is another one.",
	}
	RuleCertificateDigestPresent = &Rule{
		ID: "ISC-DIGEST-PRESENT", Clause: Clause{en102, "5.2.3.4"}, Fails: fails(Indeterminate, NoSigningCertificateFound),
		Asks:    "Does the signing-certificate attribute hold a digest?",
		Usually: "Software that writes the attribute without the digest, or a damaged file.",
	}
	RuleCertificateDigest = &Rule{
		ID: "ISC-DIGEST", Clause: Clause{en102, "5.2.3.4"}, Fails: fails(Indeterminate, NoSigningCertificateFound),
		Asks:    "Does the signed digest match the signing certificate?",
		Usually: "The certificate was exchanged after signing.",
	}
	RuleIssuerSerial = &Rule{
		ID: "ISC-ISSUER-SERIAL", Clause: Clause{en102, "5.2.3.4"}, Fails: fails(Indeterminate, NoSigningCertificateFound),
		Asks:    "Do issuer and serial number in the attribute match the signing certificate?",
		Usually: "The name was written in another order or spelling than in the certificate.",
	}
	RuleChainReferences = &Rule{
		ID: "ISC-CHAIN-REFERENCES", Clause: Clause{"EN 319 122-1", "5.2.2.1"}, Fails: fails(Indeterminate, NoSigningCertificateFound),
		Asks:    "Are the further certificates that the signing-certificate attribute names those of the signer's chain?",
		Usually: "Another chain was built than the one that the signer meant.",
	}

	// 5.2.4 Validation context
	RulePolicyAccepted = &Rule{
		ID: "VCI-POLICY", Clause: Clause{en102, "5.2.4.4"}, Fails: fails(Indeterminate, SignaturePolicyNotAvailable),
		Asks:    "Is the signature policy document at hand?",
		Usually: "The policy is named by an identifier or address only, and the document was not given.",
	}
	RulePolicyAcceptable = &Rule{
		ID: "VCI-POLICY-ACCEPTABLE", Clause: Clause{en102, "5.2.4.4"}, Fails: fails(Indeterminate, PolicyProcessingError),
		Asks:    "Is the signature policy, or that there is none, acceptable?",
		Usually: "A deployment that accepts signatures under its own policy only.",
	}
	RulePolicyHash = &Rule{
		ID: "VCI-POLICY-HASH", Clause: Clause{en102, "5.2.4.4"}, Fails: fails(Indeterminate, PolicyProcessingError),
		Asks:    "Has the signature policy document the digest that was signed?",
		Usually: "The document was changed after signing, or is another version.",
	}

	// 5.2.5 Freshness
	RuleFresh = &Rule{
		ID: "RFC-FRESH", Clause: Clause{en102, "5.2.5.4"}, Fails: fails(Indeterminate, TryLater),
		Asks:    "Was the revocation information issued late enough?",
		Usually: "The answer was fetched before the signature was made.",
	}

	// 5.2.6 X.509 certificate validation
	RuleChain = &Rule{
		ID: "XCV-CHAIN", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, NoCertificateChainFound),
		Asks:    "Does a chain lead from the certificate to a trust anchor?",
		Usually: "The issuer is on no trusted list, or the list was not loaded.",
	}
	RuleSunset = &Rule{
		ID: "XCV-SUNSET", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, NoCertificateChainFoundNoPOE),
		Asks:    "Is the trust anchor still trusted at the time asked for?",
		Usually: "The service was withdrawn in the trusted list, and nothing proves that the signature is older.",
	}
	RuleNotSelfSigned = &Rule{
		ID: "XCV-NOT-SELF-SIGNED", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Was the certificate issued by another than itself?",
		Usually: "A home-made certificate, as test software and office suites create them.",
	}
	RuleCertificateSignature = &Rule{
		ID: "XCV-SIGNATURE", Clause: Clause{"RFC 5280", "6.1.3 (a)(1)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does the issuer's key verify the certificate?",
		Usually: "A forged or damaged certificate, or one of a namesake authority with another key.",
	}
	RuleCA = &Rule{
		ID: "XCV-CA", Clause: Clause{"RFC 5280", "6.1.4 (k)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Is the issuer a certificate authority?",
		Usually: "A certificate issued by somebody who may not issue: the holder of an ordinary one, or a time-stamping unit.",
	}
	RuleIssuerName = &Rule{
		ID: "XCV-ISSUER-NAME", Clause: Clause{"RFC 5280", "6.1.3 (a)(4)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Is the issuer's name that of the certificate above?",
		Usually: "An authority that was renamed and kept its key.",
	}
	RulePathLength = &Rule{
		ID: "XCV-PATH-LENGTH", Clause: Clause{"RFC 5280", "6.1.4 (m)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does the chain keep the path length that the authority allows?",
		Usually: "An authority below one that may not have any.",
	}
	RuleSignerKeyUsage = &Rule{
		ID: "XCV-KEY-USAGE-SIGNER", Clause: Clause{"EN 319 412-2", "4.3.2"}, Fails: fails(Indeterminate, ChainConstraintsFailure),
		Asks:    "May the key be used for signing documents (nonRepudiation)?",
		Usually: "A certificate for authentication was used to sign.",
	}
	RuleCAKeyUsage = &Rule{
		ID: "XCV-KEY-USAGE-CA", Clause: Clause{"RFC 5280", "6.1.4 (n)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "May the authority's key sign certificates?",
		Usually: "An authority whose key usage extension lacks keyCertSign.",
	}
	RuleTimestampingUsage = &Rule{
		ID: "XCV-EKU-TSA", Clause: Clause{"RFC 3161", "2.3"}, Fails: fails(Indeterminate, ChainConstraintsFailure),
		Asks:    "May the key of the time-stamping unit time-stamp?",
		Usually: "A token made with an ordinary certificate, or with one that may do other things too.",
	}
	RuleAIA = &Rule{
		ID: "XCV-AIA", Clause: Clause{"EN 319 412-2", "4.4.1"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does the certificate say where its issuer is found?",
		Usually: "Certificates of the years before Authority Information Access was asked for.",
	}
	RuleRevocationAccess = &Rule{
		ID: "XCV-REVOCATION-ACCESS", Clause: Clause{"EN 319 412-2", "4.3.11"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does the certificate say where its status can be asked for?",
		Usually: "A certificate with neither an OCSP address nor a CRL distribution point, as short-term ones have.",
	}
	RulePseudonym = &Rule{
		ID: "XCV-PSEUDONYM", Clause: Clause{"EN 319 412-2", "4.2.4"}, Fails: fails(Indeterminate, ChainConstraintsFailure),
		Asks:    "Does the certificate name its holder, and not a pseudonym?",
		Usually: "Some services issue certificates to pseudonyms, which eIDAS allows.",
	}
	RulePolicyTree = &Rule{
		ID: "XCV-POLICY-TREE", Clause: Clause{"RFC 5280", "6.1.3 (d)-(f)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Is there a certificate policy under which the whole chain is valid?",
		Usually: "An authority that demands an explicit policy, and a certificate below it that names none.",
	}
	RuleNameConstraints = &Rule{
		ID: "XCV-NAME-CONSTRAINTS", Clause: Clause{"RFC 5280", "6.1.3 (b)-(c)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Are the names of the certificate among those that the authorities above may certify?",
		Usually: "An authority for one organisation's names that certified another's.",
	}
	RuleAuthorityKeyID = &Rule{
		ID: "XCV-AKI", Clause: Clause{"RFC 5280", "4.2.1.1"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does the certificate carry an authority key identifier?",
		Usually: "Certificates of older authorities, which left the extension out.",
	}
	RuleSubjectKeyID = &Rule{
		ID: "XCV-SKI", Clause: Clause{"RFC 5280", "4.2.1.2"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does the authority's certificate carry a subject key identifier?",
		Usually: "Older authorities, or home-made ones, which left the extension out.",
	}
	RuleNoRevAvail = &Rule{
		ID: "XCV-NO-REV-AVAIL", Clause: Clause{"RFC 9608", "3"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does a certificate without revocation keep the rules for it?",
		Usually: "A noRevAvail certificate that also names a CRL or OCSP.",
	}
	RuleCriticalExtension = &Rule{
		ID: "XCV-CRITICAL", Clause: Clause{"RFC 5280", "6.1.4 (o)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Are all critical extensions known to us?",
		Usually: "A private extension that its authority marked critical, or one that cannot be read.",
	}
	RuleForbiddenExtension = &Rule{
		ID: "XCV-FORBIDDEN", Clause: Clause{"RFC 6960", "4.2.2.2.1"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Is the certificate free of extensions that have no place in it?",
		Usually: "ocsp-nocheck in a certificate that is no OCSP responder's.",
	}
	RuleRevocationSkipped = &Rule{
		ID: "XCV-REVOCATION-SKIPPED", Clause: Clause{"EN 319 412-1", "5.2"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does the certificate need revocation data?",
		Usually: "A short-term certificate: it needs none.",
	}
	RuleRevocationPresent = &Rule{
		ID: "XCV-REVOCATION-PRESENT", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Is there revocation data for the certificate?",
		Usually: "A signature of level B or T, which carries none.",
	}
	RuleRevocationAcceptable = &Rule{
		ID: "XCV-REVOCATION-ACCEPTABLE", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Is some of the revocation data for the certificate acceptable?",
		Usually: "The responder is not trusted, or answered outside its own validity.",
	}
	RuleRevocationAuthority = &Rule{
		ID: "XCV-REVOCATION-AUTHORITY", Clause: Clause{"RFC 6960", "4.2.2.2"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "May the one who signed the answer speak for this certificate?",
		Usually: "A responder of another authority, or one that its authority gave no right to answer (OCSPSigning).",
		Instead: "The answer counts for nothing; where no other is left, XCV-REVOCATION-ACCEPTABLE decides.",
	}
	RuleNextUpdate = &Rule{
		ID: "XCV-NEXT-UPDATE", Clause: Clause{"RFC 5280", "5.1.2.5"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does the CRL say when the next one will be issued?",
		Usually: "A CRL of an authority that has ended.",
	}
	RuleSelfIssuedOCSP = &Rule{
		ID: "XCV-SELF-ISSUED-OCSP", Clause: Clause{"RFC 6960", "4.2.2.2"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Does somebody else than the holder of the certificate answer for it?",
		Usually: "A responder that signs answers about its own certificate, instead of carrying ocsp-nocheck.",
	}
	RuleRevoked = &Rule{
		ID: "XCV-REVOKED", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, RevokedNoPOE),
		Asks:    "Is the signing certificate unrevoked at validation time?",
		Usually: "The holder lost the device or the card and had the certificate revoked, or the issuer ended it.",
	}
	RuleRevokedCA = &Rule{
		ID: "XCV-REVOKED-CA", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, RevokedCANoPOE),
		Asks:    "Are the authorities of the chain unrevoked at validation time?",
		Usually: "The authority was given up, or its key came into other hands.",
	}
	RuleOnHold = &Rule{
		ID: "XCV-ON-HOLD", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, TryLater),
		Asks:    "Is the certificate not on hold at validation time?",
		Usually: "The holder or the issuer suspended the certificate, and may release it again.",
	}
	RuleChainAlgorithms = &Rule{
		ID: "XCV-ALGORITHMS", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, CryptoConstraintsFailureNoPOE),
		Asks:    "Are the algorithms of the chain and of its revocation data good at the time asked for?",
		Usually: "A certificate or OCSP answer signed with SHA-1 or a short key.",
	}
	RuleValidityNotRevoked = &Rule{
		ID: "XCV-VALIDITY", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, OutOfBoundsNotRevoked),
		Asks:    "Is the validation time within the validity of the signing certificate?",
		Usually: "The certificate has expired since; a time-stamp within its validity cures it.",
	}
	RuleValidityNoPOE = &Rule{
		ID: "XCV-VALIDITY-NO-POE", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, OutOfBoundsNoPOE),
		Asks:    "Is the validation time within the validity of the signing certificate, or its status known?",
		Usually: "The certificate has expired, and so has the one who answered for it.",
	}
	RuleRevocationIssuer = &Rule{
		ID: "XCV-REVOCATION-ISSUER", Clause: Clause{en102, "5.2.6.4"}, Fails: fails(Indeterminate, RevocationOutOfBoundsNoPOE),
		Asks:    "Is the certificate of the one who signed the revocation data still valid?",
		Usually: "OCSP responders' certificates live weeks; an archive time-stamp made meanwhile cures it.",
	}
	RuleExpiredCA = &Rule{
		ID: "XCV-EXPIRED-CA", Clause: Clause{"RFC 5280", "6.1.3 (a)(2)"}, Fails: fails(Indeterminate, CertificateChainGeneralFailure),
		Asks:    "Was every authority of the chain within its validity at best signature time?",
		Usually: "An authority that ended before those whom it certified.",
		Instead: "It is told: EN 319 102-1 asks for the validity of the signing certificate alone.",
	}

	// 5.2.7 Cryptographic verification
	RuleDataFound = &Rule{
		ID: "CV-DATA-FOUND", Clause: Clause{en102, "5.2.7.4"}, Fails: fails(Indeterminate, SignedDataNotFound),
		Asks:    "Is every signed object at hand?",
		Usually: "A signed file was removed or renamed, or was not given.",
	}
	RuleDataIntact = &Rule{
		ID: "CV-DATA-INTACT", Clause: Clause{en102, "5.2.7.4"}, Fails: fails(Failed, HashFailure),
		Asks:    "Has every signed object the digest that was signed?",
		Usually: "A file was changed after signing, if only by saving it again or by a mail gateway.",
	}
	RuleManifestEntryFound = &Rule{
		ID: "CV-MANIFEST-ENTRY-FOUND", Clause: Clause{en102, "5.2.7.4"}, Fails: fails(Indeterminate, SignedDataNotFound),
		Asks:    "Is every object of the signed manifest at hand?",
		Usually: "A file named in a signed ds:Manifest is missing.",
	}
	RuleDataName = &Rule{
		ID: "CV-DATA-NAME", Clause: Clause{en102, "5.2.7.4"}, Fails: fails(Indeterminate, SignedDataNotFound),
		Asks:    "Does the signed file bear the name that was signed?",
		Usually: "The file was renamed.",
	}
	RuleSignatureIntact = &Rule{
		ID: "CV-SIGNATURE-INTACT", Clause: Clause{en102, "5.2.7.4"}, Fails: fails(Failed, SigCryptoFailure),
		Asks:    "Does the signing certificate's key verify the signature value?",
		Usually: "The signature or its signed properties were changed, or the file holds another certificate than the signer's.",
	}

	// 5.2.8 Signature acceptance
	RuleSigningCertificateAttribute = &Rule{
		ID: "SAV-SIGNING-CERTIFICATE", Clause: Clause{en102, "5.2.8.4.2.1"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Does the signature carry a signing-certificate attribute?",
		Usually: "A plain XML signature, which is no AdES.",
	}
	RuleOneSigningCertificateAttribute = &Rule{
		ID: "SAV-ONE-SIGNING-CERTIFICATE", Clause: Clause{en102, "5.2.8.4.2.1"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Is there only one signing-certificate attribute?",
		Usually: "Both versions of the attribute were written.",
	}
	RuleSigningTime = &Rule{
		ID: "SAV-SIGNING-TIME", Clause: Clause{en102, "5.2.8.4.2.2"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Does the signature claim a signing time?",
		Usually: "Software that leaves the attribute out; in a PDF, the entry M.",
	}
	RuleSigningTimeRange = &Rule{
		ID: "SAV-SIGNING-TIME-RANGE", Clause: Clause{en102, "5.2.8.4.2.2"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Is the claimed signing time within the validity of the signing certificate?",
		Usually: "A clock that was wrong when signing.",
	}
	RuleCurve = &Rule{
		ID: "SAV-CURVE", Clause: Clause{"RFC 7518", "3.4"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Is the curve of the key the one that the algorithm names?",
		Usually: "A JSON signature made with ES256 and a key on another curve.",
	}
	RuleSignedProperties = &Rule{
		ID: "SAV-SIGNED-PROPERTIES", Clause: Clause{en102, "5.2.8.4.2"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Does the signature cover its own signed properties?",
		Usually: "A plain XML signature, which is no AdES.",
	}
	RuleCertificateRefDigest = &Rule{
		ID: "SAV-CERTIFICATE-REF-DIGEST", Clause: Clause{en102, "5.2.8.4.2.1"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Is the digest algorithm of the signing-certificate attribute good?",
		Usually: "SHA-1 in the attribute of older signatures.",
	}
	RuleStructure = &Rule{
		ID: "SAV-STRUCTURE", Clause: Clause{en102, "5.2.8.4.2"}, Fails: fails(Indeterminate, SigConstraintsFailure),
		Asks:    "Has the signature the structure that its schema demands?",
		Usually: "Elements in the wrong order or place, written by software that keeps no schema.",
	}
	RuleSignatureAlgorithms = &Rule{
		ID: "SAV-ALGORITHMS", Clause: Clause{en102, "5.2.8.4.1"}, Fails: fails(Indeterminate, CryptoConstraintsFailureNoPOE),
		Asks:    "Are the algorithms of the signature and of the signed digests good at the time asked for?",
		Usually: "SHA-1 or a short key, and nothing proves that the signature is older than their end.",
	}
	RuleSignatureAlgorithmsLate = &Rule{
		ID: "SAV-ALGORITHMS-LATE", Clause: Clause{en102, "5.3.4"}, Fails: fails(Indeterminate, CryptoConstraintsFailure), Firm: true,
		Asks:    "Was the signature made while its algorithms were good?",
		Usually: "A content time-stamp proves that it was made after their end.",
	}
	RuleContentTimestampRevoked = &Rule{
		ID: "SAV-REVOKED", Clause: Clause{en102, "5.3.4"}, Fails: fails(Failed, Revoked), Firm: true,
		Asks:    "Was the signature made before its certificate was revoked?",
		Usually: "A content time-stamp proves that it was made after revocation.",
	}
	RuleContentTimestampExpired = &Rule{
		ID: "SAV-EXPIRED", Clause: Clause{en102, "5.3.4"}, Fails: fails(Failed, Expired), Firm: true,
		Asks:    "Was the signature made before its certificate expired?",
		Usually: "A content time-stamp proves that it was made after expiry.",
	}
)
