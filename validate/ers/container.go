package ers

import (
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

const (
	metaFolder     = "META-INF/"
	recordASN1Name = "META-INF/evidencerecord.ers"
	recordXMLName  = "META-INF/evidencerecord.xml"
)

// ReadInContainer reads a record that lies in a container at path. manifest is the
// one whose SigReference names the record, nil for none. files are the data that
// it may be over: with a manifest all entries of the container; in ASiC-S the only
// file at the root; none where the container says nothing of what the record is
// over (preservation §1.6), and then all its values are orphans.
//
// A record that cannot be read, or has the extension of the other syntax, is an
// error, a *signature.ReadError; formats §13 has it passed over.
func ReadInContainer(path string, data []byte, manifest *Manifest, files []File) (*signature.EvidenceRecord, error) {
	if isXML(data) != strings.HasSuffix(path, ".xml") {
		return nil, malformed("%q has the extension of the other syntax", short(path))
	}
	r, err := parse(data)
	if err != nil {
		return nil, err
	}
	r.budget.forFiles(files)
	if manifest != nil {
		r.manifestObjects(manifest, files)
	} else {
		r.objects = r.fileObjects(files)
		r.alone = true
	}
	return r.read(path), nil
}

// ReadContainer reads all records of a container in the order of its entries, and
// finds their manifests. form decides what a record may be over (preservation §3);
// withXAdES says that the container holds XAdES signatures, for then ASiC-S knows
// only two names of records. files are all readable entries, META-INF/ included.
// Records that cannot be read are passed over.
func ReadContainer(form signature.Form, withXAdES bool, files []File) []*signature.EvidenceRecord {
	var out []*signature.EvidenceRecord
	var manifests []*Manifest
	var root []File
	for _, f := range files {
		if strings.HasPrefix(f.Name, metaFolder) && strings.HasSuffix(f.Name, ".xml") && strings.Contains(f.Name, "ASiCEvidenceRecordManifest") {
			if m, ok := ReadManifest(f.Name, f.Data); ok {
				manifests = append(manifests, m)
			}
		}
		if !strings.Contains(f.Name, "/") && f.Name != "mimetype" {
			root = append(root, f)
		}
	}
	if len(root) != 1 {
		root = nil
	}
	for _, f := range files {
		if !isRecordName(f.Name) || form == signature.FormASiCS && withXAdES && f.Name != recordASN1Name && f.Name != recordXMLName {
			continue
		}
		var m *Manifest
		may := root
		if form != signature.FormASiCS {
			may = nil
			if i := slices.IndexFunc(manifests, func(m *Manifest) bool { return m.Record == f.Name }); i >= 0 {
				m, may = manifests[i], files
			}
		}
		if r, err := ReadInContainer(f.Name, f.Data, m, may); err == nil && len(out) < signature.MaxTimestamps {
			out = append(out, r)
		}
	}
	return out
}

// isRecordName tells records by their names (preservation §3).
func isRecordName(name string) bool {
	return strings.HasPrefix(name, metaFolder) && !strings.Contains(name, "Manifest") && strings.Contains(name, "evidencerecord") &&
		(strings.HasSuffix(name, ".ers") || strings.HasSuffix(name, ".xml"))
}

// Cover fills what a record of a container proves to have existed beside its data
// objects: the signatures, time-stamps and other records in the files that it covers, with what
// they carry (EN 319 102-1 §5.6.2.3). Call it once all of the container is read.
func Cover(record *signature.EvidenceRecord, doc *signature.Document) {
	covered := map[string]bool{}
	for _, ref := range record.References {
		if ref.Type == signature.RefArchiveObject && ref.Found && ref.Intact && ref.File != "" {
			covered[ref.File] = true
		}
	}
	for _, s := range doc.Signatures {
		if !covered[s.Path] || s.Path == "" {
			continue
		}
		record.Signatures = append(record.Signatures, s)
		record.CoversTokens = append(record.CoversTokens, s.Timestamps...)
		for _, list := range []struct{ to, from *[][]byte }{
			{&record.Covers.Certificates, &s.KeyInfo}, {&record.Covers.Certificates, &s.Embedded.Certificates},
			{&record.Covers.OCSPs, &s.Embedded.OCSPs}, {&record.Covers.CRLs, &s.Embedded.CRLs}} {
			*list.to = append(*list.to, *list.from...)
		}
	}
	for _, o := range doc.Records {
		if o != record && o.Path != "" && covered[o.Path] {
			record.CoversTokens = append(record.CoversTokens, o.Tokens...)
		}
	}
	for _, t := range doc.Timestamps {
		if t.Path != "" && covered[t.Path] && !slices.Contains(record.CoversTokens, t) {
			record.CoversTokens = append(record.CoversTokens, t)
		}
	}
}

func noSums(*chain, func([]byte) bool) {}

func noIDs() []evidence.ID { return nil }
