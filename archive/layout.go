package archive

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// The keys of an archive; no other file knows them.
//
//	objects/sha256/ab/abcd…        every object, once, under the SHA-256 of its octets
//	bundles/ab/abcd…/manifest.json one per bundle, written after its objects
//	quarantine/ab/abcd….json       a note for each object or manifest found damaged
//	bundles/ab/abcd…/record-000001.ers its evidence records, each the one before, renewed
//	record-sums/20261122T230502Z/….txt the SHA-256 of records stamped then, of many bundles
//	deletions/ab/abcd…/record.json what was deleted, why, by whom; kept for ever; see deletion.go
//	deletions/ab/abcd…/record.json.p7s its signature, written before it
//	deletions/ab/abcd…/done.json   nothing of the bundle is left
//	deleting/000001.json           a run of deletions began; see runs.go
//	deleting/000001-done.json      it has ended
//	audit/0000/00000001.jsonl      the audit log, a segment after another; see package audit
//	audit-heads/00000001.json      how far the log went when it was sealed
//	audit-heads/00000001.ers       the first evidence record over that
//	audit-heads/00000001-000002.ers the next ones, each the one before, renewed
//
// An object can be checked with sha256sum and its key alone, a manifest too (its
// SHA-256 is the ID), so the archive needs no index that could be lost: listing
// bundlesPrefix finds every bundle.
const (
	objectsPrefix = "objects/sha256/"
	bundlesPrefix = "bundles/"
	notesPrefix   = "quarantine/"
	noteSuffix    = ".json"
	manifestName  = "/manifest.json"
	recordName    = "/record-"
	recordSuffix  = ".ers"
	recordDigits  = 6
	sumsPrefix    = "record-sums/"
	sumsSuffix    = ".txt"
	sumsTime      = "20060102T150405Z"
	sumsSpan      = 16 // hexadecimal digits of the first and the last bundle

	deletionsPrefix = "deletions/"
	deletionName    = "/record.json"
	signatureSuffix = ".p7s"
	deletedName     = "/done.json"
	runsPrefix      = "deleting/"
	runDigits       = 6
	runSuffix       = ".json"
	runDone         = "-done.json"
	auditPrefix     = "audit/"
	auditSuffix     = ".jsonl"
	headsPrefix     = "audit-heads/"
	headSuffix      = ".json"
	auditDigits     = 8
	auditShard      = 10_000 // segments in a folder
)

// objectKey has two digits as a folder, as manifestKey has, so that no folder of a
// file system grows beyond a 256th of the archive.
func objectKey(id evidence.ID) string {
	hex := id.String()
	return objectsPrefix + hex[:2] + "/" + hex
}

// idOfObjectKey is the reverse of objectKey.
func idOfObjectKey(key string) (evidence.ID, bool) {
	id, err := evidence.ParseID(key[strings.LastIndexByte(key, '/')+1:])
	return id, err == nil && objectKey(id) == key
}

// noteKey is that of the note about a damaged object or manifest.
func noteKey(id evidence.ID) string {
	hex := id.String()
	return notesPrefix + hex[:2] + "/" + hex + noteSuffix
}

func manifestKey(id evidence.ID) string {
	hex := id.String()
	return bundlesPrefix + hex[:2] + "/" + hex + manifestName
}

// recordKey is that of evidence record n of a bundle, from 1 on. Numbers have leading
// zeros, so that a listing gives them in their order, after the manifest.
func recordKey(id evidence.ID, n int) string {
	return strings.TrimSuffix(manifestKey(id), manifestName) + fmt.Sprintf("%s%0*d%s", recordName, recordDigits, n, recordSuffix)
}

// idOfRecordKey is the reverse of recordKey.
func idOfRecordKey(key string) (id evidence.ID, n int, ok bool) {
	key, ok = strings.CutSuffix(key, recordSuffix)
	at := len(key) - len(recordName) - recordDigits
	if !ok || at < 0 {
		return id, 0, false
	}
	n, err := strconv.Atoi(key[at+len(recordName):])
	if err != nil || n < 1 {
		return id, 0, false
	}
	id, ok = idOfManifestKey(key[:at] + manifestName)
	return id, n, ok && recordKey(id, n) == key+recordSuffix
}

// sumsOf is a list of the sums of evidence records, by its key: the first digits of the
// first and of the last bundle that it names, and the SHA-256 of its octets.
type sumsOf struct {
	key, first, last string
	sha256           evidence.ID
}

// spans says whether a list may name a bundle.
func (k sumsOf) spans(id evidence.ID) bool {
	digits := id.String()[:sumsSpan]
	return k.first <= digits && digits <= k.last
}

func sumsFolder(stamped time.Time) string {
	return sumsPrefix + stamped.UTC().Format(sumsTime) + "/"
}

func sumsKey(stamped time.Time, first, last, sha256 evidence.ID) string {
	return fmt.Sprintf("%s%s-%s-%s%s", sumsFolder(stamped), first.String()[:sumsSpan], last.String()[:sumsSpan], sha256, sumsSuffix)
}

