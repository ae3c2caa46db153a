package browse_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
)

var at = eutest.Day(2025, 6, 1)

// snapshot is what a world's lists say now.
func snapshot(t testing.TB, w *eutest.World) *trustlist.Snapshot {
	t.Helper()
	in := lotl.Input{At: w.Now(), Journal: "OJ C 1"}
	for _, a := range w.Anchors() {
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: evidence.Of(a.Certificate.Raw), Certificate: parse(t, a.Certificate)})
	}
	for _, f := range w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	s, _ := lotl.Authenticate(in)
	if len(s.LOTLs) != 1 || len(s.Rejected) > 0 {
		t.Fatalf("%+v", s.Rejected)
	}
	return s
}

func parse(t testing.TB, c *eutest.Certificate) *certificate.Certificate {
	t.Helper()
	out, err := certificate.Parse(c.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// nation is a world with services of several sorts.
type nation struct {
	world    *eutest.World
	sk, cz   *eutest.Provider
	ca, pkc  *eutest.CA
	tsa      *eutest.TSA
	signer   *eutest.Signer
	withdraw time.Time
}

func newNation(t testing.TB) *nation {
	t.Helper()
	n := &nation{world: eutest.New(t).At(at), withdraw: eutest.Day(2024, 3, 1)}
	n.sk = n.world.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640", "SK")
	n.ca = n.sk.CA("TEST EID-Q 2021E", eutest.EC(256), eutest.SmartIDQualifiers())
	n.tsa = n.sk.TSA("SK TSA")
	n.cz = n.world.MemberState("CZ").Provider("Česká pošta, s.p.", "NTRCZ-47114983")
	n.pkc = n.cz.CA("PostSignum", eutest.EC(256), eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals), eutest.HistoryOf(
		eutest.Status{URI: eutest.UnderSupervision, Since: eutest.Day(2015, 1, 1)}, eutest.Status{URI: eutest.Granted, Since: eutest.EIDAS},
		eutest.Status{URI: eutest.Withdrawn, Since: n.withdraw}))
	zz := n.world.ThirdCountry("ZZ")
	zz.Agreement.Equivalences = []eutest.Equivalence{{LegalIdentifier: "QCForESig", History: []eutest.EquivalenceStatus{eutest.Recognition("ZZ", eutest.Enacted, eutest.Day(2020, 5, 16))}}}
	zz.Provider("ZZ Trust").CA("ZZ CA", eutest.EC(256), eutest.ForeignCA("ZZ", eutest.Day(2018, 1, 1)))
	n.signer = n.ca.Signer()
	return n
}

// A service is found by its name in any language, and called by the English one.
func TestNamesInOtherLanguages(t *testing.T) {
	n := newNation(t)
	n.pkc.Service.Translations = map[string]string{"cs": "Kvalifikovaná certifikační autorita", "de": "Postzeichen"}
	s := snapshot(t, n.world)
	b := browse.New(s)
	for _, text := range []string{"PostSignum", "kvalifikovana", "postzeichen CZ", "kvalifikovaná PostSignum"} {
		if got := find(t, b, text); got.Name != "PostSignum" || got.Territory != "CZ" {
			t.Errorf("%q finds %q of %s", text, got.Name, got.Territory)
		}
	}
	for _, l := range s.Lists {
		for _, p := range l.Providers {
			for _, x := range p.Services {
				for _, i := range x.Instances {
					if want := map[bool]int{true: 3, false: 1}[l.Territory == "CZ"]; len(i.Names) != want || i.Names[0] != i.Name {
						t.Errorf("%s: the names of %q are %q", l.Territory, i.Name, i.Names)
					}
				}
			}
		}
	}
}

// find is the one service that a text finds.
func find(t testing.TB, b *browse.Browser, text string) browse.Service {
	t.Helper()
	r, err := b.Search(browse.Query{Text: text, At: at})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range r.Hits {
		if h.Service != nil {
			s, ok := b.Service(h.Service.ID, at)
			if !ok {
				t.Fatalf("no service has the ID %s of a hit", h.Service.ID)
			}
			return s
		}
	}
	t.Fatalf("nothing is found for %q", text)
	return browse.Service{}
}

func TestOverviewAndTerritory(t *testing.T) {
	n := newNation(t)
	s := snapshot(t, n.world)
	b := browse.New(s)
	o := b.Overview(at)
	if o.Digest != s.Digest() || len(o.Lists) != 4 || o.Lists[0].Kind != "LOTL" || o.Certificates != 4 || o.Journal != "OJ C 1" || len(o.Anchors) == 0 {
		t.Errorf("%+v", o)
	}
	cz := o.Lists[1]
	if cz.Territory != "CZ" || cz.TerritoryName != "Czechia" || cz.Providers != 1 || cz.Services != 1 || cz.Certificates != 1 || cz.SignedBy == "" || cz.Signer.IsZero() {
		t.Errorf("%+v", cz)
	}
	if c := cz.ByType; len(c) != 1 || c[0].Type != "CA/QC" || c[0].Services != 1 || c[0].Active != 0 {
		t.Errorf("now: %+v", c)
	}
	if c := b.Overview(n.withdraw.AddDate(0, 0, -1)).Lists[1].ByType; len(c) != 1 || c[0].Active != 1 {
		t.Errorf("the day before it was withdrawn: %+v", c)
	}
	ee, ok := b.Territory(" ee ", at)
	if !ok || ee.Name != "Estonia" || len(ee.Lists) != 1 || len(ee.Lists[0].Detail) != 1 || len(ee.Lists[0].Detail[0].Services) != 2 {
		t.Fatalf("%+v", ee)
	}
	if by := ee.Lists[0].SaidBy; !strings.Contains(by.Says, "Trusted list 1 of EE") || !strings.Contains(by.Says, "rests on OJ C 1") || by.ListOfLists.Sequence != 332 || by.List.SHA256.IsZero() {
		t.Errorf("%+v", by)
	}
	p, ok := b.Provider(ee.Lists[0].Detail[0].ID, at)
	if !ok || p.Name != "SK ID Solutions AS" || p.SaidBy == nil || len(p.Services) != 2 || p.Services[0].ID == p.Services[1].ID {
		t.Errorf("%+v", p)
	}
	if _, ok := b.Territory("XX", at); ok {
		t.Error("a territory that nobody lists is found")
	}
	if _, ok := b.Provider("XX", at); ok {
		t.Error("a provider that nobody lists is found")
	}
	if _, ok := b.Service("XX", at); ok {
		t.Error("a service that nobody lists is found")
	}
	if o := browse.New(nil).Overview(at); len(o.Lists) != 0 {
		t.Errorf("of nothing: %+v", o)
	}
}

// Who is this authority, what may it issue, since when, and who says so?
func TestService(t *testing.T) {
	n := newNation(t)
	b := browse.New(snapshot(t, n.world))
	s := find(t, b, "EID-Q")
	if s.Type != "CA/QC" || s.Status != "granted" || !s.Active || s.Provider.Name != "SK ID Solutions AS" || s.Territory != "EE" ||
		!slices.Equal(s.MayIssue, []string{"qualified certificates for electronic signatures"}) || len(s.Certificates) != 1 {
		t.Errorf("%+v", s)
	}
	c := s.Certificates[0]
	if c.SHA256 != evidence.Of(n.ca.Raw) || c.Key != "EC P-256" || !strings.Contains(c.Subject, "CN=TEST EID-Q 2021E") || c.Serial != n.ca.Parsed.SerialNumber.Text(16) || c.SubjectKeyID == "" {
		t.Errorf("%+v", c)
	}
	now := s.History[0]
	if !now.AskedFor || len(now.Information) != 1 || now.Information[0].Says != "for electronic signatures" || len(now.Qualifications) != 1 ||
		now.Qualifications[0].Criteria != "key usage with nonRepudiation; and certificate policy 1.3.6.1.4.1.10015.17.2" || now.Qualifications[0].Qualifiers[0].Says != "the certificate is qualified" {
		t.Errorf("%+v", now)
	}

	post := find(t, b, "postsignum")
	if post.Active || post.Status != "withdrawn" || len(post.MayIssue) != 0 || len(post.History) != 3 {
		t.Errorf("%+v", post)
	}
	for _, c := range []struct {
		at     time.Time
		status string
		issues []string
	}{
		{eutest.Day(2010, 1, 1), "(not yet)", []string{}},
		{eutest.Day(2015, 6, 1), "undersupervision", nil},
		{eutest.Day(2020, 1, 1), "granted", []string{"qualified certificates for electronic signatures", "qualified certificates for electronic seals"}},
		{n.withdraw, "withdrawn", []string{}},
	} {
		got, ok := b.Service(post.ID, c.at)
		if !ok || got.Status != c.status || c.issues != nil && !slices.Equal(got.MayIssue, c.issues) {
			t.Errorf("at %s: %s, %q", c.at, got.Status, got.MayIssue)
		}
		if asked := slices.IndexFunc(got.History, func(p browse.Period) bool { return p.AskedFor }); (asked < 0) != (c.status == "(not yet)") || asked >= 0 && got.History[asked].Status != c.status {
			t.Errorf("at %s: history %+v", c.at, got.History)
		}
	}

	// A third country's words count for what the agreement makes of them.
	zz := find(t, b, "ZZ CA")
	if !zz.Active || len(zz.MayIssue) != 1 || zz.MayIssue[0] != "qualified certificates for electronic signatures, as recognised in the Union" || zz.SaidBy.Recognition != "urn:test:ZZ" {
		t.Errorf("%+v", zz)
	}
	if before, _ := b.Service(zz.ID, eutest.Day(2019, 1, 1)); len(before.MayIssue) != 0 {
		t.Errorf("before the agreement: %q", before.MayIssue)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"mayIssue":`, `"typeSays":`, `"saidBy":`, `"listOfLists":`, `"keySha256":`, `"history":`, `"askedFor":true`} {
		if !strings.Contains(string(raw), key) {
			t.Errorf("%s has no %s", raw, key)
		}
	}
}

// A name in a URL means the same in the next issue, and no two have the same.
func TestIdentitiesLast(t *testing.T) {
	n := newNation(t)
	before := browse.New(snapshot(t, n.world))
	ca, post := find(t, before, "EID-Q"), find(t, before, "postsignum")
	provider := ca.Provider.ID

	n.sk.Name = "SK Renamed AS"
	n.ca.Service.Name = "EID-Q with another name"
	n.ca.Service.History = append(n.ca.Service.History, eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2025, 5, 1)})
	n.sk.CA("One more", eutest.EC(256))
	n.cz.Services = nil
	n.sk.State.Provider("Taken Over", "NTREE-7").Service(eutest.CAQC, "PostSignum", []*eutest.Certificate{n.pkc.Certificate})
	for _, state := range []*eutest.MemberState{n.sk.State, n.cz.State} {
		state.List.Sequence = 2
	}
	after := browse.New(snapshot(t, n.world))
	if s, ok := after.Service(ca.ID, at); !ok || s.Name != "EID-Q with another name" || s.Status != "withdrawn" {
		t.Errorf("%v %+v", ok, s)
	}
	if p, ok := after.Provider(provider, at); !ok || p.Name != "SK Renamed AS" {
		t.Errorf("%v %+v", ok, p)
	}
	if _, ok := after.Service(post.ID, at); ok {
		t.Error("a service of another country has the ID of one that is gone")
	}

	// Twins: one key and type under two providers, and twice under one.
	for range 2 {
		n.sk.Service(eutest.CAQC, "Twin", []*eutest.Certificate{n.ca.Certificate})
	}
	n.sk.State.Provider("Taken Over").Service(eutest.CAQC, "Twin", []*eutest.Certificate{n.ca.Certificate})
	n.sk.State.Provider("Also", "VATEE-100687640").Service(eutest.QTST, "no certificate", nil, eutest.HistoryOf(eutest.Status{URI: eutest.Granted, Since: eutest.EIDAS}))
	n.sk.State.List.Sequence = 3
	s := snapshot(t, n.world)
	ids := browse.Identities(s.Lists...)
	known := map[string]bool{}
	total := 0
	for _, l := range s.Lists {
		for _, p := range l.Providers {
			total++
			known[ids.Provider(p)] = true
			for _, service := range p.Services {
				total++
				known[ids.Service(service)] = true
			}
		}
	}
	if len(known) != total || known[""] {
		t.Errorf("%d IDs for %d providers and services", len(known), total)
	}
	again := browse.Identities(snapshot(t, n.world).Lists...)
	for _, l := range s.Lists {
		if again.Provider(l.Providers[0]) != "" {
			t.Error("an ID for what is of another snapshot")
		}
	}
}

func TestSearch(t *testing.T) {
	n := newNation(t)
	b := browse.New(snapshot(t, n.world))
	colons := func(id string) string {
		var parts []string
		for i := 0; i < len(id); i += 2 {
			parts = append(parts, strings.ToUpper(id[i:i+2]))
		}
		return strings.Join(parts, ":")
	}
	ca := evidence.Of(n.ca.Raw)
	serial := n.ca.Parsed.SerialNumber
	for _, c := range []struct {
		name  string
		query browse.Query
		first string // name of the best hit
		total int
	}{
		{"a provider", browse.Query{Text: "sk id solutions"}, "SK ID Solutions AS", 3},
		{"without accents", browse.Query{Text: "CESKA posta"}, "Česká pošta, s.p.", 2},
		{"with accents", browse.Query{Text: "česká"}, "Česká pošta, s.p.", 2},
		{"a registration number", browse.Query{Text: "NTRCZ-47114983"}, "Česká pošta, s.p.", 2},
		{"a country", browse.Query{Text: "estonia"}, "SK ID Solutions AS", 3},
		{"words of two fields", browse.Query{Text: "estonia tsa"}, "SK TSA", 1},
		{"nothing", browse.Query{Text: "nobody of this name"}, "", 0},
		{"a fingerprint", browse.Query{Text: ca.String()}, "TEST EID-Q 2021E", 1},
		{"a fingerprint with colons", browse.Query{Text: " " + colons(ca.String())}, "TEST EID-Q 2021E", 1},
		{"a fingerprint of nobody", browse.Query{Text: strings.Repeat("ab", 32)}, "", 0},
		{"a certificate", browse.Query{Certificate: ca}, "TEST EID-Q 2021E", 1},
		{"a serial number", browse.Query{Serial: serial.Text(16), Territory: "EE", Type: "CA/QC"}, "TEST EID-Q 2021E", 1},
		{"a serial number in decimal", browse.Query{Serial: serial.String(), Territory: "EE", Type: "CA/QC"}, "TEST EID-Q 2021E", 1},
		{"a subject", browse.Query{Subject: "eid-q"}, "TEST EID-Q 2021E", 1},
		{"an issuer of nobody", browse.Query{Issuer: "no such root"}, "", 0},
		{"a territory", browse.Query{Territory: "cz"}, "Česká pošta, s.p.", 2},
		{"a type", browse.Query{Type: "QTST"}, "SK TSA", 1},
		{"a type's URI", browse.Query{Type: trustlist.ServiceQTST}, "SK TSA", 1},
		{"a status", browse.Query{Status: "withdrawn"}, "PostSignum", 1},
		{"a status at another time", browse.Query{Status: "withdrawn", At: n.withdraw.AddDate(0, 0, -1)}, "", 0},
		{"what is at work", browse.Query{Status: "active", Territory: "ZZ"}, "ZZ CA", 1},
		{"hostile", browse.Query{Text: "<script>\x1b[2J"}, "", 0},
	} {
		if c.query.At.IsZero() {
			c.query.At = at
		}
		r, err := b.Search(c.query)
		if err != nil || r.Total != c.total || len(r.Hits) != min(c.total, browse.DefaultPage) {
			t.Errorf("%s: %d hits, %v", c.name, r.Total, err)
			continue
		}
		first := ""
		if len(r.Hits) > 0 {
			if h := r.Hits[0]; h.Provider != nil {
				first = h.Provider.Name
			} else {
				first = h.Service.Name
			}
			if r.Hits[0].Why == "" || r.Hits[0].Score <= 0 {
				t.Errorf("%s: %+v", c.name, r.Hits[0])
			}
		}
		if first != c.first {
			t.Errorf("%s: %q is first, want %q", c.name, first, c.first)
		}
	}
	id := find(t, b, "EID-Q").ID
	if r, err := b.Search(browse.Query{Text: id, At: at}); err != nil || r.Total != 1 || r.Hits[0].Service.ID != id {
		t.Errorf("by ID: %+v, %v", r, err)
	}
	for _, q := range []browse.Query{{}, {Text: strings.Repeat("x", 201)}, {Text: strings.Repeat("x ", 11)}, {Text: "x", Limit: 201}, {Text: "x", Offset: -1}, {Text: "x", Limit: -1}, {Text: "\xff"}, {Text: " \t"}} {
		if r, err := b.Search(q); err == nil {
			t.Errorf("%+v: %+v", q, r)
		}
	}
	// Pages follow one another without gaps.
	whole, err := b.Search(browse.Query{Text: "t", At: at})
	if err != nil || whole.Total < 4 {
		t.Fatalf("%+v, %v", whole, err)
	}
	for i := range whole.Total + 1 {
		r, err := b.Search(browse.Query{Text: "t", At: at, Limit: 1, Offset: i})
		if err != nil || r.Total != whole.Total || i < whole.Total && (len(r.Hits) != 1 || r.Hits[0].Score != whole.Hits[i].Score) || i == whole.Total && len(r.Hits) != 0 {
			t.Errorf("page %d: %+v, %v", i, r, err)
		}
	}
}

// Who issued this certificate, and which services does it identify?
func TestIdentify(t *testing.T) {
	n := newNation(t)
	twin := n.ca.Twin()
	s := snapshot(t, n.world)
	b := browse.New(s)

	a := b.Identify(parse(t, n.signer.Certificate), at)
	if len(a.Listed) != 0 || len(a.Issuers) != 1 {
		t.Fatalf("%+v", a)
	}
	by := a.Issuers[0]
	if by.Name != browse.Same || by.KeyID != browse.Same || by.Signature != browse.Verified || by.Service.Name != "TEST EID-Q 2021E" || by.AtIssue.Status != "granted" ||
		len(by.Qualifiers) != 2 || !strings.Contains(a.Says, "It was issued by \"TEST EID-Q 2021E\" of \"SK ID Solutions AS\" (EE, CA/QC): the signature verifies") {
		t.Errorf("%+v\n%s", by, a.Says)
	}

	if a = b.Identify(parse(t, n.ca.Certificate), at); len(a.Listed) != 1 || !a.Listed[0].Exact || !strings.Contains(a.Says, "It identifies 1 listed service") {
		t.Errorf("the authority: %+v", a)
	}
	if a = b.Identify(parse(t, twin), at); len(a.Listed) != 1 || a.Listed[0].Exact {
		t.Errorf("another certificate of its name and key: %+v", a)
	}
	if got, ok := b.ByFingerprint(evidence.Of(n.ca.Raw), at); !ok || len(got.Listed) != 1 {
		t.Errorf("by fingerprint: %+v", got)
	}
	if _, ok := b.ByFingerprint(evidence.ID{1}, at); ok {
		t.Error("a fingerprint of nobody is found")
	}

	// A list may name one certificate as often as it likes: answers stay bounded.
	for range 250 {
		n.sk.Service(eutest.CAQC, "again", []*eutest.Certificate{n.ca.Certificate})
	}
	n.sk.State.List.Sequence = 2
	many := browse.New(snapshot(t, n.world))
	if a := many.Identify(parse(t, n.ca.Certificate), at); len(a.Listed) != 200 {
		t.Errorf("%d services", len(a.Listed))
	}
	if a := many.Identify(parse(t, n.signer.Certificate), at); len(a.Issuers) != 200 {
		t.Errorf("%d issuers", len(a.Issuers))
	}

	// The same names and another key: a forger.
	forger := newForger(t)
	a = b.Identify(parse(t, forger), at)
	if len(a.Issuers) != 1 || a.Issuers[0].Signature != browse.Wrong || a.Issuers[0].Name != browse.Same || len(a.Issuers[0].Qualifiers) != 0 || a.Says != "No trusted list names it, and no listed key issued it." {
		t.Errorf("a forged certificate: %+v", a)
	}
}

// newForger is a signer under an authority of the same name with a key of its own.
func newForger(t *testing.T) *eutest.Certificate {
	w := eutest.New(t).At(at)
	p := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640", "SK")
	for _, other := range []string{"a", "b", "c", "d", "e", "f"} { // they take the keys that the nation's services have
		p.CA(other, eutest.EC(256))
	}
	return p.CA("TEST EID-Q 2021E", eutest.EC(256)).Signer().Certificate
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Česká  pošta,\ts.p.": "ceska posta, s.p.", "ÅÄÖ Straße": "aao strasse", "Łódź Øre Þing": "lodz ore thing", "ΑΘΉΝΑ": "αθηνα", "Йод": "иод", "ﬁx": "fix",
		"a\u202eb\x1b[2J": "ab [2j", " \n": "", "ΟΔΟΣ": "οδοσ", "ς": "σ",
	} {
		if got := browse.Fold(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Česká pošta", "\xff\u202e", "ΟΔΟΣ", "ﬃ", "İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := browse.Fold(s)
		if strings.ContainsAny(once, "\x1b\n\u202e") || strings.Contains(once, "  ") {
			t.Errorf("%q is %q", s, once)
		}
		if len(s) > 0 && len(once) > 20*len(s)+20 {
			t.Errorf("%d octets became %d", len(s), len(once))
		}
	})
}
