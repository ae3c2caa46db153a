package eutest

import (
	"bytes"
	"crypto"
	"slices"
	"time"
)

// RecordOptions say how an evidence record is made (RFC 4998). The zero value: one
// archive time-stamp of the world's clock, by SHA-256.
type RecordOptions struct {
	TSA    *TSA
	Stamps []RecordStamp // the first one, and those that renew it
	// Foreign: the record is over something else than the data.
	Foreign bool
	// Beside are data that the same archive time-stamp protects, and that are not at hand.
	Beside [][]byte
}

// RecordStamp is one archive time-stamp of a record.
type RecordStamp struct {
	Time  time.Time // default the world's clock
	TSA   *TSA      // default that of the options
	Token TokenOptions
	// Hash of the chain; with another than the one before a new chain begins:
	// hash-tree renewal (RFC 4998 §5.3). Default SHA-256, then that of the one before.
	Hash crypto.Hash
	// Broken: the time-stamp renews something else.
	Broken bool
}

// recordChain is an ArchiveTimeStampChain in the making.
type recordChain struct {
	hash   crypto.Hash
	stamps [][]byte // ArchiveTimeStamps
}

// EvidenceRecord is a record over data.
func (w *World) EvidenceRecord(o RecordOptions, data ...[]byte) []byte {
	w.tb.Helper()
	if len(o.Stamps) == 0 {
		o.Stamps = []RecordStamp{{}}
	}
	data = slices.Concat(data, o.Beside)
	if o.Foreign {
		data = [][]byte{[]byte("something else"), []byte("and more")}
	}
	var chains []*recordChain
	var last *recordChain
	var token []byte
	for i, s := range o.Stamps {
		if s.Hash == 0 {
			s.Hash = crypto.SHA256
			if last != nil {
				s.Hash = last.hash
			}
		}
		var values [][]byte
		switch {
		case i == 0:
			values = digests(s.Hash, data)
		case s.Hash == last.hash:
			values = [][]byte{digestOf(s.Hash, token)}
		default: // the hash of each document's hash and of all chains before
			before := digestOf(s.Hash, chainsDER(chains))
			for _, d := range data {
				values = append(values, digestOf(s.Hash, append(digestOf(s.Hash, d), before...)))
			}
		}
		if s.Broken {
			values = digests(s.Hash, [][]byte{[]byte("another time-stamp")})
		}
		if last == nil || s.Hash != last.hash {
			last = &recordChain{hash: s.Hash}
			chains = append(chains, last)
		}
		token = w.recordToken(&o, s, values)
		last.stamps = append(last.stamps, archiveTimestamp(values, token))
	}
	var algorithms [][]byte
	for _, c := range chains {
		algorithms = append(algorithms, sequence(oid(hashOIDs[c.hash])))
	}
	return sequence(small(1), sequence(algorithms...), chainsDER(chains))
}

func digests(hash crypto.Hash, data [][]byte) [][]byte {
	var out [][]byte
	for _, d := range data {
		out = append(out, digestOf(hash, d))
	}
	return out
}

// recordToken is a token whose imprint is the root over hash values (RFC 4998 §4.2):
// one value is its own root, several are sorted and hashed together.
func (w *World) recordToken(o *RecordOptions, s RecordStamp, values [][]byte) []byte {
	w.tb.Helper()
	tsa := s.TSA
	if tsa == nil {
		tsa = o.TSA
	}
	if tsa == nil {
		w.tb.Fatalf("virtual EU: an evidence record needs a TSA")
	}
	s.Token.Time, s.Token.Hash = s.Time, s.Hash
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, bytes.Compare)
	if len(values) == 1 {
		s.Token.Imprint = values[0]
	}
	return tsa.Token(bytes.Join(sorted, nil), s.Token)
}

// archiveTimestamp is an ArchiveTimeStamp with a reduced hash tree of one list.
func archiveTimestamp(values [][]byte, token []byte) []byte {
	var list [][]byte
	for _, v := range values {
		list = append(list, octets(v))
	}
	return sequence(tlv(0xa2, sequence(list...)), token)
}

// chainsDER is an ArchiveTimeStampSequence.
func chainsDER(chains []*recordChain) []byte {
	var out [][]byte
	for _, c := range chains {
		out = append(out, sequence(c.stamps...))
	}
	return sequence(out...)
}
