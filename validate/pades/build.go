package pades

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// build makes the document of the signatures and document time-stamps.
func (f *file) build(all []*signed, doc *signature.Document) error {
	stores := f.dssByRevision()
	for _, s := range all {
		if s.stamp {
			s.timestamp = s.documentTimestamp()
			doc.Timestamps = append(doc.Timestamps, s.timestamp)
			continue
		}
		if err := f.signature(s, stores); err != nil {
			return err
		}
		doc.Signatures = append(doc.Signatures, s.signature)
	}
	b := bag{f: f}
	for i, d := range stores {
		if i == 0 || d != stores[i-1] {
			b.all(d)
		}
	}
	doc.Embedded = b.Material
	f.attach(all, stores)
	f.cover(all, stores)
	for _, s := range all {
		if !s.stamp {
			f.structure(s, all, stores)
		}
	}
	findDuplicates(doc.Signatures)
	return nil
}

// documentTimestamp is the time-stamp that a signature dictionary with SubFilter
// ETSI.RFC3161 holds; its imprint is that of the octets of ByteRange.
func (s *signed) documentTimestamp() *signature.Timestamp {
	content, valid := s.content, s.valid
	return &signature.Timestamp{Type: signature.DocumentTimestamp, Raw: s.token.Raw, Path: s.field.name,
		Imprint: func(d algo.Digest) ([]byte, bool) {
			if !valid {
				return nil, false
			}
			return content.Sum(d)
		}}
}

// signature reads one CMS signature: its first SignerInfo, over the octets of
// ByteRange whatever its eContent says (formats §5.1).
func (f *file) signature(s *signed, stores []*dss) error {
	v := f.last()
	one := *s.cms
	one.Signers = one.Signers[:1]
	over := s.content
	sha1 := s.subFilter == "adbe.pkcs7.sha1"
	if !sha1 {
		one.HasContent, one.Content = false, nil
	}
	read, err := cades.ReadSignedData(&one, s.field.name, over, cades.InPDF)
	if err != nil {
		return err
	}
	if len(read) == 0 {
		return malformed("a CMS without signature")
	}
	out := read[0]
	s.signature = out
	out.Form, out.Path = signature.FormPAdES, s.field.name
	out.PDF = &signature.PDFEntries{Reason: v.entry(s.d, "Reason"), Location: v.entry(s.d, "Location"), ByteRange: s.rangeOf}
	if m, ok := v.resolve(s.d.get("M")).(str); ok {
		if t, zone, ok := date(v.text(m)); ok {
			out.ClaimedSigningTime = t
			if !zone {
				s.problem(signature.TimeWithoutZone, "The claimed signing time %s has no time zone; it was read as UTC.", quoted(v.text(m)))
			}
		}
	}
	for _, r := range out.References {
		s.reference(r, sha1)
	}
	if n := len(s.cms.Signers); n != 1 {
		s.problem(signature.SeveralSignerInfos, "The CMS of %s has %d SignerInfos, not one; the first is read.", s.what(), n)
	}
	if s.cms.HasContent && !sha1 {
		// RFC 5652 §5.4: with an eContent it is that what is signed; a value over
		// other octets is not one of this CMS.
		if sum, ok := out.References[0].Digest.Sum(s.cms.Content); !ok || !bytes.Equal(sum, out.References[0].Value) {
			out.ValueProblem = "the CMS has an eContent of its own, which its message-digest is not of"
		}
	}
	f.embed(s, stores)
	return nil
}

// reference holds the digest against ByteRange too.
func (s *signed) reference(r *signature.Reference, sha1 bool) {
	r.Found = true
	r.Scope = signature.ScopeFull
	if s.coverage != signature.CoversFile {
		r.Scope = signature.ScopePartial
	}
	if sha1 {
		// What is signed is the SHA-1 of the octets (ISO 32000-1 §12.8.3.3.1).
		r.DataID = s.content.ID()
		sum, _ := s.content.Sum(algo.SHA1)
		if !bytes.Equal(sum, s.cms.Content) {
			r.Intact, r.Computed = false, sum
			r.Why = "eContent is not the SHA-1 of the octets that ByteRange names"
		}
	}
	if !s.valid {
		r.Intact = false
		r.Why = "its ByteRange is not valid: " + s.why
	}
}

