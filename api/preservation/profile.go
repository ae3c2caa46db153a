package preservation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// URIs of TS 119 512 and of what it refers to.
const (
	schemePrefix = "http://uri.etsi.org/19512/scheme/"
	// scheme is F.1: preservation with storage by evidence records.
	scheme            = schemePrefix + "pds+pgd+aug+wst+ers"
	goalPDS           = "http://uri.etsi.org/19512/goal/pds" // of digital signatures
	goalPGD           = "http://uri.etsi.org/19512/goal/pgd" // of general data
	policyEvidence    = "http://uri.etsi.org/19512/policy/preservation-evidence"
	policyValidation  = "http://uri.etsi.org/19512/policy/signature-validation"
	evidenceRecord    = "urn:ietf:rfc:4998"
	storageModel      = "WithStorage"
	profileID         = "urn:vidimus:preservation:profile:1"
	evidencePolicyID  = "urn:vidimus:preservation:evidence-policy:1"
	validationPolicy  = "urn:vidimus:policy:" // and its name
	inputType         = "urn:vidimus:preservation:input:"
	statusActive      = "active" // the default
	statusInactive    = "inactive"
	statusAll         = "all"
	profileSince      = "2026-11-22T00:00:00Z"
	specificationName = "ETSI TS 119 512 V1.2.1"
)

// profile is the Profile of TS 119 512. Augmentation (goal aug) is not claimed: an
// evidence record that comes inside an object is judged and kept under ours, and not
// renewed itself.
type profile struct {
	ID               string        `json:"profileIdentifier"`
	Operations       []offered     `json:"operation"`
	Policies         []policyByURI `json:"policy"`
	Validity         validity      `json:"profileValidityPeriod"`
	StorageModel     string        `json:"preservationStorageModel"`
	Goals            []string      `json:"preservationGoal"`
	EvidenceFormats  []format      `json:"evidenceFormat"`
	Specification    string        `json:"specification"`
	Description      string        `json:"description"`
	Scheme           string        `json:"schemeIdentifier"`
	EvidenceDuration string        `json:"expectedEvidenceDuration,omitempty"`
	Retention        string        `json:"preservationEvidenceRetentionPeriod,omitempty"`
}

type offered struct {
	Name   string  `json:"name"`
	Inputs []input `json:"input"`
}

type input struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type policyByURI struct {
	Type string `json:"type"`
	ID   string `json:"policyID"`
}

type validity struct {
	From  string `json:"validFrom"`
	Until string `json:"validUntil,omitempty"`
}

type format struct {
	ID string `json:"formatId"`
}

// profile is the one that this service has.
func (f *face) profile() profile {
	p := profile{
		ID: profileID, Validity: validity{From: profileSince}, StorageModel: storageModel, Goals: []string{goalPDS, goalPGD},
		Policies:        []policyByURI{{policyEvidence, evidencePolicyID}, {policyValidation, validationPolicy + f.options.Policy}},
		EvidenceFormats: []format{{evidenceRecord}}, Specification: specificationName, Scheme: scheme,
		Description: "An object is judged and kept with its report and all that the judgement rests on in an evidence bundle (ASiC-E). Many bundles get evidence records under one time-stamp, some time after they were kept, and these are renewed.",
	}
	for _, op := range operations() {
		one := offered{Name: op.name, Inputs: []input{}}
		for _, name := range op.members {
			one.Inputs = append(one.Inputs, input{name, inputType + name})
		}
		p.Operations = append(p.Operations, one)
	}
	if days := int64(f.options.Retention / (24 * time.Hour)); days > 0 {
		p.EvidenceDuration = fmt.Sprintf("P%dD", days)
		p.Retention = p.EvidenceDuration
	}
	return p
}

// isScheme says whether a URI names scheme F.1. The standard spells its parts in more
// than one order (F.1 and F.1.7): any order of the same parts is it.
func isScheme(uri string) bool {
	parts, ok := strings.CutPrefix(uri, schemePrefix)
	if !ok {
		return false
	}
	have, want := strings.Split(parts, "+"), strings.Split(strings.TrimPrefix(scheme, schemePrefix), "+")
	slices.Sort(have)
	slices.Sort(want)
	return slices.Equal(have, want)
}

// isProfile says whether a client means our profile; one that names none means it.
func isProfile(uri string) bool { return uri == "" || uri == profileID || isScheme(uri) }

// retrieveInfo answers RetrieveInfo: the profiles.
func (f *face) retrieveInfo(c *call) (*response, error) {
	id, err := c.fields.text("profileIdentifier")
	if err != nil {
		return nil, err
	}
	status, err := c.fields.text("status")
	if err != nil {
		return nil, err
	}
	return f.profiles(id, status)
}

func (f *face) profiles(id, status string) (*response, error) {
	out := &response{Profiles: []profile{}}
	switch status {
	case "", statusActive, statusAll:
	case statusInactive:
		return out, nil // there never was another
	default:
		return nil, refuse(parameterError, "The member status is active, inactive or all.")
	}
	if !isProfile(id) {
		return nil, refuse(unknownProfile, "There is no such profile; there is %s.", profileID)
	}
	out.Profiles = append(out.Profiles, f.profile())
	return out, nil
}
