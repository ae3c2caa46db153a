package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func made(t *testing.T, expires *time.Time) (string, Key) {
	t.Helper()
	credential, key, err := NewKey("acme", Scopes(), expires, Limits{PerDay: 3})
	if err != nil {
		t.Fatal(err)
	}
	return credential, key
}

func line(t *testing.T, k Key) string {
	t.Helper()
	raw, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw) + "\n"
}

func TestKeys(t *testing.T) {
	later := noon.Add(time.Hour)
	credential, key := made(t, &later)
	other, _ := made(t, nil)
	if strings.Contains(line(t, key), credential[len(keyWord)+17:]) {
		t.Error("the file holds the secret")
	}
	found, err := ParseKeys([]byte("# keys\n\n" + line(t, key)))
	if err != nil {
		t.Fatal(err)
	}
	var keys Keys
	gate := Any{&keys}
	if _, err := gate.Caller(t.Context(), credential, noon); err == nil {
		t.Error("a caller without any key in force")
	}
	keys.Set(found)
	c, err := gate.Caller(t.Context(), credential, noon)
	if err != nil || c.Tenant != "acme" || c.ID != "key:"+key.ID || !c.May(Put) || c.Limits.PerDay != 3 {
		t.Fatalf("%+v %v", c, err)
	}
	mixed := credential[:len(keyWord)+17] + other[len(keyWord)+17:]
	for name, bad := range map[string]string{
		"empty": "", "another's": other, "another's secret": mixed, "shorter": credential[:len(credential)-1], "longer": credential + "A",
		"no word": strings.TrimPrefix(credential, keyWord), "its hash": keyWord + key.ID + "_" + key.SHA256, "huge": strings.Repeat("x", maxCredential+1),
		"line feed": credential + "\n", "no token": "eyJ.a.b",
	} {
		var refused *Refused
		if _, err := gate.Caller(t.Context(), bad, noon); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := gate.Caller(t.Context(), credential, later); err == nil {
		t.Error("an expired key counts")
	}
	keys.Set(map[string]Key{})
	if _, err := gate.Caller(t.Context(), credential, noon); err == nil {
		t.Error("a revoked key counts")
	}
}

func TestParseKeysRefuses(t *testing.T) {
	_, key := made(t, nil)
	good := line(t, key)
	for name, bad := range map[string]string{
		"no JSON": "x", "an unknown member": strings.Replace(good, `"id"`, `"x":1,"id"`, 1), "two objects": strings.TrimSpace(good) + good, "twice": good + good,
		"no tenant": strings.Replace(good, `"acme"`, `""`, 1), "a way out": strings.Replace(good, `"acme"`, `"../acme"`, 1), "a folder": strings.Replace(good, `"acme"`, `"a/b"`, 1),
		"no scope": strings.Replace(good, `["validate","put","read"]`, `[]`, 1), "another scope": strings.Replace(good, `"put"`, `"all"`, 1),
		"a short hash": strings.Replace(good, key.SHA256, key.SHA256[2:], 1), "a bad id": strings.Replace(good, key.ID, "x", 1),
		"a negative limit": strings.Replace(good, `"filesPerDay":3`, `"filesPerDay":-3`, 1),
	} {
		if bad == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := ParseKeys([]byte(good[:0] + bad)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	_, key, _ := NewKey("acme", Scopes(), nil, Limits{})
	raw, _ := json.Marshal(key)
	f.Add(raw)
	f.Add([]byte("# x\n{}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		keys, err := ParseKeys(raw)
		if err != nil {
			return
		}
		for id, k := range keys {
			if id != k.ID || k.check() != nil || CheckTenant(k.Tenant) != nil {
				t.Errorf("taken: %+v", k)
			}
		}
	})
}

// provider is an OpenID Connect provider without a network.
type provider struct {
	key   *ecdsa.PrivateKey
	away  error
	asked int
}

const issuer = "https://id.example"

func (p *provider) get(_ context.Context, url string, _ int64) ([]byte, error) {
	if p.asked++; p.away != nil {
		return nil, p.away
	}
	switch url {
	case issuer + "/.well-known/openid-configuration":
		return []byte(`{"issuer":"` + issuer + `","jwks_uri":"https://keys.example/jwks"}`), nil
	case "https://keys.example/jwks":
		pub, err := p.key.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		x, y := pub[1:33], pub[33:]
		return fmt.Appendf(nil, `{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","use":"sig","alg":"ES256","x":%q,"y":%q}]}`, b64(x), b64(y)), nil
	}
	return nil, fmt.Errorf("nothing is at %s", url)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *provider) token(t *testing.T, header string, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	input := b64([]byte(header)) + "." + b64(body)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	var value [64]byte
	r.FillBytes(value[:32])
	s.FillBytes(value[32:])
	return input + "." + b64(value[:])
}

func TestS4Tokens(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key}
	m, err := NewOIDC(OIDCOptions{Issuer: issuer, Audience: "vidimus", Get: p.get, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	gate := Any{&Keys{}, m}
	const header = `{"alg":"ES256","kid":"k1"}`
	claims := func(changes map[string]any) map[string]any {
		c := map[string]any{"iss": issuer, "aud": "vidimus", "sub": "s", "exp": noon.Add(time.Hour).Unix(), "tenant": "acme", "scope": "openid validate read validate"}
		for k, v := range changes {
			c[k] = v
		}
		return c
	}
	c, err := gate.Caller(t.Context(), p.token(t, header, claims(nil)), noon)
	if err != nil || c.Tenant != "acme" || !c.May(Validate) || !c.May(Read) || c.May(Put) || len(c.Scopes) != 2 {
		t.Fatalf("%+v %v", c, err)
	}
	good := p.token(t, header, claims(nil))
	parts := strings.Split(good, ".")
	stranger, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	pub, _ := key.PublicKey.Bytes()
	mac := hmac.New(sha256.New, pub)
	hs := b64([]byte(`{"alg":"HS256","kid":"k1"}`)) + "." + parts[1]
	mac.Write([]byte(hs))
	for name, bad := range map[string]string{
		"alg none":         b64([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
		"alg none, signed": p.token(t, `{"alg":"none","kid":"k1"}`, claims(nil)),
		"HMAC":             hs + "." + b64(mac.Sum(nil)),
		"another's key":    (&provider{key: stranger}).token(t, header, claims(nil)),
		"another kid":      p.token(t, `{"alg":"ES256","kid":"../../k1"}`, claims(nil)),
		"key in header":    (&provider{key: stranger}).token(t, `{"alg":"ES256","jku":"https://evil.example/jwks","kid":"evil"}`, claims(nil)),
		"altered":          parts[0] + "." + b64([]byte(`{"tenant":"other"}`)) + "." + parts[2],
		"another issuer":   p.token(t, header, claims(map[string]any{"iss": "https://evil.example"})),
		"another audience": p.token(t, header, claims(map[string]any{"aud": "shop"})),
		"expired":          p.token(t, header, claims(map[string]any{"exp": noon.Add(-time.Minute).Unix()})),
		"no tenant":        p.token(t, header, claims(map[string]any{"tenant": nil})),
		"a way out":        p.token(t, header, claims(map[string]any{"tenant": "../other"})),
		"several tenants":  p.token(t, header, claims(map[string]any{"tenant": []string{"a", "b"}})),
	} {
		var refused *Refused
		if c, err := gate.Caller(t.Context(), bad, noon); !errors.As(err, &refused) {
			t.Errorf("%s: %+v %v", name, c, err)
		}
	}
	if c, err := gate.Caller(t.Context(), p.token(t, header, claims(map[string]any{"scope": []string{"put", "admin"}})), noon); err != nil || !c.May(Put) || len(c.Scopes) != 1 {
		t.Errorf("a list of scopes: %+v %v", c, err)
	}
	// A provider that cannot be asked is no wrong token.
	away := &provider{key: key, away: errors.New("no route")}
	if m, err = NewOIDC(OIDCOptions{Issuer: issuer, Audience: "vidimus", Get: away.get, Now: func() time.Time { return noon }}); err != nil {
		t.Fatal(err)
	}
	var unavailable *Unavailable
	if _, err := m.Caller(t.Context(), good, noon); !errors.As(err, &unavailable) {
		t.Errorf("the provider is away: %v", err)
	}
	if away.away = nil; away.asked == 0 {
		t.Error("nobody was asked")
	}
	if _, err := m.Caller(t.Context(), good, noon); err != nil {
		t.Errorf("the provider is back: %v", err)
	}
}
