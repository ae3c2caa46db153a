package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	goruntime "runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/signature"
)

// ValidateCmd is `vidimus validate`.
type ValidateCmd struct {
	judgeFlags
	reportFlags
	OutDir    string   `name:"out-dir" placeholder:"DIR" help:"Write each report into a file of its own in this folder, not to standard output."`
	At        string   `placeholder:"TIME" help:"Validation time, RFC 3339. Default: now."`
	Detached  []string `sep:"none" placeholder:"FILE" help:"Signed content of a detached signature (repeatable)."`
	FilesFrom string   `name:"files-from" placeholder:"FILE" help:"More paths, one a line; '-' is standard input. Further columns, parted by tabs, are that file's detached contents."`
	Files     []string `arg:"" optional:"" name:"file" help:"Signed files."`
}

// Help is the example under `--help`.
func (c *ValidateCmd) Help() string {
	return `Says of each signature what it is worth and why. Exit status 0 when every signature
is TOTAL-PASSED, 1 when some are not, 2 when some file could not be judged.

Example:
  vidimus validate --lists mirror/ contract.asice
  vidimus validate --format pdf --lang et contract.asice > contract.report.pdf`
}

// Run judges the files in parallel and reports them in the order given.
func (c *ValidateCmd) Run(rt *runtime) error {
	at, err := parseAt(c.At, rt.Now)
	if err != nil {
		return err
	}
	jobs := make([]job, 0, len(c.Files))
	for _, f := range c.Files {
		jobs = append(jobs, job{file: f, detached: c.Detached})
	}
	if c.FilesFrom != "" {
		more, err := jobsFrom(rt, c.FilesFrom)
		if err != nil {
			return err
		}
		jobs = append(jobs, more...)
	}
	if len(jobs) == 0 {
		return usage("vidimus validate FILE…", "no file to validate is named")
	}
	if len(jobs) > 1 && c.document() && c.OutDir == "" {
		return usage("--out-dir DIR writes each into a file of its own", "%d reports of format %s cannot stand in one stream", len(jobs), c.Format)
	}
	if err := c.prepare(rt, c.Format); err != nil {
		return err
	}
	v, err := c.validator(rt, at)
	if err != nil {
		return err
	}
	src, closing := c.online(c.At)
	defer closing()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	write := func(file string, out []byte) error {
		if _, err := rt.Stdout.Write(out); err != nil {
			return fmt.Errorf("writing the report of %q: %w", file, err)
		}
		return nil
	}
	if c.OutDir != "" {
		write = (&reportFolder{dir: c.OutDir, ending: endings[c.Format], used: map[string]bool{}}).write
	}
	worst := exitOK
	for r := range inOrder(jobs, func(j job) rendered { return c.rendered(judgeFile(ctx, v, j, at, src)) }) {
		if r.err != nil {
			return r.err
		}
		if err := write(r.file, r.out); err != nil {
			return err
		}
		worst = max(worst, r.exit)
	}
	if worst != exitOK {
		return status(worst)
	}
	return nil
}

// rendered is the report of one file, written, and the exit status that it asks for.
type rendered struct {
	file string
	out  []byte
	exit int
	err  error
}

// rendered writes a report where it was judged: on all cores.
func (f *reportFlags) rendered(r *report.Report) rendered {
	out, err := f.render(r)
	return rendered{file: r.File, out: out, exit: exitOf(r), err: err}
}

// exitOf is the exit status that a report asks for.
func exitOf(r *report.Report) int {
	switch {
	case r.Error != nil:
		return exitUnjudged
	case r.ValidSignaturesCount < r.SignaturesCount || r.SignaturesCount == 0:
		return exitNotValid
	}
	return exitOK
}

// judgeFile judges one file. That a fault of ours in one file stops the others is
// worse than to report it as such: a panic becomes a line with an error.
func judgeFile(ctx context.Context, v *validate.Validator, j job, at time.Time, src gather.Source) (r *report.Report) {
	var large largeFiles
	defer func() {
		p := recover()
		changed := large.close()
		switch {
		case changed != nil: // whatever was found was found in two different files
			r = report.Failure(j.file, changed)
		case p != nil:
			r = report.Failure(j.file, &signature.ReadError{
				Code:    "internal",
				Message: fmt.Sprintf("Judging failed by a fault of vidimus: %v, at %s.", p, firstFrame(debug.Stack())),
				Hint:    "please report this file, or what it is like",
			})
		}
	}()
	// A mapped file that another program makes shorter has no octets where it had some.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	req, readErr := j.open(at, &large)
	if readErr != nil {
		return report.Failure(j.file, readErr)
	}
	verdict, err := v.Validate(gathered(ctx, v, req, src))
	if err != nil {
		return report.Failure(j.file, &signature.ReadError{Code: "internal", Message: err.Error()})
	}
	return verdict.Report
}

// firstFrame is the place of a panic: the first line of the stack in our code.
func firstFrame(stack []byte) string {
	marker := []byte("github.com/vidimus/vidimus/")
	after := stack
	if i := bytes.Index(stack, []byte("panic(")); i >= 0 {
		after = stack[i:]
	}
	i := bytes.Index(after, marker)
	if i < 0 {
		return "an unknown place"
	}
	line, _, _ := bytes.Cut(after[i+len(marker):], []byte("("))
	return string(line)
}

// inOrder does the work of all items on all cores and yields the results in the
// order of the items, as soon as each is due.
func inOrder[T, R any](items []T, work func(T) R) func(func(R) bool) {
	return func(yield func(R) bool) {
		results := make([]chan R, len(items))
		for i := range results {
			results[i] = make(chan R, 1)
		}
		next, stop := make(chan int), make(chan struct{})
		var wait sync.WaitGroup
		for range min(goruntime.GOMAXPROCS(0), len(items)) {
			wait.Go(func() {
				for i := range next {
					results[i] <- work(items[i])
				}
			})
		}
		go func() {
			defer close(next)
			for i := range items {
				select {
				case next <- i:
				case <-stop:
					return
				}
			}
		}()
		defer wait.Wait()
		defer close(stop)
		for i := range items {
			if !yield(<-results[i]) {
				return
			}
		}
	}
}
