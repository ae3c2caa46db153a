// Package eutest is a virtual EU for tests and for making test data: an Official
// Journal, a list of trusted lists with pivots, national lists, providers,
// certification authorities, signers, OCSP responders, CRLs and time-stamping units, at
// any date; and signed files of theirs, right or wrong on purpose. It imports none of
// the readers and judges that it helps to test, and shares no code with them (only its
// own tests do, to compare).
//
// # The world and its clock
//
// New makes a world whose clock stands at DefaultTime; At sets it. What is made is made
// at the clock: certificates begin a year before it, signatures, time-stamps and OCSP
// answers are made at it, Lists writes the lists as of ten days before it. So a story is
// told in order: set the clock, let things happen, set the clock to the day of
// judgement, take the lists.
//
//	w := eutest.New(t).At(eutest.Day(2025, 3, 10))
//	sk := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
//	ca := sk.CA("TEST EID-Q", eutest.RSA(4096), eutest.SmartIDQualifiers())
//	sk.TSA("TEST TSA 2025")
//	signer := ca.Signer(eutest.SmartID()).RevokedOn(eutest.Day(2025, 6, 1), eutest.KeyCompromise)
//	file := w.Sign(signer, []eutest.File{eutest.Text("contract.txt", "I owe you.")}, eutest.SignOptions{PSS: true})
//	lists, anchors := w.At(eutest.Day(2025, 12, 1)).Lists(), w.Anchors()
//
// # Defaults are right, options are wrong
//
// A signer by default is a natural person with a qualified certificate for e-signatures
// on a QSCD, under a granted CA/QC service for e-signatures, with a P-256 key because
// that is quick; a signature by default is XAdES-BASELINE-LT with a qualified time-stamp
// and an OCSP answer by a delegated responder of that month. With the default lists it
// is to be TOTAL-PASSED, QESig under "practice". Every option departs from that by one thing.
//
// Who is who: MemberState → Provider → CA (listed unless Unlisted; its root is not
// listed) → Signer, CA.OCSP, CA.CRL; Provider → TSA (listed as TSA/QTST);
// Provider.Service lists any certificate again, elsewhere or as something else.
//
//   - Certificates (Option): RSA, EC, WithKey, Subject, Natural, Legal, Serial, Valid,
//     IssuedBy, SelfSigned, KeyUsage, ExtendedKeyUsage, Policies, QC, NoQC, PathLen, NotCA,
//     NoCheck, URLs, Extension, NameConstraints, RequireExplicitPolicy, InhibitAnyPolicy, ShortTerm, NoRevAvail, CertificateHash, CertificatePSS,
//     BrokenSignature, EditCertificate; profiles SmartID, SmartID2017, SmartIDBasic,
//     Authentication, Seal.
//   - Services (Option too): Unlisted, ServiceType, ServiceName, HistoryOf, ASI, Qualify,
//     SmartIDQualifiers, ExpiredCertsRevocationInfo, RawServiceExtension, HistoryBySKI; and
//     the exported fields of Service, until Lists is called.
//   - Lists: the fields of MemberState.List, LOTL().List and LOTL().Pivots[i].List
//     (ListSettings): version, sequence, dates, signer, hooks before and after signing.
//   - Signatures: SignOptions, with four hooks that edit the XML between the steps; plain
//     XML by SignDetached, SignEnveloped, SignEnveloping.
//   - Containers: Container (several signatures; Replace, Remove, Add after signing;
//     Countersign, SignCAdES, Timestamp, Record) and, below it, Archive, a ZIP file that can lie about itself.
//   - PDFs: PDF, a file of one page in the making, each change an incremental update:
//     Sign (PDFOptions: levels, certification, locks, wrong ranges), Store, Timestamp, Update.
//   - Evidence by itself: TSA.Token, Responder.Response, CA.CRL; World.CMS,
//     World.SignCAdES, World.SignJAdES and World.EvidenceRecord for what is no XML.
//
// # The same bytes at each run
//
// Nothing is random: EC keys come from the seed, RSA keys are embedded (testkeys, TEST
// KEYS - NOT SECRET), ECDSA is RFC 6979, salts of RSASSA-PSS come from the digest. Only
// where a world asks for more RSA keys of a size than are embedded are new ones made.
package eutest
