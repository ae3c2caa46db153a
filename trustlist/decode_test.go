package trustlist

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// TestDecodeRefuses: what is cut short, too long, of another list or another version,
// and numbers that promise more than is there.
func TestDecodeRefuses(t *testing.T) {
	l := mustParse(t, oddLists(t)[0])
	encoded, err := Encode(l)
	if err != nil {
		t.Fatal(err)
	}
	reader := NewReader()
	// with is an encoding of that content, and of certificates behind it.
	with := func(content []byte, certificates ...byte) []byte {
		return slices.Concat(encodingHead(l.SHA256), binary.BigEndian.AppendUint32(nil, uint32(len(content))), content, certificates)
	}
	refused := func(name string, encoded []byte, id evidence.ID) {
		t.Helper()
		before := allocated()
		if got, err := reader.Decode(encoded, l.Raw, id); err == nil || got != nil || !strings.HasPrefix(err.Error(), "decoding trusted list: ") {
			t.Errorf("%s: %v", name, err)
		}
		if took := allocated() - before; took > 4<<20 {
			t.Errorf("%s: %d octets of memory for %d", name, took, len(encoded))
		}
	}
	for n := range encoded {
		refused("cut short", encoded[:n:n], l.SHA256)
	}
	refused("octets that follow", append(bytes.Clone(encoded), 0), l.SHA256)
	refused("another list", encoded, evidence.ID{1})
	refused("too long", make([]byte, MaxEncoding(len(l.Raw))+1), l.SHA256)
	older := bytes.Clone(encoded)
	older[len(encodingMagic)]++
	refused("another version", older, l.SHA256)
	for _, n := range []uint64{1, 1 << 20, math.MaxInt32, math.MaxInt32 + 1, math.MaxUint64} {
		number := binary.AppendUvarint(nil, n)
		refused("content", slices.Concat(encodingHead(l.SHA256), binary.BigEndian.AppendUint32(nil, uint32(n)), []byte{0}), l.SHA256)
		refused("strings", with(number), l.SHA256)
		refused("a string's length", with(append([]byte{1}, number...)), l.SHA256)
		refused("certificates", with(append([]byte{0}, number...)), l.SHA256)
		refused("a certificate's length", with(slices.Concat([]byte{0, 1}, make([]byte, 32), number)), l.SHA256)
		for at := range 20 {
			if n == 1 {
				break // as many as it may say
			}
			refused("some number", with(slices.Concat([]byte{0, 0}, make([]byte, at), number)), l.SHA256)
		}
	}
	good, other := testCertificate(t, nil), testCertificate(t, nil)
	table := func(c *certificate.Certificate, length int) []byte {
		return append(binary.AppendUvarint(append([]byte{0, 1}, c.ID[:]...), uint64(length)), make([]byte, 14)...) // and nothing in the list
	}
	if _, err := reader.Decode(with(table(good, len(good.Raw)), good.Raw...), l.Raw, l.SHA256); err != nil {
		t.Errorf("one certificate and nothing else: %v", err)
	}
	refused("another certificate", with(table(good, len(other.Raw)), other.Raw...), l.SHA256)
	refused("octets behind the certificates", with(table(good, len(good.Raw)), append(bytes.Clone(good.Raw), 0)...), l.SHA256)
	refused("octets in a certificate", with(table(good, len(good.Raw)+1), append(bytes.Clone(good.Raw), 0)...), l.SHA256)
	refused("no certificate", with(table(good, 3), 1, 2, 3), l.SHA256)
}

// TestEncodingID: it changes with every octet but those of the certificates, and with
// those Decode finds the encoding altered.
func TestEncodingID(t *testing.T) {
	l := mustParse(t, oddLists(t)[0])
	encoded, err := Encode(l)
	if err != nil {
		t.Fatal(err)
	}
	want, err := EncodingID(encoded)
	if err != nil {
		t.Fatal(err)
	}
	reader, unbound := NewReader(), 0
	for n := range encoded {
		altered := bytes.Clone(encoded)
		altered[n] ^= 1 << (n % 8)
		if got, err := EncodingID(altered); err != nil || got != want {
			continue
		}
		unbound++
		if _, err := reader.Decode(altered, l.Raw, l.SHA256); err == nil {
			t.Fatalf("octet %d may be altered", n)
		}
	}
	certificates := l.Providers[0].Services[0].Certificates
	if len(certificates) != 2 || unbound != len(certificates[0].Raw)+len(certificates[1].Raw) {
		t.Errorf("%d octets do not change the EncodingID", unbound)
	}
	if _, err := EncodingID(nil); err == nil {
		t.Error("nothing has an EncodingID")
	}
}

// TestDecodeAltered flips every octet: without the hash that binds it
// an altered encoding may say something else, but never breaks anything.
func TestDecodeAltered(t *testing.T) {
	reader := NewReader()
	for _, raw := range oddLists(t) {
		encoded, err := Encode(mustParse(t, raw))
		if err != nil {
			t.Fatal(err)
		}
		for n := range encoded {
			for _, flip := range []byte{1, 0xff} {
				encoded[n] ^= flip
				checkDecoded(t, reader, encoded)
				encoded[n] ^= flip
			}
		}
	}
}

// checkDecoded: what is decoded from any octets can be encoded again, and comes back.
func checkDecoded(t *testing.T, reader *Reader, encoded []byte) {
	t.Helper()
	raw := make([]byte, len(encoded))
	var id evidence.ID
	if head := len(encodingMagic) + 1; len(encoded) > head {
		copy(id[:], encoded[head:])
	}
	l, err := reader.Decode(encoded, raw, id)
	if err != nil {
		return
	}
	again, err := Encode(l)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := reader.Decode(again, raw, id); err != nil || !same(got, l) {
		t.Fatalf("it comes back as\n%+v, not\n%+v (%v)", got, l, err)
	}
	NewSnapshot(Contents{Lists: []*List{l}})
}

func FuzzDecode(f *testing.F) {
	for _, raw := range oddLists(f) {
		encoded, err := Encode(mustParse(f, raw))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded[len(encodingMagic)+1:])
	}
	f.Fuzz(func(t *testing.T, behindVersion []byte) {
		checkDecoded(t, NewReader(), slices.Concat([]byte(encodingMagic), []byte{EncodingVersion}, behindVersion))
	})
}

// allocated counts the octets that were ever allocated.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
