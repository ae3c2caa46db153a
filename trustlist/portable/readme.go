package portable

import (
	"fmt"
	"strings"
	"time"
)

// readme says in plain words what the file is and how to check it with common tools.
// It depends on the manifest alone.
func readme(m *Manifest) []byte {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say(`This file carries EU trusted lists (ETSI TS 119 612) to where there is no network.
It was written by 'vidimus trust export' and is read by 'vidimus trust import'.

The lists were authenticated on %s. There are %d of them.
Each is octet for octet as its publisher signed it: nothing was added to a list.`, m.Made.UTC().Format(time.RFC3339), len(m.Lists))
	say(`
To check it by hand

1. Unpack it, and compare the hashes:
     unzip FILE -d lists-export && cd lists-export
     sha256sum -c SHA256SUMS
     sha512sum -c SHA512SUMS

2. Check who may sign. The chain of trust begins at certificates published in the
   Official Journal of the European Union. On the side that exported, it was:`)
	journal := m.Journal
	if journal == "" {
		journal = "certificates of the operator's own choice"
	}
	say("     %s", plain(journal))
	for _, a := range m.Anchors {
		say("     SHA-256 %s", a)
	}
	say(`   Do not take these from here: get the notice from EUR-Lex, and compare. They sign
   the oldest pivot; each pivot names the signers of the next list of lists; the list
   of lists names those of each national list (X509Certificate in the pointer to it).

3. Check the signature of a list with the certificate of its signer, for example:
     xmlsec1 --verify --enabled-key-data x509 \
       --pubkey-cert-pem signers/HEX.pem \
       --id-attr:Id SignedProperties \
       lists/EE.xml
   'signers/HEX.pem' is the certificate that signed it, named by its SHA-256;
   manifest.json says which belongs to which list. To compare it with step 2:
     openssl x509 -in signers/HEX.pem -noout -fingerprint -sha256

'vidimus trust import' does all of this again, from its own anchors. It believes
nothing that this file says of itself, and refuses a list that is older than one
that it has accepted before.

What is in it
`)
	for _, l := range m.Lists {
		next := "closed"
		if l.NextUpdate != nil {
			next = "next update by " + day(*l.NextUpdate)
		}
		say("  %-28s %-5s number %d of %s, %s, signed by %s", l.File, l.Role, l.Sequence, day(l.Issued), next, plain(l.SignedBy))
	}
	for _, r := range m.Rejected {
		say("  not used, and not in it: %s: %s", plain(r.File), plain(r.Why))
	}
	for _, x := range m.Missing {
		say("  missing: %s", plain(x.Says))
	}
	return []byte(b.String())
}

// plain keeps what a list says to printable ASCII: this text is read on terminals of
// any kind, and a name may not pretend to be a line of ours (attack S3).
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, s)
}
