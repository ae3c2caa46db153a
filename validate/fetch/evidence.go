package fetch

import (
	"context"
	"errors"
)

// The three fetches that closing an evidence set needs, with the media types
// and bounds of their RFCs.

// OCSP posts a DER-encoded OCSPRequest and returns the answer's octets, unread
// (RFC 6960 appendix A.1).
func (c *Client) OCSP(ctx context.Context, url string, request []byte) ([]byte, error) {
	if len(request) == 0 {
		return nil, errors.New("asking an OCSP responder: the request is empty")
	}
	return c.body(ctx, Request{URL: url, Body: request, ContentType: TypeOCSPRequest, Accept: TypeOCSPResponse, MaxSize: MaxOCSPSize})
}

// CRL gets a certificate revocation list, unread (RFC 5280 §4.2.1.13).
func (c *Client) CRL(ctx context.Context, url string) ([]byte, error) {
	return c.body(ctx, Request{URL: url, Accept: TypeCRL + ", */*;q=0.5", MaxSize: MaxCRLSize})
}

// Issuers gets what a caIssuers URL holds: a certificate, or a certs-only CMS
// message, unread (RFC 5280 §4.2.2.1).
func (c *Client) Issuers(ctx context.Context, url string) ([]byte, error) {
	return c.body(ctx, Request{URL: url, Accept: TypeCertificate + ", application/pkcs7-mime, */*;q=0.5", MaxSize: MaxIssuerSize})
}

// Get gets url's octets, at most maxSize (0: the bound of Options).
func (c *Client) Get(ctx context.Context, url string, maxSize int64) ([]byte, error) {
	return c.body(ctx, Request{URL: url, MaxSize: maxSize})
}

// IfChanged gets url's octets, at most maxSize (0: the bound of Options), unless
// they are as they were: etag and modified are what an earlier answer said of
// itself, or empty. A nil body without an error says "not modified". What the
// answer says of itself is returned in either case.
func (c *Client) IfChanged(ctx context.Context, url, etag, modified string, maxSize int64) (body []byte, newETag, newModified string, err error) {
	answer, err := c.Do(ctx, Request{URL: url, IfNoneMatch: etag, IfModifiedSince: modified, MaxSize: maxSize})
	if err != nil {
		return nil, "", "", err
	}
	return answer.Body, answer.ETag, answer.LastModified, nil
}

func (c *Client) body(ctx context.Context, r Request) ([]byte, error) {
	answer, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}
