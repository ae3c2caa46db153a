package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/replay"
	"github.com/vidimus/vidimus/archive/storetest"
)

// keepingService is a preservation service whose clock moves.
type keepingService struct {
	*testing.T
	url, store string
	clock      atomic.Pointer[time.Time]
	acme       string // keys
	other      string
	tsa, under string // the TSA and the file of the authority above it
}

// poAnswer is an answer of any operation, as a client reads it.
type poAnswer struct {
	ReqID  string `json:"reqID"`
	Result struct {
		Maj, Min string
		Msg      struct{ Value, Lang string }
	}
	POID           string `json:"poId"`
	EvidenceStatus struct{ Status string }
	PO             []poObject `json:"po"`
	Evidence       []struct {
		FormatID   string `json:"formatId"`
		BinaryData poBinary
		DataObject poObject
	}
	Trace struct {
		Event []struct {
			Time                               time.Time
			Subject, Operation, Object, Detail string
		}
		Next int64
	}
	POIDs              []string `json:"poIds"`
	Cursor             string
	EvidenceValidation struct {
		Indication, SubIndication, Says string
		ProofOfExistence                time.Time
	}
	Report           struct{ Error *struct{ Code string } }
	ValidationReport poBinary
	Profile          []map[string]any
}

type poObject struct {
	ID             string   `json:"id,omitempty"`
	FileName       string   `json:"fileName,omitempty"`
	BinaryData     poBinary `json:"binaryData"`
	RelatedObjects []string `json:"relatedObjects,omitempty"`
}

type poBinary struct {
	Val      []byte `json:"val"`
	MimeType string `json:"mimeType,omitempty"`
}

type m = map[string]any

func newKeeping(t *testing.T, change func(*ServeCmd)) *keepingService {
	t.Helper()
	p := &keepingService{T: t}
	folder := t.TempDir()
	keys := filepath.Join(folder, "keys.jsonl")
	p.store = filepath.Join(folder, "store")
	p.acme, p.other = newKey(t, keys, "acme"), newKey(t, keys, "other")
	p.tsa, p.under = tsaServer(t)
	p.set(archiveClock)
	c := serveDefaults()
	c.Lists, c.LotlAnchors, c.Policy = "../../testdata/world/lists", "../../testdata/world/lotl-anchors.pem", "practice"
	c.MaxRequest, c.JudgingTimeout, c.APIKeys, c.Store, c.TrustAnchor, c.Offline = 1<<20, time.Minute, keys, "dir:"+p.store, []string{p.under}, true
	if change != nil {
		change(c)
	}
	rt := &runtime{Stderr: io.Discard, Now: func() time.Time { return *p.clock.Load() }, CacheDir: func() (string, error) { return folder, nil }}
	deps, closing, err := serveDeps(context.Background(), rt, c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closing)
	handler, err := api.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *keepingService) set(at time.Time) { p.clock.Store(&at) }

// ask asks with a key, and wants a status.
func (p *keepingService) ask(key, operation string, request any, want int) poAnswer {
	p.Helper()
	raw, ok := request.(string)
	if !ok {
		b, err := json.Marshal(request)
		if err != nil {
			p.Fatal(err)
		}
		raw = string(b)
	}
	req, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.url+"/preservation/v1/"+operation, strings.NewReader(raw))
	if err != nil {
		p.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatal(err)
	}
	var out poAnswer
	if err := json.Unmarshal(body, &out); err != nil {
		p.Fatalf("%s: %v: %.300s", operation, err, body)
	}
	major := "urn:oasis:names:tc:dss:1.0:resultmajor:Success"
	if resp.StatusCode != want || (out.Result.Maj == major) != (want == http.StatusOK) {
		p.Errorf("%s: %d, want %d: %.600s", operation, resp.StatusCode, want, body)
	}
	return out
}