// parseSumsKey is the reverse of sumsKey.
func parseSumsKey(key string) (k sumsOf, ok bool) {
	rest, ok := strings.CutPrefix(key, sumsPrefix)
	if !ok {
		return k, false
	}
	stamped, name, _ := strings.Cut(rest, "/")
	if _, err := time.Parse(sumsTime, stamped); err != nil {
		return k, false
	}
	parts := strings.Split(strings.TrimSuffix(name, sumsSuffix), "-")
	if len(parts) != 3 || len(parts[0]) != sumsSpan || len(parts[1]) != sumsSpan {
		return k, false
	}
	id, err := evidence.ParseID(parts[2])
	k = sumsOf{key, parts[0], parts[1], id}
	return k, err == nil && name == parts[0]+"-"+parts[1]+"-"+id.String()+sumsSuffix
}

// idOfManifestKey is the reverse of manifestKey.
func idOfManifestKey(key string) (evidence.ID, bool) {
	hex, ok := strings.CutPrefix(key, bundlesPrefix)
	if !ok {
		return evidence.ID{}, false
	}
	hex, ok = strings.CutSuffix(hex, manifestName)
	if !ok {
		return evidence.ID{}, false
	}
	shard, hex, ok := strings.Cut(hex, "/")
	id, err := evidence.ParseID(hex)
	return id, ok && err == nil && id.String() == hex && hex[:2] == shard
}

// bundleID reads an ID as users write it.
func bundleID(s string) (evidence.ID, error) {
	id, err := evidence.ParseID(strings.ToLower(s))
	if err != nil {
		return id, fmt.Errorf("reading bundle ID: %q is not %d hexadecimal digits", s, 2*len(id))
	}
	return id, nil
}

// deletionKey is that of the record of a deletion.
func deletionKey(id evidence.ID) string {
	hex := id.String()
	return deletionsPrefix + hex[:2] + "/" + hex + deletionName
}

// deletedKey says that the deletion of a bundle has ended.
func deletedKey(id evidence.ID) string {
	return strings.TrimSuffix(deletionKey(id), deletionName) + deletedName
}

// idOfDeletionKey reads the key of a deletion's record, or of its end.
func idOfDeletionKey(key string) (id evidence.ID, ended, ok bool) {
	at := strings.LastIndexByte(key, '/')
	if at < 2*len(id) {
		return id, false, false
	}
	id, err := evidence.ParseID(key[at-2*len(id) : at])
	if err != nil {
		return id, false, false
	}
	return id, key == deletedKey(id), key == deletionKey(id) || key == deletedKey(id)
}

func runKey(n int) string { return fmt.Sprintf("%s%0*d%s", runsPrefix, runDigits, n, runSuffix) }

func runDoneKey(n int) string { return fmt.Sprintf("%s%0*d%s", runsPrefix, runDigits, n, runDone) }

// numberOfRunKey is the reverse of runKey and runDoneKey.
func numberOfRunKey(key string) (n int, done, ok bool) {
	digits, ok := strings.CutPrefix(key, runsPrefix)
	if !ok || len(digits) < runDigits {
		return 0, false, false
	}
	digits, _, _ = strings.Cut(digits, ".")
	digits, _, _ = strings.Cut(digits, "-")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return 0, false, false
	}
	return n, key == runDoneKey(n), key == runKey(n) || key == runDoneKey(n)
}

// auditKey is that of segment n of the audit log, from 1 on.
func auditKey(n int) string {
	return fmt.Sprintf("%s%04d/%0*d%s", auditPrefix, n/auditShard, auditDigits, n, auditSuffix)
}

// numberOfAuditKey is the reverse of auditKey.
func numberOfAuditKey(key string) (int, bool) {
	digits, ok := strings.CutSuffix(key[strings.LastIndexByte(key, '/')+1:], auditSuffix)
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && auditKey(n) == key
}

// headKey is that of the head of the audit log as of segment n.
func headKey(n int) string { return fmt.Sprintf("%s%0*d%s", headsPrefix, auditDigits, n, headSuffix) }

// headRecordKey is that of evidence record n over a head. The first one has no number of
// its own: it is from before heads were renewed. A listing gives all before their head.
func headRecordKey(segment, n int) string {
	if n == 1 {
		return fmt.Sprintf("%s%0*d%s", headsPrefix, auditDigits, segment, recordSuffix)
	}
	return fmt.Sprintf("%s%0*d-%0*d%s", headsPrefix, auditDigits, segment, recordDigits, n, recordSuffix)
}

// numbersOfHeadKey is the reverse of headKey, with record 0, and of headRecordKey.
func numbersOfHeadKey(key string) (segment, record int, ok bool) {
	name, ok := strings.CutPrefix(key, headsPrefix)
	if !ok || len(name) < auditDigits {
		return 0, 0, false
	}
	segment, err := strconv.Atoi(name[:auditDigits])
	if err != nil || segment < 1 {
		return 0, 0, false
	}
	switch rest := name[auditDigits:]; {
	case rest == headSuffix:
		return segment, 0, headKey(segment) == key
	case rest == recordSuffix:
		record = 1
	default:
		digits, _ := strings.CutSuffix(rest, recordSuffix)
		if record, err = strconv.Atoi(strings.TrimPrefix(digits, "-")); err != nil || record < 2 {
			return 0, 0, false
		}
	}
	return segment, record, headRecordKey(segment, record) == key
}
