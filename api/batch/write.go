package batch

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/vidimus/vidimus/api"
)

// outcome makes the line of a file.
func (b *Batches) outcome(h held, v Verdict, problem *api.JobLineProblem) outcome {
	if v.At.IsZero() {
		v.At = b.Clock().UTC()
	}
	line := api.JobLine{N: h.n, Name: h.name, SHA256: h.sha256, Octets: h.size, At: v.At, Indication: v.Indication, Bundle: v.Bundle, Error: problem}
	var err error
	switch raw := bytes.TrimSpace(v.Report); {
	case problem != nil:
	case json.Valid(raw):
		line.Report = raw
	case utf8.Valid(v.Report):
		line.Report, err = encoded(string(v.Report))
	default:
		line.Base64 = v.Report
	}
	if err != nil {
		return outcome{err: err}
	}
	out, err := encoded(line)
	return outcome{held: h, indication: v.Indication, line: out, err: err}
}

// encoded is JSON on one line.
func encoded(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("writing a line of results: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// write writes lines, the next ones of a job, and takes their files from those that
// wait: all or nothing, and nothing when the job has ended or moved on.
func (b *Batches) write(ctx context.Context, j *job, lines []outcome) error {
	if len(lines) == 0 {
		return nil
	}
	var counts api.JobCounts
	var octets int64
	for _, o := range lines {
		counts.Count(o.indication)
		octets += o.total()
	}
	first, last := lines[0].n, lines[len(lines)-1].n
	state, ended := api.JobRunning, int64(0)
	if last == j.Files {
		state, ended = api.JobCompleted, b.Now().UnixMilli()
	}
	err := b.DB.Do(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, b.DB.Rebind(`UPDATE vidimus_batch SET state = ?, ended = ?, judged = judged + ?, held = held - ?, passed = passed + ?, indeterminate = indeterminate + ?,
failed = failed + ?, errors = errors + ?, error = '', tries = 1 WHERE id = ? AND state = ? AND judged = ?`),
			string(state), ended, len(lines), octets, counts.Passed, counts.Indeterminate, counts.Failed, counts.Errors, j.ID, string(api.JobRunning), j.written)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errMoved
		}
		insert, err := tx.PrepareContext(ctx, b.DB.Rebind("INSERT INTO vidimus_batch_result (batch, n, line, intake, file, contents) VALUES (?, ?, ?, ?, ?, ?)"))
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }() // the transaction says whether it worked
		for _, o := range lines {
			if _, err := insert.ExecContext(ctx, j.ID, o.n, string(o.line), o.intake, o.file, len(o.of.Detached)); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, b.DB.Rebind("DELETE FROM vidimus_batch_file WHERE batch = ? AND n BETWEEN ? AND ?"), j.ID, first, last)
		return err
	})
	if err != nil {
		return err
	}
	j.written = last
	j.run.Progress(j.written, j.Files)
	files := make([]held, len(lines))
	for i, o := range lines {
		files[i] = o.held
	}
	if err := b.remove(files); err != nil { // a sweep finds them
		b.Log.Warn("files that were judged", "job", j.ID, "error", err.Error())
	}
	return nil
}
