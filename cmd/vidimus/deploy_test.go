package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// The images of deploy/ are not built here: deploy/try-image.sh does that, which takes
// minutes and root. What the files name is looked at: stages, paths, pins, commands,
// flags and variables.

func deployed(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// understood wants a command line with variables that the program takes, but that it
// does nothing.
func understood(t *testing.T, where string, args []string, env map[string]string) {
	t.Helper()
	if _, err := parsed(t, args, env); err != nil {
		t.Errorf("%s: vidimus %q with %v: %v", where, args, env, err)
	}
	model, err := kong.New(&commandLine{})
	if err != nil {
		t.Fatal(err)
	}
	var environ []string
	for name := range env {
		environ = append(environ, name+"=x")
	}
	if wrong := unknownVariables(environ, model.Model.Node); len(wrong) > 0 {
		t.Errorf("%s: no flag has %v", where, wrong)
	}
}

// execForm is the JSON form of an instruction.
func execForm(t *testing.T, text string) []string {
	t.Helper()
	var out []string
	if err := yaml.Unmarshal([]byte(text), &out); err != nil || len(out) == 0 {
		t.Fatalf("%q is no list: %v", text, err)
	}
	return out
}

// stage is one stage of the Dockerfile.
type stage struct {
	from, user         string
	entry, cmd, health []string
	env                map[string]string
}

// stagesOf reads as much of a Dockerfile as ours has.
func stagesOf(t *testing.T, text string) map[string]*stage {
	t.Helper()
	all, now := map[string]*stage{}, &stage{}
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch fields := strings.Fields(rest); word {
		case "FROM":
			if len(fields) != 3 || fields[1] != "AS" {
				t.Fatalf("%q names no stage", line)
			}
			now = &stage{from: fields[0], env: map[string]string{}}
			all[fields[2]] = now
		case "COPY":
			from, owned := "", 0
			for ; strings.HasPrefix(fields[owned], "--"); owned++ {
				if s, ok := strings.CutPrefix(fields[owned], "--from="); ok {
					from = s
				}
			}
			if from != "" && all[from] == nil {
				t.Errorf("%q: there is no stage %s before it", line, from)
			}
			for _, path := range fields[owned : len(fields)-1] {
				if _, err := os.Stat(filepath.Join("../..", path)); from == "" && err != nil {
					t.Errorf("%q: %v", line, err)
				}
			}
		case "ENV":
			for _, f := range fields {
				name, value, _ := strings.Cut(f, "=")
				now.env[name] = value
			}
		case "USER":
			now.user = rest
		case "ENTRYPOINT":
			now.entry = execForm(t, rest)
		case "CMD":
			now.cmd = execForm(t, rest)
		case "HEALTHCHECK":
			_, command, _ := strings.Cut(rest, "CMD ")
			now.health = execForm(t, command)
		case "", "#", "ARG", "RUN", "WORKDIR", "VOLUME", "EXPOSE", "LABEL":
		default:
			if !strings.HasPrefix(word, "#") {
				t.Errorf("%q: an instruction that this test does not know", line)
			}
		}
	}
	return all
}

// ours are the variables of an environment that are of this program.
func ours(env map[string]string) map[string]string {
	out := map[string]string{}
	for name, v := range env {
		if strings.HasPrefix(name, envPrefix) {
			out[name] = v
		}
	}
	return out
}

func TestDockerfile(t *testing.T) {
	text := deployed(t, "Dockerfile")
	stages := stagesOf(t, text)
	image := stages["vidimus"]
	if image == nil || stages["gateway"] == nil {
		t.Fatalf("the stages are %v", stages)
	}
	for name, s := range stages {
		if s.from == "scratch" && (s.user == "" || strings.HasPrefix(s.user, "0") || s.user == "root") {
			t.Errorf("the image %s runs as root", name)
		}
	}
	if len(image.entry) != 1 || image.entry[0] != "/vidimus" || len(image.health) < 2 || image.health[0] != "/vidimus" {
		t.Fatalf("it runs %q, and its health is asked by %q", image.entry, image.health)
	}
	understood(t, "Dockerfile", image.cmd, ours(image.env))
	understood(t, "health check", image.health[1:], ours(image.env))
	if err := (&authFlags{}).check(image.env["VIDIMUS_LISTEN"]); archiveExit(err) != exitUsage {
		t.Errorf("an image without keys serves everybody: %v", err)
	}
	if !regexp.MustCompile(`(?m)^ARG GO_IMAGE=golang:1\.26\.[0-9]+-[a-z]+$`).MatchString(text) {
		t.Error("the image that builds is not pinned to a release of Go")
	}
	for name, s := range stages {
		if s.from != "scratch" && s.from != "${GO_IMAGE}" {
			t.Errorf("the stage %s begins with %s, which is not pinned", name, s.from)
		}
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	pin := regexp.MustCompile(`VERSITYGW_VERSION *:?= *(v[0-9.]+)`)
	if a, b := pin.FindStringSubmatch(text), pin.FindStringSubmatch(string(makefile)); a == nil || b == nil || a[1] != b[1] {
		t.Errorf("versitygw is %v, that of the tests %v", a, b)
	}
}

// What is sent to a builder is what it needs: .env and keys stand beside compose.yaml.
func TestBuildContext(t *testing.T) {
	raw, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(raw), "\n")
	for _, want := range []string{"*", "!go.mod", "!go.sum", "!api", "!archive", "!cmd", "!trustlist", "!validate", "cmd/vidimus/deploy"} {
		if !slices.Contains(lines, want) {
			t.Errorf(".dockerignore has no line %q", want)
		}
	}
}

