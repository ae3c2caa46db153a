package client

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/report"
)

// File is a file to send.
type File struct {
	Name string
	// Open gives its octets from the start, each time anew.
	Open func() (io.ReadCloser, error)
	// once: Open works one time only, so nothing is sent again.
	once bool
}

// Bytes is a file in memory.
func Bytes(name string, data []byte) File {
	return File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// Path is a file on disk.
func Path(name string) File {
	return File{Name: filepath.Base(name), Open: func() (io.ReadCloser, error) { return os.Open(name) }} //#nosec G304 -- the caller names the file
}

// Stream is a file that can be read once; it is never sent again.
func Stream(name string, from io.Reader) File {
	return File{Name: name, once: true, Open: func() (io.ReadCloser, error) { return io.NopCloser(from), nil }}
}

// Digest stands in place of a detached content.
type Digest struct {
	Name      string
	Algorithm string // "sha-256", "sha-384" or "sha-512"
	Sum       []byte
	Encoded   bool // it is of the base64url text of the content, as JAdES hashes
}

// Request is what is to be judged, and how; all but File may be left out.
type Request struct {
	File      File
	Detached  []File            // contents of a detached signature
	Digests   []Digest          // or their digests; not for Put
	Policy    string            // of Policies
	PolicySet map[string]string // constraint to level
	At        time.Time         // validation time; zero: now
	Lang      string            // of ValidateAs in text, html or pdf, e.g. "et"; "" is English
	Raw       bool              // of ValidateAs in etsi: certificates, answers and tokens in full
}

// Report is the service's report.
type Report = report.Report

// Validate judges a file.
func (c *Client) Validate(ctx context.Context, r Request) (*Report, error) {
	answer, err := c.upload(ctx, "/v1/validations", r, "json")
	if err != nil {
		return nil, err
	}
	out := &Report{}
	return out, readJSON(answer, out)
}

// ValidateAs judges a file and gives the report in a format of the service, e.g.
// "text"; the caller closes it.
func (c *Client) ValidateAs(ctx context.Context, r Request, format string) (io.ReadCloser, error) {
	return c.upload(ctx, "/v1/validations", r, format)
}

// Put judges a file and archives the evidence.
func (c *Client) Put(ctx context.Context, r Request) (id string, rep *Report, err error) {
	if len(r.Digests) > 0 {
		return "", nil, errors.New("archiving: a bundle holds what was signed; digests cannot stand for it")
	}
	answer, err := c.upload(ctx, "/v1/bundles", r, "")
	if err != nil {
		return "", nil, err
	}
	var out struct {
		ID     string  `json:"id"`
		Report *Report `json:"report"`
	}
	err = readJSON(answer, &out)
	return out.ID, out.Report, err
}

func (c *Client) upload(ctx context.Context, path string, r Request, format string) (io.ReadCloser, error) {
	if r.File.Open == nil {
		return nil, errors.New("asking vidimus: there is no file")
	}
	query := url.Values{}
	if format != "" {
		query.Set("format", format)
	}
	if r.Policy != "" {
		query.Set("policy", r.Policy)
	}
	for constraint, level := range r.PolicySet {
		query.Add("policy-set", constraint+"="+level)
	}
	if !r.At.IsZero() {
		query.Set("at", r.At.UTC().Format(time.RFC3339))
	}
	if format != "" && r.Lang != "" {
		query.Set("lang", r.Lang)
	}
	if format != "" && r.Raw {
		query.Set("raw", "true")
	}
	return c.do(ctx, call{method: http.MethodPost, path: path, query: query, accept: "*/*", body: r.form, again: r.again()})
}

// again says whether the files can be sent more than once.
func (r Request) again() bool {
	again := !r.File.once
	for _, d := range r.Detached {
		again = again && !d.once
	}
	return again
}

// form streams the files as a form.
func (r Request) form() (contents io.ReadCloser, media string, size int64, err error) {
	out, in := io.Pipe()
	form := multipart.NewWriter(in)
	go func() {
		err := r.writeForm(form)
		if err == nil {
			err = form.Close()
		}
		_ = in.CloseWithError(err) // it always is nil
	}()
	return out, form.FormDataContentType(), -1, nil
}

func (r Request) writeForm(form *multipart.Writer) error {
	if err := writePart(form, "file", r.File); err != nil {
		return err
	}
	for _, d := range r.Detached {
		if err := writePart(form, "detached", d); err != nil {
			return err
		}
	}
	for _, d := range r.Digests {
		algorithm := strings.ToLower(d.Algorithm)
		if d.Encoded {
			algorithm += "-base64url"
		}
		text := algorithm + ":" + hex.EncodeToString(d.Sum)
		if err := writePart(form, "digest", Bytes(d.Name, []byte(text))); err != nil {
			return err
		}
	}
	return nil
}

// quoted is a file name as a form holds it (HTML 5, "multipart/form-data encoding").
var quoted = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22")

func writePart(form *multipart.Writer, field string, f File) error {
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", `form-data; name="`+field+`"; filename="`+quoted.Replace(f.Name)+`"`)
	header.Set("Content-Type", "application/octet-stream")
	to, err := form.CreatePart(header)
	if err != nil {
		return err
	}
	from, err := f.Open()
	if err != nil {
		return fmt.Errorf("opening %q: %w", f.Name, err)
	}
	if _, err = io.Copy(to, from); err != nil {
		err = fmt.Errorf("sending %q: %w", f.Name, err)
	}
	return errors.Join(err, from.Close())
}
