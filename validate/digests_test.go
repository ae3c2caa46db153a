package validate_test

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
)

// detachedCase is a detached signature with its contents, and with their digests as
// they are needed.
type detachedCase struct {
	raw     []byte
	files   []eutest.File
	digest  algo.Digest
	encoded bool
	octets  bool // what only the octets can show is in it: its verdict may be worse by digests
}

// detachedSignatures are one of each kind.
func detachedSignatures(w *world) map[string]detachedCase {
	one := contract[:1]
	first := one[0].Raw
	s, other := w.ca.Signer(), w.ca.Signer(eutest.RSA(2048))
	out := map[string]detachedCase{
		"XAdES":                  {raw: w.SignDetached(s, contract, eutest.SignOptions{}), files: contract, digest: algo.SHA256},
		"XAdES, SHA-512":         {raw: w.SignDetached(s, contract, eutest.SignOptions{Digest: crypto.SHA512}), files: contract, digest: algo.SHA512},
		"CAdES":                  {raw: w.SignCAdES(s, first, true, eutest.SignOptions{}), files: one, digest: algo.SHA256},
		"CAdES, SHA-512":         {raw: w.SignCAdES(other, first, true, eutest.SignOptions{Hash: crypto.SHA512}), files: one, digest: algo.SHA512},
		"CAdES, archived":        {raw: w.SignCAdES(s, first, true, eutest.SignOptions{Level: eutest.LTA}), files: one, digest: algo.SHA256},
		"CAdES, wrong value":     {raw: w.SignCAdES(s, first, true, eutest.SignOptions{WrongValue: true}), files: one, digest: algo.SHA256},
		"CAdES, two signers":     {raw: w.CMS(s.Certificate, first, eutest.CMSOptions{Detached: true, Also: []*eutest.Certificate{other.Certificate}}), files: one, digest: algo.SHA256},
		"CAdES, attached":        {raw: w.SignCAdES(s, first, false, eutest.SignOptions{}), files: one, digest: algo.SHA256},
		"token":                  {raw: w.tsa.Token(first, eutest.TokenOptions{}), files: one, digest: algo.SHA256},
		"JAdES":                  {raw: w.SignJAdESDetached(s, contract, false, eutest.SignOptions{}), files: contract, digest: algo.SHA256, encoded: true},
		"JAdES, raw":             {raw: w.SignJAdESDetached(s, contract, true, eutest.SignOptions{}), files: contract, digest: algo.SHA256},
		"JAdES, raw, SHA-384":    {raw: w.SignJAdESDetached(s, one, true, eutest.SignOptions{Digest: crypto.SHA384, Hash: crypto.SHA256}), files: one, digest: algo.SHA384},
		"JAdES, archived":        {raw: w.SignJAdESDetached(s, one, true, eutest.SignOptions{Level: eutest.LTA}), files: one, digest: algo.SHA256, octets: true},
		"JAdES, wrong value":     {raw: w.SignJAdESDetached(s, contract, true, eutest.SignOptions{WrongValue: true}), files: contract, digest: algo.SHA256},
		"JAdES, payload outside": {raw: withoutPayload(w.SignJAdES(s, first, eutest.SignOptions{}), first), files: one, digest: algo.SHA256, encoded: true, octets: true},
	}
	return out
}

// withoutPayload takes the payload out of a JWS: it is then detached.
func withoutPayload(raw, payload []byte) []byte {
	return []byte(strings.Replace(string(raw), `"payload":"`+base64.RawURLEncoding.EncodeToString(payload)+`",`, "", 1))
}

// of is the digest of a file, or of something else in its place.
func (c detachedCase) of(f eutest.File, content []byte, d algo.Digest) validate.Digested {
	if c.encoded {
		content = []byte(base64.RawURLEncoding.EncodeToString(content))
	}
	sum, _ := d.Sum(content)
	return validate.Digested{Name: f.Name, Digest: d, Sum: sum, Encoded: c.encoded}
}

// verdictsOf is what is said of each signature and time-stamp of a file.
func verdictsOf(t *testing.T, v *validate.Validator, req validate.Request) string {
	t.Helper()
	req.At, req.File.Name = judged, "a"
	got, err := v.Validate(req)
	if err != nil {
		t.Fatal(err)
	}
	if e := got.Report.Error; e != nil {
		return e.Code
	}
	var out []string
	for _, s := range got.Report.Signatures {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s", s.Indication, s.SubIndication)))
	}
	for _, s := range got.Report.Timestamps {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s", s.Indication, s.SubIndication)))
	}
	return strings.Join(out, ", ")
}

func passes(said string) bool {
	return said != "" && !strings.Contains(said, "FAILED") && !strings.Contains(said, "INDETERMINATE") && strings.Contains(said, "PASSED")
}

