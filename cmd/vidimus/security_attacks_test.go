package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// attackRows are the ids of the attack list: so many of each letter.
var attackRows = map[string]int{"X": 13, "Z": 6, "F": 10, "C": 9, "R": 8, "T": 8, "S": 7, "A": 8, "D": 3}

// attackTests are the tests of each attack: package folder, and the names of tests in it.
var attackTests = map[string]map[string]string{
	"X1":  {"validate/ades": "TestX1_DTD", "cmd/vidimus": "TestS1NothingElseIsFetched"},
	"X2":  {"validate/ades": "TestX2_Bombs", "validate/xmldom": "TestX2_CanonicalFormIsBounded TestLinear", "cmd/vidimus": "TestZ1BombsOverHTTP"},
	"X3":  {"validate/ades": "TestX3_Wrapping TestX3_EachSignatureSaysWhatItCovers"},
	"X4":  {"validate/ades": "TestX4_DoubledIds"},
	"X5":  {"validate/ades": "TestX5_References"},
	"X6":  {"validate/ades": "TestX6_Transforms", "cmd/vidimus": "TestS1NothingElseIsFetched"},
	"X7":  {"validate/xmldom": "TestCanonical TestSkip TestRelativeNamespace", "validate/xmldsig": "TestCorpusSignatures"},
	"X8":  {"validate/ades": "TestX8_Comments"},
	"X9":  {"validate/ades": "TestX9_Methods"},
	"X10": {"validate/ades": "TestX10_SwappedCertificates"},
	"X11": {"validate/ades": "TestX11_ManyReferences"},
	"X12": {"validate/ades": "TestX12_Encodings"},
	"X13": {"validate/ades": "TestX13_NamesAndReferences"},
	"Z1":  {"validate/ades": "TestZ1_Bombs", "cmd/vidimus": "TestZ1BombsOverHTTP", "api/siva": "TestZ1DataFilesAreBounded", "archive/bundle": "TestZ1_HostileContainersAreCheap"},
	"Z2":  {"validate/ades": "TestZ2_Names", "archive/dir": "TestZ2_ForeignFiles"},
	"Z3":  {"validate/ades": "TestZ3_TwoMeanings"},
	"Z4":  {"validate/ades": "TestZ4_ContainerRules"},
	"Z5":  {"validate/ades": "TestZ5_WhoSignedWhat"},
	"Z6":  {"validate/ades": "TestZ6_Entries"},
	"F1":  {"validate/pades": "TestByteRangesF1F3", "validate": "TestTamperedPDFs"},
	"F2":  {"validate/pades": "TestIncrementalF2", "validate": "TestTamperedPDFs"},
	"F3":  {"validate/pades": "TestByteRangesF1F3", "validate": "TestTamperedPDFs"},
	"F4":  {"validate/pades": "TestChangesF4F5 TestDanglingF4", "validate": "TestTamperedPDFs"},
	"F5":  {"validate/pades": "TestChangesF4F5 TestCertificationF5", "validate": "TestTamperedPDFs"},
	"F6":  {"validate/pades": "TestCrossReferencesF6 TestLinearised"},
	"F7":  {"validate/pades": "TestNotSigned TestSpoofedDictionary"},
	"F8":  {"validate/pades": "TestCMSF8", "validate/cms": "TestHostileF8 TestSignedAttributesF8 TestSignedAttributesOrderF8", "validate/der": "TestHostileBERF8"},
	"F9":  {"validate/pades": "TestChangesF4F5", "validate/ades": "TestLaw5_2_2PDF", "cmd/vidimus": "TestS1NothingElseIsFetched"},
	"F10": {"validate/pades": "TestHostileF10 TestHostileSignedF10"},
	"C1":  {"validate/ades": "TestC1_RSA", "validate/algo": "TestRSAPaddingIsStrict TestPSSIsStrict TestPSSVerifiesOddSizes"},
	"C2":  {"validate/ades": "TestC2_ECDSA", "validate/algo": "TestECDSARangeAndForm TestECKeysThatAreRefused"},
	"C3":  {"cmd/vidimus": "TestC3_Collisions", "validate/ades": "TestLaw5_4"},
	"C4":  {"validate/ades": "TestC4_AlgorithmsOfCertificates", "validate/revocation": "TestAlgorithmMismatchC4"},
	"C5":  {"validate/ades": "TestC5_Chains", "validate/path": "TestHostileCrossCertificates TestNameConstraintsHostile TestPolicyMappingsHostile"},
	"C6":  {"validate/ades": "TestC6_LookAlikes"},
	"C7":  {"validate": "TestC7_C8_Qualification"},
	"C8":  {"validate": "TestC7_C8_Qualification", "validate/qualify": "TestEras"},
	"C9":  {"validate/ades": "TestC9_OddDER", "validate/der": "TestIntegerC9 TestTimeC9", "validate/revocation": "TestSerialNumbersC9"},
	"R1":  {"validate/ades": "TestR1_R3_Replay"},
	"R2":  {"validate/gather": "TestS7_R2_R3_Answers", "validate/ades": "TestLaw5_2_6Revocation"},
	"R3":  {"validate/ades": "TestR1_R3_Replay", "validate/revocation": "TestForMatchesExactlyR3 TestSeveralResponsesR3"},
	"R4":  {"validate/ades": "TestR4_CRLs TestLawRFC5280CRL", "validate/revocation": "TestCRLExtensionsR4 TestHugeCRLR4"},
	"R5":  {"validate/ades": "TestR5_Reasons", "validate/revocation": "TestEntriesR5"},
	"R6":  {"validate/ades": "TestR6_R7_Time", "validate/tst": "TestEveryOctetOfTSTInfoCountsR6"},
	"R7":  {"validate/ades": "TestR6_R7_Time"},
	"R8":  {"validate/ades": "TestR8_Zones"},
	"T1":  {"trustlist/lotl": "TestRollback", "trustlist/pull": "TestNeverRolledBack"},
	"T2":  {"cmd/vidimus": "TestServeWhileHostsAreBroken", "trustlist/pull": "TestHarness"},
	"T3":  {"trustlist/lotl": "TestChain TestNational TestOfficialJournal"},
	"T4":  {"trustlist/lotl": "TestSignatureWrapping TestSignatureRules"},
	"T5":  {"trustlist/lotl": "TestMutualRecognition TestOtherListOfListsIsNoMemberState"},
	"T6":  {"cmd/vidimus": "TestServeWhileEachHostIsBrokenInAWayOfItsOwn TestServeIsNotReadyWithoutLists", "trustlist/lotl": "TestEmpty"},
	"T7":  {"cmd/vidimus": "TestT7SwapDuringValidation"},
	"T8":  {"trustlist": "TestHostileLists"},
	"S1": {"validate/fetch": "TestS1HostileURLsAreRefusedBeforeTheNetwork TestS1NamesThatLeadInsideAreNotDialled TestS1RebindingDialsOnlyWhatWasChecked TestS1Redirects TestS1ErrorsAreNoOracle",
		"validate/gather": "TestS1_ThousandAddresses", "cmd/vidimus": "TestS1CertificatesLeadNowhereInside TestS1PointersLeadNowhereInside TestS1NothingElseIsFetched"},
	"S2": {"api": "TestS2JudgingsAreBounded TestS2SlowUploadsAreEnded TestS2SlowBodiesGiveWay TestS2RefusalsDoNotWaitForBodies TestS2ManyParts",
		"cmd/vidimus": "TestS2SlowLoris TestS2HeadersAreBounded TestS2ConnectionsAreBounded TestS2IdleConnectionsMakeRoom TestS2RequestsAreNotCutForRoom TestS2HTTPIsNotAbused TestS2RangesAreNotMultiplied TestS2HostileJSON TestS2NothingIsLeft TestS2LargeUploadsAreJudgedInLittleMemory",
		"api/siva":    "TestS2TurnsAreShared"},
	"S3": {"api": "TestS3NamesAreHarmless TestS3RequestIDs", "validate/report": "TestHostileHTML TestHostileETSI TestHostilePDF TestTextIsHarmless",
		"cmd/vidimus": "TestS3NamesOfCertificatesAndFiles TestS3NothingIsInjected", "api/siva": "TestS3NamesInContainers", "archive/audit": "TestHostileWords"},
	"S4": {"api": "TestS4TenantsNeverMeet TestKeysAreNotGuessed", "api/auth": "TestS4Tokens", "cmd/vidimus": "TestS4TenantsOfAService"},
	"S5": {"cmd/vidimus": "TestSignedReports", "validate/report/sign": "TestSign"},
	"S6": {"cmd/vidimus": "TestS3NothingIsInjected", "validate/gather": "TestResponderDown", "api/metrics": "TestHostileLabels"},
	"S7": {"validate/gather": "TestS7_R2_R3_Answers TestIssuers"},
	"A1": {"archive": "TestFixity", "archive/bundle": "TestA1_FlipEveryByte TestA1_Truncated", "cmd/vidimus": "TestArchiveRebuildIndex"},
	"A2": {"archive/s3": "TestA2_DeleteMarkerAndNewerVersion TestA2_ProbeRefusesLiars"},
	"A3": {"archive/preserve": "TestVerifyNamesWhatIsWrong", "validate/ers": "TestASN1 TestXML TestOrderOfTime"},
	"A4": {"archive": "TestA4_EveryWriteOfEveryOperation TestA4_SaveFailsAtEachPut", "archive/s3": "TestA4_FaultsOfTheStore TestA4_EveryWriteOverS3",
		"archive/dir": "TestA4_KillAtEachStep", "archive/preserve": "TestSealKilledAtEachWrite TestRenewKilledAtEachWrite TestSealTwoAtOnce TestRenewTwoAtOnce"},
	"A5": {"archive": "TestDeleteOnlyAtTheEndOfRetention", "archive/s3": "TestOpenRefuses", "cmd/vidimus": "TestParseRetain"},
	"A6": {"archive/audit": "TestA6_EditedLog TestA6_EveryOctet", "cmd/vidimus": "TestArchiveAudit"},
	"A7": {"archive/preserve": "TestForecast"},
	"A8": {"validate/ers": "TestInnerNodeA8"},
}

