// Package siva speaks the API of SiVa 3, the Estonian validation service, so that
// its users move by changing a base URL: POST /validate, /validateHashcode and
// /getDataFiles with the same JSON in and out, and its monitoring resources.
//
// It is a voice, not a judge. Files are judged by the one judge under the policies
// siva-polv3 and siva-polv4; here they are told in SiVa's words. What of SiVa's
// rules concerns its report and not the signature stands here too: the minimal
// legal level of POLv4 (level.go), and the choice of rules by a file's name
// (route.go).
package siva

import (
	"context"
	"net/http"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate"
)

// Judge judges files.
type Judge interface {
	// Judge judges a file under a policy of Policies. A request without a time is
	// judged now; one with a time is judged as of it. An *api.NotReady says that
	// there is no trust to judge by; other errors are our failures. It is called
	// concurrently.
	Judge(ctx context.Context, policy string, req validate.Request) (*validate.Verdict, error)
}

// The policies of the judge that stand behind SiVa's.
const (
	policyPOLv3 = "siva-polv3"
	policyPOLv4 = "siva-polv4"
)

// Policies names the policies that Judge is called with.
func Policies() []string { return []string{policyPOLv3, policyPOLv4} }

// Options say what the monitoring resources tell.
type Options struct {
	Version string           // of the software
	Started time.Time        // when the service began
	Now     func() time.Time // what the service takes for the present; needed
	Ready   func() bool      // whether files can be judged; needed
}

// New returns the face.
func New(judge Judge, options Options) api.Face { return &face{judge: judge, options: options} }

type face struct {
	judge   Judge
	options Options
	turns   api.Turns
}

// Open takes the turns that requests have to wait for.
func (f *face) Open(turns api.Turns) { f.turns = turns }

// Routes are the resources of SiVa 3.
func (f *face) Routes() []api.Route {
	return []api.Route{
		{Method: http.MethodPost, Path: "/validate", Handler: f.serve("/validate", f.validate)},
		{Method: http.MethodPost, Path: "/validateHashcode", Handler: f.serve("/validateHashcode", f.validateHashcode)},
		{Method: http.MethodPost, Path: "/getDataFiles", Handler: f.serve("/getDataFiles", f.dataFiles)},
		{Method: http.MethodGet, Path: "/monitoring/health", Handler: f.health, Open: true},
		{Method: http.MethodGet, Path: "/monitoring/heartbeat", Handler: f.heartbeat, Open: true},
		{Method: http.MethodGet, Path: "/monitoring/version", Handler: f.version, Open: true},
	}
}
