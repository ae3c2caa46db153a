package pages

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/vidimus/vidimus/api"
)

// maxFiles bounds the files of one form; the page's script sends them one by one.
const maxFiles = 1000

// received is one form: the files to be checked, and contents that they sign.
type received struct {
	files, detached []kept
}

// kept is one uploaded file that waits for its turn.
type kept struct {
	name string
	*api.Kept
}

func (r *received) close() {
	for _, k := range append(r.files, r.detached...) {
		k.Close()
	}
}

// sorry is a refusal with words for people.
type sorry struct {
	status     int
	says, hint string
}

// Error is what is said.
func (e *sorry) Error() string { return e.says }

// receive takes the files of a form; the body is bounded as one of /v1 is.
func (s *site) receive(w http.ResponseWriter, r *http.Request) (*received, error) {
	limit := s.turns.MaxRequest()
	body := r.Body
	if r.ContentLength > limit {
		drain(r, body, limit)
		return nil, tooLarge(limit)
	}
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || parameters["boundary"] == "" {
		return nil, &sorry{http.StatusUnsupportedMediaType, "What was sent is not a form with files.", "Choose files on the start page."}
	}
	form := multipart.NewReader(http.MaxBytesReader(w, body, limit), parameters["boundary"])
	got := &received{}
	if err := s.parts(got, form); err != nil {
		got.close()
		var over *http.MaxBytesError
		if errors.As(err, &over) {
			drain(r, body, limit)
			return nil, tooLarge(limit)
		}
		var p *api.Problem
		if errors.As(err, &p) && p.Code == api.TooLarge {
			drain(r, body, limit)
			return nil, tooLarge(limit)
		}
		return nil, err
	}
	return got, nil
}

// drain reads the rest of a form that is too large, as long as that can be afforded: a
// browser shows no answer that came before it had sent everything. The page's script
// looks at the size before it sends anything.
func drain(r *http.Request, body io.Reader, limit int64) {
	if !wantsJSON(r) {
		_, _ = io.CopyN(io.Discard, body, 2*limit) // what cannot be read any more need not be
	}
}

// parts reads the fields of the form.
func (s *site) parts(got *received, form *multipart.Reader) error {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		into := &got.files
		switch part.FormName() {
		case "file":
		case "detached":
			into = &got.detached
		default:
			continue // a field of the form that is no file
		}
		if part.FileName() == "" {
			continue // the form's field was left empty
		}
		if len(got.files)+len(got.detached) >= maxFiles {
			return &sorry{http.StatusRequestEntityTooLarge, fmt.Sprintf("A form takes at most %d files.", maxFiles), "Send them in parts; with JavaScript switched on, any number can be dropped on the page."}
		}
		k, err := s.turns.Keep(part)
		if err != nil {
			return err
		}
		*into = append(*into, kept{api.CleanName(part.FileName()), k})
	}
}

func tooLarge(limit int64) error {
	return &sorry{http.StatusRequestEntityTooLarge, fmt.Sprintf("What was sent is larger than the %s that this service takes at once.", octets(limit)),
		"Send fewer files at once, or ask the operator to raise --max-request; the command `vidimus validate` has no such limit."}
}

// octets is a size for people.
func octets(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d octets", n)
	case n < 1_000_000:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1e3), ".0") + " kB"
	case n < 1_000_000_000:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1e6), ".0") + " MB"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1e9), ".0") + " GB"
}
