package ades_test

import (
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// 5.2.2 format checking, with the container rules of EN 319 162-1.
func TestLaw5_2_2(t *testing.T) { hold(t, lawsFormat) }

const (
	misshapen = failed + "FORMAT_FAILURE"
	wellMade  = "a well-made container"
	accept    = "constraint\tSignatureConstraints/AcceptableFormats\tFAIL\t"
	simple    = "an ASiC-S container of one file"
)

func packed(edit func(c *eutest.Container)) func(*scene) []byte {
	return altered(eutest.SignOptions{}, edit)
}

// asicS is a container that says it is an ASiC-S.
func asicS(edit func(c *eutest.Container)) func(*scene) []byte {
	return func(s *scene) []byte {
		s.name = "file.asics"
		c := s.Container(contract...)
		c.MIMEType, c.NoManifest = eutest.ASiCS, true
		c.Sign(s.issuer().Signer(), eutest.SignOptions{})
		edit(c)
		return c.Bytes()
	}
}

// archive has the ZIP file edited, entry by entry.
func archive(edit func(a *eutest.Archive)) func(*scene) []byte {
	return packed(func(c *eutest.Container) { c.Edit = edit })
}

func find(a *eutest.Archive, name string) *eutest.Entry {
	for i := range a.Entries {
		if a.Entries[i].Name == name {
			return &a.Entries[i]
		}
	}
	panic("no entry " + name)
}

var lawsFormat = []law{
	{name: wellMade, made: packed(func(*eutest.Container) {}), want: passed},
	{name: simple, made: asicS(func(*eutest.Container) {}), want: passed},
	{name: "an ASiC-S container whose signature file has a number is told of", good: simple,
		made: asicS(func(c *eutest.Container) { c.Signatures[0].Name = "META-INF/signatures0.xml" }), want: passed, fires: []string{"FC-FILE-NAME"}},
	{name: "an ASiC-E container whose signature file lies deeper, where names must be right", good: wellMade, levels: map[string]policy.Level{"ContainerConstraints/FilenameAdherence": policy.Fail},
		made: packed(func(c *eutest.Container) { c.Signatures[0].Name = "META-INF/deeper/signatures0.xml" }), want: misshapen, fires: []string{"FC-FILE-NAME"}},
	{name: "no mimetype file is told of", good: wellMade, made: packed(func(c *eutest.Container) { c.MIMEType = "" }), want: passed, fires: []string{"FC-MIMETYPE-PRESENT"}},
	{name: "no mimetype file and no name of a container", good: wellMade, made: func(s *scene) []byte {
		s.name = "file.zip"
		return packed(func(c *eutest.Container) { c.MIMEType = "" })(s)
	}, want: passed, fires: []string{"FC-MIMETYPE-PRESENT"}},
	{name: "another mimetype is warned of", good: wellMade, made: packed(func(c *eutest.Container) { c.MIMEType = "application/zip" }), want: passed, fires: []string{"FC-MIMETYPE-CONTENT"}},
	{name: "another mimetype fails where it must be right", good: wellMade, made: packed(func(c *eutest.Container) { c.MIMEType = "application/zip" }),
		values: "constraint\tContainerConstraints/AcceptableMimeTypeFileContent\tFAIL\tx\n", want: misshapen, fires: []string{"FC-MIMETYPE-CONTENT"}},
	{name: "an ASiC-E container has a manifest", good: wellMade, made: packed(func(c *eutest.Container) { c.NoManifest = true }), want: misshapen, fires: []string{"FC-MANIFEST"}},
	{name: "an unreadable manifest is none", good: wellMade, made: packed(func(c *eutest.Container) { c.Manifest = func(string) string { return "<manifest" } }),
		want: misshapen, fires: []string{"FC-MANIFEST"}},
	{name: "a container of nothing", good: wellMade, made: packed(func(c *eutest.Container) { c.Remove("contract.txt") }), want: misshapen, fires: []string{"FC-SIGNED-FILES"}},
	{name: "an ASiC-S container of two files", good: simple, made: asicS(func(c *eutest.Container) { c.Add(eutest.Text("other.txt", "x")) }),
		want: misshapen, fires: []string{"FC-SIGNED-FILES"}},
	{name: "a file beside those signed is warned of", good: wellMade, made: packed(func(c *eutest.Container) { c.Add(eutest.Text("late.txt", "x")) }),
		want: passed, fires: []string{"FC-ALL-FILES-SIGNED"}},
	{name: "a file beside those signed fails where all must be", good: wellMade, made: packed(func(c *eutest.Container) { c.Add(eutest.Text("late.txt", "x")) }),
		levels: map[string]policy.Level{"ContainerConstraints/AllFilesSigned": policy.Fail}, want: misshapen, fires: []string{"FC-ALL-FILES-SIGNED"}},
	{name: "a signature that stands twice in one file", good: wellMade, made: sign(eutest.SignOptions{After: func(x string) string {
		i, j := strings.Index(x, "<ds:Signature "), strings.LastIndex(x, "</asic:")
		return x[:j] + x[i:j] + x[j:]
	}}), want: misshapen, fires: []string{"FC-DUPLICATE-SIGNATURE"}},
	{name: "a signature that stands in two files is told of, and each is judged", good: wellMade, made: packed(func(c *eutest.Container) {
		c.Extra = append(c.Extra, eutest.Entry{Name: "META-INF/signatures9.xml", Data: c.Signatures[0].Raw})
	}), want: passed, fires: []string{"SAV-STRUCTURE"}},
	{name: "an Id that stands twice", good: wellMade, made: sign(eutest.SignOptions{After: replace("<ds:KeyInfo>", `<ds:KeyInfo Id="S0-SignedProperties">`)}),
		want: misshapen, fires: []string{"FC-AMBIGUOUS-REFERENCE"}},
	{name: "two entries of one name", good: wellMade, made: archive(func(a *eutest.Archive) {
		a.Entries = append(a.Entries, eutest.Entry{Name: "contract.txt", Data: []byte("You owe me.")})
	}), want: misshapen, fires: []string{"FC-AMBIGUOUS-FILE"}},
	{name: "a comment changes nothing", made: archive(func(a *eutest.Archive) { a.Comment = "made by a test" }), want: passed},
	{name: "a data descriptor changes nothing", made: archive(func(a *eutest.Archive) { find(a, "contract.txt").Descriptor = true }), want: passed},
	{name: "an empty file can be signed", made: func(s *scene) []byte {
		return s.Sign(s.issuer().Signer(), []eutest.File{eutest.Text("empty.txt", "")}, eutest.SignOptions{})
	}, want: passed},
	{name: "a file of another alphabet can be signed", made: func(s *scene) []byte {
		return s.Sign(s.issuer().Signer(), []eutest.File{eutest.Text("läbi & ümber+100%.txt", "x"), eutest.Text("договір.txt", "y")}, eutest.SignOptions{})
	}, want: passed},
	{name: "a level that the policy accepts", values: accept + "XAdES-BASELINE-LT XAdES-BASELINE-LTA\n", made: sign(eutest.SignOptions{}), want: passed},
	{name: "a level that the policy does not accept", good: "a level that the policy accepts", values: accept + "XAdES-BASELINE-LTA\n", made: sign(eutest.SignOptions{}),
		want: misshapen, fires: []string{"FC-FORMAT-ACCEPTED"}},
	{name: "each signature is judged by itself: the first", made: twoSigners, want: passed},
	{name: "each signature is judged by itself: the second", good: "each signature is judged by itself: the first", made: twoSigners, sig: 1, want: unproven, bst: stamped,
		fires: []string{"XCV-REVOKED"}},
}

// twoSigners: the second one was revoked before.
func twoSigners(s *scene) []byte {
	ca := s.issuer()
	c := s.Container(contract...).Sign(ca.Signer(), eutest.SignOptions{})
	return c.Sign(ca.Signer().RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise), eutest.SignOptions{}).Bytes()
}