// refused asks for what is refused with a minor result.
func (p *keepingService) refused(key, operation string, request any, status int, minor string) poAnswer {
	p.Helper()
	out := p.ask(key, operation, request, status)
	if out.Result.Min != "urn:vidimus:preservation:"+minor || out.Result.Msg.Value == "" || out.Result.Msg.Lang != "en" {
		p.Errorf("%s: refused with %+v, want %s", operation, out.Result, minor)
	}
	return out
}

func po(name string, data []byte) poObject {
	return poObject{FileName: name, BinaryData: poBinary{Val: data}}
}

func (p *keepingService) seal(tenant string) {
	p.Helper()
	out, err := runArchive(p.T, "seal", "--store", "dir:"+filepath.Join(p.store, "tenants", tenant), "--lists", "none", "--trust-anchor", p.under, "--offline", "--tsa", p.tsa)
	if err != nil || !strings.Contains(out, "sealed under 1 time-stamp") {
		p.Fatalf("%s, %v", out, err)
	}
}

func contractFile(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestPreservationOfAnObject goes with an object from PreservePO to its deletion.
func TestPreservationOfAnObject(t *testing.T) {
	p := newKeeping(t, nil)
	contract := contractFile(t)
	made := p.ask(p.acme, "PreservePO", m{"reqID": "r-1", "profileIdentifier": "http://uri.etsi.org/19512/scheme/pds+pgd+wst+aug+ers", "po": []any{po("contract.asice", contract)}}, http.StatusOK)
	id := made.POID
	if len(id) != 64 || made.ReqID != "r-1" || made.EvidenceStatus.Status != "pending" || made.Result.Min != "urn:vidimus:preservation:evidencePending" || !bytes.Contains(made.ValidationReport.Val, []byte("ValidationReport")) {
		t.Fatalf("%+v", made)
	}
	st, err := dir.Open(filepath.Join(p.store, "tenants", "acme"))
	if err != nil {
		t.Fatal(err)
	}
	if damages, err := archive.Verify(t.Context(), st, id); err != nil || len(damages) > 0 {
		t.Fatalf("the bundle is not whole: %v %v", damages, err)
	}
	got := p.ask(p.acme, "RetrievePO", m{"poId": id, "subjectOfRetrieval": "PO"}, http.StatusOK)
	if len(got.PO) != 1 || !bytes.Equal(got.PO[0].BinaryData.Val, contract) || got.PO[0].FileName != "contract.asice" || got.EvidenceStatus.Status != "pending" {
		t.Errorf("%+v", got)
	}
	for _, subject := range []string{"", "Evidence", "POwithEmbeddedEvidence", "POwithDetachedEvidence"} {
		p.refused(p.acme, "RetrievePO", m{"poId": id, "subjectOfRetrieval": subject}, http.StatusConflict, "evidencePending")
	}
	p.refused(p.acme, "ValidateEvidence", m{"poId": id}, http.StatusConflict, "evidencePending")

	p.seal("acme")
	evidence := p.ask(p.acme, "RetrievePO", m{"poId": id, "subjectOfRetrieval": "Evidence", "evidenceFormat": "urn:ietf:rfc:4998", "versionId": "all"}, http.StatusOK).Evidence
	detached := p.ask(p.acme, "RetrievePO", m{"poId": id, "subjectOfRetrieval": "POwithDetachedEvidence"}, http.StatusOK)
	embedded := p.ask(p.acme, "RetrievePO", m{"poId": id}, http.StatusOK)
	if len(evidence) != 1 || len(detached.Evidence) != 1 || len(detached.PO) != 1 || len(embedded.PO) != 1 || len(embedded.Evidence) != 0 || embedded.EvidenceStatus.Status != "available" {
		t.Fatalf("%d %+v %+v", len(evidence), detached.Result, embedded.Result)
	}
	record, manifest := evidence[0].BinaryData.Val, evidence[0].DataObject
	if b, err := bundle.Open(detached.PO[0].BinaryData.Val); err != nil || b.ID != id || !bytes.Equal(b.RawManifest, manifest.BinaryData.Val) || !bytes.Equal(detached.Evidence[0].BinaryData.Val, record) {
		t.Errorf("the detached evidence is not that of the bundle: %v", err)
	}
	container := embedded.PO[0].BinaryData.Val
	p.container(container, record, id)

	// Each way to ask about the evidence gives the same proof.
	for name, question := range map[string]m{
		"stored":   {"poId": id},
		"given":    {"poId": id, "evidence": m{"formatId": "urn:ietf:rfc:4998", "binaryData": poBinary{Val: record}}},
		"manifest": {"evidence": m{"binaryData": poBinary{Val: record}}, "po": []any{manifest}},
		"bundle":   {"evidence": m{"binaryData": poBinary{Val: record}}, "po": []any{po("x.asice", detached.PO[0].BinaryData.Val)}},
		"embedded": {"po": []any{po("x.asice", container)}},
	} {
		v := p.ask(p.acme, "ValidateEvidence", question, http.StatusOK)
		if e := v.EvidenceValidation; e.Indication != "PASSED" || !e.ProofOfExistence.Equal(archiveClock) || !bytes.Contains(v.ValidationReport.Val, []byte("ValidationReport")) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	altered := bytes.Replace(manifest.BinaryData.Val, []byte("contract"), []byte("c0ntract"), 1)
	for name, question := range map[string]m{
		"altered manifest":        {"evidence": m{"binaryData": poBinary{Val: record}}, "po": []any{po("manifest.json", altered)}},
		"altered report":          {"po": []any{po("x.asice", repacked(t, container, "report.json"))}},
		"altered manifest inside": {"po": []any{po("x.asice", repacked(t, container, "manifest.json"))}},
	} {
		if e := p.ask(p.acme, "ValidateEvidence", question, http.StatusOK).EvidenceValidation; e.Indication == "PASSED" || e.SubIndication == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	p.refused(p.acme, "ValidateEvidence", m{"po": []any{po("contract.asice", contract)}}, http.StatusUnprocessableEntity, "POFormatError")
	p.refused(p.acme, "ValidateEvidence", m{"evidence": m{"binaryData": poBinary{Val: []byte("no record")}}, "poId": id}, http.StatusUnprocessableEntity, "POFormatError")

	p.search(id, contract)
	p.deletion(st, id)
}

// container looks at a container by other means than our own.
func (p *keepingService) container(raw, record []byte, id string) {
	p.Helper()
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		p.Fatal(err)
	}
	if first := r.File[0]; first.Name != "mimetype" || first.Method != zip.Store || len(first.Extra) > 0 || first.Flags != 0 {
		p.Errorf("the first entry is %+v", first.FileHeader)
	}
	inside := unpacked(p.T, raw)
	if !bytes.Equal(inside["META-INF/evidencerecord001.ers"], record) || !strings.Contains(string(inside["META-INF/ASiCEvidenceRecordManifest001.xml"]), `URI="META-INF/evidencerecord001.ers"`) {
		p.Errorf("the record is not in the container")
	}
	name := filepath.Join(p.TempDir(), "embedded.asice")
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		p.Fatal(err)
	}
	if unzip, err := exec.LookPath("unzip"); err == nil {
		if out, err := exec.CommandContext(p.Context(), unzip, "-tqq", name).CombinedOutput(); err != nil {
			p.Errorf("unzip: %s %v", out, err)
		}
	}
	if openssl, err := exec.LookPath("openssl"); err == nil {
		cmd := exec.CommandContext(p.Context(), openssl, "dgst", "-sha256", "-r")
		cmd.Stdin = bytes.NewReader(inside["manifest.json"])
		if out, err := cmd.Output(); err != nil || !strings.HasPrefix(string(out), id) {
			p.Errorf("openssl: %s %v, want %s", out, err, id)
		}
	}
}

func unpacked(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// repacked is a container with one octet of one file altered.
func repacked(t *testing.T, raw []byte, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	inside := unpacked(t, raw)
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		data := inside[f.Name]
		if f.Name == name {
			data = bytes.Replace(data, []byte("contract"), []byte("c0ntract"), 1)
			if bytes.Equal(data, inside[f.Name]) {
				t.Fatalf("%s was not altered", name)
			}
		}
		e, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// search finds an object, its trace, and nothing of another tenant's.
func (p *keepingService) search(id string, contract []byte) {
	p.Helper()
	for _, filter := range []m{{}, {"fileName": "CONTRACT"}, {"poId": id[:8]}, {"evidence": true, "indication": []string{"TOTAL-PASSED", "INDETERMINATE"}}, {"validatedFrom": "2020-01-01T00:00:00Z"}} {
		if got := p.ask(p.acme, "Search", m{"filter": filter}, http.StatusOK).POIDs; !slices.Equal(got, []string{id}) {
			p.Errorf("%v finds %v", filter, got)
		}
	}
	if got := p.ask(p.acme, "Search", m{"filter": m{"fileName": "lease"}}, http.StatusOK); got.POIDs == nil || len(got.POIDs) != 0 {
		p.Errorf("%+v", got)
	}
	for _, bad := range []m{{"fileName": "!"}, {"digest": "00"}, {"validatedFrom": "yesterday"}, {"evidence": "yes"}, {"nobody": "x"}} {
		p.refused(p.acme, "Search", m{"filter": bad}, http.StatusBadRequest, "parameterError")
	}
	if got := p.ask(p.other, "Search", m{}, http.StatusOK).POIDs; len(got) != 0 {
		p.Errorf("another tenant finds %v", got)
	}
	for _, operation := range []string{"RetrievePO", "RetrieveTrace", "ValidateEvidence"} {
		p.refused(p.other, operation, m{"poId": id}, http.StatusNotFound, "unknownPOID")
	}
	p.refused(p.other, "DeletePO", m{"poId": id, "reason": "envy"}, http.StatusNotFound, "unknownPOID")
	// The same object, at the same moment, of another tenant is one of its own.
	same := p.ask(p.other, "PreservePO", m{"po": []any{po("contract.asice", contract)}}, http.StatusOK)
	if same.POID != id {
		p.Errorf("%s", same.POID)
	}
	p.refused(p.other, "RetrievePO", m{"poId": id}, http.StatusConflict, "evidencePending")

	t := p.ask(p.acme, "RetrieveTrace", m{"poId": id}, http.StatusOK).Trace
	if len(t.Event) < 4 || t.Event[0].Operation != "put" || t.Event[0].Subject == "" || t.Event[0].Object != id || !t.Event[0].Time.Equal(archiveClock) {
		p.Fatalf("%+v", t)
	}
	var after int64
	for n := range 2 { // page by page
		one := p.ask(p.acme, "RetrieveTrace", m{"poId": id, "maxResults": 1, "after": after}, http.StatusOK).Trace
		if len(one.Event) != 1 || one.Event[0] != t.Event[n] || one.Next == 0 {
			p.Errorf("page %d: %+v", n, one)
		}
		after = one.Next
	}
	if none := p.ask(p.other, "RetrieveTrace", m{"poId": id}, http.StatusOK).Trace; len(none.Event) != 2 {
		p.Errorf("another tenant's trace of its own object: %+v", none)
	}
}

// deletion deletes an object when nothing keeps it any more.
func (p *keepingService) deletion(st archive.Store, id string) {
	p.Helper()
	ctx := p.Context()
	ask := m{"reqID": "d", "poId": id, "reason": "retention over", "deletionMode": "SubDOsAndEvidence"}
	p.refused(p.acme, "DeletePO", m{"poId": id}, http.StatusBadRequest, "missingReason")
	p.refused(p.acme, "DeletePO", m{"poId": id, "reason": "x", "deletionMode": "OnlySubDOs"}, http.StatusUnprocessableEntity, "notSupported")
	p.refused(p.acme, "DeletePO", ask, http.StatusConflict, "underRetention") // it never had one
	if err := archive.Retain(ctx, st, id, archiveClock.AddDate(1, 0, 0), archiveClock); err != nil {
		p.Fatal(err)
	}
	p.refused(p.acme, "DeletePO", ask, http.StatusConflict, "underRetention")
	p.set(archiveClock.AddDate(1, 0, 1))
	if err := archive.Hold(ctx, st, id, true); err != nil {
		p.Fatal(err)
	}
	if no := p.refused(p.acme, "DeletePO", ask, http.StatusConflict, "underHold"); strings.Contains(fmt.Sprint(no), "manifest.json") {
		p.Errorf("it names a key of the store: %+v", no)
	}
	if err := archive.Hold(ctx, st, id, false); err != nil {
		p.Fatal(err)
	}
	if done := p.ask(p.acme, "DeletePO", ask, http.StatusOK); done.POID != id || done.ReqID != "d" {
		p.Errorf("%+v", done)
	}
	d, _, signature, err := archive.ReadDeletion(ctx, st, id)
	if err != nil || d.Reason != "retention over" || d.By == "" || signature != nil || len(d.Records) != 1 {
		p.Errorf("the record of the deletion: %+v %v", d, err)
	}
	for operation, request := range map[string]m{"RetrievePO": {"poId": id, "subjectOfRetrieval": "PO"}, "ValidateEvidence": {"poId": id}, "DeletePO": ask} {
		p.refused(p.acme, operation, request, http.StatusGone, "deletedPOID")
	}
	p.refused(p.acme, "RetrievePO", m{"poId": id}, http.StatusGone, "deletedPOID")
	if got := p.ask(p.acme, "Search", m{}, http.StatusOK).POIDs; len(got) != 0 {
		p.Errorf("a deleted object is found: %v", got)
	}
	t := p.ask(p.acme, "RetrieveTrace", m{"poId": id}, http.StatusOK).Trace
	var did []string
	for _, e := range t.Event {
		did = append(did, e.Operation+" "+strings.SplitN(e.Detail, ":", 2)[0])
	}
	if !slices.Contains(did, "delete failed") || !slices.Contains(did, "delete-asked ok") || did[len(did)-2] != "delete ok" && !slices.Contains(did, "delete ok") {
		p.Errorf("%v", did)
	}
	// The other tenant's object is still there.
	p.ask(p.other, "RetrievePO", m{"poId": id, "subjectOfRetrieval": "PO"}, http.StatusOK)
}

// TestPreservationOfGeneralData: a file in which nothing is signed is preserved, and what
// is malformed is not.
func TestPreservationOfGeneralData(t *testing.T) {
	p := newKeeping(t, func(c *ServeCmd) { c.PreserveFor = "10y" })
	text := []byte("Nobody signed this.\n")
	made := p.ask(p.acme, "PreservePO", m{"po": []any{po("note.txt", text)}}, http.StatusOK)
	if made.Report.Error == nil || made.Report.Error.Code == "" {
		t.Errorf("the report does not say that nothing is signed: %+v", made)
	}
	st, err := dir.Open(filepath.Join(p.store, "tenants", "acme"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := archive.Load(t.Context(), st, made.POID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	v, err := replay.Judge(b)
	if err != nil {
		t.Fatal(err)
	}
	if same, got, err := replay.Same(b, v); err != nil || !same {
		t.Errorf("the replay differs: %s (%v)", got, err)
	}
	p.seal("acme")
	if e := p.ask(p.acme, "ValidateEvidence", m{"poId": made.POID}, http.StatusOK).EvidenceValidation; e.Indication != "PASSED" {
		t.Errorf("%+v", e)
	}
	if got := p.ask(p.acme, "RetrievePO", m{"poId": made.POID, "subjectOfRetrieval": "PO"}, http.StatusOK); !bytes.Equal(got.PO[0].BinaryData.Val, text) {
		t.Errorf("%+v", got)
	}
	if got := p.ask(p.acme, "Search", m{"filter": m{"fileName": "note"}}, http.StatusOK).POIDs; !slices.Equal(got, []string{made.POID}) {
		t.Errorf("%v", got)
	}
	if lock, err := archive.Locked(t.Context(), st, made.POID); err != nil || !lock.Until.Equal(archiveClock.Add(10*365*24*time.Hour)) {
		t.Errorf("--preserve-for: %+v %v", lock, err)
	}
	p.refused(p.acme, "DeletePO", m{"poId": made.POID, "reason": "x"}, http.StatusConflict, "underRetention")
	broken := contractFile(t)
	broken = broken[:len(broken)/2]
	p.refused(p.acme, "PreservePO", m{"po": []any{po("contract.asice", broken)}}, http.StatusUnprocessableEntity, "POFormatError")

	// A text and its detached parts.
	two := p.ask(p.acme, "PreservePO", m{"po": []any{m{"id": "b", "fileName": "b.txt", "binaryData": poBinary{Val: []byte("b")}},
		m{"id": "a", "fileName": "a.txt", "binaryData": poBinary{Val: []byte("a")}, "relatedObjects": []string{"b"}}}}, http.StatusOK)
	got := p.ask(p.acme, "RetrievePO", m{"poId": two.POID, "subjectOfRetrieval": "PO"}, http.StatusOK)
	if len(got.PO) != 2 || got.PO[0].FileName != "a.txt" || got.PO[1].FileName != "b.txt" || !slices.Equal(got.PO[0].RelatedObjects, []string{got.PO[1].ID}) {
		t.Errorf("%+v", got.PO)
	}
}

// TestPreservationFlags: what makes no sense is refused.
func TestPreservationFlags(t *testing.T) {
	for _, bad := range []preservationFlags{{PreserveFor: "soon"}, {PreserveFor: "31y"}, {DeletionKey: "x"}, {DeletionCertificate: "x"}, {DeletionPassword: "x"}, {DeletionKey: "no-such", DeletionCertificate: "no-such"}} {
		c := &ServeCmd{preservationFlags: bad}
		_, err := c.keeping(archiveClock)
		if _, err2 := c.preservationFlags.signer(&runtime{}); err == nil && err2 == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// TestPreservationProfile: everybody may read it; it says what is true.
func TestPreservationProfile(t *testing.T) {
	p := newKeeping(t, func(c *ServeCmd) { c.PreserveFor = "10y" })
	code, body := exchange(t, http.MethodGet, p.url+"/preservation/v1/RetrieveInfo?reqID=7&status=active", nil)
	var out poAnswer
	if err := json.Unmarshal(body, &out); err != nil || code != http.StatusOK || len(out.Profile) != 1 || out.ReqID != "7" {
		t.Fatalf("%d %s %v", code, body, err)
	}
	posted := p.ask("", "RetrieveInfo", m{"profileIdentifier": out.Profile[0]["profileIdentifier"]}, http.StatusOK)
	for _, profile := range []map[string]any{out.Profile[0], posted.Profile[0]} {
		for name, want := range map[string]string{
			"schemeIdentifier": "http://uri.etsi.org/19512/scheme/pds+pgd+aug+wst+ers", "preservationStorageModel": "WithStorage",
			"preservationGoal": "[http://uri.etsi.org/19512/goal/pds http://uri.etsi.org/19512/goal/pgd]", "evidenceFormat": "[map[formatId:urn:ietf:rfc:4998]]",
			"expectedEvidenceDuration": "P3650D", "preservationEvidenceRetentionPeriod": "P3650D",
			"policy": "[map[policyID:urn:vidimus:preservation:evidence-policy:1 type:http://uri.etsi.org/19512/policy/preservation-evidence] map[policyID:urn:vidimus:policy:practice type:http://uri.etsi.org/19512/policy/signature-validation]]",
		} {
			if got := fmt.Sprint(profile[name]); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
		if operations, _ := profile["operation"].([]any); len(operations) != 7 {
			t.Errorf("%v", profile["operation"])
		}
	}
	p.refused("", "RetrieveInfo", m{"profileIdentifier": "urn:x"}, http.StatusUnprocessableEntity, "unknownProfile")
	for _, query := range []string{"?status=new", "?x=1", "?status=all&status=all", "?reqID=%0a"} {
		if code, body := exchange(t, http.MethodGet, p.url+"/preservation/v1/RetrieveInfo"+query, nil); code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, code, body)
		}
	}
}

// TestPreservationScopes: each operation asks for its scope.
func TestPreservationScopes(t *testing.T) {
	folder := t.TempDir()
	keys := filepath.Join(folder, "keys.jsonl")
	reader, putter, judge := newKey(t, keys, "acme", "--scope", "read"), newKey(t, keys, "acme", "--scope", "put"), newKey(t, keys, "acme", "--scope", "validate")
	p := newKeeping(t, func(c *ServeCmd) { c.APIKeys = keys })
	unknown := m{"poId": strings.Repeat("a", 64), "reason": "x"}
	for operation, scoped := range map[string]string{"PreservePO": putter, "DeletePO": putter, "RetrievePO": reader, "RetrieveTrace": reader, "Search": reader, "ValidateEvidence": judge} {
		for _, key := range []string{reader, putter, judge} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/preservation/v1/"+operation, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+key)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if (resp.StatusCode == http.StatusForbidden) != (key != scoped) {
				t.Errorf("%s: %d", operation, resp.StatusCode)
			}
		}
	}
	delete(unknown, "reason")
	p.refused(judge, "ValidateEvidence", unknown, http.StatusForbidden, "noPermission")
}

// TestPreservationOpenToAll: without keys there is one archive, the service's.
func TestPreservationOpenToAll(t *testing.T) {
	p := newKeeping(t, func(c *ServeCmd) { c.APIKeys = "" })
	id := p.ask("", "PreservePO", m{"po": []any{po("contract.asice", contractFile(t))}}, http.StatusOK).POID
	if code, _ := exchange(t, http.MethodGet, p.url+"/v1/bundles/"+id, nil); code != http.StatusOK {
		t.Errorf("%d", code)
	}
	if got := p.ask("", "Search", m{}, http.StatusOK).POIDs; !slices.Equal(got, []string{id}) {
		t.Errorf("%v", got)
	}
	events := p.ask("", "RetrieveTrace", m{"poId": id}, http.StatusOK).Trace.Event
	if len(events) != 2 || events[0].Operation != "put" || events[1].Operation != "get" || events[0].Subject != "anybody" || events[1].Subject != "anybody" {
		t.Errorf("what both interfaces did is not in the trace: %+v", events)
	}
}

// TestPreservationRefusesHostileRequests before anything is done.
func TestPreservationRefusesHostileRequests(t *testing.T) {
	p := newKeeping(t, nil)
	for request, minor := range map[string]string{
		``: "parameterError", `[]`: "parameterError", `{"po":[]}`: "parameterError", `{`: "parameterError",
		`{"po":[],"po":[]}`:                                "parameterError",
		`{"po":[],"p\u006f":[]}`:                           "parameterError",
		`{"PO":[]}`:                                        "parameterError",
		`{"po":[{"binaryData":{"val":"!"}}]}`:              "parameterError",
		`{"po":[{"binaryData":{"val":"YQ==","x":1}}]}`:     "parameterError",
		`{"po":[{"xmlData":"<x/>"}]}`:                      "parameterError",
		`{"po":[{"id":"x"}]}`:                              "notSupported",
		`{"po":` + strings.Repeat("[", 1000) + `}`:         "parameterError",
		`{"reqID":"a\nb","po":[]}`:                         "parameterError",
		`{"reqID":"\u202e","po":[]}`:                       "parameterError",
		`{"po":[` + strings.Repeat(`{},`, 20_000) + `{}]}`: "parameterError",
	} {
		p.refused(p.acme, "PreservePO", request, http.StatusBadRequest+map[string]int{"notSupported": 22}[minor], minor)
	}
	if no := p.refused(p.acme, "PreservePO", `{"reqID":"keep-me","x":1}`, http.StatusBadRequest, "parameterError"); no.ReqID != "keep-me" {
		t.Errorf("the reqID is not given back: %+v", no)
	}
	p.refused(p.acme, "PreservePO", strings.Repeat(" ", 1<<20+1), http.StatusRequestEntityTooLarge, "tooLarge")
	p.refused(p.acme, "Search", strings.Repeat(" ", 64<<10+1), http.StatusRequestEntityTooLarge, "tooLarge")
	for _, id := range []string{"", "x", strings.Repeat("A", 64), "../../etc/passwd", strings.Repeat("a", 63) + "/"} {
		status, minor := http.StatusNotFound, "unknownPOID"
		if id == "" {
			status, minor = http.StatusBadRequest, "parameterError"
		}
		p.refused(p.acme, "RetrievePO", m{"poId": id}, status, minor)
	}
	if entries, err := os.ReadDir(filepath.Join(p.store, "tenants")); err == nil && len(entries) > 0 {
		t.Errorf("something was written: %v", entries)
	}
}

// TestTenantKeeperKeepsTheContract: a tenant's part of a keeper is a keeper.
func TestTenantKeeperKeepsTheContract(t *testing.T) {
	place := func(t *testing.T) storetest.Place {
		root := t.TempDir()
		return storetest.Place{Open: func(t *testing.T) archive.Store {
			whole, err := dir.Open(root)
			if err != nil {
				t.Fatal(err)
			}
			part, err := storeOf(whole, "acme")
			if err != nil {
				t.Fatal(err)
			}
			return part
		}}
	}
	storetest.RunKeeper(t, place, func() time.Time { return archiveClock }, false)
}

// TestPreservationDeletionIsSigned with the operator's key, which openssl verifies. The
// hold that the operator puts with 'archive hold' on the tenant's folder counts.
func TestPreservationDeletionIsSigned(t *testing.T) {
	key, cert := operatorKey(t)
	p := newKeeping(t, func(c *ServeCmd) { c.PreserveFor, c.DeletionKey, c.DeletionCertificate = "1d", key, key })
	id := p.ask(p.acme, "PreservePO", m{"po": []any{po("note.txt", []byte("a note"))}}, http.StatusOK).POID
	place := "dir:" + filepath.Join(p.store, "tenants", "acme")
	if out, err := runArchive(t, "hold", "--store", place, "--on", id); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	p.set(archiveClock.AddDate(0, 0, 2))
	ask := m{"poId": id, "reason": "over"}
	p.refused(p.acme, "DeletePO", ask, http.StatusConflict, "underHold")
	if out, err := runArchive(t, "hold", "--store", place, "--off", id); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	p.ask(p.acme, "DeletePO", ask, http.StatusOK)
	st, err := dir.Open(strings.TrimPrefix(place, "dir:"))
	if err != nil {
		t.Fatal(err)
	}
	_, record, signature, err := archive.ReadDeletion(t.Context(), st, id)
	if err != nil || signature == nil {
		t.Fatalf("%d octets of signature, %v", len(signature), err)
	}
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	folder := t.TempDir()
	for name, data := range map[string][]byte{"record": record, "record.p7s": signature, "cert.der": cert} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", "record.p7s", "-content", "record", "-noverify", "-out", "out")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %s %v", out, err)
	}
}
