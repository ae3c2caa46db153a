package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path"
	goruntime "runtime"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/api/auth"
)

// secrets looks at the files that hold them: that they can be read, by us and not by
// everybody.
func (v *visit) secrets() {
	if v.APIKeys != "" && v.hashes("keys", v.APIKeys) {
		raw, err := readFile(v.APIKeys, maxKeyFile)
		keys, wrong := auth.ParseKeys(raw)
		switch err := errors.Join(err, wrong); {
		case err != nil:
			v.failed("keys", err, "'vidimus key new --api-keys "+v.APIKeys+" --tenant NAME' writes such a file")
		case len(keys) == 0:
			v.warn("keys", "'vidimus key new --api-keys "+v.APIKeys+" --tenant NAME' adds one", "%s holds no key: nobody may call.", v.APIKeys)
		default:
			v.keys(keys)
		}
	}
	if v.WebhookSecret != "" && v.private("webhooks", v.WebhookSecret) {
		if _, err := v.webhookFlags.secrets(); err != nil {
			v.failed("webhooks", err, "")
		}
	}
}

func (v *visit) keys(keys map[string]auth.Key) {
	ended := 0
	for _, k := range keys {
		if k.Expires != nil && !k.Expires.After(v.now) {
			ended++
		}
	}
	if ended == len(keys) {
		v.fail("keys", "'vidimus key new' makes another", "All %d keys of %s have ended.", ended, v.APIKeys)
		return
	}
	v.ok("keys", "%d keys are in force, %d have ended.", len(keys)-ended, ended)
}

// hashes looks at the permissions of a file of hashes of keys: who reads it learns whom
// it lets in, who writes it lets in anybody. Where a container gets it from a folder of
// another user, everybody may have to read it. false: it cannot be read.
func (v *visit) hashes(check, name string) bool {
	info, err := os.Stat(name)
	if err != nil || goruntime.GOOS == "windows" || info.Mode().Perm()&0o002 != 0 {
		return v.private(check, name)
	}
	if mode := info.Mode().Perm(); mode&0o004 != 0 {
		v.warn(check, "chmod 600 "+name+", and chown to the service's user", "%s can be read by everybody on this machine: its permissions are %03o. There are only hashes of keys in it.", name, mode)
	}
	return true
}

// private looks at a file's permissions; false: it cannot be read.
func (v *visit) private(check, name string) bool {
	info, err := os.Stat(name)
	if err != nil {
		v.failed(check, err, "is the path right, the volume or the secret mounted, and does the service's user reach it?")
		return false
	}
	if mode := info.Mode().Perm(); goruntime.GOOS != "windows" && mode&0o007 != 0 {
		v.fail(check, "chmod 600 "+name, "%s is open to everybody on this machine: its permissions are %03o.", name, mode)
	}
	return true
}

// certificateSoon is how long before its end a receiver's certificate is told.
const certificateSoon = 14 * 24 * time.Hour

// receivers looks at whom the service sends to or asks: webhooks, the provider of
// tokens, the collector of traces.
func (v *visit) receivers(ctx context.Context) {
	for _, raw := range v.Webhook {
		v.receiver(ctx, "webhooks", raw)
	}
	if v.OIDCIssuer != "" {
		v.provider(ctx)
	}
	if v.OTLPEndpoint != "" {
		v.receiver(ctx, "traces", v.OTLPEndpoint)
	}
}

// provider asks the provider of tokens who it is (OpenID Connect Discovery 1.0, clause 4):
// a token whose issuer is written in another way, with a slash at its end, say, is refused.
func (v *visit) provider(ctx context.Context) {
	client := v.client(v.OIDCIssuer)
	defer client.Close()
	raw, err := client.Get(ctx, strings.TrimSuffix(v.OIDCIssuer, "/")+"/.well-known/openid-configuration", maxAsked)
	if err != nil {
		v.failed("tokens", err, "while it cannot be asked, callers with tokens are refused once its keys are older than they may be")
		return
	}
	var document struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(raw, &document); err != nil || document.Keys == "" {
		v.fail("tokens", "is it the issuer's URL? A provider has /.well-known/openid-configuration below it", "The provider of tokens answers, but not with the configuration of OpenID Connect.")
		return
	}
	if document.Issuer != v.OIDCIssuer {
		v.fail("tokens", "write --oidc-issuer as the provider does, to the last slash", "The provider of tokens calls itself %q, and --oidc-issuer is %q: its tokens are refused.", document.Issuer, v.OIDCIssuer)
		return
	}
	v.ok("tokens", "The provider of tokens answers.")
}

