package pages

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/changes"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
)

// nation is what the pages about lists tell of.
type nation struct {
	browser *browse.Browser
	signer  *eutest.Signer
	changes []changes.Change
	asked   time.Time
}

func (n *nation) Browser() *browse.Browser { return n.browser }

func (n *nation) Changes(from, to time.Time) (*changes.Compared, error) {
	n.asked = from
	if len(n.changes) == 0 {
		return nil, nil
	}
	c := &changes.Compared{Since: from.Add(-time.Hour), Changes: n.changes}
	if !to.IsZero() {
		c.Until = to.Add(-time.Hour)
	}
	return c, nil
}

// newNation is a virtual EU with a provider that has a hostile name.
func newNation(t testing.TB) *nation {
	t.Helper()
	w := eutest.New(t).At(eutest.Day(2023, 11, 1))
	ee := w.MemberState("EE")
	ca := ee.Provider("SK ID Solutions AS", "VATEE-100687640").CA("TEST EID-Q 2021E", eutest.EC(256), eutest.SmartIDQualifiers())
	ee.Provider(`<script>alert("x")</script>`).CA(`<img src=x onerror=alert(1)>`, eutest.EC(256), eutest.HistoryOf(
		eutest.Status{URI: eutest.Granted, Since: eutest.EIDAS}, eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2020, 1, 1)}))
	w.MemberState("CZ").Provider("Česká pošta, s.p.").TSA("PostSignum TSA")
	in := lotl.Input{At: w.Now(), Journal: "OJ C 1"}
	for _, a := range w.Anchors() {
		c, err := certificate.Parse(a.Certificate.Raw)
		if err != nil {
			t.Fatal(err)
		}
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: evidence.Of(c.Raw), Certificate: c})
	}
	for _, f := range w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	s, _ := lotl.Authenticate(in)
	if len(s.Lists) != 2 {
		t.Fatalf("%+v", s.Rejected)
	}
	return &nation{browser: browse.New(s), signer: ca.Signer()}
}

var link = regexp.MustCompile(`href="(/trust/[a-z]+/[^"]+)"`)

// links are the addresses below /trust that a page leads to.
func links(body, prefix string) []string {
	var out []string
	for _, m := range link.FindAllStringSubmatch(body, -1) {
		if strings.HasPrefix(m[1], prefix) {
			out = append(out, m[1])
		}
	}
	return out
}

// TestListBrowser goes from the lists to a service and its certificate as a reader
// does: who is this authority, what may it issue, since when, and who says so?
func TestListBrowser(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	home := w.get("/trust")
	w.holds(home, 200, "EE", "Estonia", "list of lists", "OJ C 1", "certificates stand in the lists in force")
	w.holds(w.get("/trust/territory/EE"), 200, "SK ID Solutions AS", "&lt;script&gt;", "withdrawn", "Trusted list")
	found := w.get("/trust/search?q=" + url.QueryEscape("ceska posta"))
	w.holds(found, 200, "Česká pošta, s.p.", "found")
	services := links(w.get("/trust/search?q=eid-q").Body.String(), "/trust/service/")
	if len(services) == 0 {
		t.Fatal("the service is not found by its name")
	}
	service := w.get(services[0])
	w.holds(service, 200, "TEST EID-Q 2021E", "granted", "list of lists", "OJ C 1", "History", "SHA-256 of the list", "SK ID Solutions AS")
	w.holds(w.get(services[0]+"?at=2010-01-01"), 200, "nothing at that time")
	certificates := links(service.Body.String(), "/trust/certificate/")
	if len(certificates) == 0 {
		t.Fatalf("no certificate on %s", service.Body)
	}
	w.holds(w.get(certificates[0]), 200, "Services that it identifies", "TEST EID-Q 2021E")
	providers := links(service.Body.String(), "/trust/provider/")
	w.holds(w.get(providers[0]), 200, "VATEE-100687640", "TEST EID-Q 2021E")
	for _, bad := range []string{"/trust/territory/XX", "/trust/service/none", "/trust/provider/none", "/trust/certificate/" + strings.Repeat("0", 64), "/trust/certificate/x", "/trust/none"} {
		w.holds(w.get(bad), 404, "no page under this address")
	}
	w.holds(w.get("/trust?at=yesterday"), 400, "cannot be read")
	w.holds(w.get("/trust/search?q="+strings.Repeat("x", 300)), 400)
	w.holds(w.get("/trust/search?offset=-7&q="), 303)
	w.holds(w.get("/trust/search?offset=-7&q=sk"), 200, "SK ID Solutions AS")
	w.trust.browser = nil
	w.holds(w.get("/trust"), 503, "No trusted list is in force")
}

// TestWhoIssued: a signer's certificate leads to the listed authority.
func TestWhoIssued(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	ask := func(raw []byte) *httptest.ResponseRecorder {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		p, _ := form.CreateFormFile("certificate", "a.pem")
		_, _ = p.Write(raw)
		_ = form.Close()
		r := httptest.NewRequest(http.MethodPost, "/trust/certificate", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return w.do(r)
	}
	for _, raw := range [][]byte{w.trust.signer.PEM(), w.trust.signer.Raw} {
		w.holds(ask(raw), 200, "was issued by", "TEST EID-Q 2021E", "Who issued it")
	}
	w.holds(ask([]byte("nothing")), 422, "No certificate can be read")
	w.holds(ask(bytes.Repeat([]byte("x"), maxCertificate)), 413, "not read")
	w.holds(w.do(httptest.NewRequest(http.MethodPost, "/trust/certificate", strings.NewReader("x"))), 415)
}

func TestChangesPage(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	w.holds(w.get("/trust/changes"), 200, "Nothing is remembered from 2023-11-03 or before.")
	w.trust.changes = []changes.Change{{Kind: changes.ServiceStatus, Territory: "EE", Says: "It was <withdrawn>."}}
	w.holds(w.get("/trust/changes?at=2023-01-02"), 200, "service-status", "It was &lt;withdrawn&gt;.", "The lists in force are compared")
	if want := time.Date(2023, 1, 2, 23, 59, 59, 0, time.UTC); !w.trust.asked.Equal(want) {
		t.Errorf("asked of %s, want %s", w.trust.asked, want)
	}
	w.holds(w.get("/trust/changes?at=2023-01-02&to=2023-02-03"), 200, "service-status", "in force on 2023-02-03", "compared with those that were in force on 2023-01-02", `name="to" type="date" value="2023-02-03"`)
	w.holds(w.get("/trust/changes?at=2023-01-02&to=2999-01-01"), 200, "The lists in force are compared")
	for _, to := range []string{"yesterday", "2023-01-01"} {
		w.holds(w.get("/trust/changes?at=2023-01-02&to="+to), 400, "is before the earlier one")
	}
}
