//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// ignored reads .dockerignore as builders do: the last line that matches a path, or a
// folder that it is in, decides; ! takes it in again, and **/ is any folders or none.
func ignored(t *testing.T) func(name string) bool {
	t.Helper()
	raw, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		match *regexp.Regexp
		out   bool
	}
	var lines []line
	words := strings.NewReplacer(`\*\*/`, `(.*/)?`, `\*`, `[^/]*`, `\?`, `[^/]`)
	for text := range strings.Lines(string(raw)) {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		pattern, in := strings.CutPrefix(text, "!")
		lines = append(lines, line{regexp.MustCompile("^" + words.Replace(regexp.QuoteMeta(path.Clean(pattern))) + "(/.*)?$"), !in})
	}
	return func(name string) bool {
		out := false
		for _, l := range lines {
			if l.match.MatchString(name) {
				out = l.out
			}
		}
		return out
	}
}

// What COPY names, and every file that the compiler then asks for, is sent to the
// builder; tests, tools, history and secrets are not.
func TestBuilderGetsWhatItNeeds(t *testing.T) {
	out := ignored(t)
	sources := 0
	for _, m := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(deployed(t, "Dockerfile"), -1) {
		for _, name := range strings.Fields(m[1]) {
			sources++
			if name != "." && out(name) {
				t.Errorf("COPY %s: .dockerignore leaves it out", name)
			}
		}
	}
	if sources < 3 {
		t.Fatalf("the Dockerfile copies %d sources", sources)
	}

	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles", ".")
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	raw, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for each := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		if err := each.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		dir, err := filepath.Rel(top, p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(p.GoFiles, p.EmbedFiles...) {
			files++
			if name = path.Join(filepath.ToSlash(dir), name); out(name) {
				t.Errorf("the program is made of %s, and .dockerignore leaves it out", name)
			}
		}
	}
	if files < 100 {
		t.Errorf("the program is made of %d files", files)
	}
	for _, name := range []string{
		".git", ".git/config", ".env", ".bin/x", ".scratch/x", "vidimus", "dist/x", "proof/bundles/x", "keys.jsonl", "testdata/contract.asice",
		"cmd/vidimus/deploy/.env", "cmd/vidimus/deploy/keys.jsonl", "cmd/vidimus/deploy/Dockerfile", "cmd/vidimus/deploy_test.go", "api/.env", "cmd/.x/y",
	} {
		if !out(name) {
			t.Errorf("%s is sent to the builder", name)
		}
	}
}

// healthChecks are the commands that deploy/ asks our program's health by, and the one
// that tells readiness, without the program's name.
func healthChecks(t *testing.T) map[string][]string {
	t.Helper()
	image := stagesOf(t, deployed(t, "Dockerfile"))["vidimus"]
	all := map[string][]string{"Dockerfile": image.health[1:]}
	var file struct {
		Services map[string]struct {
			Build       *struct{ Target string }
			Healthcheck struct{ Test []string }
		}
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	for name, s := range file.Services {
		if s.Build != nil && s.Build.Target == "vidimus" && len(s.Healthcheck.Test) > 2 {
			if s.Healthcheck.Test[0] != "CMD" || s.Healthcheck.Test[1] != image.entry[0] {
				t.Errorf("compose.yaml: %s asks for its health by %q, and there is no shell in the image", name, s.Healthcheck.Test)
			}
			all["compose.yaml: "+name] = s.Healthcheck.Test[2:]
		}
	}
	return all
}

// answers runs a command of deploy/ against a service elsewhere.
func answers(t *testing.T, args []string, address string) (ok bool, says string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	line := strings.ReplaceAll(strings.Join(args, "\n"), "http://127.0.0.1:8080", address)
	if !strings.Contains(line, address) {
		t.Fatalf("%q does not ask the port that the image listens at", args)
	}
	c.Env = []string{childArgs + "=" + line, "HOME=" + t.TempDir(), "VIDIMUS_LISTEN=0.0.0.0:8080"}
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil && exit.ExitCode() != 1 { // Docker knows 0 and 1 only
		t.Errorf("%q ends with %d: %s", args, exit.ExitCode(), out)
	}
	return err == nil, string(out)
}

// The health check says yes as long as the program answers, also where it is not ready:
// a container that drains is not to be killed. Readiness is another question.
func TestHealthChecks(t *testing.T) {
	p := startProcess(t, with("serve", "--store", "dir:"+filepath.Join(t.TempDir(), "proof"), "--drain", "1h")...)
	checks := healthChecks(t)
	readiness := []string{"doctor", "--url", "http://127.0.0.1:8080/readyz"}
	want := func(when string, healthy, ready bool) {
		t.Helper()
		for where, args := range checks {
			if ok, says := answers(t, args, p.address); ok != healthy {
				t.Errorf("%s, %s: healthy is %v, want %v: %s", when, where, ok, healthy, says)
			}
		}
		if ok, says := answers(t, readiness, p.address); ok != ready {
			t.Errorf("%s: ready is %v, want %v: %s", when, ok, ready, says)
		}
	}
	want("it serves", true, true)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for code := http.StatusOK; code == http.StatusOK; {
		code, _ = get(t, p.address+"/readyz")
	}
	want("it drains", true, false)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil { // the second ends it at once
		t.Fatal(err)
	}
	<-p.ended
	want("it has ended", false, false)
}

// The program may take --drain, and --shutdown-timeout once for requests and once more
// for jobs; who starts it must not kill it before.
func TestStopsBeforeItIsKilled(t *testing.T) {
	stops := func(args []string, env map[string]string) time.Duration {
		t.Helper()
		ctx, err := parsed(t, args, env)
		if err != nil {
			t.Fatal(err)
		}
		of := func(name string) time.Duration {
			d, ok := ctx.FlagValue(flagOf(t, ctx, name)).(time.Duration)
			if !ok || d < 0 {
				t.Fatalf("--%s is %v", name, ctx.FlagValue(flagOf(t, ctx, name)))
			}
			return d
		}
		return of("drain") + 2*of("shutdown-timeout")
	}
	var file struct {
		Services map[string]struct {
			Command     []string
			Environment map[string]string
			Grace       string `yaml:"stop_grace_period"`
		}
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	service := file.Services["vidimus"]
	timeout := regexp.MustCompile(`(?m)^TimeoutStopSec=(.+)$`).FindStringSubmatch(deployed(t, "vidimus.service"))
	if timeout == nil {
		t.Fatal("the unit has no TimeoutStopSec")
	}
	for _, c := range []struct {
		where, killed string
		needs         time.Duration
	}{
		{"compose.yaml", service.Grace, stops(service.Command, ours(service.Environment))},
		{"vidimus.service", timeout[1], stops([]string{"serve", "--config", filepath.Join("deploy", "vidimus.yaml")}, nil)},
	} {
		killed, err := time.ParseDuration(c.killed)
		if err != nil || killed <= c.needs {
			t.Errorf("%s: it may take %v to stop, and is killed after %q, %v", c.where, c.needs, c.killed, err)
		}
	}
}
