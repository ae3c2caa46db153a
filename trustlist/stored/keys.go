package stored

import (
	"path"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// The keys of remembered lists in a Store; no other file knows them. They have a
// prefix of their own, so that bundles may lie beside them.
//
//	trust/lists/ab/abcd….xml                          every list, once, under the SHA-256 of its octets
//	trust/manifests/STAMP-DIGEST-SHA256.json          one per snapshot, written after its lists
//
// STAMP is when it was made, DIGEST begins the snapshot's digest, and SHA256 is that
// of the manifest itself: all can be checked with sha256sum and the key alone.
const (
	keyPrefix       = "trust/"
	listsPrefix     = keyPrefix + "lists/"
	manifestsPrefix = keyPrefix + "manifests/"
)

func listKey(id evidence.ID) string {
	hex := id.String()
	return listsPrefix + hex[:2] + "/" + hex + ".xml"
}

// manifestKey is that of the manifest of a remembered snapshot, by the name of its file.
func manifestKey(name string, raw []byte) string {
	return manifestsPrefix + strings.TrimSuffix(name, ".json") + "-" + evidence.Of(raw).String() + ".json"
}

// ofManifestKey is the reverse of manifestKey.
func ofManifestKey(key string) (name string, made time.Time, id evidence.ID, ok bool) {
	base, isJSON := strings.CutSuffix(path.Base(key), ".json")
	at := strings.LastIndexByte(base, '-')
	if !isJSON || at < 0 || !strings.HasPrefix(key, manifestsPrefix) {
		return "", made, id, false
	}
	id, err := evidence.ParseID(base[at+1:])
	if err != nil {
		return "", made, id, false
	}
	stamp, _, ok := strings.Cut(base[:at], "-")
	made, err = time.Parse(stampLayout, stamp)
	return base[:at] + ".json", made, id, ok && err == nil
}
