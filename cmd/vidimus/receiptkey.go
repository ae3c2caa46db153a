package main

import (
	"bytes"

	"github.com/vidimus/vidimus/archive/receipt"
)

// receiptKey are the files of a key that signs records of deletions, and the flags that
// name them.
type receiptKey struct {
	keyFlag, key                 string
	certificateFlag, certificate string // "": they stand in the file of the key
	passwordFlag, password       string
}

// signer reads the key with its certificates.
func (k receiptKey) signer(rt *runtime) (*receipt.Signer, error) {
	raw, err := readFile(k.key, maxSignKey)
	if err != nil {
		return nil, usage("", "reading --%s: %v", k.keyFlag, err)
	}
	if k.certificate != "" {
		more, err := readFile(k.certificate, maxSignKey)
		if err != nil {
			return nil, usage("", "reading --%s: %v", k.certificateFlag, err)
		}
		if !bytes.Contains(raw, []byte("-----BEGIN ")) {
			return nil, usage("leave --"+k.certificateFlag+" out", "--%s %s is PKCS#12 and holds its certificates", k.keyFlag, k.key)
		}
		if !bytes.Equal(raw, more) {
			raw = append(append(raw, '\n'), more...)
		}
	}
	password, err := passwordOf(k.passwordFlag, k.password)
	if err != nil {
		return nil, err
	}
	if k.password == "" && rt.Env != nil {
		password, _ = rt.Env("VIDIMUS_KEY_PASSWORD")
	}
	private, certificates, err := keyOf(raw, password)
	if err != nil {
		return nil, usage("it is a PKCS#12 file with one key, whose password --"+k.passwordFlag+" or VIDIMUS_KEY_PASSWORD gives, or PEM with an unencrypted key", "reading --%s %s: %v", k.keyFlag, k.key, err)
	}
	s, err := receipt.New(private, certificates)
	if err != nil {
		return nil, usage("", "--%s %s: %v", k.keyFlag, k.key, err)
	}
	return s, nil
}
