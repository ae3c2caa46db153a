package ades_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

// Attacks by the container: X13 and Z.

func TestX13_NamesAndReferences(t *testing.T) {
	forgedTwin := func(uri, twin string) func(*scene) []byte {
		return func(s *scene) []byte {
			files := []eutest.File{eutest.Text("a b.txt", "I owe you.")}
			c := s.Container(files...).Sign(s.issuer().Signer(), eutest.SignOptions{BeforeDigests: replace(`URI="a%20b.txt"`, `URI="`+uri+`"`)})
			return c.Replace("a b.txt", []byte("You owe me.")).Add(eutest.Text(twin, "Nobody owes.")).Bytes()
		}
	}
	withstand(t, []attack{
		{name: "percent-encoded", made: forgedTwin("a%20b.txt", "a%20b.txt")},
		{name: "encoded twice", made: forgedTwin("a%2520b.txt", "a%20b.txt")},
		{name: "a plus sign", made: forgedTwin("a+b.txt", "a+b.txt")},
		{name: "dots", made: forgedTwin("./a%20b.txt", "x/a b.txt")},
	})
}

func TestZ1_Bombs(t *testing.T) {
	zeros := make([]byte, 64<<20)
	withstand(t, []attack{
		{name: "ratio", made: archive(func(a *eutest.Archive) {
			a.Entries = append(a.Entries, eutest.Entry{Name: "zeros", Data: zeros, Deflate: true})
		}), want: []string{refuse(signature.Hostile), refuse(signature.TooLarge)}},
		{name: "entries", made: archive(func(a *eutest.Archive) {
			for i := range 2000 {
				a.Entries = append(a.Entries, eutest.Entry{Name: strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26), Data: []byte("x")})
			}
		}), want: []string{refuse(signature.TooLarge), refuse(signature.Hostile)}},
		{name: "a lie about the size", made: archive(func(a *eutest.Archive) {
			a.Entries = append(a.Entries, eutest.Entry{Name: "zeros", Data: zeros[:8<<20], Deflate: true, ClaimedSize: 10})
		})},
	})
}

func TestZ2_Names(t *testing.T) {
	for _, name := range []string{"../evil.txt", "/etc/passwd", `C:\evil.txt`, `..\evil.txt`, "a/../../evil.txt", "nul\x00.txt"} {
		withstand(t, []attack{{name: strings.ReplaceAll(name, "/", "|"), made: archive(func(a *eutest.Archive) {
			a.Entries = append(a.Entries, eutest.Entry{Name: name, Data: []byte("x")})
		}), want: []string{misshapen, refuse(signature.Hostile), refuse(signature.Malformed)}}})
	}
}

func TestZ3_TwoMeanings(t *testing.T) {
	evil := []byte("You owe me.")
	withstand(t, []attack{
		{name: "two entries of one name", made: archive(func(a *eutest.Archive) {
			a.Entries = append(a.Entries, eutest.Entry{Name: "contract.txt", Data: evil})
		}), want: []string{misshapen}},
		{name: "two entries of one name, the evil one first", made: archive(func(a *eutest.Archive) {
			a.Entries = append([]eutest.Entry{a.Entries[0], {Name: "contract.txt", Data: evil}}, a.Entries[1:]...)
		}), want: []string{misshapen}},
		{name: "two signature files of one name", made: packed(func(c *eutest.Container) {
			c.Extra = append(c.Extra, eutest.Entry{Name: c.Signatures[0].Name, Data: c.Signatures[0].Raw})
		}), want: []string{misshapen, refuse(signature.Malformed)}},
		{name: "another name in the local header", made: archive(func(a *eutest.Archive) { find(a, "contract.txt").LocalName = "conTract.txt" })},
		{name: "other data in the local header", made: archive(func(a *eutest.Archive) {
			e := find(a, "contract.txt")
			e.LocalData, e.Deflate = []byte("I owe me."+" "), false
		})},
		{name: "a wrong checksum", made: archive(func(a *eutest.Archive) { find(a, "contract.txt").WrongCRC = true })},
		{name: "an entry that the directory does not know", made: archive(func(a *eutest.Archive) {
			a.Entries = append(a.Entries, eutest.Entry{Name: "hidden.txt", Data: evil, NoCentral: true})
		})},
		{name: "an entry that only the directory knows", made: archive(func(a *eutest.Archive) {
			a.Entries = append(a.Entries, eutest.Entry{Name: "ghost.txt", Data: evil, NoLocal: true})
		})},
		{name: "octets before", made: archive(func(a *eutest.Archive) { a.Prepend = []byte("#!/bin/sh\n") })},
		{name: "octets before, uncounted", made: archive(func(a *eutest.Archive) { a.Prepend, a.OldStart = []byte("PK#!/bin/sh\n"), true })},
		{name: "octets behind", made: archive(func(a *eutest.Archive) { a.Append = []byte("tail") }), want: []string{misshapen}},
		{name: "an archive behind the archive", made: archive(func(a *eutest.Archive) {
			other := eutest.Archive{Entries: []eutest.Entry{{Name: "mimetype", Data: []byte(eutest.ASiCE)}, {Name: "contract.txt", Data: evil}}}
			a.Append = other.Bytes()
		})},
	})
}

