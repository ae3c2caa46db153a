package xades

import (
	"reflect"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
)

func TestClaims(t *testing.T) {
	for name, signed := range map[string]string{
		"EN 319 132-1": `<x:SignatureProductionPlaceV2><x:City> Tallinn </x:City><x:StateOrProvince>Harju</x:StateOrProvince><x:PostalCode>10111</x:PostalCode><x:CountryName>EE</x:CountryName></x:SignatureProductionPlaceV2>` +
			`<x:SignerRoleV2><x:ClaimedRoles><x:ClaimedRole>Notary</x:ClaimedRole><x:ClaimedRole> </x:ClaimedRole></x:ClaimedRoles></x:SignerRoleV2>`,
		"TS 101 903": `<x:SignatureProductionPlace><x:City>Tallinn</x:City><x:StateOrProvince>Harju</x:StateOrProvince><x:PostalCode>10111</x:PostalCode><x:CountryName>EE</x:CountryName></x:SignatureProductionPlace>` +
			`<x:SignerRole><x:ClaimedRoles><x:ClaimedRole>Notary</x:ClaimedRole></x:ClaimedRoles></x:SignerRole>`,
	} {
		m := honest()
		m.signed = signed
		want := signature.Claims{Roles: []string{"Notary"}, Place: &signature.Place{City: "Tallinn", StateOrProvince: "Harju", PostalCode: "10111", Country: "EE"}}
		if got := one(t, m.xml(t), m.files); !reflect.DeepEqual(got.Claims, want) || got.XMLID == "" {
			t.Errorf("%s: %+v of %q", name, got.Claims, got.XMLID)
		}
	}
	if got := one(t, honest().xml(t), honest().files); got.Claims.Roles != nil || got.Claims.Place != nil {
		t.Errorf("claims out of nothing: %+v", got.Claims)
	}
}