func TestCompose(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Image string
			Build *struct{ Context, Dockerfile, Target string }
			// Command is a list.
			Command     []string
			Environment map[string]string
			Secrets     []string
			Volumes     []string
			ReadOnly    bool      `yaml:"read_only"`
			DependsOn   yaml.Node `yaml:"depends_on"`
		}
		Volumes map[string]any
		Secrets map[string]struct{ File string }
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	stages := stagesOf(t, deployed(t, "Dockerfile"))
	release := regexp.MustCompile(`:[0-9]+\.[0-9.]*[0-9](-[a-z0-9]+)?$`) // with the patch, as each project numbers it
	for name, s := range file.Services {
		if s.Image != "" && !release.MatchString(s.Image) {
			t.Errorf("%s: the image %q is not pinned to a release", name, s.Image)
		}
		if (s.Image == "") == (s.Build == nil) {
			t.Errorf("%s is of an image or is built", name)
		}
		if b := s.Build; b != nil {
			top := filepath.Join("deploy", b.Context)
			_, noModule := os.Stat(filepath.Join(top, "go.mod"))
			_, noFile := os.Stat(filepath.Join(top, b.Dockerfile))
			if noModule != nil || noFile != nil || stages[b.Target] == nil || !s.ReadOnly {
				t.Errorf("%s: context %s, file %s, stage %s, read-only %v", name, b.Context, b.Dockerfile, b.Target, s.ReadOnly)
			}
		}
		for _, v := range s.Volumes {
			if volume, _, _ := strings.Cut(v, ":"); !hasKey(file.Volumes, volume) {
				t.Errorf("%s: there is no volume %s", name, volume)
			}
		}
		for _, x := range s.Secrets {
			if file.Secrets[x].File == "" {
				t.Errorf("%s: there is no secret %s", name, x)
			}
		}
		var needs []string
		for i, n := range s.DependsOn.Content {
			if s.DependsOn.Kind == yaml.SequenceNode || i%2 == 0 {
				needs = append(needs, n.Value)
			}
		}
		for _, n := range needs {
			if _, there := file.Services[n]; !there {
				t.Errorf("%s needs %s, which is no service", name, n)
			}
		}
	}
	s := file.Services["vidimus"]
	understood(t, "compose.yaml", s.Command, ours(s.Environment))
	if o, err := s3Options(s.Environment["VIDIMUS_STORE"], time.Now); err != nil || o.Lock != "compliance" || o.Bucket != "evidence" || !strings.Contains(strings.Join(file.Services["bucket"].Command, " "), "http://"+o.Endpoint+"/"+o.Bucket) {
		t.Errorf("the store is %+v, %v", o, err)
	}
}

func hasKey(m map[string]any, key string) bool { _, ok := m[key]; return ok }

func TestSystemdUnit(t *testing.T) {
	text := deployed(t, "vidimus.service")
	values := map[string][]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Errorf("%q is no setting", line)
		}
		values[name] = append(values[name], value)
	}
	for name, want := range map[string]string{"ProtectSystem": "strict", "DynamicUser": "yes", "StateDirectory": "vidimus", "NoNewPrivileges": "yes", "Type": "notify", "Restart": "on-failure"} {
		if got := values[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	words := strings.Fields(values["ExecStart"][0])
	config := slices.Index(words, "--config")
	if config < 0 || filepath.Base(words[config+1]) != "vidimus.yaml" {
		t.Fatalf("it runs %q", words)
	}
	words[config+1] = filepath.Join("deploy", "vidimus.yaml")
	understood(t, "vidimus.service", words[1:], nil)
	for _, m := range regexp.MustCompile(`VIDIMUS_[A-Z_]+`).FindAllString(text, -1) {
		understood(t, "vidimus.service", []string{"serve"}, map[string]string{m: "x"})
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not here: the unit's other settings are not looked at")
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "vidimus.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(text, "/usr/local/bin/vidimus", self)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", "--generators=no", "--recursive-errors=no", unit).CombinedOutput()
	if err != nil || strings.Contains(string(out), unit) {
		t.Errorf("systemd-analyze says %v: %s", err, out)
	}
}

// The service manager is told that it is ready, goes on, and stops.
func TestNotify(t *testing.T) {
	dir, err := os.MkdirTemp("", "n") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	at := filepath.Join(dir, "s")
	manager, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "unixgram", at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = manager.Close() }()
	env := map[string]string{"NOTIFY_SOCKET": at, "WATCHDOG_USEC": "20000"}
	n := newNotifier(&runtime{Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	n.tell("READY=1")
	said := func() string {
		var b [100]byte
		size, _, err := manager.ReadFrom(b[:])
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:size])
	}
	if first, then := said(), said(); first != "READY=1" && first != "WATCHDOG=1" || then != "WATCHDOG=1" && then != "READY=1" {
		t.Errorf("it says %q, %q", first, then)
	}
	n.close()
	for _, nobody := range []*runtime{{}, {Env: func(string) (string, bool) { return filepath.Join(dir, "none"), true }}} {
		n := newNotifier(nobody)
		n.tell("READY=1")
		n.close()
	}
}
