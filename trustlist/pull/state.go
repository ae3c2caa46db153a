package pull

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/evidence"
)

// StateName is the file beside the stored snapshot that says how the lists came
// in. Nothing that is trusted depends on it but Seen, which only ever refuses.
const StateName = "pull.json"

// stateFormat is the version of the file; maxState bounds it, in octets, and
// maxRefused the refused lists that are kept as evidence.
const (
	stateFormat = 1
	maxState    = 8 << 20
	maxRefused  = 200
)

// RefusedDir holds genuine lists that were refused as rollbacks, by their SHA-256.
const RefusedDir = "refused"

// ErrNoState says that nothing was ever pulled into the folder.
var ErrNoState = errors.New("no trusted list was pulled yet")

// State is what is known of past pulls.
type State struct {
	Format  int         `json:"format"`
	Clock   time.Time   `json:"clock"` // of the last pull
	Lists   []ListState `json:"lists"`
	Seen    []lotl.Seen `json:"seen"` // of each territory the highest list ever accepted
	Refused []Refused   `json:"refused,omitempty"`
	// Told says when an alert was last told, so that it is not told at every pull.
	Told map[string]time.Time `json:"told,omitempty"`
}

// ListID says which list is meant: of a pivot the URL too.
type ListID struct {
	Role         string `json:"role"` // stored.RoleLOTL, RolePivot, RoleTL
	Territory    string `json:"territory"`
	ThirdCountry bool   `json:"thirdCountry,omitempty"`
	URL          string `json:"url,omitempty"`
}

// String names the list for people.
func (id ListID) String() string {
	switch {
	case id.Role == stored.RoleLOTL:
		return "list of lists"
	case id.Role == stored.RolePivot:
		return "pivot " + id.URL
	case id.ThirdCountry:
		return id.Territory + " (third country)"
	}
	return id.Territory
}

// idOf is the ID of a list in a snapshot.
func idOf(l *trustlist.List) ListID {
	if l.Kind == trustlist.LOTL {
		return ListID{Role: stored.RoleLOTL, Territory: "EU"}
	}
	return ListID{Role: stored.RoleTL, Territory: l.Territory, ThirdCountry: l.Source == trustlist.FromMRA}
}

// ListState is what is known of the pulls of one list.
type ListState struct {
	ListID
	Tried    time.Time `json:"tried"`          // when it was last asked for
	Good     time.Time `json:"good,omitzero"`  // when the copy in force was last known to be the published one
	Failures int       `json:"failures"`       // pulls in a row that failed
	Error    string    `json:"error,omitzero"` // one sentence, why the last pull failed; "" when it did not
	Cause    string    `json:"cause,omitzero"` // what happened below, for the operator's eyes only
	From     string    `json:"from,omitzero"`  // the location that gave the copy in force
	// What From said of the copy of this hash, and when it was last fetched whole.
	SHA256   evidence.ID `json:"sha256,omitzero"`
	ETag     string      `json:"etag,omitzero"`
	Modified string      `json:"modified,omitzero"`
	Full     time.Time   `json:"full,omitzero"`
}

// Refused is a genuine list that was refused, kept as evidence against its signer,
// or whoever published it again.
type Refused struct {
	Territory string      `json:"territory"`
	Sequence  int         `json:"sequence"`
	SHA256    evidence.ID `json:"sha256"`
	From      string      `json:"from"`
	At        time.Time   `json:"at"`
	Why       string      `json:"why"`
}

// Path is where the refused list is kept, below the folder of the cache.
func (r Refused) Path() string { return RefusedDir + "/" + r.SHA256.String() + ".xml" }

// Of is the state of a list; nil where it was never asked for.
func (s *State) Of(id ListID) *ListState {
	for i := range s.Lists {
		if s.Lists[i].ListID == id {
			return &s.Lists[i]
		}
	}
	return nil
}

// need is the state of a list, made when it is not there.
func (s *State) need(id ListID) *ListState {
	if l := s.Of(id); l != nil {
		return l
	}
	s.Lists = append(s.Lists, ListState{ListID: id})
	return &s.Lists[len(s.Lists)-1]
}

// ReadState reads the state of a cache. Without one it returns an empty state and
// ErrNoState.
func ReadState(fsys fs.FS) (*State, error) {
	empty := &State{Format: stateFormat}
	f, err := fsys.Open(StateName)
	if errors.Is(err, fs.ErrNotExist) {
		return empty, ErrNoState
	}
	if err != nil {
		return empty, fmt.Errorf("reading what is known of past pulls: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, maxState+1))
	if err != nil {
		return empty, fmt.Errorf("reading what is known of past pulls: %w", err)
	}
	if len(raw) > maxState {
		return empty, fmt.Errorf("reading what is known of past pulls: %s has more than %d octets", StateName, maxState)
	}
	s := &State{}
	if err := json.Unmarshal(raw, s); err != nil {
		return empty, fmt.Errorf("reading what is known of past pulls (%s says which lists are too old to be accepted; mend it, or remove it and lose that): %w", StateName, err)
	}
	if s.Format != stateFormat {
		return empty, fmt.Errorf("reading what is known of past pulls: %s has format %d, and this version knows %d", StateName, s.Format, stateFormat)
	}
	return s, nil
}

// JSON is the state as it is stored, in a fixed order.
func (s *State) JSON() ([]byte, error) {
	slices.SortFunc(s.Lists, func(a, b ListState) int {
		rank := map[string]int{stored.RoleLOTL: 0, stored.RolePivot: 1, stored.RoleTL: 2}
		if d := rank[a.Role] - rank[b.Role]; d != 0 {
			return d
		}
		if d := strings.Compare(a.Territory, b.Territory); d != 0 {
			return d
		}
		return strings.Compare(a.String(), b.String())
	})
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing what is known of pulls: %w", err)
	}
	return append(b, '\n'), nil
}
