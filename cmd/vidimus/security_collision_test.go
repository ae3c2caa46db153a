package main

import (
	"bytes"
	"crypto"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

// collision is a pair of contents with one MD5 value: the blocks that Wang, Feng, Lai
// and Yu published in 2004 differ in six bits.
func collision(t *testing.T) (a, b []byte) {
	t.Helper()
	a, err := hex.DecodeString("d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b" +
		"d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70")
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Clone(a)
	for _, i := range []int{19, 45, 59, 83, 109, 123} {
		b[i] ^= 0x80
	}
	if bytes.Equal(a, b) || md5.Sum(a) != md5.Sum(b) { //#nosec G401 -- that it is broken is the point
		t.Fatal("the pair does not collide")
	}
	return a, b
}

// TestC3_Collisions: what is signed by a digest that can be forged is never valid, of
// neither content of a colliding pair; and what ended is not valid any more.
func TestC3_Collisions(t *testing.T) {
	w := eutest.New(t)
	sk := w.MemberState("EE").Provider("SK", "VATEE-100687640")
	sk.TSA("TSA")
	signer := sk.CA("CA", eutest.EC(256), eutest.SmartIDQualifiers()).Signer()
	at, _ := worldServed(t, w)
	a, b := collision(t)
	sum, old := md5.Sum(a), sha256.Sum256(a) //#nosec G401 -- as above
	byMD5 := func(xml string) string {
		// The first reference is that of the file.
		xml = strings.Replace(xml, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5", 1)
		return strings.ReplaceAll(xml, base64.StdEncoding.EncodeToString(old[:]), base64.StdEncoding.EncodeToString(sum[:]))
	}
	file := eutest.File{Name: "contract.bin", Raw: a}
	good := w.Container(file).Sign(signer, eutest.SignOptions{})
	weak := w.Container(file).Sign(signer, eutest.SignOptions{BeforeValue: byMD5})
	for name, tt := range map[string]struct {
		raw  []byte
		want []string
	}{
		"by SHA-256":                    {good.Bytes(), []string{`"TOTAL-PASSED"`}},
		"by SHA-256, the other content": {good.Replace("contract.bin", b).Bytes(), []string{`"HASH_FAILURE"`}},
		"by MD5":                        {weak.Bytes(), nil},
		"by MD5, the other content":     {weak.Replace("contract.bin", b).Bytes(), nil},
		"by SHA-1":                      {w.Container(file).Sign(signer, eutest.SignOptions{Digest: crypto.SHA1}).Bytes(), nil},
		"signed by SHA-1":               {w.Container(file).Sign(signer, eutest.SignOptions{Hash: crypto.SHA1}).Bytes(), nil},
	} {
		code, body := exchange(t, http.MethodPost, at+"/v1/validations", tt.raw)
		if code != http.StatusOK {
			t.Errorf("%s: %d %.300s", name, code, body)
		}
		for _, word := range tt.want {
			if !bytes.Contains(body, []byte(word)) {
				t.Errorf("%s: not %s: %.600s", name, word, body)
			}
		}
		if tt.want == nil && (bytes.Contains(body, []byte(`"TOTAL-PASSED"`)) || !bytes.Contains(body, []byte("CRYPTO_CONSTRAINTS_FAILURE")) && !bytes.Contains(body, []byte("FORMAT_FAILURE"))) {
			t.Errorf("%s: %.800s", name, body)
		}
	}
}
