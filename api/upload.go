package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// held is an upload that waits to be judged.
type held struct {
	spool
	file     section
	hasFile  bool
	detached []section
}

// section is one file of a request.
type section struct {
	name        string
	start, size int64 // in the spool
}

// load reads the upload into memory.
func (h *held) load() (Upload, error) {
	var u Upload
	data, err := h.section(h.file.start, h.file.size)
	if err != nil {
		return Upload{}, err
	}
	u.File = File{Name: h.file.name, Data: data}
	for _, d := range h.detached {
		if data, err = h.section(d.start, d.size); err != nil {
			return Upload{}, err
		}
		u.Detached = append(u.Detached, File{Name: d.name, Data: data})
	}
	return u, nil
}

// maxPolicySets bounds the constraints that one request may set.
const maxPolicySets = 400

// judge receives an upload within the limits and hands it to work when its turn
// has come, with a context that ends when the judging has had its time.
func (s *server) judge(c *gin.Context, work func(ctx context.Context, upload Upload) error) error {
	policies, sets := c.QueryArray("policy"), c.QueryArray("policy-set")
	if len(policies) > 1 || len(sets) > maxPolicySets {
		return problem(BadParameter, fmt.Sprintf("The parameter policy is given once, and policy-set at most %d times.", maxPolicySets))
	}
	release, ok := s.uploads.take(c.Request.Context())
	if !ok {
		return s.busy(s.uploads, "uploads")
	}
	defer release()
	h, err := s.receive(c)
	if err != nil {
		return err
	}
	defer h.close()
	release, ok = s.judgings.take(c.Request.Context())
	if !ok {
		return s.busy(s.judgings, "files being judged")
	}
	defer release()
	upload, err := h.load()
	if err != nil {
		return err
	}
	h.close()
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.Limits.JudgingTime)
	defer cancel()
	upload.Policy, upload.PolicySet = strings.Join(policies, ""), sets
	return work(ctx, upload)
}

func (s *server) busy(full *slots, what string) error {
	p := problem(Busy, fmt.Sprintf("There are %d %s, which is all that this service takes at once.", cap(full.free), what))
	p.retryAfter = full.retryAfter()
	return p
}

// receive streams the body into spools.
func (s *server) receive(c *gin.Context) (*held, error) {
	r := c.Request
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, problem(Encoding, "A compressed body is not taken: it could unpack to any size.")
	}
	if r.ContentLength > s.Limits.RequestSize {
		return nil, &http.MaxBytesError{Limit: s.Limits.RequestSize}
	}
	r.Body = http.MaxBytesReader(c.Writer, r.Body, s.Limits.RequestSize)
	media, parameters := "application/octet-stream", map[string]string(nil)
	if ct := r.Header.Get("Content-Type"); ct != "" {
		var err error
		if media, parameters, err = mime.ParseMediaType(ct); err != nil {
			return nil, problem(MediaType, "The Content-Type cannot be read.")
		}
	}
	h := &held{spool: spool{dir: s.TempDir}}
	var err error
	switch {
	case media == "multipart/form-data":
		err = s.receiveForm(h, r, parameters["boundary"])
	case strings.HasPrefix(media, "multipart/"), media == "application/x-www-form-urlencoded":
		err = problem(MediaType, "A body of this media type holds no signed file as it is.")
	default:
		h.hasFile = true
		h.file, err = h.keep(r.URL.Query().Get("name"), r.Body)
	}
	if err == nil {
		err = h.complete()
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *held) complete() error {
	if !h.hasFile {
		return problem(MissingFile, "The form has no field file.")
	}
	if h.file.size == 0 {
		return problem(EmptyFile, "The file has no octets.")
	}
	return nil
}

// receiveForm reads the fields file and detached of a form.
func (s *server) receiveForm(h *held, r *http.Request, boundary string) error {
	if boundary == "" {
		return problem(MalformedRequest, "The Content-Type multipart/form-data names no boundary.")
	}
	form := multipart.NewReader(r.Body, boundary)
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		switch part.FormName() {
		case "file":
			if h.hasFile {
				return problem(TooManyFiles, "The form has the field file more than once; send a request for each file.")
			}
			h.hasFile = true
			h.file, err = h.keep(part.FileName(), part)
		case "detached":
			if len(h.detached) >= s.Limits.Detached {
				return problem(TooManyFiles, fmt.Sprintf("The form has more than %d detached contents.", s.Limits.Detached))
			}
			var d section
			d, err = h.keep(part.FileName(), part)
			h.detached = append(h.detached, d)
		default:
			return problem(UnknownField, fmt.Sprintf("The form has a field %q.", CleanName(part.FormName())))
		}
		if err != nil {
			return err
		}
	}
}

// keep streams one file into the spool.
func (h *held) keep(name string, from io.Reader) (section, error) {
	start := h.size
	client := &source{from: from}
	if _, err := io.Copy(&h.spool, client); err != nil {
		if client.failed {
			return section{}, broken(err)
		}
		return section{}, err // the disk: ours
	}
	return section{name: CleanName(name), start: start, size: h.size - start}, nil
}

// source tells the client's failures from ours.
type source struct {
	from   io.Reader
	failed bool
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.failed = s.failed || err != nil && !errors.Is(err, io.EOF)
	return n, err
}

// broken is a body that did not come whole: too large and too slow keep their
// own problems, the rest is malformed.
func broken(err error) error {
	if p := problemOf(err); p.Code != Internal {
		return p
	}
	return problem(MalformedRequest, "The body broke off, or is not what its Content-Type says.")
}
