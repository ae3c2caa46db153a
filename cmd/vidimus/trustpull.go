package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	goruntime "runtime"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/fetch"
)

// TrustPullCmd is `vidimus trust pull`: fills the cache.
type TrustPullCmd struct {
	Mirror      string `placeholder:"DIR" help:"Take the lists from a folder with the XML of the list of lists, its pivots and the national lists; fetch nothing."`
	LotlAnchors string `name:"lotl-anchors" placeholder:"FILE" help:"PEM certificates, or SHA-256 fingerprints one a line, that may sign the list of lists."`
	networkFlags
	webhookFlags
	Forget            string   `name:"forget-territory" placeholder:"CC" help:"Accept of this one territory (EU: the list of lists) a genuine list that is older than what was accepted before, when one comes in with this pull: for a state that gave a list a wrongly high number. An alert says what was forgotten."`
	TrustedList       []string `name:"trusted-list" sep:"none" placeholder:"FILE" help:"A list of third countries' lists that the operator trusts: fetch the lists that it points to (repeatable, in pairs with --trusted-list-signer)."`
	TrustedListSigner []string `name:"trusted-list-signer" sep:"none" placeholder:"FILE" help:"PEM certificates that may have signed the --trusted-list in the same place."`
	ListsStore        string   `name:"lists-store" placeholder:"URL" help:"Remember every authentic list here too, for --lists-as-of: dir:PATH or s3://BUCKET/PREFIX, as --store. A store that is down stops no pull; what is missing is put after the next one."`

	At     string `placeholder:"TIME" help:"Time that the ages are told for, RFC 3339. Default: now."`
	Format string `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// networkFlags say where lists are fetched from.
type networkFlags struct {
	LotlURL   string   `name:"lotl-url" placeholder:"URL" help:"Where the list of lists is. Default: where the Official Journal says. A host named here may be a private one."`
	MirrorURL []string `name:"mirror-url" sep:"none" placeholder:"URL" help:"Ask for copies at URL/HOST/PATH before the official places, as 'wget -x' lays them out (repeatable). It may be a private host."`
	AllowHost []string `name:"allow-host" sep:"none" placeholder:"HOST[:PORT]" help:"Fetch lists from this host although it is at a private address or an unusual port (repeatable)."`
}

// Help is the example under `--help`.
func (c *TrustPullCmd) Help() string {
	return `Fetches the list of lists, its pivots and the national lists, verifies them, and
stores those that are authentic; with --mirror it takes them from a folder. A list
that is older than any accepted before, or of the same sequence number with other
content, is refused and kept as evidence; a list that cannot be had or is refused
leaves the stored one in place, as long as the list of lists still names its signer.
Exit status 0 when every list was had and is authentic, 1 when some are not.

Examples:
  vidimus trust pull
  vidimus trust pull --mirror mirror/
  vidimus trust pull --lists-store 's3://evidence/2025?endpoint=s3.example.org'
  vidimus trust pull --forget-territory EE`
}

// checkForget refuses what names not exactly one territory.
func (c *TrustPullCmd) checkForget() error {
	switch {
	case c.Forget == "":
		return nil
	case !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(c.Forget):
		return usage("give the two letters of one territory, such as EE, or EU for the list of lists; there is no way to forget all", "--forget-territory %q is no territory", c.Forget)
	case c.Mirror != "":
		return usage("pull from the network, or from a mirror with --mirror-url", "--forget-territory does not go with --mirror")
	}
	return nil
}

// fetch pulls, and forgets what it is told to.
func (c *TrustPullCmd) fetch(ctx context.Context, rt *runtime, p *pull.Puller) (*pull.Result, error) {
	if c.Forget == "" {
		return p.Pull(ctx, nil)
	}
	r, err := p.Forget(ctx, c.Forget)
	if errors.Is(err, pull.ErrNotSeen) {
		return nil, usage("'vidimus trust show' names the territories", "%v", err)
	}
	if err != nil {
		return nil, err
	}
	for _, s := range r.Forgot {
		say(rt.Stderr, "forgotten: the list of %s, number %d of %s (SHA-256 %s)\n", plainText(s.Territory), s.Sequence, s.Issued.UTC().Format("2006-01-02"), s.SHA256)
	}
	return r, nil
}

// told lets a pull tell its alerts to webhooks. The function that it returns waits
// for each to be tried once; what is not taken then stays in the outbox, for the next
// pull or service with these flags.
func (c *TrustPullCmd) told(rt *runtime, options *pull.Options) (func(), error) {
	if err := c.webhookFlags.check(); err != nil || len(c.Webhook) == 0 {
		return func() {}, err
	}
	hooks, closing, err := c.sender(rt, slog.New(slog.NewTextHandler(rt.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), nil)
	if err != nil {
		return nil, err
	}
	options.Tell = (&alerting{hooks: hooks, targets: c.targets()}).send
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), webhookFlush)
		defer cancel()
		hooks.Flush(ctx)
		closing()
	}, nil
}

// Run fetches or reads the lists and stores what is authentic, and remembers it.
func (c *TrustPullCmd) Run(rt *runtime) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := checkListStore(c.ListsStore, rt.Now); err != nil {
		return err
	}
	err := c.pull(ctx, rt)
	sent, failed := rememberLists(ctx, rt, c.ListsStore)
	if sent > 0 {
		say(rt.Stderr, "remembered %d snapshots of lists in --lists-store\n", sent)
	}
	if err != nil {
		if failed != nil {
			say(rt.Stderr, "vidimus: error: %s\n", plainText(tellRemembered(failed).Error()))
		}
		return err
	}
	return tellRemembered(failed)
}

func (c *TrustPullCmd) pull(ctx context.Context, rt *runtime) error {
	at, err := parseAt(c.At, rt.Now)
	if err != nil {
		return err
	}
	options, closing, err := c.options(rt, c.LotlAnchors)
	if err != nil {
		return err
	}
	defer closing()
	options.Now, options.Disk = func() time.Time { return at }, rt.Disk
	if c.At == "" {
		options.Now = rt.Now
	}
	if err := c.checkForget(); err != nil {
		return err
	}
	flush, err := c.told(rt, &options)
	if err != nil {
		return err
	}
	defer flush()
	if c.Mirror != "" {
		return c.take(ctx, rt, options)
	}
	clear := func() {}
	if isTerminal(rt.Stderr) {
		options.Progress, clear = progressOn(rt.Stderr)
	}
	p, err := pull.New(options)
	if err != nil {
		return err
	}
	r, err := c.fetch(ctx, rt, p)
	clear()
	if err != nil {
		var own *failure
		if options.Tell != nil && !errors.As(err, &own) && ctx.Err() == nil {
			now := rt.Now()
			err = errors.Join(err, options.Tell([]pull.Alert{pull.FailureAlert(err, now, now)}))
		}
		return pullFailure(err)
	}
	third, err := c.pullThird(ctx, rt, options, r.Snapshot, nil)
	if err != nil {
		return err
	}
	for _, t := range third {
		r.Lists = append(r.Lists, t.ListResult)
	}
	if err := printPulled(rt.Stdout, r.Lists, c.Format); err != nil {
		return err
	}
	return c.sum(rt, options, r)
}

// take stores what is authentic in a mirror's folder.
func (c *TrustPullCmd) take(ctx context.Context, rt *runtime, options pull.Options) error {
	flags := trustFlags{Lists: c.Mirror}
	files, err := flags.files(rt)
	if err != nil {
		return err
	}
	p, err := pull.New(options)
	if err != nil {
		return err
	}
	r, err := p.Take(files)
	if err != nil {
		return pullFailure(err)
	}
	third, err := c.pullThird(ctx, rt, options, r.Snapshot, files)
	if err != nil {
		return err
	}
	markThird(r.Reports, third)
	if err := printReports(rt.Stdout, r.Reports, c.Format); err != nil {
		return err
	}
	if len(r.Reports) > 0 && !slices.ContainsFunc(r.Reports, func(x lotl.FileReport) bool { return x.Used }) && r.Snapshot == nil {
		if err := unknownNotice(lotl.Input{Files: files, Journal: options.Journal}, c.Mirror); err != nil {
			return err
		}
		return trustFailure(trustNotAuthentic, "the stored lists, if any, are left as they were", "no list of lists in %s is authentic: nothing is stored", c.Mirror)
	}
	refused := 0
	for _, x := range r.Reports {
		if !x.Used && !x.Older {
			refused++
		}
	}
	if err := sayStored(rt, options.Dir, r); err != nil {
		return err
	}
	if refused > 0 {
		return trustFailure(trustNotAuthentic, "the other lists are stored", "%d of %d files are not used", refused, len(r.Reports))
	}
	return nil
}

// sum tells what is stored now, and fails when anything was not had.
func (c *TrustPullCmd) sum(rt *runtime, options pull.Options, r *pull.Result) error {
	var bad []string
	refused := false
	for _, l := range r.Lists {
		if l.Outcome == pull.OutcomeFailed || l.Outcome == pull.OutcomeRefused {
			bad = append(bad, l.String())
			refused = refused || l.Role == stored.RoleLOTL && l.Outcome == pull.OutcomeRefused
		}
	}
	hint := "the lists that were stored before stay in force; 'vidimus trust show' tells their ages"
	if refused {
		hint = "if a new notice in the Official Journal names other certificates for the list of lists, give them with --lotl-anchors FILE"
	}
	if r.Snapshot == nil {
		if err := sayStored(rt, options.Dir, r); err != nil { // its alerts
			return err
		}
		if !refused {
			hint = "is the network reachable? Lists from elsewhere are taken with --mirror DIR or --mirror-url URL"
		}
		return trustFailure(trustNone, hint, "no list of lists could be had and authenticated from %s: nothing is stored", orDefault(options.URL, lotl.Location))
	}
	if err := sayStored(rt, options.Dir, r); err != nil {
		return err
	}
	if c.Forget != "" && len(r.Forgot) == 0 {
		return trustFailure(trustNotAuthentic, "forgetting waits for a genuine list of another number; 'vidimus trust show' tells the one in force", "nothing was forgotten of %s", c.Forget)
	}
	if len(bad) > 0 {
		return trustFailure(trustNotAuthentic, hint, "%d of %d lists could not be had, or are refused: %s", len(bad), len(r.Lists), plainText(joinFew(bad)))
	}
	return nil
}

func sayStored(rt *runtime, dir string, r *pull.Result) error {
	for _, a := range r.Alerts {
		say(rt.Stderr, "alert: %s: %s\n", a.Kind, plainText(a.Says))
	}
	if r.Snapshot == nil {
		return nil
	}
	_, err := fmt.Fprintf(rt.Stderr, "stored %d national lists under list of lists %d in %s\n", len(r.Snapshot.Lists), r.Snapshot.LOTLs[0].Sequence, dir)
	return err
}

// options are how lists are pulled by these flags. The function that it returns
// closes the network.
func (f *networkFlags) options(rt *runtime, anchorsFile string) (pull.Options, func(), error) {
	o := pull.Options{URL: f.LotlURL, Mirrors: f.MirrorURL, Now: rt.Now, Wait: rt.Wait, Workers: goruntime.GOMAXPROCS(0)}
	var err error
	if o.Anchors, o.Journal, err = (&trustFlags{LotlAnchors: anchorsFile}).anchors(); err != nil {
		return o, nil, err
	}
	if o.Dir, err = cacheDir(rt); err != nil {
		return o, nil, err
	}
	network := rt.Network
	network.PerHost, network.Concurrent = listsPerHost, listsAtOnce
	network.Trusted = append(slices.Clone(network.Trusted), f.AllowHost...)
	for _, raw := range append(slices.Clone(f.MirrorURL), f.LotlURL) {
		if raw == "" {
			continue
		}
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return o, nil, usage("write it as "+lotl.Location, "%q is not an address of lists", raw)
		}
		network.Trusted = append(network.Trusted, u.Host)
	}
	client := fetch.New(network)
	o.Getter = client
	return o, client.Close, nil
}

// listsPerHost bounds the connections to one host; some publish several lists and
// pivots. listsAtOnce is more than there are lists: one that stalls keeps nobody waiting.
const (
	listsPerHost = 4
	listsAtOnce  = 64
)

// pullFailure is an error of our own part of a pull.
func pullFailure(err error) error {
	var own *failure
	if errors.As(err, &own) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return trustFailure(trustUnreadable, "the stored lists are as they were", "the pull was interrupted")
	}
	return trustFailure(trustUnreadable, "the stored lists are as they were", "%v", err)
}

// printPulled prints what became of each list.
func printPulled(w io.Writer, lists []pull.ListResult, format string) error {
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, l := range lists {
			if err := enc.Encode(l); err != nil {
				return err
			}
		}
		return nil
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range lists {
		number, says := "", l.From
		if l.Number > 0 {
			number = fmt.Sprint(l.Number)
		}
		if l.Says != "" {
			says = l.Says
		}
		if l.Cause != "" {
			says += " (" + l.Cause + ")"
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", l.Outcome, plainText(l.String()), number, plainText(says)) // Flush tells the error
	}
	return out.Flush()
}

// isTerminal says whether somebody watches: progress is never shown in a pipe.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progressOn shows on a terminal how far a pull is, on one line; clear removes it.
func progressOn(w io.Writer) (show func(pull.Progress), clear func()) {
	const erase = "\r\x1b[K"
	show = func(p pull.Progress) {
		says := ""
		if p.Says != "" {
			says = ": " + p.Says
		}
		line := []rune(plainText(fmt.Sprintf("%d of %d lists, %s%s", p.Done, p.Total, p.Name, says)))
		say(w, "%s%s", erase, string(line[:min(len(line), 78)]))
	}
	return show, func() { say(w, "%s", erase) }
}

func orDefault(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// joinFew names the first ones of many.
func joinFew(names []string) string {
	const most = 8
	out := ""
	for i, n := range names {
		switch {
		case i == most:
			return fmt.Sprintf("%s and %d more", out, len(names)-most)
		case i > 0:
			out += ", "
		}
		out += n
	}
	return out
}