// A signature is judged by the digests of its contents as by the contents: right ones
// pass, altered ones fail, missing ones are not found. A digest never makes anything
// pass that the contents would not, and is never taken for an empty file.
func TestDigestsInPlaceOfContents(t *testing.T) {
	w := begin(t)
	all := detachedSignatures(w)
	for _, policy := range []string{"strict", "practice"} {
		v := w.validator(t, policy)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			c := all[name]
			contents := func(alter func(i int, raw []byte) []byte) (files []validate.File, digests, others []validate.Digested) {
				for i, f := range c.files {
					raw := alter(i, f.Raw)
					if raw == nil {
						continue
					}
					files = append(files, validate.File{Name: f.Name, Data: raw})
					digests = append(digests, c.of(f, raw, c.digest))
					others = append(others, c.of(f, raw, algo.SHA3_256))
				}
				return files, digests, others
			}
			for what, alter := range map[string]func(i int, raw []byte) []byte{
				"right":   func(_ int, raw []byte) []byte { return raw },
				"altered": func(_ int, raw []byte) []byte { return append([]byte("x"), raw...) },
				"empty":   func(int, []byte) []byte { return []byte{} },
				"missing": func(i int, raw []byte) []byte {
					if i == len(c.files)-1 {
						return nil
					}
					return raw
				},
			} {
				files, digests, others := contents(alter)
				file := validate.File{Data: c.raw}
				byContent := verdictsOf(t, v, validate.Request{File: file, Detached: files})
				byDigest := verdictsOf(t, v, validate.Request{File: file, Digests: digests})
				byOther := verdictsOf(t, v, validate.Request{File: file, Digests: others})
				if byDigest != byContent && !c.octets {
					t.Errorf("%s, %s, %s: %s by digests and %s by contents", policy, name, what, byDigest, byContent)
				}
				if passes(byDigest) && !passes(byContent) || passes(byOther) && !passes(byContent) {
					t.Errorf("%s, %s, %s: passes by digests (%s), and by contents it is %s", policy, name, what, byDigest, byContent)
				}
				if passes(byOther) && name != "CAdES, attached" {
					t.Errorf("%s, %s, %s: passes by digests of an algorithm that nothing is signed with: %s", policy, name, what, byOther)
				}
				// Of JAdES the signing input is a reference: a wrong value is a hash failure.
				if strings.Contains(byOther, "HASH_FAILURE") && name != "JAdES, wrong value" {
					t.Errorf("%s, %s, %s: a digest of another algorithm is taken for altered content: %s", policy, name, what, byOther)
				}
				short := slices.Clone(digests)
				for i := range short {
					short[i].Sum = short[i].Sum[:8]
				}
				if got := verdictsOf(t, v, validate.Request{File: file, Digests: short}); passes(got) && name != "CAdES, attached" {
					t.Errorf("%s, %s, %s: passes by digests that were cut short: %s", policy, name, what, got)
				}
			}
		}
	}
}

// What is said, in words, so that the law above does not hold for everything failing.
func TestDigestsAreToldApart(t *testing.T) {
	w := begin(t)
	all, v := detachedSignatures(w), w.validator(t, "practice")
	cms, jws := all["CAdES"], all["JAdES"]
	one := contract[0]
	right := func(c detachedCase) (out []validate.Digested) {
		for _, f := range c.files {
			out = append(out, c.of(f, f.Raw, c.digest))
		}
		return out
	}
	wrong := cms.of(one, []byte("x"), algo.SHA256)
	octets := slices.Clone(right(jws))
	for i := range octets {
		octets[i] = all["JAdES, raw"].of(contract[i], contract[i].Raw, algo.SHA256)
	}
	twoHashes := w.CMS(w.ca.Signer(eutest.RSA(2048)).Certificate, one.Raw, eutest.CMSOptions{Detached: true, Digest: crypto.SHA512})
	for name, test := range map[string]struct {
		file    []byte
		digests []validate.Digested
		want    string
	}{
		"CAdES":                         {cms.raw, right(cms), "TOTAL-PASSED"},
		"CAdES, archived":               {all["CAdES, archived"].raw, right(cms), "TOTAL-PASSED"},
		"CAdES, altered":                {cms.raw, []validate.Digested{wrong}, "TOTAL-FAILED HASH_FAILURE"},
		"CAdES, contradicting":          {cms.raw, append(right(cms), wrong), "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		"CAdES, also another algorithm": {cms.raw, append(right(cms), cms.of(one, one.Raw, algo.SHA512)), "TOTAL-PASSED"},
		"CAdES, two contents":           {cms.raw, append(right(cms), validate.Digested{Name: "b", Digest: algo.SHA256, Sum: wrong.Sum}), "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		"CAdES, another algorithm":      {twoHashes, right(cms), "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		"CAdES, of the base64url text":  {cms.raw, []validate.Digested{jws.of(one, one.Raw, algo.SHA256)}, "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		"JAdES":                         {jws.raw, right(jws), "TOTAL-PASSED"},
		"JAdES, of the octets":          {jws.raw, octets, "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		"JAdES, raw":                    {all["JAdES, raw"].raw, octets, "TOTAL-PASSED"},
		"JAdES, one missing":            {jws.raw, right(jws)[:1], "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		"JAdES, payload outside":        {all["JAdES, payload outside"].raw, right(all["JAdES, payload outside"]), "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		"token":                         {all["token"].raw, right(cms), "PASSED"},
		"token, altered":                {all["token"].raw, []validate.Digested{wrong}, "FAILED HASH_FAILURE"},
		"container":                     {w.Sign(w.ca.Signer(), contract, eutest.SignOptions{}), right(cms), "unsupported-format"},
		"neither":                       {[]byte("plain text"), right(cms), "unsupported-format"},
		"empty":                         {nil, right(cms), "unsupported-format"},
	} {
		if got := verdictsOf(t, v, validate.Request{File: validate.File{Data: test.file}, Digests: test.digests}); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
