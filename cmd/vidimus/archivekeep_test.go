package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
)

// operatorKey writes a key with its certificate into one PEM file.
func operatorKey(t *testing.T) (file string, cert []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "TEST archive"}, NotBefore: archiveClock, NotAfter: archiveClock.AddDate(1, 0, 0)}
	cert, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	p8, err2 := x509.MarshalPKCS8PrivateKey(key)
	file = filepath.Join(t.TempDir(), "me.pem")
	err3 := os.WriteFile(file, append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p8})...), 0o600)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	return file, cert
}

// The key that signs records of deletions is read from PKCS#12 with a password, from a file
// or the environment, and what is wrong is said before anything is deleted.
func TestArchiveDeletePKCS12(t *testing.T) {
	url, _, ids, _ := fillArchive(t)
	file, _ := operatorKey(t)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	private, certificates, err := keyOf(raw, "")
	if err != nil {
		t.Fatal(err)
	}
	p12, err := pkcs12.Modern.Encode(private, certificates[0], nil, "secret")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	files := map[string][]byte{"me.p12": p12, "good": []byte("secret\n"), "bad": []byte("other\n"),
		"locked.pem": bytes.Replace(raw, []byte("PRIVATE KEY"), []byte("ENCRYPTED PRIVATE KEY"), 2),
		"alone.pem":  raw[bytes.Index(raw, []byte("-----BEGIN PRIVATE")):]}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(folder, name) }
	remove := []string{"delete", "--store", url, "--unretained", "--reason", "over", ids[0], "--key"}
	for says, args := range map[string][]string{
		"decryption password incorrect":         {at("me.p12"), "--key-password-file", at("bad")},
		"decryption password incorrect ":        {at("me.p12")},
		"openssl pkcs12 -export":                {at("locked.pem")},
		"it holds 0 certificates":               {at("alone.pem")},
		"is PKCS#12 and holds its certificates": {at("me.p12"), "--certificate", file},
		"reading --key-password-file":           {at("me.p12"), "--key-password-file", at("none")},
	} {
		if out, err := runArchive(t, append(remove, args...)...); archiveExit(err) != 3 || !strings.Contains(err.Error(), strings.TrimSpace(says)) {
			t.Errorf("%q: %q, %v", args, out, err)
		}
	}
	if out, err := runArchive(t, append(remove, at("me.p12"), "--key-password-file", at("good"))...); err != nil || !strings.Contains(out, "1 bundle deleted") {
		t.Fatalf("%q, %v", out, err)
	}
	if out, err := runArchive(t, "get", "--store", url, "--out", "-", ids[0]); err == nil || !strings.Contains(err.Error(), "the signed record") {
		t.Errorf("%q, %v", out, err)
	}
	rt := &runtime{Env: func(name string) (string, bool) { return "secret", name == "VIDIMUS_KEY_PASSWORD" }}
	if _, err := (receiptKey{keyFlag: "key", key: at("me.p12")}).signer(rt); err != nil {
		t.Errorf("with the password in the environment: %v", err)
	}
}

