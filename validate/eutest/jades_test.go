package eutest_test

import (
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/jades"
)

// A JWS of each kind of key is read as a JAdES signature that its key verifies.
func TestJAdES(t *testing.T) {
	w, ca, tsa := small(t)
	for name, s := range map[string]*eutest.Signer{"ES256": ca.Signer(), "ES512": ca.Signer(eutest.EC(521)), "RS256": ca.Signer(eutest.RSA(2048))} {
		for _, level := range []eutest.Level{eutest.B, eutest.T, eutest.LT, eutest.LTA} {
			doc, err := jades.Open(w.SignJAdES(s, []byte("content"), eutest.SignOptions{Level: level, TSA: tsa}), nil)
			if err != nil || len(doc.Signatures) != 1 {
				t.Fatalf("%s, level %d: %v", name, level, err)
			}
			sig := doc.Signatures[0]
			if sig.AlgorithmName != name || !sig.Structure.BaselineB || len(sig.Problems) > 0 || !sig.References[0].Intact {
				t.Errorf("%s, level %d: algorithm %s, %+v, problems %v", name, level, sig.AlgorithmName, sig.Structure, sig.Problems)
			}
			c, err := certificate.Parse(sig.KeyInfo[0])
			if err != nil || c.Key.Verify(sig.Algorithm, sig.Signed, sig.Value) != nil {
				t.Errorf("%s, level %d: the key does not verify the value", name, level)
			}
		}
	}
}
