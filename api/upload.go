package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/trace"
)

// held is an upload that waits to be judged.
type held struct {
	spool
	file     section
	hasFile  bool
	detached []section
	digests  []Digest
}

// section is one file of a request.
type section struct {
	name        string
	start, size int64 // in the spool
}

// mapFrom is the size, in octets, from which a kept upload is mapped and not read.
const mapFrom = 16 << 20

// load adds the files to what was asked: read into memory, or where they are large
// mapped. done must be called when nothing holds them any more.
func (s *server) load(h *held, u *Upload) (done func(), err error) {
	octets, done := h.section, func() {}
	if s.Map != nil && h.spool.file != nil && h.size >= mapFrom {
		if mapped, unmap, err := s.Map(h.spool.file, h.size); err == nil { // else it is read: a system may not map
			done = unmap
			octets = func(start, size int64) ([]byte, error) { return mapped[start : start+size : start+size], nil }
		}
	}
	if u.Data, err = octets(h.file.start, h.file.size); err != nil {
		return nil, err
	}
	u.Name, u.Digests = h.file.name, h.digests
	for _, d := range h.detached {
		data, err := octets(d.start, d.size)
		if err != nil {
			return nil, err
		}
		u.Detached = append(u.Detached, File{Name: d.name, Data: data})
	}
	return done, nil
}

// maxPolicySets bounds the constraints that one request may set.
const maxPolicySets = 400

// judge receives an upload within the limits and hands it to work when its turn
// has come, with a context that ends when the judging has had its time. asked holds
// all but the files; its name is that of a file that is sent as it is.
func (s *server) judge(c *gin.Context, asked Upload, work func(ctx context.Context, upload Upload) error) error {
	media, boundary, err := s.announced(c.Request)
	if err != nil {
		return err
	}
	_, received := trace.Start(c.Request.Context(), "receive")
	release, ok := s.upload(c.Request.Context(), incomingOf(c))
	if !ok {
		received(errNoTurn)
		return s.busy(s.uploads, "uploads")
	}
	defer release()
	h, err := s.receive(c, asked.Name, media, boundary)
	received(err)
	if err != nil {
		return err
	}
	defer h.close()
	release, ok = s.turn(c.Request.Context())
	if !ok {
		return s.busy(s.judgings, "files being judged")
	}
	defer release()
	done, err := s.load(h, &asked)
	if err != nil {
		return err
	}
	defer done()
	h.close()
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.Limits.JudgingTime)
	defer cancel()
	return work(ctx, asked)
}

func (s *server) busy(full *slots, what string) error {
	p := problem(Busy, fmt.Sprintf("There are %d %s, which is all that this service takes at once.", cap(full.free), what))
	p.retryAfter = full.retryAfter()
	return p
}

// announced is the media type of a body, and the boundary if it is a form; the error is
// what can be said against the body before any of it came.
func (s *server) announced(r *http.Request) (media, boundary string, err error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return "", "", problem(Encoding, "A compressed body is not taken: it could unpack to any size.")
	}
	if r.ContentLength > s.Limits.RequestSize {
		return "", "", &http.MaxBytesError{Limit: s.Limits.RequestSize}
	}
	ct := r.Header.Get("Content-Type")
	if ct == "" {
		return "application/octet-stream", "", nil
	}
	media, parameters, err := mime.ParseMediaType(ct)
	boundary = parameters["boundary"]
	switch form := media == formType; {
	case err != nil:
		return "", "", problem(MediaType, "The Content-Type cannot be read.")
	case form && boundary == "":
		return "", "", problem(MalformedRequest, "The Content-Type multipart/form-data names no boundary.")
	case !form && strings.HasPrefix(media, "multipart/"), media == "application/x-www-form-urlencoded":
		return "", "", problem(MediaType, "A body of this media type holds no signed file as it is.")
	}
	return media, boundary, nil
}

const formType = "multipart/form-data"

// receive streams the body into spools.
func (s *server) receive(c *gin.Context, name, media, boundary string) (*held, error) {
	r := c.Request
	r.Body = http.MaxBytesReader(c.Writer, r.Body, s.Limits.RequestSize)
	h := &held{spool: spool{dir: s.TempDir}}
	h.expect(r.ContentLength)
	var err error
	if media == formType {
		err = s.receiveForm(h, r, boundary)
	} else {
		h.hasFile = true
		h.file, err = h.keep(name, r.Body)
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
	if len(h.digests) > 0 && len(h.detached) > 0 {
		return problem(BadDigest, "The form has digests and detached contents; it is one or the other.")
	}
	return nil
}

// receiveForm reads the fields file and detached of a form.
func (s *server) receiveForm(h *held, r *http.Request, boundary string) error {
	form := multipart.NewReader(r.Body, boundary)
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			_, _ = io.CopyN(io.Discard, r.Body, 1) // the end of the body is behind that of the form; more than it is nobody's, and ends the connection
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
		case "digest":
			if len(h.digests) >= s.Limits.Detached {
				return problem(TooManyFiles, fmt.Sprintf("The form has more than %d digests.", s.Limits.Detached))
			}
			var d Digest
			d, err = readDigest(part.FileName(), part)
			h.digests = append(h.digests, d)
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

// digestSizes are the algorithms of a digest that stands for a content, and how many
// octets it has: those that no signature of today may do without (TS 119 312).
var digestSizes = map[string]int{"SHA-256": 32, "SHA-384": 48, "SHA-512": 64}

// encodedSuffix follows the algorithm where the digest is of the base64url text of a
// content, which JAdES hashes unless its header b64 is false.
const encodedSuffix = "-base64url"

// readDigest reads a field digest: algorithm, colon, hexadecimal digits.
func readDigest(name string, from io.Reader) (Digest, error) {
	raw, err := io.ReadAll(io.LimitReader(from, 200))
	if err != nil {
		return Digest{}, broken(err)
	}
	algorithm, digits, _ := strings.Cut(strings.TrimSpace(string(raw)), ":")
	algorithm, encoded := strings.CutSuffix(strings.ToLower(algorithm), encodedSuffix)
	d := Digest{Name: CleanName(name), Algorithm: strings.ToUpper(algorithm), Encoded: encoded}
	size, known := digestSizes[d.Algorithm]
	if d.Sum, err = hex.DecodeString(digits); err != nil || !known || len(d.Sum) != size {
		return Digest{}, problem(BadDigest, "A field digest is not algorithm:hexadecimal, or has not the algorithm's length.")
	}
	return d, nil
}
