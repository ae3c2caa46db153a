package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The law of imports. Readers turn bytes into structs and have no opinions;
// judges turn facts into findings and touch nothing; doors fetch and store and
// decide nothing. When the code teaches better, the law and this table change
// in one commit.

const module = "github.com/vidimus/vidimus"

// role is what a package is for, and so what it may touch.
type role int

const (
	word   role = iota // a leaf: the words that all others speak
	reader             // bytes in, structs out; pure
	judge              // facts in, findings out; pure
	paper              // the same facts in several voices; pure
	door               // touches the world, decides nothing
	tools              // for tests only
	house              // the command, where the doors are hung
)

// pure says that a package of this role touches neither world nor clock.
func (r role) pure() bool { return r == word || r == reader || r == judge || r == paper }

// room is one package: its role, and the packages of ours that it may import. A
// name that ends in /... allows all below it.
type room struct {
	role    role
	imports []string
}

// words are the leaves that judges and paper speak.
var words = []string{"validate/verdict", "validate/evidence", "validate/policy", "validate/signature", "validate/algo", "validate/certificate"}

// rooms holds every package; one that is missing here fails the test, so that
// nobody adds a package without deciding whom it may know.
var rooms = map[string]room{
	// words
	"validate/evidence":    {word, nil},
	"validate/verdict":     {word, []string{"validate/evidence"}},
	"validate/policy":      {word, []string{"validate/verdict", "validate/algo"}},
	"validate/algo":        {word, nil},
	"validate/der":         {word, nil},
	"validate/certificate": {reader, []string{"validate/evidence", "validate/algo", "validate/der"}},
	"validate/signature":   {word, []string{"validate/evidence", "validate/algo", "validate/certificate"}},

	// readers
	"validate/xmldom":     {reader, nil},
	"validate/xmldsig":    {reader, []string{"validate/xmldom", "validate/algo"}},
	"validate/cms":        {reader, []string{"validate/der", "validate/evidence", "validate/algo", "validate/certificate"}},
	"validate/tst":        {reader, []string{"validate/der", "validate/cms", "validate/evidence", "validate/algo", "validate/certificate"}},
	"validate/ers":        {reader, []string{"validate/der", "validate/cms", "validate/tst", "validate/xmldom", "validate/evidence", "validate/algo", "validate/signature"}}, // signature: it fills EvidenceRecord
	"validate/revocation": {reader, []string{"validate/der", "validate/evidence", "validate/algo", "validate/certificate"}},
	"validate/xades":      {reader, append([]string{"validate/xmldom", "validate/xmldsig", "validate/tst", "validate/cms", "validate/ers"}, formats...)},
	"validate/cades":      {reader, append([]string{"validate/der", "validate/cms", "validate/tst", "validate/ers"}, formats...)},
	"validate/pades":      {reader, append([]string{"validate/cms", "validate/tst", "validate/cades"}, formats...)},
	"validate/jades":      {reader, append([]string{"validate/tst"}, formats...)},
	"validate/ddoc":       {reader, append([]string{"validate/xmldom", "validate/xmldsig"}, formats...)},
	"validate/smartid":    {reader, formats},
	"validate/asic":       {reader, append([]string{"validate/cades", "validate/xades", "validate/cms", "validate/tst", "validate/ers", "validate/xmldom", "validate/xmldsig"}, formats...)},

	// judges
	// der: name constraints, policy mappings and constraints are read where RFC 5280 §6.1 processes them
	"validate/path": {judge, []string{"validate/der", "validate/evidence", "validate/algo", "validate/certificate", "validate/verdict", "trustlist"}},
	// RFC 5280 §6.3: CRLs and the paths of those who issue them
	"validate/pkix": {judge, []string{"validate/der", "validate/evidence", "validate/algo", "validate/certificate", "validate/path", "validate/revocation"}},
	"validate/ades": {judge, append([]string{"validate/cms", "validate/tst", "validate/ers", "validate/xmldsig", "validate/revocation", "validate/path", "validate/pkix", "trustlist"}, words...)},
	"validate/qualify": {judge, []string{"validate/verdict", "validate/policy", "validate/evidence", "validate/certificate", "validate/algo",
		"trustlist"}},
	"validate/eid": {judge, []string{"validate/verdict", "validate/policy", "validate/evidence", "validate/certificate", "validate/algo", "trustlist"}},

	// paper
	"validate/report/lang": {word, nil},                                                                                                                   // what is said, in every language
	"validate/report":      {paper, append([]string{"validate/report/lang", "validate/ades", "validate/qualify", "validate/eid", "trustlist"}, words...)}, // trustlist: the lists a verdict rests on are named

	"validate/report/sign": {paper, nil}, // the operator's signature under a report

	// doors
	"validate/gather": {door, []string{"validate/evidence", "validate/signature", "validate/certificate", "validate/algo", "validate/path", "validate/pkix", "validate/revocation", "validate/tst", "validate/cms"}},
	"validate/fetch":  {door, nil},
	"validate":        {door, []string{"validate/...", "trustlist"}},
	"validate/eutest": {tools, []string{"validate/...", "trustlist/..."}},

	// the corpus, for the tests of readers
	"validate/internal/corpustest": {tools, nil},

	"trustlist":         {reader, []string{"validate/certificate", "validate/evidence", "validate/algo", "validate/xmldom"}},
	"trustlist/lotl":    {judge, []string{"trustlist", "validate/xmldsig", "validate/xmldom", "validate/xades", "validate/verdict", "validate/evidence", "validate/certificate", "validate/algo", "validate/signature"}},
	"trustlist/changes": {judge, []string{"trustlist", "trustlist/lotl", "trustlist/browse", "validate/evidence", "validate/certificate"}},
	"trustlist/browse":  {paper, []string{"trustlist", "validate/algo", "validate/certificate", "validate/evidence"}}, // what the lists say, in words
	// one file for the other side of an air gap; who carries it is the command's business
	"trustlist/portable": {judge, []string{"trustlist", "trustlist/lotl", "validate/evidence"}},
	"trustlist/stored":   {door, []string{"trustlist", "trustlist/lotl", "validate/evidence"}}, // a trust cache: reads are pure, Write is not
	"trustlist/pull":     {door, []string{"trustlist", "trustlist/lotl", "trustlist/changes", "trustlist/stored", "validate/evidence"}},

	"archive":        {door, []string{"archive/bundle", "validate/evidence"}},
	"archive/bundle": {reader, []string{"validate/evidence", "validate/report"}},
	// a bundle back into the same verdict: it judges again, and touches nothing
	"archive/replay": {judge, []string{"archive/bundle", "trustlist", "trustlist/lotl", "validate", "validate/certificate", "validate/evidence", "validate/path", "validate/policy", "validate/report", "validate/report/lang"}}, // report: what a bundle holds of it
	"archive/dir":    {door, []string{"archive"}},
	"archive/s3":     {door, []string{"archive"}},
	// evidence records and their renewal: who judges them is handed in
	"archive/preserve":      {door, []string{"archive", "archive/bundle", "validate/algo", "validate/certificate", "validate/der", "validate/evidence", "validate/policy", "validate/revocation", "validate/signature", "validate/tst"}},
	"archive/storetest":     {tools, []string{"archive", "archive/bundle", "validate/evidence"}},
	"api":                   {door, []string{"api/auth", "api/trace", "validate", "validate/report", "validate/report/lang", "validate/verdict", "archive", "archive/bundle", "archive/index", "trustlist", "trustlist/browse", "trustlist/changes"}},
	"api/siva":              {door, []string{"api", "validate", "validate/report", "validate/verdict", "validate/evidence", "validate/signature", "validate/algo", "validate/certificate", "validate/ades", "validate/qualify", "validate/tst", "validate/revocation", "trustlist"}}, // SiVa's words for the same facts
	"api/pages":             {door, []string{"api", "api/auth", "archive", "archive/bundle", "archive/index", "archive/preserve", "validate/report", "validate/report/lang", "trustlist/browse", "trustlist/changes"}},
	"api/pages/browsertest": {tools, nil},
	"cmd/vidimus":           {house, []string{"validate/...", "trustlist/...", "archive/...", "api/..."}},
	"testdata/gen":          {tools, []string{"validate/...", "trustlist/...", "archive/..."}},
	"cmd/vidimus/testcmd":   {tools, []string{"cmd/..."}},
	"api/webhook":           {door, nil},
	"api/metrics":           {door, nil},
	"archive/audit":         {door, []string{"archive", "validate/evidence"}},
	"archive/export":        {door, []string{"archive", "archive/audit", "archive/bundle", "archive/preserve", "validate/evidence"}},
	"archive/receipt":       {door, []string{"validate/der"}}, // signs with the operator's key
	// what index and jobs are kept in
	"archive/database":        {door, nil},
	"archive/database/pgtest": {tools, nil},
	"archive/index":           {door, []string{"archive", "archive/bundle", "archive/database", "archive/preserve", "validate/policy", "validate/report"}},
	"archive/jobs":            {door, []string{"archive/database"}},
	"api/auth":                {door, nil},
	"api/trace":               {door, nil}, // sends through what it is given
	"api/client":              {door, []string{"validate/report", "trustlist/browse", "trustlist/changes"}},

	// TS 119 512: the archive in the words of a preservation service
	"api/preservation": {door, []string{"api", "api/auth", "archive", "archive/audit", "archive/bundle", "archive/index", "archive/preserve", "validate", "validate/algo", "validate/evidence", "validate/report", "validate/signature"}},

	// a TSA and a judge for tests of renewal
	"archive/preserve/preservetest": {tools, []string{"archive", "archive/preserve", "validate", "validate/algo", "validate/certificate", "validate/eutest", "validate/path", "validate/policy"}},
	// many files in the background: what was acknowledged survives a crash
	"api/batch": {door, []string{"api", "archive/database", "archive/jobs"}},
}

