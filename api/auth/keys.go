package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// Key is one API key as its file keeps it: a line of JSON. The key itself is not
// there, only its SHA-256; it has 256 random bits, so no salt and no slow hash are
// needed to keep it from being guessed.
type Key struct {
	ID      string     `json:"id"`
	Tenant  string     `json:"tenant"`
	SHA256  string     `json:"sha256"`
	Scopes  []string   `json:"scopes"`
	Expires *time.Time `json:"expires,omitempty"`
	Limits  Limits     `json:"limits,omitzero"`
}

// The form of a key: vidimus_ID_SECRET. The first word lets scanners of
// repositories find one that was published.
const (
	keyWord     = "vidimus_"
	idOctets    = 8
	secretBytes = 32
)

var (
	idForm  = regexp.MustCompile(`^[0-9a-f]{16}$`)
	keyForm = regexp.MustCompile(`^vidimus_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$`)
)

// NewKey makes a key: what its holder is told, once, and what the file keeps.
func NewKey(tenant string, scopes []string, expires *time.Time, limits Limits) (credential string, key Key, err error) {
	var id [idOctets]byte
	var secret [secretBytes]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	_, _ = rand.Read(secret[:])
	key = Key{ID: hex.EncodeToString(id[:]), Tenant: tenant, Scopes: scopes, Expires: expires, Limits: limits}
	credential = keyWord + key.ID + "_" + base64.RawURLEncoding.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(credential))
	key.SHA256 = hex.EncodeToString(sum[:])
	return credential, key, key.check()
}

func (k Key) check() error {
	if !idForm.MatchString(k.ID) {
		return fmt.Errorf("the id %q is not 16 hexadecimal digits", k.ID)
	}
	if sum, err := hex.DecodeString(k.SHA256); err != nil || len(sum) != sha256.Size {
		return errors.New("sha256 is not 64 hexadecimal digits")
	}
	return errors.Join(CheckTenant(k.Tenant), checkScopes(k.Scopes), k.Limits.Check())
}

// maxKeys bounds a file of keys, maxKeyFile its octets.
const (
	maxKeys    = 100_000
	maxKeyFile = 64 << 20
)

// ParseKeys reads a file of keys: a line of JSON each; empty lines and those that
// begin with # are left out. One bad line makes the whole file bad: a key that was
// to be revoked must not stay because of a comma elsewhere.
func ParseKeys(raw []byte) (map[string]Key, error) {
	if len(raw) > maxKeyFile {
		return nil, fmt.Errorf("reading API keys: %d octets, at most %d are read", len(raw), maxKeyFile)
	}
	out, n := map[string]Key{}, 0
	for line := range bytes.Lines(raw) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		var k Key
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		err := d.Decode(&k)
		if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
			err = errors.New("more stands behind the object")
		}
		if err == nil {
			err = k.check()
		}
		if err != nil {
			return nil, fmt.Errorf("reading API keys: line %d: %w", n, err)
		}
		if _, twice := out[k.ID]; twice {
			return nil, fmt.Errorf("reading API keys: line %d: the id %s stands there twice", n, k.ID)
		}
		if len(out) == maxKeys {
			return nil, fmt.Errorf("reading API keys: there are more than %d", maxKeys)
		}
		out[k.ID] = k
	}
	return out, nil
}

// Keys are the API keys in force. They can be changed while requests come in.
type Keys struct {
	current atomic.Pointer[map[string]Key]
}

// Set puts keys in force instead of those before.
func (k *Keys) Set(keys map[string]Key) { k.current.Store(&keys) }

// Len is how many are in force.
func (k *Keys) Len() int {
	if p := k.current.Load(); p != nil {
		return len(*p)
	}
	return 0
}

// Mine says whether a credential looks like an API key.
func (*Keys) Mine(credential string) bool { return strings.HasPrefix(credential, keyWord) }

// Caller is whose key it is. An unknown key costs the same as a wrong one.
func (k *Keys) Caller(_ context.Context, credential string, at time.Time) (Caller, error) {
	form := keyForm.FindStringSubmatch(credential)
	if form == nil {
		return Caller{}, &Refused{"it has not the form of a key"}
	}
	var key Key
	if p := k.current.Load(); p != nil {
		key = (*p)[form[1]]
	}
	want, _ := hex.DecodeString(key.SHA256) // checked when it was read; empty for an unknown key
	known := len(want) == sha256.Size
	if !known {
		want = make([]byte, sha256.Size)
	}
	got := sha256.Sum256([]byte(credential))
	switch same := subtle.ConstantTimeCompare(got[:], want) == 1; {
	case !known:
		return Caller{}, &Refused{"no key has its id"}
	case !same:
		return Caller{}, &Refused{"its secret is not that of key " + key.ID}
	case key.Expires != nil && !at.Before(*key.Expires):
		return Caller{}, &Refused{"key " + key.ID + " has expired"}
	}
	return Caller{Tenant: key.Tenant, ID: "key:" + key.ID, Scopes: key.Scopes, Limits: key.Limits}, nil
}
