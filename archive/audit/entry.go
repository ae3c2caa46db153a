// Package audit keeps the audit log of an archive: who did what to which bundle, when,
// and how it ended. It is append-only and chained: each entry holds the SHA-256 of the
// one before, so that an entry that is altered, removed or put elsewhere shows.
//
// The log stands in the store that it is about, in segments: files of one entry a line,
// numbered without a gap, each written once. Create-only keys are what orders writers:
// of several that want to write the next segment one succeeds, and the others read what
// it wrote and take the number after. So any number of processes and machines write one
// log, without a lock.
//
// What a chain cannot show is that its end was cut off. For that the head, the number and
// hash of the last entry, is put under evidence records with the bundles that are sealed;
// see Anchor. Verify compares every head that was anchored with the log.
package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Event is what happened, in the words of who tells it.
type Event struct {
	Who    string `json:"who"`              // who did it: a user, a tenant, the id of a key
	What   string `json:"what"`             // what was done: "put", "get", "delete"
	Object string `json:"object,omitempty"` // to what: the ID of a bundle, or a key
	Result string `json:"result"`           // "ok", or how it ended
	Detail string `json:"detail,omitempty"` // more, in a sentence
}

// Entry is one line of the log.
type Entry struct {
	Seq int64     `json:"seq"` // from 1 on, without a gap
	At  time.Time `json:"at"`  // by the clock of the writer
	Event
	Writer string      `json:"writer"` // by chance, so that two who log the same at one time write two entries
	Prev   evidence.ID `json:"prev"`   // SHA-256 of the line before, without its line feed; zeros for the first
}

// Bounds of one entry: fields are cut to maxField octets, so that a line has at most
// maxLine also when every octet is escaped.
const (
	maxField = 2048
	maxLine  = 64 << 10
)

// line writes an entry. Its hash is the SHA-256 of the octets that line returns.
func (e Entry) line() ([]byte, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("writing entry %d of the audit log: %w", e.Seq, err)
	}
	return raw, nil
}

// parseLine reads an entry, and refuses a line that line would not have written.
func parseLine(raw []byte) (Entry, error) {
	var e Entry
	if len(raw) > maxLine {
		return e, fmt.Errorf("it has %d octets, at most %d are written", len(raw), maxLine)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return e, fmt.Errorf("it is no entry: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return e, fmt.Errorf("more follows after its JSON object")
	}
	return e, nil
}

// cut bounds a field.
func cut(s string) string {
	if len(s) > maxField {
		return s[:maxField]
	}
	return s
}

func (e Event) cut() Event {
	return Event{cut(e.Who), cut(e.What), cut(e.Object), cut(e.Result), cut(e.Detail)}
}