// formats are what every format's reader may know.
var formats = []string{"validate/signature", "validate/evidence", "validate/algo", "validate/certificate"}

// never holds the internal imports that no list above may ever allow.
var never = []struct {
	from, to string // a trailing /... covers all below, and the package itself
	reason   string
}{
	{"validate/...", "archive/...", "judging must not know how its proof is kept, or a verdict would depend on a store"},
	{"validate/...", "api/...", "the HTTP door hangs on the house, not the house on the door"},
	{"validate/...", "cmd/...", "nobody imports the command"},
	{"archive/...", "validate/fetch", "an archive that can fetch proves nothing offline; only the command hangs the network door"},
	{"validate/gather", "validate/fetch", "gathering declares a Source; that offline, replay and tests share the path depends on it"},
	{"validate", "validate/fetch", "only the command hangs the network door"},
	{"validate", "validate/eutest", "the virtual EU is for tests; a product that carries it could be made to trust it"},
	{"cmd/vidimus", "validate/eutest", "the virtual EU is for tests; a product that carries it could be made to trust it"},
	{"validate/...", "validate/internal/corpustest", "what reads the corpus is for tests"},
	{"cmd/vidimus", "archive/storetest", "the conformance suite is for tests"},
	{"archive/s3", "archive/dir", "a driver that imports another inherits its promises unseen"},
	{"archive/dir", "archive/s3", "a driver that imports another inherits its promises unseen"},
	{"trustlist/...", "archive/...", "trust does not depend on a store"},
}