// notOurs are attacks on what this project does not read: there is no door for raw
// Smart-ID responses, only for the signed files made of them.
var notOurs = map[string]bool{"D1": true, "D2": true, "D3": true}

// TestEveryAttackHasItsTests: each attack that applies has tests by name, and the tests
// are there. No other ids are in the table.
func TestEveryAttackHasItsTests(t *testing.T) {
	known, there := 0, map[string]map[string]bool{}
	for letter, n := range attackRows {
		for i := range n {
			id := letter + strconv.Itoa(i+1)
			tests, ok := attackTests[id]
			if ok == notOurs[id] {
				t.Errorf("%s: has tests is %v, is not ours is %v", id, ok, notOurs[id])
			}
			if ok {
				known++
			}
			for folder, names := range tests {
				if there[folder] == nil {
					there[folder] = testsIn(t, folder)
				}
				for _, name := range strings.Fields(names) {
					if !there[folder][name] {
						t.Errorf("%s: there is no test %s in %s", id, name, folder)
					}
				}
			}
		}
	}
	if known != len(attackTests) {
		t.Errorf("the table has %d ids, of which %d are known", len(attackTests), known)
	}
}

// testsIn are the tests of a package that run: those that are skipped whole are none.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, f := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && len(f.Body.List) > 0 {
				out[f.Name.Name] = true
			}
		}
	}
	return out
}
