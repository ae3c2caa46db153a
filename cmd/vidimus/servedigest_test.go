package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

// judgedByDigests sends a signature with digests, and gives the answer's status and
// what is said of its first signature.
func judgedByDigests(t *testing.T, url string, signed []byte, digests ...string) (status int, said string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	write := func(field, name string, data []byte) {
		w, err := form.CreateFormFile(field, name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("file", "signature", signed)
	for _, d := range digests {
		write("digest", "contract.txt", []byte(d))
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/validations", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Code       string
		Signatures []struct{ Indication, SubIndication string }
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("%d %s", resp.StatusCode, raw)
	}
	if len(answer.Signatures) == 0 {
		return resp.StatusCode, answer.Code
	}
	return resp.StatusCode, strings.TrimSpace(answer.Signatures[0].Indication + " " + answer.Signatures[0].SubIndication)
}

// Over HTTP too, CAdES and JAdES are judged by digests of their contents, and no
// digest but the right one of the right algorithm lets them pass.
func TestServeJudgesByDigests(t *testing.T) {
	u := newUnion(t, "EE")
	sk := u.world.MemberState("EE").Provider("SK", "VATEE-100687640")
	sk.TSA("TSA")
	signer := sk.CA("CA").Signer()
	u.publish()
	s := refreshing(t, u, t.TempDir(), nil)
	content := []byte("I owe you.\n")
	files := []eutest.File{{Name: "contract.txt", Raw: content}}
	hexOf := func(algorithm string, sum []byte) string { return algorithm + ":" + hex.EncodeToString(sum) }
	octets, text, other := sha256.Sum256(content), sha256.Sum256([]byte(base64.RawURLEncoding.EncodeToString(content))), sha512.Sum512(content)
	wrong := sha256.Sum256([]byte("I owe you more.\n"))
	right, encoded, longer, altered := hexOf("sha-256", octets[:]), hexOf("sha-256-base64url", text[:]), hexOf("sha-512", other[:]), hexOf("sha-256", wrong[:])
	for name, test := range map[string]struct {
		file  []byte
		right string
	}{
		"XAdES":      {u.world.SignDetached(signer, files, eutest.SignOptions{}), right},
		"CAdES":      {u.world.SignCAdES(signer, content, true, eutest.SignOptions{}), right},
		"JAdES":      {u.world.SignJAdESDetached(signer, files, false, eutest.SignOptions{}), encoded},
		"JAdES, raw": {u.world.SignJAdESDetached(signer, files, true, eutest.SignOptions{}), right},
	} {
		bad := altered
		if test.right == encoded {
			bad = strings.Replace(altered, "sha-256", "sha-256-base64url", 1)
		}
		for _, c := range []struct {
			digests []string
			want    string
		}{
			{[]string{test.right}, "TOTAL-PASSED"},
			{[]string{bad}, "TOTAL-FAILED HASH_FAILURE"},
			{[]string{longer}, "INDETERMINATE SIGNED_DATA_NOT_FOUND"},
		} {
			if status, said := judgedByDigests(t, s.URL, test.file, c.digests...); status != http.StatusOK || said != c.want {
				t.Errorf("%s, %q: %d %s, want %s", name, c.digests, status, said, c.want)
			}
		}
	}
	container := u.world.Sign(signer, files, eutest.SignOptions{})
	if status, said := judgedByDigests(t, s.URL, container, right); status/100 != 4 || said != "unsupported-format" {
		t.Errorf("a container with digests: %d %s", status, said)
	}
}