// homes holds every library from outside and the packages that may import it
// outside tests; a library that is missing here fails the test.
var homes = []struct {
	library string // a trailing /... covers all below, and the package itself
	homes   []string
	reason  string
}{
	{"github.com/digitorus/pkcs7", []string{"validate/cms", "validate/eutest"}, "its sharp edges (claimed signing time, re-encoded attributes) stay behind one adapter"},
	{"github.com/digitorus/timestamp", []string{"validate/tst", "validate/eutest"}, "its Parse accepts tampered tokens without certificates; one adapter separates reading from judging"},
	{"golang.org/x/crypto/ocsp", []string{"validate/revocation", "validate/eutest"}, "it matches by serial only and checks no responder's authority; one adapter does both"},
	{"github.com/minio/minio-go/v7/...", []string{"archive/s3"}, "create-only puts, locks and checksums must be asked for; one driver asks"},
	{"github.com/gin-gonic/gin/...", []string{"api"}, "its contexts leak into logic; api.New returns a plain http.Handler"},
	{"github.com/danielgtaylor/huma/v2/...", []string{"api"}, "the OpenAPI document is made of the handlers, and stays beside them"},
	{"github.com/coreos/go-oidc/v3/oidc", []string{"api/auth"}, "tokens are judged by one package, which fetches only through what it is given"},
	{"golang.org/x/time/rate", []string{"api"}, "rates of tenants, and of wrong credentials"},
	{"github.com/ProtonMail/go-crypto/...", []string{"validate/algo"}, "brainpool curves, known by one package"},
	{"github.com/prometheus/client_golang/...", []string{"api/metrics"}, "its default registry is global; one package has a registry of its own"},
	{"github.com/alecthomas/kong", []string{"cmd/vidimus"}, "flags are the command's business"},
	{"golang.org/x/crypto/cryptobyte/...", []string{"validate/algo", "validate/certificate", "validate/cms", "validate/tst", "validate/ers", "validate/revocation", "validate/cades", "validate/xades", "validate/pades", "validate/eutest"}, "bounded DER reading, by readers only"},
	{"golang.org/x/crypto/ripemd160", []string{"validate/algo"}, "old digests, known by one package"},
	{"golang.org/x/text/...", []string{"validate/certificate", "validate/asic", "validate/xades", "validate/path", "trustlist/browse", "archive/index", "api"}, "names in old encodings and normal forms; languages of clients"},
	{"github.com/chromedp/...", []string{"api/pages/browsertest"}, "a browser, for tests"},
	{"golang.org/x/sys/unix", []string{"archive/dir"}, "one sync of a file system for many files; the standard library has none"},
	{"modernc.org/sqlite/...", []string{"archive/database"}, "one connection, write locks from the beginning, errors of a damaged file: one package knows"},
	{"github.com/jackc/pgx/v5/...", []string{"archive/database", "archive/jobs"}, "PostgreSQL, opened by one package; River's driver asks for its types"},
	{"github.com/riverqueue/river/...", []string{"archive/jobs"}, "old and pinned; behind our own Queue it can be exchanged"},
	{"github.com/go-pdf/fpdf", []string{"validate/report"}, "how a page is set is one voice's business"},
	{"golang.org/x/image/...", []string{"validate/report"}, "fonts are for the page alone"},
	{"software.sslmate.com/src/go-pkcs12", []string{"cmd/vidimus"}, "the operator's key file is the command's business"},
	{"golang.org/x/crypto/pkcs12", []string{"cmd/vidimus"}, "the operator's key file is the command's business"},
	{"go.opentelemetry.io/otel/...", []string{"api/trace"}, "spans hold no path, name or address: one package writes them; otelgin would write all three"},
	{"go.yaml.in/yaml/v3", []string{"cmd/vidimus"}, "the configuration file is the command's business"},
	{"golang.org/x/term", []string{"cmd/vidimus"}, "whether there is a terminal is the command's business"},
}

