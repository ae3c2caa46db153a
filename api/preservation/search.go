package preservation

import (
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/archive/index"
)

// filterTexts, filterTimes and filterTruths are the members of a Search filter: the
// questions that the index answers, all of which must apply.
var (
	filterTexts = map[string]func(*index.Query) *string{
		"poId": func(q *index.Query) *string { return &q.ID }, "fileName": func(q *index.Query) *string { return &q.File },
		"signer": func(q *index.Query) *string { return &q.Signer }, "serialNumber": func(q *index.Query) *string { return &q.SerialNumber },
		"country": func(q *index.Query) *string { return &q.Country }, "scheme": func(q *index.Query) *string { return &q.Scheme },
		"level": func(q *index.Query) *string { return &q.Level }, "digest": func(q *index.Query) *string { return &q.Digest },
		"form": func(q *index.Query) *string { return &q.Form }, "format": func(q *index.Query) *string { return &q.Format },
		"policy": func(q *index.Query) *string { return &q.Policy }, "subIndication": func(q *index.Query) *string { return &q.SubIndication },
		"qualification": func(q *index.Query) *string { return &q.Qualification }, "territory": func(q *index.Query) *string { return &q.Territory },
	}
	filterTimes = map[string]func(*index.Query) *time.Time{
		"signedFrom": func(q *index.Query) *time.Time { return &q.SignedFrom }, "signedTo": func(q *index.Query) *time.Time { return &q.SignedTo },
		"claimedFrom": func(q *index.Query) *time.Time { return &q.ClaimedFrom }, "claimedTo": func(q *index.Query) *time.Time { return &q.ClaimedTo },
		"validatedFrom": func(q *index.Query) *time.Time { return &q.ValidatedFrom }, "validatedTo": func(q *index.Query) *time.Time { return &q.ValidatedTo },
		"expiresBefore": func(q *index.Query) *time.Time { return &q.ExpiresBefore }, "unlockedBefore": func(q *index.Query) *time.Time { return &q.UnlockedBefore },
	}
	filterTruths = map[string]func(*index.Query) **bool{
		"evidence": func(q *index.Query) **bool { return &q.Sealed }, "damaged": func(q *index.Query) **bool { return &q.Damaged },
	}
)

const filterVerdict = "indication" // any of an array

// filterMembers are the names of all of them.
func filterMembers() []string {
	out := []string{filterVerdict}
	for name := range filterTexts {
		out = append(out, name)
	}
	for name := range filterTimes {
		out = append(out, name)
	}
	for name := range filterTruths {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// query reads the request of a search.
func (c *call) query() (q index.Query, err error) {
	most, err := c.fields.number("maxResults", maxResults)
	if err != nil {
		return q, err
	}
	if q.Limit = int(most); q.Limit == 0 {
		q.Limit = index.DefaultLimit
	}
	if q.Cursor, err = c.fields.text("cursor"); err != nil || !c.fields.has("filter") {
		return q, err
	}
	f, err := c.fields.m["filter"].object("filter.", filterMembers()...)
	if err != nil {
		return q, err
	}
	for name := range f.m {
		if err := f.filter(name, &q); err != nil {
			return q, err
		}
	}
	return q, nil
}

// filter reads one member of the filter.
func (f *fields) filter(name string, q *index.Query) error {
	if into := filterTruths[name]; into != nil {
		b, err := f.truth(name)
		*into(q) = b
		return err
	}
	if name == filterVerdict {
		items, err := f.list(name, 3)
		for _, v := range items {
			var s string
			if s, err = (&fields{f.at, map[string]value{name: v}}).text(name); err != nil {
				break
			}
			q.Verdicts = append(q.Verdicts, s)
		}
		return err
	}
	s, err := f.text(name)
	if err != nil {
		return err
	}
	if into := filterTexts[name]; into != nil {
		*into(q) = s
		return nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return refuse(parameterError, "The member %s%s is no time as 2025-03-10T12:00:00Z.", f.at, name)
	}
	*filterTimes[name](q) = t
	return nil
}

// search answers Search: the POIDs, in ascending order, a page at a time.
func (f *face) search(c *call) (*response, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	a, err := f.house.Archive(c.ctx, c.tenant)
	if err != nil {
		return nil, err
	}
	page, err := a.Search(c.ctx, q)
	if err != nil {
		return nil, err
	}
	out := &response{POIDs: []string{}, Cursor: page.Next}
	for _, e := range page.Entries {
		out.POIDs = append(out.POIDs, e.ID)
	}
	// What was looked for is not logged: it may be persons.
	return out, c.told(a, "search", "", fmt.Sprintf("Search: %d found", len(out.POIDs)), nil)
}