// receiver connects, looks at the certificate, and sends nothing. The URL may be a
// secret: only its host is told.
func (v *visit) receiver(ctx context.Context, check, raw string) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return // flags has told
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	const hint = "what is to be sent waits, and is given up in the end"
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		v.failed(check, err, hint)
		return
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	if u.Scheme != "https" {
		if isLoopback(u.Host) {
			v.ok(check, "%s answers.", u.Host)
		} else {
			v.warn(check, "use https", "%s answers without TLS: others on the way can read what is sent.", u.Host)
		}
		return
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if v.rt.Network.TLS != nil {
		config = v.rt.Network.TLS.Clone()
	}
	config.ServerName = u.Hostname()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		v.failed(check, err, hint)
		return
	}
	end := secure.ConnectionState().PeerCertificates[0].NotAfter
	if end.Before(v.now.Add(certificateSoon)) {
		v.warn(check, "tell whoever runs it", "The certificate of %s ends on %s.", u.Host, day(end))
		return
	}
	v.ok(check, "%s answers, and its certificate is good until %s.", u.Host, day(end))
}

// baseMemory is what the service needs besides the files that it holds: the lists of the
// Union, their certificates and its own code, in octets.
const baseMemory = 400 << 20

// memory compares what files that are judged at once may need with what there is.
func (v *visit) memory() {
	judgings, processors := v.MaxJudgings, goruntime.GOMAXPROCS(0)
	if judgings == 0 {
		judgings = processors
	}
	if judgings > 2*processors {
		v.warn("processors", "judging is computing: more at once than processors make all of them slower", "%d files may be judged at once, and there are %d processors.", judgings, processors)
	}
	have := memoryOf(v.rt.Machine)
	if have == 0 {
		return // this system does not say
	}
	need := baseMemory + int64(judgings)*v.MaxRequest
	if need > have {
		v.warn("memory", "give it more memory, or a smaller --max-request or --max-judgings", "%d files of %d MiB at once and the lists need up to %d MiB, and there are %d.",
			judgings, v.MaxRequest>>20, need>>20, have>>20)
		return
	}
	v.ok("memory", "%d MiB are there, up to %d are needed.", have>>20, need>>20)
}

// memoryOf is the memory that this process may use, in octets: that of the machine, or
// less by a control group above it. 0: not known.
func memoryOf(machine fs.FS) int64 {
	if machine == nil {
		return 0
	}
	have := int64(0)
	less := func(n int64) {
		if n > 0 && (have == 0 || n < have) {
			have = n
		}
	}
	for line := range strings.Lines(textOf(machine, "proc/meminfo")) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 50)
			less(n << 10)
		}
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(textOf(machine, "sys/fs/cgroup/memory/memory.limit_in_bytes")), 10, 64); err == nil {
		less(n) // control groups of version 1: without a bound it is larger than any machine
	}
	group := ""
	for line := range strings.Lines(textOf(machine, "proc/self/cgroup")) {
		if rest, ok := strings.CutPrefix(line, "0::"); ok {
			group = strings.Trim(strings.TrimSpace(rest), "/")
		}
	}
	for {
		n, _ := strconv.ParseInt(strings.TrimSpace(textOf(machine, path.Join("sys/fs/cgroup", group, "memory.max"))), 10, 64)
		less(n)
		if group == "" || group == "." {
			return have
		}
		group = path.Dir(group)
	}
}

// textOf is a small file of the system; "" where there is none.
func textOf(machine fs.FS, name string) string {
	if !fs.ValidPath(name) {
		return ""
	}
	raw, err := fs.ReadFile(machine, name)
	if err != nil {
		return ""
	}
	return string(raw)
}