// bans holds what of the standard library is closed to some. Test files are
// exempt, but from the last.
var bans = []struct {
	path, name string // name "" bans the import; else the use of path.name
	applies    func(pkg string, r room) bool
	inTests    bool
	reason     string
}{
	{"context", "", pureRooms, false, "a function with a context may touch the world; a reader or a judge may not"},
	{"net", "", pureRooms, false, "a verdict must be replayable offline in any later year"},
	{"net/http", "", pureRooms, false, "a verdict must be replayable offline in any later year"},
	{"os", "", pureRooms, false, "what is judged comes in as bytes; files and environment belong to the command"},
	{"math/rand", "", pureRooms, false, "the same input gives the same bytes"},
	{"math/rand/v2", "", pureRooms, false, "the same input gives the same bytes"},
	{"os/exec", "", pureRooms, false, "a verdict must not depend on what is installed"},
	{"time", "Now", allBut("cmd/vidimus", "validate/eutest", "testdata/gen"), false, "the clock is read once a request, by the command; below that, times are parameters with names"},
	{"time", "Since", allBut("cmd/vidimus", "validate/eutest", "testdata/gen"), false, "it reads the clock"},
	{"time", "Until", allBut("cmd/vidimus", "validate/eutest", "testdata/gen"), false, "it reads the clock"},
	{"crypto/x509", "VerifyOptions", allBut("validate/path"), false, "its zero value trusts the system's roots, today"},
	{"crypto/x509", "SystemCertPool", func(string, room) bool { return true }, true, "there is no default trust: what the machine's maker trusts is not what a list names"},
}

func pureRooms(_ string, r room) bool { return r.role.pure() }

func allBut(exempt ...string) func(string, room) bool {
	return func(pkg string, _ room) bool { return !slices.Contains(exempt, pkg) }
}

// covers says whether pattern ("a/b", or "a/b/..." for a/b and all below) names pkg.
func covers(pattern, pkg string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == below || strings.HasPrefix(pkg, below+"/")
	}
	return pattern == pkg
}

func anyCovers(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return covers(p, pkg) })
}

