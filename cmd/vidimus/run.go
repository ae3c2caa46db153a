package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// commandLine is the command line of contract §1.
type commandLine struct {
	configFlags

	Validate ValidateCmd `cmd:"" help:"Judge signed files."`
	Trust    TrustCmd    `cmd:"" help:"What is trusted, and whether it is genuine."`
	Archive  ArchiveCmd  `cmd:"" help:"Keep evidence bundles."`
	Replay   ReplayCmd   `cmd:"" help:"Judge a bundle again, offline, from what it holds."`
	Explain  ExplainCmd  `cmd:"" help:"Say what a rule asks, by which clause."`
	Policy   PolicyCmd   `cmd:"" help:"Show validation policies."`
	Serve    ServeCmd    `cmd:"" help:"Serve the HTTP API."`
	Doctor   DoctorCmd   `cmd:"" help:"Say what is wrong with a deployment."`
	Key      KeyCmd      `cmd:"" help:"API keys of a service."`
	Demo     DemoCmd     `cmd:"" help:"Show the main job on the frozen world of testdata."`
	Version  VersionCmd  `cmd:"" help:"Print version and build."`
}

// run is one call of the program: it parses the command line, runs the command,
// and turns its error into words and an exit status.
func run(args []string, rt *runtime) int {
	var cli commandLine
	status := -1
	parser, err := kong.New(&cli,
		kong.Name("vidimus"),
		kong.Description("What is this electronic signature worth, why, and can I still prove it in thirty years?"),
		kong.Writers(rt.Stdout, rt.Stderr),
		kong.Exit(func(code int) { status = code }),
		kong.UsageOnError(),
	)
	if err != nil {
		return complain(rt.Stderr, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	from, err := prepare(parser, args, rt.Env)
	if err != nil {
		return complain(rt.Stderr, err)
	}
	ctx, err := parser.Parse(args)
	if status >= 0 { // --help has printed and wants to leave
		return status
	}
	if err != nil {
		return complain(rt.Stderr, &failure{code: exitUsage, message: err.Error(), hint: "'vidimus --help' and 'vidimus COMMAND --help' show what there is"})
	}
	if cli.PrintConfig {
		return complain(rt.Stderr, from.print(rt.Stdout, ctx))
	}
	return complain(rt.Stderr, ctx.Run(rt))
}

// Exit statuses of the contract.
const (
	exitOK       = 0 // every signature TOTAL-PASSED
	exitNotValid = 1 // judged, and some are not
	exitUnjudged = 2 // some file could not be judged
	exitUsage    = 3 // wrong usage
	exitNoTrust  = 4 // no trust material
)

// failure is an error with an exit status and a hint.
type failure struct {
	code          int
	message, hint string
}

func (e *failure) Error() string { return e.message }

// ExitCode is the exit status of the process.
func (e *failure) ExitCode() int { return e.code }

// Hint says what to do, "" where nothing helps.
func (e *failure) Hint() string { return e.hint }

// status is an error without words: the output has said all.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// complain says what went wrong, with a hint where there is one, and returns the
// exit status.
func complain(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var quiet status
	if errors.As(err, &quiet) {
		return int(quiet)
	}
	say(w, "vidimus: error: %s\n", plainText(err.Error()))
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		say(w, "hint: %s\n", plainText(hinted.Hint()))
	}
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		return coded.ExitCode()
	}
	return exitUnjudged
}

// say writes to the terminal; that it cannot be written to is nothing we could tell.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}

func usage(hint, format string, args ...any) error {
	return &failure{code: exitUsage, message: fmt.Sprintf(format, args...), hint: hint}
}

// flagMap reads repeated NAME=VALUE flags.
func flagMap(flag string, values []string) (map[string]string, error) {
	out := map[string]string{}
	for _, v := range values {
		k, x, ok := strings.Cut(v, "=")
		if !ok {
			return nil, usage("write --"+flag+" NAME=VALUE", "--%s %q has no '='", flag, v)
		}
		out[k] = x
	}
	return out, nil
}
