package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/changes"
)

// Lists lets clients look through the trusted lists. Each method looks at what is in
// force when it is called; they are called concurrently.
type Lists interface {
	// Browser is over the lists in force; nil when there are none.
	Browser() *browse.Browser
	// Changes tells what differs between the lists as they were remembered at two times;
	// a zero to stands for those in force. nil: nothing is remembered from so early.
	Changes(from, to time.Time) (*changes.Compared, error)
}

// routeLists serves the list browser.
func (s *server) routeLists() {
	route(s, s.operation(http.MethodGet, "/v1/trust/lists", "listTrustLists", auth.Validate), s.listTrustLists)
	route(s, s.operation(http.MethodGet, "/v1/trust/territories/{code}", "getTerritory", auth.Validate), s.getTerritory)
	route(s, s.operation(http.MethodGet, "/v1/trust/providers/{id}", "getProvider", auth.Validate), s.getProvider)
	route(s, s.operation(http.MethodGet, "/v1/trust/services", "searchServices", auth.Validate), s.searchServices)
	route(s, s.operation(http.MethodGet, "/v1/trust/services/{id}", "getService", auth.Validate), s.getService)
	route(s, s.operation(http.MethodGet, "/v1/trust/certificates/{sha256}", "getCertificate", auth.Validate), s.getCertificate)
	route(s, s.operation(http.MethodPost, "/v1/trust/certificates", "identifyCertificates", auth.Validate), s.identifyCertificates)
	route(s, s.operation(http.MethodGet, "/v1/trust/changes", "listTrustChanges", auth.Validate), s.listTrustChanges)
}

// AsOf says for which time it is told what a service is.
type AsOf struct {
	At string `query:"at" example:"2025-06-01T12:00:00Z" doc:"The time that statuses and ages are told for: RFC 3339, or a day, which is its last second in UTC. Empty: now. The lists are those in force now."`
}

// moment reads a time, or a day: its first or its last second.
func moment(name, value string, last bool) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, value); err == nil {
		if last {
			t = t.AddDate(0, 0, 1).Add(-time.Second)
		}
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return t, problem(BadParameter, "The parameter "+name+" is a time in RFC 3339, such as 2025-06-01T12:00:00Z, or a day, such as 2025-06-01.")
	}
	return t.UTC(), nil
}

// browser is over the lists in force, with the time that is asked for.
func (s *server) browser(in AsOf) (*browse.Browser, time.Time, error) {
	at := s.serviceNow()
	if in.At != "" {
		var err error
		if at, err = moment("at", in.At, true); err != nil {
			return nil, at, err
		}
	}
	if s.Lists != nil {
		if b := s.Lists.Browser(); b != nil {
			return b, at, nil
		}
	}
	return nil, at, problem(Unready, "No trusted list is in force.")
}

// serviceNow is when it is by the clock that the service goes by, to the second.
func (s *server) serviceNow() time.Time {
	at := s.Now()
	if s.UnsafeNow != nil {
		at = *s.UnsafeNow
	}
	return at.UTC().Truncate(time.Second)
}

// listTrustLists tells what is trusted, list by list: GET /v1/trust/lists.
func (s *server) listTrustLists(c *gin.Context, in *AsOf) error {
	b, at, err := s.browser(*in)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, b.Overview(at))
}

// territoryQuery names a territory.
type territoryQuery struct {
	AsOf
	Code string `path:"code" maxLength:"10" example:"EE" doc:"Code of a territory, in either case; Greece is EL, the United Kingdom UK."`
}

// getTerritory tells who is listed in a country: GET /v1/trust/territories/{code}.
func (s *server) getTerritory(c *gin.Context, in *territoryQuery) error {
	b, at, err := s.browser(in.AsOf)
	if err != nil {
		return err
	}
	t, ok := b.Territory(in.Code, at)
	if !ok {
		return problem(NotListed, "No list of this territory is in force.")
	}
	return answer(c, http.StatusOK, t)
}

// providerQuery names a provider.
type providerQuery struct {
	AsOf
	ID string `path:"id" maxLength:"100" example:"12603261af0b1a33569b6efb" doc:"Id of a trust service provider; it stays from issue to issue of a list."`
}

// getProvider shows a provider: GET /v1/trust/providers/{id}.
func (s *server) getProvider(c *gin.Context, in *providerQuery) error {
	b, at, err := s.browser(in.AsOf)
	if err != nil {
		return err
	}
	p, ok := b.Provider(in.ID, at)
	if !ok {
		return problem(NotListed, "No provider of the lists in force has this id.")
	}
	return answer(c, http.StatusOK, p)
}

