package xades

import (
	"strings"

	"github.com/vidimus/vidimus/validate/signature"
)

// readClaims reads what the signer says of his role and of the place, in the forms
// of either edition (EN 319 132-1 §5.2.5, §5.2.6; TS 101 903 §7.2.7, §7.2.8).
func (s *source) readClaims() {
	for _, name := range []string{"SignerRoleV2", "SignerRole"} {
		for _, r := range s.ssp.First(s.space, name).First(s.space, "ClaimedRoles").All(s.space, "ClaimedRole") {
			if role := strings.TrimSpace(r.Content()); role != "" && len(s.out.Claims.Roles) < maxProperties {
				s.out.Claims.Roles = append(s.out.Claims.Roles, role)
			}
		}
	}
	for _, name := range []string{"SignatureProductionPlaceV2", "SignatureProductionPlace"} {
		n := s.ssp.First(s.space, name)
		if n == nil {
			continue
		}
		part := func(element string) string {
			if e := n.First(s.space, element); e != nil {
				return strings.TrimSpace(e.Content())
			}
			return ""
		}
		s.out.Claims.Place = &signature.Place{
			City: part("City"), StateOrProvince: part("StateOrProvince"), PostalCode: part("PostalCode"), Country: part("CountryName"),
		}
		return
	}
}
