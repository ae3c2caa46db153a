package index_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/database/pgtest"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/replay"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var judgedAt = eutest.Day(2025, 6, 1)

// scene is a virtual EU whose files were judged and packed.
type scene struct {
	testing.TB
	w     *eutest.World
	tsa   *eutest.TSA
	judge *validate.Validator
	dir   string
	store archive.Store
	ids   map[string]string // by file name
}

// newScene puts five files into a folder: a Smart-ID signature, the same altered, one
// with two signatures, one of Latvia, and one by nobody that a list knows. The first
// gets an evidence record.
func newScene(t testing.TB) *scene {
	t.Helper()
	w := eutest.New(t)
	sc := &scene{TB: t, w: w, dir: t.TempDir(), ids: map[string]string{}}
	p := w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	ca := p.CA("TEST CA", eutest.SmartIDQualifiers())
	sc.tsa = p.TSA("TEST TSA")
	latvian := w.MemberState("LV").Provider("TEST Latvian provider", "VATLV-1").CA("TEST LV CA", eutest.SmartIDQualifiers())
	unlisted := p.CA("TEST unlisted", eutest.Unlisted(), eutest.SelfSigned())

	jaak := ca.Signer(eutest.Natural("EE", "JÕEORG", "JAAK-KRISTJAN", "38001085718"))
	lukasz := ca.Signer(eutest.Natural("PL", "ŻÓŁĆ", "Łukasz", "12345"))
	janis := latvian.Signer(eutest.Natural("LV", "BĒRZIŅŠ", "JĀNIS", "32345678901"), eutest.Policies(eutest.PolicyQCPnQSCD))
	nobody := unlisted.Signer(eutest.Natural("EE", "NIMETU", "KEEGI", "40404040404"), eutest.Policies(eutest.PolicyQCPnQSCD))

	text := []eutest.File{eutest.Text("contract.txt", "I owe you EUR 1000.")}
	signed := eutest.Day(2025, 3, 10)
	files := map[string][]byte{
		"Leping Jõeorg.asice": w.Sign(jaak, text, eutest.SignOptions{At: signed, TSA: sc.tsa}),
		"two.asice": w.Container(text...).Sign(jaak, eutest.SignOptions{At: signed.AddDate(0, 0, 1), TSA: sc.tsa}).
			Sign(lukasz, eutest.SignOptions{At: signed.AddDate(0, 0, 2), TSA: sc.tsa}).Bytes(),
		"līgums.asice":               w.Sign(janis, text, eutest.SignOptions{At: signed.AddDate(0, 1, 0), TSA: sc.tsa}),
		"nobody <b>\x00\u202e.asice": w.Sign(nobody, text, eutest.SignOptions{At: signed, TSA: sc.tsa}),
	}
	files["altered.asice"] = w.Container(text...).Sign(jaak, eutest.SignOptions{At: signed, TSA: sc.tsa}).Replace("contract.txt", []byte("I owe you EUR 9000.")).Bytes()
	sc.judge = sc.validator()
	for name, data := range files {
		sc.put(name, data)
	}
	sc.seal("Leping Jõeorg.asice")
	return sc
}

func (sc *scene) validator() *validate.Validator {
	sc.Helper()
	in := lotl.Input{At: judgedAt, Journal: "TEST Journal"}
	sc.w.At(judgedAt)
	for _, f := range sc.w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	for _, a := range sc.w.Anchors() {
		id, err := evidence.ParseID(a.SHA256)
		if err != nil {
			sc.Fatal(err)
		}
		x, err := certificate.Parse(a.Certificate.Raw)
		if err != nil {
			sc.Fatal(err)
		}
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: id, Certificate: x})
	}
	snap, _ := lotl.Authenticate(in)
	v, err := validate.New(path.NewTrust(snap, nil), practice(sc))
	if err != nil {
		sc.Fatal(err)
	}
	return v
}

func practice(t testing.TB) *policy.Policy {
	t.Helper()
	p, err := policy.Named("practice")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// put judges a file and saves it.
func (sc *scene) put(name string, data []byte) string {
	sc.Helper()
	if sc.store == nil {
		st, err := dir.Open(sc.dir)
		if err != nil {
			sc.Fatal(err)
		}
		sc.store = st
	}
	req := validate.Request{File: validate.File{Name: name, Data: data}, At: judgedAt}
	verdict, err := sc.judge.Validate(req)
	if err != nil {
		sc.Fatal(err)
	}
	content, err := replay.Pack(sc.judge, req, verdict, "test")
	if err != nil {
		sc.Fatal(err)
	}
	_, raw, err := bundle.Pack(content)
	if err != nil {
		sc.Fatal(err)
	}
	id, err := archive.Save(sc.Context(), sc.store, raw)
	if err != nil {
		sc.Fatal(err)
	}
	sc.ids[name] = id
	return id
}

// seal puts an evidence record beside a bundle.
func (sc *scene) seal(name string) {
	sc.Helper()
	manifest, err := archive.RawManifest(sc.Context(), sc.store, sc.ids[name])
	if err != nil {
		sc.Fatal(err)
	}
	record := sc.w.EvidenceRecord(eutest.RecordOptions{TSA: sc.tsa}, manifest)
	if err := archive.PutRecord(sc.Context(), sc.store, sc.ids[name], 1, record); err != nil {
		sc.Fatal(err)
	}
}

func (sc *scene) open(url string) *index.Index {
	sc.Helper()
	db, err := database.Open(sc.Context(), url)
	if err != nil {
		sc.Fatal(err)
	}
	sc.Cleanup(func() {
		if err := db.Close(); err != nil {
			sc.Error(err)
		}
	})
	x, err := index.Open(sc.Context(), db, index.Options{Store: sc.store, Suite: practice(sc).Suite})
	if err != nil {
		sc.Fatal(err)
	}
	return x
}

// places are an empty database of each kind.
func places(t testing.TB) map[string]string {
	return map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "index.db"), "postgres": pgtest.Database(t)}
}

func dump(t testing.TB, x *index.Index) string {
	t.Helper()
	var b bytes.Buffer
	if err := x.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