// embed adds the material of the document security stores of later revisions, and
// the certificates there that the SignerInfo names.
func (f *file) embed(s *signed, stores []*dss) {
	b := bag{f: f}
	b.add(s.signature.Embedded)
	var last *dss
	for _, d := range stores[min(s.rev+1, len(stores)):] {
		if d == nil || d == last {
			continue
		}
		last = d
		b.add(d.material)
		if own := d.of(s); own != nil {
			b.add(own.material)
		}
	}
	s.signature.Embedded = b.Material
	if len(s.signature.KeyInfo) > 0 {
		return
	}
	for _, raw := range b.Certificates {
		if c, err := certificate.Parse(raw); err == nil && s.cms.Signers[0].Names(c) && len(s.signature.KeyInfo) < 20 {
			s.signature.KeyInfo = append(s.signature.KeyInfo, raw)
		}
	}
}

// attach gives each signature the time-stamps that stand outside its CMS: that of
// its VRI entry, and every document time-stamp after it.
func (f *file) attach(all []*signed, stores []*dss) {
	for i, s := range all {
		if s.stamp {
			continue
		}
		seen := map[evidence.ID]bool{}
		for _, d := range stores[min(s.rev+1, len(stores)):] {
			if d == nil {
				continue
			}
			own := d.of(s)
			if own == nil || own.stamp == nil || seen[f.idOf(own.stamp)] || len(s.signature.Timestamps) >= signature.MaxTimestamps {
				continue
			}
			seen[f.idOf(own.stamp)] = true
			token, err := tst.Parse(own.stamp)
			if err != nil {
				s.problem(signature.BadStructure, "The time-stamp of its VRI dictionary cannot be read: %v.", err)
				continue
			}
			value := s.signature.Value
			s.signature.Timestamps = append(s.signature.Timestamps, &signature.Timestamp{Type: signature.VRITimestamp, Raw: token.Raw, CoversSignature: true,
				Imprint: func(d algo.Digest) ([]byte, bool) { return d.Sum(value) }})
		}
		for _, t := range all[i+1:] {
			if t.stamp && len(s.signature.Timestamps) < signature.MaxTimestamps {
				s.signature.Timestamps = append(s.signature.Timestamps, t.timestamp)
			}
		}
	}
}

// cover says of each document time-stamp what a valid one proves to have existed:
// all that stands in the octets that it covers (EN 319 102-1 §5.6.2.3).
func (f *file) cover(all []*signed, stores []*dss) {
	for i, t := range all {
		if !t.stamp {
			continue
		}
		b := bag{f: f}
		var last *dss
		for rev := 0; rev <= t.rev && rev < len(stores); rev++ {
			if stores[rev] != last {
				b.all(stores[rev])
				last = stores[rev]
			}
		}
		seen := map[*signature.Timestamp]bool{}
		token := func(o *signature.Timestamp) {
			if o != t.timestamp && !seen[o] {
				seen[o] = true
				t.timestamp.CoversTokens = append(t.timestamp.CoversTokens, o)
			}
		}
		for _, s := range all[:i] {
			if s.end() > t.rangeOf[1] { // not within what it covers
				continue
			}
			if s.stamp {
				token(s.timestamp)
				b.add(signature.Material{Certificates: s.cms.Certificates, OCSPs: s.cms.OCSPs, CRLs: s.cms.CRLs})
				continue
			}
			t.timestamp.CoversSignature = true
			t.timestamp.CoversSignatures = append(t.timestamp.CoversSignatures, s.signature)
			values := s.cms.EmbeddedValues()
			b.add(signature.Material{Certificates: s.cms.AllCertificates(), OCSPs: append(s.cms.OCSPs[:len(s.cms.OCSPs):len(s.cms.OCSPs)], values.OCSPs...),
				CRLs: append(s.cms.CRLs[:len(s.cms.CRLs):len(s.cms.CRLs)], values.CRLs...)})
			for _, o := range s.signature.Timestamps {
				if o.Type != signature.DocumentTimestamp && (o.Type != signature.VRITimestamp || t.rev > s.rev) {
					token(o)
				}
			}
			for _, r := range s.signature.References {
				if r.Found && r.Intact {
					t.timestamp.CoversData = append(t.timestamp.CoversData, r.DataID)
				}
			}
		}
		t.timestamp.Covers = b.Material
	}
}

// findDuplicates reports signatures that stand in the file twice (EN 319 102-1
// §5.2.2).
func findDuplicates(all []*signature.Signature) {
	count := map[string]int{}
	for _, s := range all {
		count[s.ID]++
	}
	for _, s := range all {
		if n := count[s.ID]; n > 1 {
			s.Problems = append(s.Problems, signature.Problem{Code: signature.DuplicateSignature, Says: fmt.Sprintf("The same signature stands %d times in the file.", n)})
		}
	}
}
