package eutest

import (
	"crypto/x509"
	"time"
)

// MemberState is a country with its trusted list.
type MemberState struct {
	Territory string // as SchemeTerritory writes it: EL and UK too
	Operator  string // scheme operator
	Providers []*Provider
	// Signers are the certificates that the list of lists names for this list; the
	// first one signs it.
	Signers []*Certificate
	List    ListSettings
	// Agreement is the one under which the list of lists points to a third country's
	// list; nil for a member state.
	Agreement *Agreement
	// Location is where the list of lists says that the list is, where that is not
	// tsl.example.
	Location string

	world *World
	tsas  []*TSA
}

// ListSettings say how a list is written; the lists of lists have them too. The zero
// value: version 6, sequence 1, issued ten days before the world's clock, next update
// five months later, signed well.
type ListSettings struct {
	Version   int // 5 or 6; another number is written as it is
	NoVersion bool
	Sequence  int
	Issued    time.Time
	Next      time.Time
	Closed    bool   // NextUpdate empty: the list is closed
	Territory string // in the list, where it lies
	Type      string // TSLType, where it differs

	Signer   *Certificate // who signs, where it is not the first of Signers
	SignedAt time.Time    // SigningTime; default Issued
	Sign     SignOptions  // Reference, Digest, Hash, hooks, … of the list's signature
	Unsigned bool
	Edit     func(xml string) string // the list before it is signed
	After    func(xml string) string // the list as it will be written

	// NotPointed keeps the list out of the list of lists (--trusted-list).
	NotPointed bool
	// Pointed are the certificates in the pointer, where they are not Signers.
	Pointed []*Certificate
}

// MemberState returns the country of that territory code, made at first use.
func (w *World) MemberState(territory string) *MemberState {
	w.tb.Helper()
	for _, m := range w.members {
		if m.Territory == territory {
			return m
		}
	}
	m := &MemberState{Territory: territory, Operator: "TEST Supervisory Body of " + territory, world: w}
	m.Signers = []*Certificate{w.ListSigner(territory, m.Operator, "1"), w.ListSigner(territory, m.Operator, "2")}
	w.members = append(w.members, m)
	return m
}

// ListSigner makes a certificate for signing lists: self-signed, P-256, EKU
// id-tsl-kp-tslSigning (TS 119 612 §5.7.1).
func (w *World) ListSigner(territory, operator, number string, options ...Option) *Certificate {
	w.tb.Helper()
	cfg := &config{
		kind: KeyKind{"EC", 256}, selfSigned: true, pathLen: -1,
		subject:   []NameAttribute{{"C", territory}, {"O", operator}, {"CN", "TEST List Signer " + territory + " " + number}},
		notBefore: Day(2015, 1, 1), notAfter: Day(2035, 1, 1),
		usage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, extendedUsage: []string{"0.4.0.2231.3.0"},
	}
	return w.certify(cfg.apply(options))
}

// File is the country's trusted list, signed, under the name CC.xml.
func (m *MemberState) File() File {
	m.world.tb.Helper()
	x := m.listXML()
	return File{Name: m.Territory + ".xml", Raw: m.world.signList(x, &m.List, m.Signers[0]), MediaType: tslMediaType}
}

// URL is where the list of lists says that the country's list is.
func (m *MemberState) URL() string {
	if m.Location != "" {
		return m.Location
	}
	return "https://tsl.example/" + m.Territory + ".xml"
}

// tsa is the TSA that the provider's signers use: the first of the provider, of its
// country, of the world.
func (p *Provider) tsa() *TSA {
	for _, t := range p.State.tsas {
		if t.Provider == p {
			return t
		}
	}
	if len(p.State.tsas) > 0 {
		return p.State.tsas[0]
	}
	for _, m := range p.State.world.members {
		if len(m.tsas) > 0 {
			return m.tsas[0]
		}
	}
	return nil
}

func (s *ListSettings) version() int {
	if s.Version == 0 {
		return 6
	}
	return s.Version
}

func (s *ListSettings) sequence() int {
	if s.Sequence == 0 {
		return 1
	}
	return s.Sequence
}

func (s *ListSettings) issued(w *World) time.Time {
	if s.Issued.IsZero() {
		return w.now.AddDate(0, 0, -10)
	}
	return s.Issued
}

func (s *ListSettings) next(w *World) time.Time {
	if s.Next.IsZero() {
		return s.issued(w).AddDate(0, 5, 0)
	}
	return s.Next
}
