// Package algo knows the algorithms of electronic signatures: their names, their
// object identifiers and URIs, public keys, and the check of one signature value.
//
// It has no opinion on strength: MD5 and RSA-512 are computed like any other, and
// the cryptographic suite of the policy judges them (ETSI TS 119 312). What it is
// strict about is meaning: a padding, a point or a parameter that is not exactly
// what the standard says never verifies.
package algo