// serviceQuery names a service.
type serviceQuery struct {
	AsOf
	ID string `path:"id" maxLength:"100" example:"0a071c019005cfb5fb4d26b9" doc:"Id of a trust service; it stays from issue to issue of a list."`
}

// getService shows a service with its history: GET /v1/trust/services/{id}.
func (s *server) getService(c *gin.Context, in *serviceQuery) error {
	b, at, err := s.browser(in.AsOf)
	if err != nil {
		return err
	}
	x, ok := b.Service(in.ID, at)
	if !ok {
		return problem(NotListed, "No service of the lists in force has this id.")
	}
	return answer(c, http.StatusOK, x)
}

// servicesQuery says what is looked for; lengths and sums are package browse's to check.
type servicesQuery struct {
	AsOf
	Q         string `query:"q" example:"test trust" doc:"Words of names of providers and services, registration numbers, or subjects of certificates, without case and accents; an id; or a SHA-256 of a certificate."`
	Territory string `query:"territory" example:"EE" doc:"Code of a territory."`
	Type      string `query:"type" example:"CA/QC" doc:"Type of service: CA/QC, its end, such as QTST, or its URI."`
	Status    string `query:"status" example:"granted" doc:"Status, such as granted, or its URI; active is any of a service at work."`
	Subject   string `query:"subject" example:"TEST" doc:"Stands in the subject of a certificate of the service."`
	Issuer    string `query:"issuer" example:"TEST" doc:"Stands in the issuer of a certificate of the service."`
	Serial    string `query:"serial" example:"1f" doc:"Serial number of a certificate of the service, hexadecimal or decimal."`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"20" example:"20" doc:"How many hits at most."`
	Offset    int    `query:"offset" minimum:"0" maximum:"1000000" example:"0" doc:"How many hits come before."`
}

// searchServices finds providers and services: GET /v1/trust/services.
func (s *server) searchServices(c *gin.Context, in *servicesQuery) error {
	b, at, err := s.browser(in.AsOf)
	if err != nil {
		return err
	}
	found, err := b.Search(browse.Query{Text: in.Q, Territory: in.Territory, Type: in.Type, Status: in.Status, Subject: in.Subject, Issuer: in.Issuer,
		Serial: in.Serial, At: at, Limit: in.Limit, Offset: in.Offset})
	if err != nil { // one sentence about the query, without its words
		return problem(BadParameter, strings.ToUpper(err.Error()[:1])+err.Error()[1:]+".")
	}
	return answer(c, http.StatusOK, found)
}

// certificateQuery names a listed certificate.
type certificateQuery struct {
	AsOf
	SHA256 string `path:"sha256" maxLength:"200" example:"35e9bad374c2836ec2b2da7745b91778c2ca0e088adfde0b251511cc8ddd44c3" doc:"SHA-256 of a listed certificate in DER, 64 hexadecimal digits."`
}

// getCertificate tells whose a listed certificate is: GET /v1/trust/certificates/{sha256}.
func (s *server) getCertificate(c *gin.Context, in *certificateQuery) error {
	b, at, err := s.browser(in.AsOf)
	if err != nil {
		return err
	}
	id, ok := browse.Fingerprint(in.SHA256)
	if !ok {
		return problem(BadParameter, "The SHA-256 of a certificate is 64 hexadecimal digits.")
	}
	found, ok := b.ByFingerprint(id, at)
	if !ok {
		return problem(NotListed, "No list in force holds a certificate with this SHA-256.")
	}
	return answer(c, http.StatusOK, found)
}

// identified is the answer of POST /v1/trust/certificates.
type identified struct {
	Certificates []browse.Answer `json:"certificates" nullable:"false" doc:"In the order of the file."`
}

// identifyCertificates tells who issued certificates: POST /v1/trust/certificates. It
// takes its turn among those who judge, since it verifies signatures.
func (s *server) identifyCertificates(c *gin.Context, in *AsOf) error {
	b, at, err := s.browser(*in)
	if err != nil {
		return err
	}
	if c.Request.ContentLength > browse.MaxUpload {
		return &http.MaxBytesError{Limit: browse.MaxUpload}
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, browse.MaxUpload)
	return s.judge(c, Upload{}, func(ctx context.Context, upload Upload) error {
		if len(upload.Detached)+len(upload.Digests) > 0 {
			return problem(UnknownField, "The form has a field beside file.")
		}
		all, err := browse.Certificates(upload.Data)
		if err != nil {
			return problem(NoCertificate, "No certificate can be read: "+strings.TrimPrefix(err.Error(), "reading certificates: ")+".")
		}
		out := identified{}
		for _, one := range all {
			if err := ctx.Err(); err != nil {
				return err
			}
			out.Certificates = append(out.Certificates, b.Identify(one, at))
		}
		return answer(c, http.StatusOK, out)
	})
}

// changesQuery says which two sets of lists are compared.
type changesQuery struct {
	Since     string `query:"since" example:"2025-05-01" doc:"The same as from, which it was called before."`
	From      string `query:"from" example:"2025-05-01" doc:"The time of the earlier lists: RFC 3339, or a day, which is its first second in UTC. Empty: a week ago."`
	To        string `query:"to" example:"2025-06-01" doc:"The time of the later lists: RFC 3339, or a day, which is its last second in UTC. Empty: those in force."`
	Territory string `query:"territory" maxLength:"10" example:"EE" doc:"Only what concerns this territory; that of the list of lists is EU."`
}

// changesMade is the answer of GET /v1/trust/changes.
type changesMade struct {
	Asked   time.Time        `json:"asked" doc:"The time that was asked for."`
	Since   time.Time        `json:"since" doc:"When the lists of then were put in force."`
	AskedTo *time.Time       `json:"askedTo,omitempty" doc:"The later time that was asked for; absent: now."`
	Until   *time.Time       `json:"until,omitempty" doc:"When the lists of that later time were put in force; absent: they are in force."`
	Changes []changes.Change `json:"changes" nullable:"false"`
}

// times are those that the sets of lists are of; a zero to is now.
func (in *changesQuery) times(now time.Time) (from, to time.Time, err error) {
	from = now.AddDate(0, 0, -7)
	for name, value := range map[string]string{"since": in.Since, "from": in.From} {
		if value == "" {
			continue
		}
		if from, err = moment(name, value, false); err != nil {
			return from, to, err
		}
		if from.After(now) {
			return from, to, problem(BadParameter, fmt.Sprintf("The parameter %s, %s, is in the future.", name, from.Format(time.RFC3339)))
		}
	}
	if in.To == "" {
		return from, to, nil
	}
	if to, err = moment("to", in.To, true); err != nil {
		return from, to, err
	}
	if in.To == now.Format(time.DateOnly) {
		to = now // its last second is to come
	}
	switch {
	case to.After(now):
		err = problem(BadParameter, fmt.Sprintf("The parameter to, %s, is in the future.", to.Format(time.RFC3339)))
	case to.Before(from):
		err = problem(BadParameter, fmt.Sprintf("The parameter to, %s, is before from, %s.", to.Format(time.RFC3339), from.Format(time.RFC3339)))
	}
	return from, to, err
}

// notRemembered says that there are no lists of a time.
func (in *changesQuery) notRemembered(from time.Time) error {
	says := "No lists are remembered from " + from.Format(time.RFC3339) + " or before."
	if in.From == "" && in.To == "" {
		return problem(NotRemembered, says)
	}
	p := problem(BadParameter, says)
	p.Hint = "Name a later time as from: lists are remembered from the first 'vidimus trust pull' of this service on, and none with a mirror."
	return p
}

// listTrustChanges tells what has changed: GET /v1/trust/changes. It takes its turn
// among those who judge, since whole sets of lists are read.
func (s *server) listTrustChanges(c *gin.Context, in *changesQuery) error {
	if in.Since != "" && in.From != "" && in.Since != in.From {
		return problem(BadParameter, "The parameters since and from name the same time; give one of them.")
	}
	from, to, err := in.times(s.serviceNow())
	if err != nil {
		return err
	}
	if _, _, err := s.browser(AsOf{}); err != nil {
		return err
	}
	release, ok := s.judgings.take(c.Request.Context())
	if !ok {
		return s.busy(s.judgings, "files being judged")
	}
	defer release()
	found, err := s.Lists.Changes(from, to)
	if err != nil {
		return fmt.Errorf("comparing trusted lists: %w", err)
	}
	if found == nil {
		return in.notRemembered(from)
	}
	out := changesMade{Asked: from, Since: found.Since.UTC(), Changes: []changes.Change{}}
	if !to.IsZero() {
		until := found.Until.UTC()
		out.AskedTo, out.Until = &to, &until
	}
	for _, one := range found.Changes {
		if in.Territory == "" || strings.EqualFold(one.Territory, in.Territory) {
			out.Changes = append(out.Changes, one)
		}
	}
	return answer(c, http.StatusOK, out)
}