func TestArchiveRetainHoldDelete(t *testing.T) {
	url, _, ids, _ := fillArchive(t)
	key, cert := operatorKey(t)
	remove := []string{"delete", "--store", url, "--as", "clerk 7", "--reason", "retention over"}
	if _, err := runArchive(t, append(remove, ids[0])...); archiveExit(err) != 3 {
		t.Errorf("without a key: %v", err)
	}
	signed := append(remove, "--certificate", key, "--key", key, ids[0])
	var never *archive.UnretainedError
	if _, err := runArchive(t, signed...); !errors.As(err, &never) {
		t.Errorf("without retention: %v", err)
	}
	if out, err := runArchive(t, "retain", "--store", url, "--until", "1h", ids[0]); err != nil || !strings.Contains(out, "retained until 2026-11-22 01:00:00 (noted") {
		t.Errorf("retain: %q, %v", out, err)
	}
	var held *archive.HeldError
	if _, err := runArchive(t, signed...); !errors.As(err, &held) {
		t.Errorf("within retention: %v", err)
	}
	old := archiveClock
	archiveClock = archiveClock.AddDate(0, 0, 1)
	defer func() { archiveClock = old }()
	if out, err := runArchive(t, "hold", "--store", url, "--on", ids[0]); err != nil || !strings.Contains(out, "legal hold") {
		t.Errorf("hold: %q, %v", out, err)
	}
	if _, err := runArchive(t, signed...); !errors.As(err, &held) || !held.Lock.LegalHold {
		t.Errorf("under a hold: %v", err)
	}
	if out, err := runArchive(t, "hold", "--store", url, "--off", ids[0]); err != nil || strings.Contains(out, "legal hold") {
		t.Errorf("lifting: %q, %v", out, err)
	}
	if out, err := runArchive(t, signed...); err != nil || !strings.Contains(out, "1 bundle deleted with 6 objects") {
		t.Fatalf("delete: %q, %v", out, err)
	}
	if _, err := runArchive(t, "get", "--store", url, "--out", "-", ids[0]); err == nil || !strings.Contains(err.Error(), `was deleted on 2026-11-23T00:00:00Z by "clerk 7", because "retention over"; the signed record`) {
		t.Errorf("get of it: %v", err)
	}
	if out, err := runArchive(t, "verify", "--store", url, ids[0]); err == nil || !strings.Contains(out, "was deleted on") {
		t.Errorf("verify of it: %q, %v", out, err)
	}
	if out, err := runArchive(t, "delete", "--store", url, "--resume"); err != nil || !strings.HasPrefix(out, "0 bundles") {
		t.Errorf("resume with nothing to do: %q, %v", out, err)
	}
	st, err := openStore(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, record, signature, err := archive.ReadDeletion(t.Context(), st, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	sd, err := cms.Parse(signature)
	x, err2 := certificate.Parse(cert)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if err := sd.Signers[0].Verify(x.Key, record); err != nil {
		t.Errorf("the signature over the record: %v", err)
	}
}

func TestArchiveAudit(t *testing.T) {
	url, root, ids, _ := fillArchive(t)
	if _, err := runArchive(t, "get", "--store", url, "--out", "-", ids[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "audit")); !os.IsNotExist(err) {
		t.Errorf("reading began a log: %v", err)
	}
	for _, args := range [][]string{
		{"hold", "--on", ids[0]}, {"get", "--out", filepath.Join(t.TempDir(), "x"), ids[0]}, {"list"}, {"verify", ids[1]}, {"fixity"},
	} {
		if out, err := runArchive(t, append(args, "--store", url, "--as", "clerk\n7")...); err != nil {
			t.Errorf("%q: %q, %v", args, out, err)
		}
	}
	if _, err := runArchive(t, "get", "--store", url, "--out", "-", strings.Repeat("0", 64)); err == nil {
		t.Error("got what is not there")
	}
	out, err := runArchive(t, "audit", "show", "--store", url)
	if err != nil || strings.Count(out, "\n") != 7 || strings.Count(out, "clerk") != 5 || !strings.Contains(out, "get "+ids[0]+": ok") || !strings.Contains(out, ": failed") {
		t.Errorf("show: %q, %v", out, err)
	}
	if out, err := runArchive(t, "audit", "show", "--store", url, "--object", ids[1], "--format", "json"); err != nil || strings.Count(out, "\n") != 2 {
		t.Errorf("show of one: %q, %v", out, err)
	}
	out, err = runArchive(t, "audit", "verify", "--store", url)
	if err != nil || !strings.HasPrefix(out, "8 entries, 0 problems") {
		t.Fatalf("verify: %q, %v", out, err)
	}
	head := strings.TrimSpace(out[strings.LastIndexByte(out, ' '):])

	// The head is sealed with bundles.
	tsa, anchor := tsaServer(t)
	if out, err := runArchive(t, "renew", "--store", url, "--lists", "none", "--trust-anchor", anchor, "--offline", "--tsa", tsa); err != nil {
		t.Fatalf("%q, %v", out, err)
	}
	if out, err := runArchive(t, "audit", "verify", "--store", url, "--head", head); err != nil || !strings.HasPrefix(out, "10 entries, 0 problems; sealed up to entry 9;") {
		t.Errorf("verify after sealing: %q, %v", out, err)
	}
	// A6: the end is cut off, to before what was sealed.
	for _, n := range []string{"08", "09", "10", "11"} {
		if err := os.Remove(filepath.Join(root, "audit", "0000", "000000"+n+".jsonl")); err != nil {
			t.Fatal(err)
		}
	}
	out, err = runArchive(t, "audit", "verify", "--store", url, "--head", head)
	if !errors.Is(err, status(1)) || !strings.Contains(out, "cut off") || !strings.Contains(out, "which it had when that was noted") {
		t.Errorf("verify of a log that was cut off: %q, %v", out, err)
	}
}

func TestArchiveExportImport(t *testing.T) {
	url, _, ids, raw := fillArchive(t)
	folder := t.TempDir()
	file, other := filepath.Join(folder, "proof.zip"), "dir:"+filepath.Join(folder, "other")
	if out, err := runArchive(t, "list", "--store", url); err != nil || os.WriteFile(filepath.Join(folder, "ids"), []byte(out), 0o600) != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--all"}, {"--list", filepath.Join(folder, "ids")}, ids} {
		if _, err := runArchive(t, append([]string{"export", "--store", url, "--out", file}, args...)...); err != nil {
			t.Fatal(err)
		}
		if out, err := runArchive(t, "verify", file); err != nil || !strings.Contains(out, "intact, a package of 2 bundles") {
			t.Errorf("verify of a package: %q, %v", out, err)
		}
	}
	if out, err := runArchive(t, "import", "--store", other, file); err != nil || !strings.HasPrefix(out, "2 bundles and 0 evidence records") {
		t.Errorf("import: %q, %v", out, err)
	}
	if out, err := runArchive(t, "get", "--store", other, ids[1], "--out", "-"); err != nil || out != string(raw) {
		t.Errorf("what was imported differs, %v", err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte("<list/>"))
	data[at+1] = 'L'
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := runArchive(t, "verify", file); archiveExit(err) != 1 || !strings.Contains(out, "lists/0001-list.xml") {
		t.Errorf("verify of an altered package: %q, %v", out, err)
	}
}

func TestArchiveReplicaAndRestore(t *testing.T) {
	url, root, ids, _ := fillArchive(t)
	replica := filepath.Join(t.TempDir(), "copy")
	run := func(want string, args ...string) {
		t.Helper()
		if out, err := runArchive(t, append(args, "--store", url, "--replica", "dir:"+replica)...); err != nil || !strings.Contains(out, want) {
			t.Errorf("%q: %q, %v", args, out, err)
		}
	}
	run("2 bundles,", "replicate")
	run("0 bundles,", "replicate")
	objects, err := filepath.Glob(filepath.Join(root, "objects", "sha256", "*", "*"))
	if err != nil || len(objects) < 10 {
		t.Fatal(objects, err)
	}
	spoil := func(name string, missing bool) {
		t.Helper()
		err := os.Remove(name)
		if !missing {
			err = errors.Join(err, os.WriteFile(name, []byte("spoilt"), 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// Any object damaged or gone is restored from the replica.
	for i, name := range objects {
		spoil(name, i%2 == 0)
	}
	run("restored from dir:", "fixity")
	for _, id := range ids {
		if out, err := runArchive(t, "verify", "--store", url, id); err != nil || !strings.Contains(out, "intact") {
			t.Errorf("%q, %v", out, err)
		}
	}
	// Damaged in both: named, and said why.
	spoil(objects[3], false)
	spoil(filepath.Join(replica, strings.TrimPrefix(objects[3], root)), false)
	out, err := runArchive(t, "fixity", "--store", url, "--replica", "dir:"+replica)
	if !errors.Is(err, status(1)) || !strings.Contains(out, filepath.Base(objects[3])+": altered") || !strings.Contains(out, "cannot give it") {
		t.Errorf("damaged in both: %q, %v", out, err)
	}
	if _, err := runArchive(t, "replicate", "--store", url, "--replica", url); archiveExit(err) != 3 {
		t.Errorf("a store as its own replica: %v", err)
	}
}
