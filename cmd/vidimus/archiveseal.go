package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/fetch"
	"github.com/vidimus/vidimus/validate/gather"
)

// stampFlags say who time-stamps, and how.
type stampFlags struct {
	TSA    []string `name:"tsa" sep:"none" placeholder:"URL" help:"A time-stamping authority, RFC 3161 over HTTP (repeatable: the next is asked where one fails)."`
	Digest string   `placeholder:"NAME" help:"Hash algorithm of new trees: SHA-256, SHA-384 or SHA-512. Default: by the policy's cryptographic suite."`
	Batch  int      `placeholder:"N" help:"Bundles under one time-stamp at most. Default: 1048576."`
}

// ArchiveSealCmd is `vidimus archive seal`.
type ArchiveSealCmd struct {
	judgeFlags
	StoreFlags
	stampFlags
	Format string `enum:"text,json" default:"text" help:"text, or json: one object."`
}

// Help is the example under --help.
func (c *ArchiveSealCmd) Help() string {
	return `Gives every bundle that has none an evidence record (RFC 4998): many bundles under one
hash tree and one time-stamp. The time-stamp is judged, by the lists and the policy,
before it is used. Running it again seals what is new and changes nothing else.

Example:
  vidimus archive seal --tsa http://tsa.example.com/tsr --tsa http://other.example.com`
}

// Run seals what has no record.
func (c *ArchiveSealCmd) Run(rt *runtime) error {
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		o, closing, err := preserving(rt, &c.judgeFlags, &c.stampFlags, st)
		if err != nil {
			return err
		}
		defer closing()
		log, err := c.auditor(ctx, rt, st, false)
		if err != nil {
			return err
		}
		done, err := preserve.Seal(ctx, o)
		clearProgress(rt.Stderr)
		if err := log.told(ctx, "seal", "", err, counted(done.Sealed, "bundle", "bundles")+" sealed"); err != nil {
			return err
		}
		return c.print(rt.Stdout, done)
	})
}

func (c *ArchiveSealCmd) print(w io.Writer, done preserve.Sealed) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(struct {
			Sealed     int                `json:"sealed"`
			Before     int                `json:"before"`
			Timestamps int                `json:"timestamps"`
			Damaged    []preserve.Problem `json:"damaged,omitempty"`
		}{done.Sealed, done.Before, done.Timestamps, done.Damaged})
	}
	for _, p := range done.Damaged {
		if _, err := fmt.Fprintf(w, "%s: passed over: %s\n", p.ID, plainText(p.Says)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%s sealed under %s; %d had a record before\n", counted(done.Sealed, "bundle", "bundles"), counted(done.Timestamps, "time-stamp", "time-stamps"), done.Before)
	return err
}

// preserving hangs the doors of package preserve: the TSAs on the network, our own
// validator as judge, the policy's suite. The function it returns closes the network.
func preserving(rt *runtime, f *judgeFlags, s *stampFlags, st archive.Store) (preserve.Options, func(), error) {
	v, err := f.validator(rt, rt.Now())
	if err != nil {
		return preserve.Options{}, nil, err
	}
	o := preserve.Options{Store: st, Suite: v.Policy().Suite, Now: rt.Now, Digest: algo.Digest(s.Digest), Batch: s.Batch, Progress: progress(rt.Stderr), Extra: sealHead(st)}
	src, closeSource := f.online("")
	o.Judge = recordJudge(v, src)
	client, err := tsaClient(s.TSA)
	if err != nil {
		closeSource()
		return o, nil, err
	}
	for _, u := range s.TSA {
		o.TSAs = append(o.TSAs, preserve.HTTP{URL: u, Post: client})
	}
	return o, func() { client.Close(); closeSource() }, nil
}

// recordJudge judges evidence records by our own validator.
func recordJudge(v *validate.Validator, src gather.Source) preserve.Judge {
	return func(ctx context.Context, q preserve.Question) (preserve.Answer, error) {
		req := validate.Request{File: validate.File{Name: "record.ers", Data: q.Record}, Detached: []validate.File{{Name: q.Name, Data: q.Data}}, At: q.At}
		if q.Fetch {
			req = gathered(ctx, v, req, src)
		}
		verdict, err := v.Validate(req)
		if err != nil {
			return preserve.Answer{}, err
		}
		rep := verdict.Report
		if rep.Error != nil {
			return preserve.Answer{Says: rep.Error.Message}, nil
		}
		if len(rep.EvidenceRecords) != 1 {
			return preserve.Answer{Says: fmt.Sprintf("It reads as %d evidence records.", len(rep.EvidenceRecords))}, nil
		}
		e := rep.EvidenceRecords[0]
		a := preserve.Answer{Passed: e.Indication == "PASSED", POE: e.POE.Time, Fetched: req.Fetched.Material}
		if !a.Passed {
			a.Says = e.Indication + " " + e.SubIndication
			for _, finding := range e.Findings {
				if finding.Level == "error" {
					a.Says += ": " + finding.Says
					break
				}
			}
		}
		return a, nil
	}
}

// tsaPoster speaks to the TSAs that the operator named.
type tsaPoster struct{ *fetch.Client }

// maxTimestampResponse bounds an answer: a token with its chain and large CRLs.
const maxTimestampResponse = 4 << 20

// Timestamp sends a request as RFC 3161 §3.4 says.
func (p tsaPoster) Timestamp(ctx context.Context, url string, request []byte) ([]byte, error) {
	answer, err := p.Do(ctx, fetch.Request{URL: url, Body: request, ContentType: "application/timestamp-query",
		Accept: "application/timestamp-reply", MaxSize: maxTimestampResponse})
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

// tsaClient may dial the ports that the URLs name, and private addresses: it is the
// operator who names TSAs, not whoever made a file.
func tsaClient(urls []string) (tsaPoster, error) {
	o := fetch.Options{Ports: []uint16{80, 443}, UnsafeAllowPrivate: true}
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return tsaPoster{}, usage("write --tsa http://HOST/PATH", "--tsa %q is no http or https URL", raw)
		}
		if port := u.Port(); port != "" {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil {
				return tsaPoster{}, usage("", "--tsa %q: %q is no port", raw, port)
			}
			o.Ports = append(o.Ports, uint16(n))
		}
	}
	return tsaPoster{fetch.New(o)}, nil
}

// progress tells on a terminal how far a run has come, and nothing in a pipe.
func progress(w io.Writer) func(preserve.Progress) {
	if !isTerminal(w) {
		return nil
	}
	return func(p preserve.Progress) {
		if p.Total > 0 {
			say(w, "\r\033[K%s: %d of %d", p.Step, p.Done, p.Total)
		} else {
			say(w, "\r\033[K%s: %d", p.Step, p.Done)
		}
	}
}

func clearProgress(w io.Writer) {
	if isTerminal(w) {
		say(w, "\r\033[K")
	}
}
