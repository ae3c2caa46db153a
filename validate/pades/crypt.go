package pades

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
)

// method is how strings or streams are encrypted (§7.6.6, table 25).
type method int

const (
	identity method = iota
	useRC4
	useAES128
	useAES256
)

// crypt is the standard security handler, opened with the empty password (§7.6.4).
type crypt struct {
	key           []byte
	text, octets  method // of strings, of streams
	clearMetadata bool
}

// padding fills passwords of revisions 2 to 4 (§7.6.4.3.2).
var padding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// decrypt opens an encrypted file with the empty password. Files that want another
// one, or a key, are refused: their digests could be checked, but not what was
// signed.
func (f *file) decrypt() error {
	if f.trailer == nil || f.trailer.get("Encrypt") == nil || f.crypt != nil {
		return nil
	}
	if r, ok := f.trailer.get("Encrypt").(ref); ok {
		f.encrypt = r.num
	}
	v := f.last()
	d := v.dict(f.trailer.get("Encrypt"))
	if d == nil {
		return encrypted("its encryption dictionary cannot be read")
	}
	if filter := v.name(d.get("Filter")); filter != "Standard" {
		return encrypted(fmt.Sprintf("it is encrypted with the security handler %q, for certain recipients", short(filter)))
	}
	c := &crypt{}
	if err := c.open(v, d); err != nil {
		return err
	}
	f.crypt = c
	clear(f.cache) // parsed before there was a key
	clear(f.packs)
	f.nodes, f.packed = 0, 0
	return nil
}

func encrypted(why string) error {
	return &signature.ReadError{Code: signature.Encrypted, Message: "reading the PDF: " + why, Hint: "decrypt the file with its password first; signatures over an encrypted file are only valid with it as it is"}
}

func (c *crypt) open(v view, d *dict) error {
	number := func(key string, otherwise int64) int64 {
		if n, ok := v.resolve(d.get(key)).(int64); ok {
			return n
		}
		return otherwise
	}
	text := func(key string) []byte {
		s, _ := v.resolve(d.get(key)).(str)
		return s.b
	}
	version, rev := number("V", 0), number("R", 0)
	c.clearMetadata = v.resolve(d.get("EncryptMetadata")) == false
	length := int(number("Length", 40)) / 8
	switch version {
	case 1:
		length = 5
		c.text, c.octets = useRC4, useRC4
	case 2:
		c.text, c.octets = useRC4, useRC4
	case 4, 5:
		c.text, c.octets = filterMethod(v, d, "StrF"), filterMethod(v, d, "StmF")
		length = 16
	default:
		return encrypted(fmt.Sprintf("its encryption is of version %d, which is not known", version))
	}
	if version == 5 || rev >= 5 {
		return c.open256(rev, text("U"), text("UE"), text("O"), text("OE"))
	}
	if length < 5 || length > 16 {
		return encrypted(fmt.Sprintf("its key has %d octets", length))
	}
	var id []byte
	if ids := v.array(v.trailer.get("ID")); len(ids) > 0 {
		s, _ := v.resolve(ids[0]).(str)
		id = s.b
	}
	owner, user := text("O"), text("U")
	if len(owner) < 32 || len(user) < 16 {
		return encrypted("its encryption dictionary lacks O or U")
	}
	// Algorithm 2.
	h := md5.New()
	h.Write(padding)
	h.Write(owner[:32])
	var p [4]byte
	binary.LittleEndian.PutUint32(p[:], uint32(number("P", 0)))
	h.Write(p[:])
	h.Write(id)
	if rev >= 4 && c.clearMetadata {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)
	if rev >= 3 {
		for range 50 {
			sum := md5.Sum(key[:length])
			key = sum[:]
		}
	} else {
		length = 5
	}
	c.key = key[:length]
	if !c.opensUser(rev, id, user) {
		return encrypted("it wants a password")
	}
	return nil
}

// filterMethod reads which method a crypt filter names (§7.6.6).
func filterMethod(v view, d *dict, which string) method {
	n := v.name(d.get(which))
	if n == "" || n == "Identity" {
		return identity
	}
	switch v.name(v.dict(v.dict(d.get("CF")).get(n)).get("CFM")) {
	case "V2":
		return useRC4
	case "AESV2":
		return useAES128
	case "AESV3":
		return useAES256
	}
	return identity
}

// opensUser checks the empty user password: algorithm 6.
func (c *crypt) opensUser(rev int64, id, user []byte) bool {
	if rev < 3 {
		return bytes.Equal(rc4Of(c.key, padding), user[:min(32, len(user))])
	}
	h := md5.New()
	h.Write(padding)
	h.Write(id)
	out := rc4Of(c.key, h.Sum(nil))
	for i := byte(1); i <= 19; i++ {
		key := bytes.Clone(c.key)
		for k := range key {
			key[k] ^= i
		}
		out = rc4Of(key, out)
	}
	return bytes.Equal(out, user[:16])
}

