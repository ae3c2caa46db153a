package api

import (
	"fmt"
	"mime/multipart"
)

// jobParts takes the fields of a form with the files of a job: file, any number of
// times, and behind each that is a detached signature its contents (detached) or their
// digests (digest), as a validation takes them.
type jobParts struct {
	s       *server
	files   Intake
	archive bool

	n                 int // files
	detached, digests int // of the last one
}

// take takes one field.
func (p *jobParts) take(part *multipart.Part) error {
	field := part.FormName()
	switch field {
	case "file":
		return p.file(part)
	case "detached", "digest":
		if p.n == 0 {
			problem := problem(MissingFile, fmt.Sprintf("The form begins with a field %s.", field))
			problem.Hint = "The contents of a detached signature follow the field file with the signature."
			return problem
		}
		if p.detached+p.digests >= p.s.Limits.Detached {
			return problem(TooManyFiles, fmt.Sprintf("File %d of the form has more than %d detached contents.", p.n, p.s.Limits.Detached))
		}
		if field == "detached" && p.digests > 0 || field == "digest" && p.detached > 0 {
			return problem(BadDigest, fmt.Sprintf("File %d of the form has digests and detached contents; it is one or the other.", p.n))
		}
		if field == "detached" {
			return p.content(part)
		}
		return p.digest(part)
	}
	problem := problem(UnknownField, fmt.Sprintf("The form has a field %q.", CleanName(field)))
	problem.Hint = "The fields are file, any number of times, and behind a detached signature its contents as detached, or digest."
	return problem
}

func (p *jobParts) file(part *multipart.Part) error {
	client := &source{from: part}
	octets, err := p.files.Add(CleanName(part.FileName()), client)
	switch {
	case err != nil:
		return kept(client, err)
	case octets == 0:
		return problem(EmptyFile, fmt.Sprintf("File %d of the form has no octets.", p.n+1))
	}
	p.n, p.detached, p.digests = p.n+1, 0, 0
	return nil
}

func (p *jobParts) content(part *multipart.Part) error {
	client := &source{from: part}
	if _, err := p.files.Detach(CleanName(part.FileName()), client); err != nil {
		return kept(client, err)
	}
	p.detached++
	return nil
}

func (p *jobParts) digest(part *multipart.Part) error {
	if p.archive {
		return problem(DigestsNotTaken, fmt.Sprintf("File %d of the form has a digest in place of a content.", p.n))
	}
	d, err := readDigest(part.FileName(), part)
	if err != nil {
		return err
	}
	p.files.Digest(d)
	p.digests++
	return nil
}

// kept is an error of taking a file: the client's, or that of where files are kept.
func kept(client *source, err error) error {
	if client.failed {
		return broken(err)
	}
	return jobProblem(err)
}