func TestZ4_ContainerRules(t *testing.T) {
	withstand(t, []attack{
		{name: "a missing file", made: packed(func(c *eutest.Container) { c.Remove("contract.txt").Add(eutest.Text("x.txt", "x")) }), want: []string{notFound}},
		{name: "no manifest", made: packed(func(c *eutest.Container) { c.NoManifest = true }), want: []string{misshapen}},
	})
	// What is odd but clear passes with a warning that says which files are meant.
	for name, made := range map[string]func(*scene) []byte{
		"late.txt":        packed(func(c *eutest.Container) { c.Add(eutest.Text("late.txt", "x")) }),
		"application/zip": packed(func(c *eutest.Container) { c.MIMEType = "application/zip" }),
	} {
		l := law{name: t.Name() + name, made: made}
		if o := l.judge(t); words(o.results[0].Conclusion) != passed || !strings.Contains(o.heard(), name) {
			t.Errorf("%s: %s, and it is not said%s", name, words(o.results[0].Conclusion), o.heard())
		}
	}
}

// Z5: each signature says which files it covers, and one moved to another
// container covers none.
func TestZ5_WhoSignedWhat(t *testing.T) {
	l := law{name: t.Name(), made: func(s *scene) []byte {
		signer := s.issuer().Signer()
		files := []eutest.File{eutest.Text("a.txt", "a"), eutest.Text("b.txt", "b")}
		return s.Container(files...).Sign(signer, eutest.SignOptions{Only: []string{"a.txt"}}).Sign(signer, eutest.SignOptions{Only: []string{"b.txt"}}).Bytes()
	}}
	o := l.judge(t)
	for i, want := range []string{"a.txt", "b.txt"} {
		var got []string
		for _, r := range o.results[i].Signature.References {
			if r.Found && r.Scope == signature.ScopeFull {
				got = append(got, r.File)
			}
		}
		if words(o.results[i].Conclusion) != passed || strings.Join(got, " ") != want {
			t.Errorf("signature %d: %s, covers %q, want %s", i, words(o.results[i].Conclusion), got, want)
		}
	}
	withstand(t, []attack{{name: "moved", made: func(s *scene) []byte {
		c := s.Container(contract...).Sign(s.issuer().Signer(), eutest.SignOptions{})
		c.Files = []eutest.File{eutest.Text("contract.txt", "You owe me.")}
		return c.Bytes()
	}, want: []string{changed}}})
}

func TestZ6_Entries(t *testing.T) {
	withstand(t, []attack{
		{name: "encrypted", made: archive(func(a *eutest.Archive) { find(a, "contract.txt").Encrypted = true })},
		{name: "an unknown method", made: archive(func(a *eutest.Archive) { find(a, "contract.txt").Method = 99 })},
		{name: "no name", made: archive(func(a *eutest.Archive) { a.Entries = append(a.Entries, eutest.Entry{Name: "", Data: []byte("x")}) })},
		{name: "an encrypted signature", made: archive(func(a *eutest.Archive) { find(a, "META-INF/signatures0.xml").Encrypted = true })},
		{name: "nothing", made: func(*scene) []byte { return []byte("PK\x05\x06" + strings.Repeat("\x00", 18)) }, want: []string{refuse(signature.UnsupportedFormat), refuse(signature.Malformed)}},
		{name: "cut off", made: func(s *scene) []byte { raw := by()(s); return raw[:len(raw)-30] }},
		{name: "a lone PK", made: func(*scene) []byte { return bytes.Repeat([]byte("PK"), 40) }},
	})
}
