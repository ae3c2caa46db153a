package cades

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// OpenToken reads a time-stamp token that is a file by itself: one content
// time-stamp over the one file given beside it (formats §8). An error is a
// *signature.ReadError.
func OpenToken(data []byte, files []File) (*signature.Document, error) {
	if err := tooLarge(data); err != nil {
		return nil, err
	}
	return openToken(data, detached(files))
}

func openToken(data []byte, content *Content) (*signature.Document, error) {
	t, err := ReadToken(data, "", content)
	if err != nil {
		return nil, err
	}
	t.Type = signature.ContentTimestamp
	return &signature.Document{Form: signature.FormTimestamp, Timestamps: []*signature.Timestamp{t}}, nil
}

// ReadToken reads a time-stamp token over content, which is nil where it is not
// at hand; path is the file in the container. Its type is CONTAINER_TIMESTAMP. An
// error is a *signature.ReadError: a TimeStampResp, other CMS, or no CMS.
func ReadToken(data []byte, path string, content *Content) (*signature.Timestamp, error) {
	where := "the time-stamp"
	if path != "" {
		where = fmt.Sprintf("%q", path)
	}
	token, err := tst.Parse(data)
	if err != nil {
		return nil, malformed(where, err)
	}
	t := &signature.Timestamp{Type: signature.ContainerTimestamp, Raw: token.Raw, Path: path}
	t.Imprint = func(d algo.Digest) ([]byte, bool) { return content.Sum(d) }
	for _, p := range token.Problems {
		t.Problems = append(t.Problems, signature.Problem{Code: signature.BadStructure, Says: p + "."})
	}
	r := &signature.Reference{Type: signature.RefMessageImprint, Digest: token.HashAlgorithm, DigestName: token.HashOID,
		Value: token.Imprint, Found: content != nil, Scope: signature.ScopeFull, NameMatches: true}
	if content == nil {
		r.Why = "the time-stamped data are not in the file, and were not given beside it"
	} else if r.Why = content.lacks(token.HashAlgorithm, token.HashOID); r.Why != "" {
		r.Found = false
	} else {
		r.Name, r.File, r.DataID = content.Name, content.Name, content.ID()
		r.Computed, _ = content.Sum(token.HashAlgorithm)
		r.Intact = r.Computed != nil && bytes.Equal(r.Computed, token.Imprint)
		t.CoversData = known(r.DataID)
		if r.Computed == nil {
			r.Why = fmt.Sprintf("the digest algorithm %s is not known", token.HashOID)
		}
	}
	t.References = []*signature.Reference{r}
	return t, nil
}

// AddContainerTimestamp puts a time-stamp of the container under a signature whose
// file its manifest lists (formats §12.3): the signature is then of an archive
// level.
func AddContainerTimestamp(s *signature.Signature, t *signature.Timestamp) {
	s.Timestamps = append(s.Timestamps, t)
	s.Structure.ArchiveTimestamp = true
	s.Structure.HasCertificateValues = sharesCertificates(s)
}