// offences says what in one file breaks the law. pkg is the folder, from the root.
func offences(pkg string, file *ast.File, isTest bool) []string {
	r, known := rooms[pkg]
	if !known {
		return []string{fmt.Sprintf("package %s is not in the table of house_test.go: decide its role and whom it may import, and enter it", pkg)}
	}
	var out []string
	names := map[string]string{} // name in this file -> import path
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return append(out, "an import that is no string: "+spec.Path.Value)
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			out = append(out, fmt.Sprintf("imports %s with a dot: whose name is whose could not be seen", imported))
		}
		names[name] = imported
		if !isTest {
			out = append(out, importOffences(pkg, r, imported)...)
		}
	}
	return append(out, banOffences(pkg, r, file, names, isTest)...)
}

// importOffences judges one import of a file that is not a test.
func importOffences(pkg string, r room, imported string) []string {
	var out []string
	if inner, ours := strings.CutPrefix(imported, module+"/"); ours {
		if inner != pkg && !anyCovers(r.imports, inner) {
			out = append(out, fmt.Sprintf("imports %s; it may import %v", inner, r.imports))
		}
		for _, n := range never {
			if covers(n.from, pkg) && covers(n.to, inner) {
				out = append(out, fmt.Sprintf("imports %s: %s", inner, n.reason))
			}
		}
		return out
	}
	if !strings.Contains(strings.Split(imported, "/")[0], ".") {
		return nil // the standard library; its bans are looked up by use
	}
	for _, h := range homes {
		if covers(h.library, imported) {
			if !slices.Contains(h.homes, pkg) {
				out = append(out, fmt.Sprintf("imports %s, whose only home is %v: %s", imported, h.homes, h.reason))
			}
			return out
		}
	}
	return append(out, fmt.Sprintf("imports %s, which has no home in the table of house_test.go: give it one, with a reason", imported))
}

// banOffences looks for what the bans close: imports, and uses of a name.
func banOffences(pkg string, r room, file *ast.File, names map[string]string, isTest bool) []string {
	var out []string
	for _, b := range bans {
		if !b.applies(pkg, r) || isTest && !b.inTests {
			continue
		}
		for name, imported := range names {
			if imported != b.path {
				continue
			}
			if b.name == "" {
				out = append(out, fmt.Sprintf("imports %s: %s", b.path, b.reason))
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == b.name {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == name {
						out = append(out, fmt.Sprintf("uses %s.%s: %s", b.path, b.name, b.reason))
					}
				}
				return true
			})
		}
	}
	return out
}

// root is the project's folder, from the folder of this test.
const root = "../.."

// eachFile calls visit for every file of the tree but those of git, tools and fuzzing.
func eachFile(t *testing.T, visit func(name string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && base != ".ci" && strings.HasPrefix(base, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		visit(filepath.ToSlash(name))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHouseLawOfImports(t *testing.T) {
	files := 0
	eachFile(t, func(name string) {
		if !strings.HasSuffix(name, ".go") {
			return
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s cannot be read: %v", name, err)
			return
		}
		for _, o := range offences(path.Dir(name), file, strings.HasSuffix(name, "_test.go")) {
			t.Errorf("%s: %s", name, o)
		}
	})
	if files < 10 {
		t.Errorf("only %d Go files were found below %s: is the test looking at the project?", files, root)
	}
}

// TestHouseTableIsPossible: nothing is allowed that the bans forbid, and every
// name in the table is a package of the table.
func TestHouseTableIsPossible(t *testing.T) {
	for pkg, r := range rooms {
		for _, allowed := range r.imports {
			plain, below := strings.CutSuffix(allowed, "/...")
			if _, known := rooms[plain]; !known && !below {
				t.Errorf("%s may import %s, which is no package of the table", pkg, allowed)
			}
			for _, n := range never {
				if !below && covers(n.from, pkg) && covers(n.to, allowed) {
					t.Errorf("%s may import %s, which is forbidden: %s", pkg, allowed, n.reason)
				}
			}
		}
	}
}

// TestHouseModuleStaysAtItsGo: newer versions of some libraries ask for Go 1.27.
func TestHouseModuleStaysAtItsGo(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var version string
	for line := range strings.Lines(string(raw)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "go "); ok {
			version = v
		}
		if strings.HasPrefix(line, "toolchain ") || strings.HasPrefix(line, "replace ") {
			t.Errorf("go.mod has the line %q", strings.TrimSpace(line))
		}
	}
	if version != "1.26" && !strings.HasPrefix(version, "1.26.") {
		t.Errorf("go.mod says go %q, it stays at 1.26", version)
	}
}
