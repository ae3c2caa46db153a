package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks 1.0.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp" // seconds since 1970, of the attempt
	HeaderSignature = "webhook-signature"
)

// Secret is a key that a receiver shares, in octets.
type Secret []byte

// secretPrefix begins a secret in text; the rest is base64.
const secretPrefix = "whsec_"

// Bounds of a secret, in octets, as Standard Webhooks has them; and how many may be
// in use at once.
const (
	minSecret  = 24
	maxSecret  = 64
	maxSecrets = 8
)

// ParseSecrets reads secrets, one a line: whsec_ and base64. Empty lines and those
// that begin with # count for nothing. Several are for the time of a change: each
// delivery is signed with all of them.
func ParseSecrets(raw []byte) ([]Secret, error) {
	var out []Secret
	for i, line := range bytes.Split(raw, []byte("\n")) {
		text := string(bytes.TrimSpace(line))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		rest, ok := strings.CutPrefix(text, secretPrefix)
		if !ok {
			return nil, fmt.Errorf("reading webhook secrets: line %d does not begin with %s", i+1, secretPrefix)
		}
		key, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return nil, fmt.Errorf("reading webhook secrets: line %d is not base64 after %s", i+1, secretPrefix) // the error would quote the secret
		}
		if len(key) < minSecret || len(key) > maxSecret {
			return nil, fmt.Errorf("reading webhook secrets: line %d has %d octets, from %d to %d are asked for", i+1, len(key), minSecret, maxSecret)
		}
		if out = append(out, key); len(out) > maxSecrets {
			return nil, fmt.Errorf("reading webhook secrets: there are more than %d", maxSecrets)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("reading webhook secrets: there is none")
	}
	return out, nil
}

// Sign is the value of the header webhook-signature: for each secret the HMAC-SHA256
// over "id.timestamp.body".
func Sign(secrets []Secret, id string, at time.Time, body []byte) string {
	all := make([]string, 0, len(secrets))
	for _, s := range secrets {
		mac := hmac.New(sha256.New, s)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " ")
}

func header(secrets []Secret, d *Delivery, at time.Time) map[string]string {
	return map[string]string{
		HeaderID: d.Event, HeaderTimestamp: strconv.FormatInt(at.Unix(), 10), HeaderSignature: Sign(secrets, d.Event, at, d.Body),
	}
}