// open256 is algorithm 2.A, with the empty password as user's and as owner's.
func (c *crypt) open256(rev int64, user, userKey, owner, ownerKey []byte) error {
	if len(user) < 48 || len(userKey) < 32 {
		return encrypted("its encryption dictionary lacks U or UE")
	}
	user = user[:48]
	if bytes.Equal(hash2B(rev, user[32:40], nil), user[:32]) {
		c.key = unwrap(hash2B(rev, user[40:48], nil), userKey[:32])
		return nil
	}
	if len(owner) >= 48 && len(ownerKey) >= 32 && bytes.Equal(hash2B(rev, owner[32:40], user), owner[:32]) {
		c.key = unwrap(hash2B(rev, owner[40:48], user), ownerKey[:32])
		return nil
	}
	return encrypted("it wants a password")
}

func unwrap(key, wrapped []byte) []byte {
	out := make([]byte, len(wrapped))
	if b, err := aes.NewCipher(key); err == nil {
		cipher.NewCBCDecrypter(b, make([]byte, 16)).CryptBlocks(out, wrapped)
	}
	return out
}

// hash2B is algorithm 2.B for the empty password; revision 5 stops at its first step.
func hash2B(rev int64, salt, user []byte) []byte {
	sum := sha256.Sum256(append(append([]byte{}, salt...), user...))
	k := sum[:]
	if rev < 6 {
		return k
	}
	for round := 0; ; round++ {
		one := append(append([]byte{}, k...), user...)
		all := bytes.Repeat(one, 64)
		b, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(b, k[16:32]).CryptBlocks(all, all)
		n := 0
		for _, c := range all[:16] {
			n += int(c)
		}
		switch n % 3 {
		case 0:
			s := sha256.Sum256(all)
			k = s[:]
		case 1:
			s := sha512.Sum384(all)
			k = s[:]
		default:
			s := sha512.Sum512(all)
			k = s[:]
		}
		if round >= 63 && int(all[len(all)-1]) <= round-32 {
			return k[:32]
		}
	}
}

func rc4Of(key, in []byte) []byte {
	out := make([]byte, len(in))
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(out, in)
	}
	return out
}

// apply decrypts with the key of one object: algorithms 1 and 1.A.
func (c *crypt) apply(m method, in []byte, num, gen int) []byte {
	key := c.key
	if m == useRC4 || m == useAES128 {
		h := md5.New()
		h.Write(c.key)
		h.Write([]byte{byte(num), byte(num >> 8), byte(num >> 16), byte(gen), byte(gen >> 8)})
		if m == useAES128 {
			h.Write([]byte("sAlT"))
		}
		key = h.Sum(nil)[:min(len(c.key)+5, 16)]
	}
	switch m {
	case useRC4:
		return rc4Of(key, in)
	case useAES128, useAES256:
		if len(in) < 32 || len(in)%16 != 0 {
			return nil
		}
		b, err := aes.NewCipher(key)
		if err != nil {
			return nil
		}
		out := make([]byte, len(in)-16)
		cipher.NewCBCDecrypter(b, in[:16]).CryptBlocks(out, in[16:])
		if pad := int(out[len(out)-1]); pad >= 1 && pad <= 16 {
			out = out[:len(out)-pad]
		}
		return out
	}
	return in
}

// data decrypts the data of a stream.
func (c *crypt) data(s *stream) []byte {
	t, _ := s.get("Type").(name)
	if t == "XRef" || t == "Metadata" && c.clearMetadata || c.octets == identity {
		return s.raw
	}
	return c.apply(c.octets, s.raw, s.num, s.gen)
}

// strings decrypts the strings of an object; Contents of a signature is never
// encrypted (§7.6.2).
func (c *crypt) strings(o object, num, gen int) object {
	switch o := o.(type) {
	case str:
		if c.text != identity {
			o.b = c.apply(c.text, o.b, num, gen)
		}
		return o
	case array:
		for i := range o {
			o[i] = c.strings(o[i], num, gen)
		}
	case *dict:
		for i, key := range o.keys {
			if key != "Contents" || !o.has("ByteRange") {
				o.values[i] = c.strings(o.values[i], num, gen)
			}
		}
	case *stream:
		c.strings(o.dict, num, gen)
	}
	return o
}

// short bounds a text of the file that is shown in a sentence.
func short(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return string(bytes.ToValidUTF8([]byte(s), []byte("?")))
}
