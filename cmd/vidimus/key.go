package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/vidimus/vidimus/api/auth"
)

// KeyCmd is `vidimus key`.
type KeyCmd struct {
	New KeyNewCmd `cmd:"" help:"Make an API key for a tenant of a service."`
}

// KeyNewCmd is `vidimus key new`.
type KeyNewCmd struct {
	APIKeys     string   `name:"api-keys" required:"" placeholder:"FILE" help:"The service's file of API keys; the new one's hash is added to it."`
	Tenant      string   `required:"" placeholder:"NAME" help:"Whose key it is: small letters, digits and dashes."`
	Scope       []string `placeholder:"SCOPE" default:"validate,put,read" help:"What it may do (repeatable): validate, put, read."`
	Expires     string   `placeholder:"TIME" help:"When it ends, RFC 3339. Default: never."`
	PerSecond   float64  `name:"rate" placeholder:"N" help:"Most requests a second, on average."`
	Burst       int      `placeholder:"N" help:"Most requests at once."`
	PerDay      int      `name:"daily" placeholder:"N" help:"Most files in a day of UTC."`
	Concurrent  int      `placeholder:"N" help:"Most files being received or judged at once."`
	RequestSize int64    `name:"max-request" placeholder:"OCTETS" help:"Largest request, where less than the service's."`
}

// Help is the example under `--help`.
func (c *KeyNewCmd) Help() string {
	return `Prints the key, this once: the file keeps only its SHA-256. A key is revoked by removing
its line. A running service reads the file again by itself.

Example:
  vidimus key new --api-keys keys.jsonl --tenant acme
  vidimus serve --listen 0.0.0.0:8080 --api-keys keys.jsonl`
}

// Run makes the key.
func (c *KeyNewCmd) Run(rt *runtime) error {
	var expires *time.Time
	if c.Expires != "" {
		at, err := time.Parse(time.RFC3339, c.Expires)
		if err != nil {
			return usage("write it as 2027-01-01T00:00:00Z", "--expires %q is not a time in RFC 3339", c.Expires)
		}
		if at = at.UTC(); !at.After(rt.Now()) {
			return usage("", "--expires %s is past", c.Expires)
		}
		expires = &at
	}
	limits := auth.Limits{PerSecond: c.PerSecond, Burst: c.Burst, PerDay: c.PerDay, Concurrent: c.Concurrent, RequestSize: c.RequestSize}
	credential, key, err := auth.NewKey(c.Tenant, c.Scope, expires, limits)
	if err != nil {
		return usage("vidimus key new --api-keys keys.jsonl --tenant acme", "%v", err)
	}
	if err := addKey(c.APIKeys, key); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(rt.Stdout, credential); err != nil {
		return fmt.Errorf("printing the key %s: %w", key.ID, err)
	}
	return nil
}

// addKey adds a line to a file of keys, which must be one; it is made where there is none.
func addKey(name string, key auth.Key) error {
	raw, err := readFile(name, maxKeyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage("", "reading --api-keys: %v", err)
	}
	if _, err := auth.ParseKeys(raw); err != nil {
		return usage("", "--api-keys %s: %v", name, err)
	}
	line, err := json.Marshal(key)
	if err != nil {
		return fmt.Errorf("writing the key %s: %w", key.ID, err)
	}
	if len(raw) > 0 && raw[len(raw)-1] != '\n' {
		line = append([]byte("\n"), line...)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //#nosec G304 -- the operator names the file
	if err != nil {
		return usage("", "opening --api-keys: %v", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("adding the key %s to %s: %w", key.ID, name, err)
	}
	return nil
}
