package pades

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"fmt"
	"strings"
	"testing"
)

func rc4Test(key, in []byte) []byte {
	out := make([]byte, len(in))
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(err)
	}
	c.XORKeyStream(out, in)
	return out
}

func cbc(key, in []byte) []byte {
	pad := 16 - len(in)%16
	in = append(bytes.Clone(in), bytes.Repeat([]byte{byte(pad)}, pad)...)
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	iv := []byte("0123456789abcdef")
	out := make([]byte, len(in))
	cipher.NewCBCEncrypter(b, iv).CryptBlocks(out, in)
	return append(iv, out...)
}

// objectKey is that of algorithm 1, for object num of generation 0.
func objectKey(key []byte, num int, salt string) []byte {
	sum := md5.Sum(append(append(bytes.Clone(key), byte(num), byte(num>>8), byte(num>>16), 0, 0), salt...))
	return sum[:min(16, len(key)+5)]
}

// TestOpensWithTheEmptyPassword: RC4 of 40 and 128 bits, AES of 128 and 256 bits
// (revisions 2, 3, 4, 5 and 6).
func TestOpensWithTheEmptyPassword(t *testing.T) {
	owner := strings.Repeat("\x11", 32)
	id := "0123456789abcdef"
	base := func(rev, length int) (key []byte, user string) {
		h := md5.New()
		h.Write(padding)
		h.Write([]byte(owner))
		h.Write([]byte{0xfc, 0xff, 0xff, 0xff}) // P -4
		h.Write([]byte(id))
		key = h.Sum(nil)
		if rev == 2 {
			return key[:5], string(rc4Test(key[:5], padding))
		}
		for range 50 {
			s := md5.Sum(key[:length])
			key = s[:]
		}
		key = key[:length]
		s := md5.Sum(append(bytes.Clone(padding), id...))
		u := rc4Test(key, s[:])
		for i := 1; i <= 19; i++ {
			k := bytes.Clone(key)
			for j := range k {
				k[j] ^= byte(i)
			}
			u = rc4Test(k, u)
		}
		return key, string(u) + strings.Repeat("\x00", 16)
	}
	hexOf := func(b []byte) string { return fmt.Sprintf("<%x>", b) }
	for _, c := range []struct {
		name         string
		version, rev int
		length       int
		filter       string
	}{
		{"RC4 40", 1, 2, 5, ""}, {"RC4 128", 2, 3, 16, ""},
		{"RC4 128 by crypt filter", 4, 4, 16, "V2"}, {"AES-128", 4, 4, 16, "AESV2"},
		{"AES-256, revision 5", 5, 5, 32, "AESV3"}, {"AES-256, revision 6", 5, 6, 32, "AESV3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var key []byte
			var extra, user string
			if c.version == 5 {
				key = []byte("0123456789abcdef0123456789abcdef")
				check, salt := []byte("checksal"), []byte("key salt")
				user = string(hash2B(int64(c.rev), check, nil)) + string(check) + string(salt)
				b, err := aes.NewCipher(hash2B(int64(c.rev), salt, nil))
				if err != nil {
					t.Fatal(err)
				}
				wrapped := make([]byte, 32)
				cipher.NewCBCEncrypter(b, make([]byte, 16)).CryptBlocks(wrapped, key)
				extra = "/UE" + hexOf(wrapped) + "/OE" + hexOf(make([]byte, 32))
			} else {
				key, user = base(c.rev, c.length)
			}
			seal := func(num int, s []byte) []byte {
				switch c.filter {
				case "AESV2":
					return cbc(objectKey(key, num, "sAlT"), s)
				case "AESV3":
					return cbc(key, s)
				}
				return rc4Test(objectKey(key, num, ""), s)
			}
			if c.filter != "" {
				extra += "/CF<</StdCF<</CFM/" + c.filter + "/Length 16>>>>/StmF/StdCF/StrF/StdCF"
			}
			trailer := fmt.Sprintf("/Encrypt<</Filter/Standard/V %d/R %d/Length %d/P -4/O%s/U%s%s>>/ID[%s%s]", c.version, c.rev, 8*c.length, hexOf([]byte(owner)), hexOf([]byte(user)), extra, hexOf([]byte(id)), hexOf([]byte(id)))
			data := raw([]string{
				"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>", "<</Type/Pages/Kids[]>>",
				"<</FT/Sig/T" + hexOf(seal(3, []byte("secret"))) + ">>",
				streamOf("", string(seal(4, []byte("content of the stream")))),
			}, trailer)
			f, err := open(data)
			if err != nil {
				t.Fatal(err)
			}
			v := f.last()
			if fields := v.fields(); len(fields) != 1 || fields[0].name != "secret" {
				t.Errorf("fields %+v", fields)
			}
			s, ok := v.load(ref{4, 0}).(*stream)
			if !ok {
				t.Fatal("no stream")
			}
			if b, err := v.decode(s); err != nil || string(b) != "content of the stream" {
				t.Errorf("%q %v", b, err)
			}
			// Another password.
			if _, err := open(bytes.Replace(data, []byte("/U"+hexOf([]byte(user))), []byte("/U"+hexOf(bytes.Repeat([]byte{7}, len(user)))), 1)); err == nil {
				t.Error("opened with the wrong password")
			}
		})
	}
}
