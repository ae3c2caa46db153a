package trustlist

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
)

// notEncoded are the fields that Encode leaves out: what the caller has or fills in,
// and the way back up, which Decode makes.
var notEncoded = map[string][]string{
	"List":     {"Raw", "SHA256", "Name", "Source", "LOTL", "MRA", "Signature"},
	"Provider": {"List"}, "Service": {"Provider"}, "Instance": {"Service"},
}

// filler sets every field that is encoded to something of its own.
type filler struct {
	t            *testing.T
	certificates []*certificate.Certificate
	n, depth     int
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	if _, ok := v.Interface().(*certificate.Certificate); ok {
		v.Set(reflect.ValueOf(f.certificates[f.n%len(f.certificates)]))
		return
	}
	if _, ok := v.Interface().(time.Time); ok {
		v.Set(reflect.ValueOf(time.Unix(int64(f.n)*86_399, int64(f.n)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("ä", f.n%3) + string(rune('a'+f.n%26)) + "\x00")
	case reflect.Int:
		v.SetInt(int64(f.n))
	case reflect.Uint16:
		v.SetUint(uint64(f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*Criteria]() {
			if f.depth++; f.depth > 3 {
				return
			}
			defer func() { f.depth-- }()
		}
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if !slices.Contains(notEncoded[v.Type().Name()], v.Type().Field(i).Name) {
				f.fill(v.Field(i))
			}
		}
	default:
		f.t.Fatalf("%s: the walk of the encoding and this test must learn of it", v.Type())
	}
}

// same compares every field, behind pointers too. (The errors that certificates keep
// are compared by what they say, which is what is asked here.)
func same[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

// comeBack encodes a list, decodes it, and holds it against what it was.
func comeBack(t testing.TB, l *List) []byte {
	t.Helper()
	again := make(chan []byte)
	go func() { // two at once: the race detector sees a walk that changes the list
		second, err := Encode(l)
		if err != nil {
			t.Error(err)
		}
		again <- second
	}()
	encoded, err := Encode(l)
	if second := <-again; err != nil {
		t.Fatal(err)
	} else if !bytes.Equal(second, encoded) {
		t.Fatal("encoded twice, and it differs")
	}
	got, err := NewReader().Decode(encoded, l.Raw, l.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if !same(got, l) {
		t.Fatalf("list of %s: it comes back as\n%+v, not\n%+v", l.Territory, got, l)
	}
	return encoded
}

// TestEncodeEveryField: a field that the encoding forgets, today or when it is added,
// does not come back.
func TestEncodeEveryField(t *testing.T) {
	f := &filler{t: t, certificates: []*certificate.Certificate{testCertificate(t, nil), testCertificate(t, nil), testCertificate(t, nil)}}
	l := &List{}
	f.fill(reflect.ValueOf(l).Elem())
	l.Raw = make([]byte, 1<<20)
	l.SHA256 = evidence.Of(l.Raw)
	for _, p := range l.Providers {
		p.List = l
		for _, s := range p.Services {
			s.Provider = p
			for _, i := range s.Instances {
				i.Service = s
			}
		}
	}
	comeBack(t, l)
	if f.n < 500 {
		t.Errorf("%d values are filled in: is every field reached?", f.n)
	}
	// What is not there stays away, and is not the same as what is empty.
	comeBack(t, &List{Raw: l.Raw, SHA256: l.SHA256})
	comeBack(t, &List{Raw: l.Raw, SHA256: l.SHA256, Providers: []*Provider{}, Pointers: []Pointer{}, Problems: []string{}, Distribution: []string{""}})
}

// oddLists are lists that are read with every kind of content and of problem.
func oddLists(t testing.TB) [][]byte {
	ca, other := testCertificate(t, nil), testCertificate(t, nil)
	service := `<TSPService>` + inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00.25+02:00", identity(ca, other)) + `<ServiceHistory>` +
		inst("ServiceHistoryInstance", "CA/QC", "withdrawn", "2017-01-01T00:00:00Z", "") + inst("ServiceHistoryInstance", "CA/QC", "granted", "2017-01-01T00:00:00", "") + `</ServiceHistory></TSPService>`
	return [][]byte{
		listXML(goodScheme, provider(service+service)),
		append([]byte("\xEF\xBB\xBF"), listXML(goodScheme, provider(""))...),
		listXML(goodScheme+`<PointersToOtherTSL><OtherTSLPointer><TSLLocation>x</TSLLocation><ServiceDigitalIdentities>`+identity(other)+`</ServiceDigitalIdentities></OtherTSLPointer></PointersToOtherTSL>`, ""),
		listXML(goodScheme+`<PointersToOtherTSL/>`, ""),
		listXML(strings.Replace(goodScheme, "2023-05-01T10:00:00Z", "today", 1), `<TrustServiceProvider/>`+provider(`<TSPService/>`)),
		criteriaXML(`<q:CriteriaList assert="atLeastOne"><q:KeyUsage><q:KeyUsageBit name="crlSign">true</q:KeyUsageBit></q:KeyUsage><q:CriteriaList assert="none"/><q:odd/></q:CriteriaList>`),
		wholeMRA(),
		[]byte(`<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"/>`),
	}
}

func TestEncodeAgreesWithXML(t *testing.T) {
	lists := oddLists(t)
	w := eutest.NewWorld("encode")
	sk := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	sk.CA("TEST EID-Q", eutest.RSA(4096), eutest.SmartIDQualifiers())
	sk.TSA("TEST TSA")
	w.ThirdCountry("ZZ")
	for _, f := range w.Lists() {
		lists = append(lists, f.Raw)
	}
	for _, raw := range lists {
		comeBack(t, mustParse(t, raw))
	}
}

// TestEncodeRefuses: a list that would not come back as it is is not encoded.
func TestEncodeRefuses(t *testing.T) {
	good := testCertificate(t, nil)
	trailing, err := certificate.Parse(append(bytes.Clone(good.Raw), 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	pointing := func(c ...*certificate.Certificate) func(*List) {
		return func(l *List) { l.Pointers = []Pointer{{Certificates: c}} }
	}
	for name, change := range map[string]func(*List){
		"octets that follow a certificate":      pointing(trailing),
		"one certificate in two ways":           pointing(good, trailing),
		"no certificate":                        pointing(nil),
		"a time that is not in UTC":             func(l *List) { l.Issued = time.Date(2023, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)) },
		"a time out of bounds":                  func(l *List) { l.Issued = time.Unix(math.MaxInt64/2, 0).UTC() },
		"a negative number":                     func(l *List) { l.Version = -1 },
		"no provider":                           func(l *List) { l.Providers = []*Provider{nil} },
		"too many pointers":                     func(l *List) { l.Pointers = make([]Pointer, MaxPointers+1) },
		"more text than the list could have":    func(l *List) { l.SchemeOperator = strings.Repeat("x", MaxEncoding(0)+1) },
		"criteria nested deeper than any limit": func(l *List) { l.Providers = nested(MaxCriteriaDepth + 1) },
	} {
		l := &List{}
		if change(l); name == "" {
			t.Fatal("no name")
		}
		if _, err := Encode(l); err == nil || !strings.HasPrefix(err.Error(), "encoding trusted list of ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Encode(&List{Providers: nested(MaxCriteriaDepth)}); err != nil {
		t.Error(err)
	}
}

// nested is a provider whose one service hangs on criteria of that depth.
func nested(depth int) []*Provider {
	inner := &Criteria{}
	for range depth - 1 {
		inner = &Criteria{Items: []Criterion{{Nested: inner}}}
	}
	return []*Provider{{Services: []*Service{{Instances: []*Instance{{Qualifications: []Qualification{{Criteria: *inner}}}}}}}}
}

// TestEncodingVersion: when what is read of a list or how it is encoded changes, the
// encodings that are stored must not be used any more. Let EncodingVersion grow then,
// and put the new digests here.
func TestEncodingVersion(t *testing.T) {
	var all []byte
	for _, raw := range [][]byte{
		wholeMRA(), criteriaXML(`<q:CriteriaList assert="atLeastOne"><q:KeyUsage><q:KeyUsageBit name="crlSign">true</q:KeyUsageBit></q:KeyUsage><q:PolicySet/><q:odd/></q:CriteriaList>`),
		listXML(strings.Replace(goodScheme, "2023-05-01T10:00:00Z", "today", 1), `<TrustServiceProvider/>`+provider(`<TSPService/>`+`<TSPService>`+
			inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z", "")+`<ServiceHistory>`+inst("ServiceHistoryInstance", "CA/QC", "withdrawn", "2017-01-01T00:00:00", "")+`</ServiceHistory></TSPService>`)),
	} {
		all = append(all, comeBack(t, mustParse(t, raw))...)
	}
	if got := evidence.Of(all).String(); EncodingVersion != 2 || got != "181457f43121d94c32fbf0a1bba67be8056578faf3634f5b3cf835dd0dbacadb" {
		t.Errorf("version %d encodes to %s", EncodingVersion, got)
	}
}

// TestCorpusEncoding: the real lists come back as they are read from their XML.
func TestCorpusEncoding(t *testing.T) {
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		t.Skip("VIDIMUS_CORPUS is not set: no real lists to read")
	}
	files, err := filepath.Glob(filepath.Join(root, "worlds", "*", "lists", "*.xml"))
	if err != nil || len(files) < 33 {
		t.Fatal(len(files), err)
	}
	var ids []byte
	xml, encoded := 0, 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		e := comeBack(t, mustParse(t, raw))
		id := evidence.Of(e)
		ids = append(ids, id[:]...)
		xml, encoded = xml+len(raw), encoded+len(e)
	}
	t.Logf("%d lists of %d octets, encoded in %d", len(files), xml, encoded)
	if got := evidence.Of(ids).String(); EncodingVersion != 2 || got != "d17dca9f20736fde3203b710fa3d5a5a7dd9d8710736c6f1befdc7cd280286ac" {
		t.Errorf("version %d encodes to %s", EncodingVersion, got)
	}
}
