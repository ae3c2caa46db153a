package xmldsig

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// readMethod reads ds:SignatureMethod into Method, Algorithm and MethodProblem.
func (s *Signature) readMethod(n *xmldom.Node) {
	s.Method, _ = n.Attribute("Algorithm")
	if isHMAC(s.Method) {
		// XMLDSig §6.3.1; attack X9. A shared key names no signer, and a truncated
		// one (HMACOutputLength, CVE-2009-0217) proves nothing at all.
		s.MethodProblem = fmt.Sprintf("%s is a message authentication code, no signature", clip(s.Method))
		return
	}
	s.Algorithm = algo.SignatureByURI(s.Method)
	if s.Method == SpaceMore+"rsa-pss" {
		alg, err := readPSS(n)
		if err != nil {
			s.Algorithm, s.MethodProblem = algo.Signature{}, err.Error()
			return
		}
		s.Algorithm = alg
	}
	if !s.Algorithm.Known() {
		s.Algorithm = algo.Signature{}
		s.MethodProblem = fmt.Sprintf("%q is no signature method that is known here", clip(s.Method))
	}
}

// isHMAC knows hmac-sha1 of XMLDSig and all of RFC 9231 §2.2.
func isHMAC(uri string) bool {
	_, name, ok := strings.Cut(uri, "#")
	return ok && strings.HasPrefix(strings.ToLower(name), "hmac-")
}

// readPSS reads RSAPSSParams, RFC 9231 §2.3.9, with its defaults: SHA-256, MGF1
// with the digest of the message, a salt as long as the digest, trailer field 1.
func readPSS(n *xmldom.Node) (algo.Signature, error) {
	alg := algo.Signature{Scheme: algo.PSS, Digest: algo.SHA256, SaltLength: -1}
	all := n.All(SpaceMore, "RSAPSSParams")
	if len(all) > 1 {
		return alg, fmt.Errorf("%d RSAPSSParams elements, want at most 1", len(all))
	}
	var params *xmldom.Node
	if len(all) == 1 {
		params = all[0]
	}
	if d := params.First(Space, "DigestMethod"); d != nil {
		uri, _ := d.Attribute("Algorithm")
		if alg.Digest = algo.DigestByURI(uri); alg.Digest == "" {
			return alg, fmt.Errorf("the RSASSA-PSS digest %q is not known", clip(uri))
		}
	}
	alg.MGF = alg.Digest
	if g := params.First(SpaceMore, "MaskGenerationFunction"); g != nil {
		if uri, _ := g.Attribute("Algorithm"); uri != SpaceMore+"MGF1" {
			return alg, fmt.Errorf("the mask generation function %q is not MGF1", clip(uri))
		}
		if d := g.First(Space, "DigestMethod"); d != nil {
			uri, _ := d.Attribute("Algorithm")
			if alg.MGF = algo.DigestByURI(uri); alg.MGF == "" {
				return alg, fmt.Errorf("the MGF1 digest %q is not known", clip(uri))
			}
		}
	}
	if l := params.First(SpaceMore, "SaltLength"); l != nil {
		salt, err := strconv.Atoi(strings.TrimSpace(l.Content()))
		if err != nil || salt < 0 || salt > 2048 {
			return alg, fmt.Errorf("the RSASSA-PSS salt length %q is no number of octets up to 2048", clip(l.Content()))
		}
		alg.SaltLength = salt
	}
	if f := params.First(SpaceMore, "TrailerField"); f != nil && strings.TrimSpace(f.Content()) != "1" {
		return alg, fmt.Errorf("the RSASSA-PSS trailer field is %q; only 1 exists (RFC 8017 §A.2.3)", clip(f.Content()))
	}
	return alg, nil
}
