package main

import (
	"context"
	"errors"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/siva"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/policy"
)

// faces are the APIs of other products and standards that serve answers beside its own.
// The function it returns frees what they opened.
func (c *ServeCmd) faces(rt *runtime, s *service) ([]api.Face, func(), error) {
	judge := &sivaJudge{service: s, policies: map[string]*policy.Policy{}}
	for _, name := range siva.Policies() {
		named := c.judgeFlags
		named.Policy = name
		p, err := named.policy()
		if err != nil {
			return nil, nil, err
		}
		judge.policies[name] = p
	}
	preserving, closing, err := c.preservation(rt, s)
	if err != nil {
		return nil, nil, err
	}
	return []api.Face{siva.New(judge, siva.Options{
		Version: version(), Started: s.now(), Now: s.now, Ready: func() bool { return s.current.Load().validator != nil },
	}), preserving}, closing, nil
}

// sivaJudge is the one judge, under SiVa's policies and whatever trust the service
// goes by now.
type sivaJudge struct {
	service  *service
	policies map[string]*policy.Policy
}

// Judge judges a file under a policy of siva.Policies. A request without a time is
// of now.
func (j *sivaJudge) Judge(ctx context.Context, name string, req validate.Request) (verdict *validate.Verdict, err error) {
	s := j.service
	counted := s.metrics.Judging()
	defer func() { counted(judgingOf(verdict, err), indicationsOf(verdict)...) }()
	f := s.current.Load() // once: what is in force may change while we judge
	if f.validator == nil {
		return nil, &api.NotReady{Why: f.why}
	}
	p, ok := j.policies[name]
	if !ok {
		return nil, errors.New("judging for SiVa's clients: no policy " + name)
	}
	v, err := validate.New(f.validator.Trust(), p)
	if err != nil {
		return nil, err
	}
	if req.At.IsZero() {
		req.At = s.now()
		req = gathered(ctx, v, req, s.source)
	}
	return v.Validate(req)
}
