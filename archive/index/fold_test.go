package index

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vidimus/vidimus/archive/bundle"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"JÕEORG,JAAK-KRISTJAN,38001085718": "joeorg jaak kristjan 38001085718", "Łukasz  Żółć": "lukasz zolc", "STRASSE straße": "strasse strasse",
		"Ærøskøbing": "aeroskobing", "İstanbul ısı": "istanbul isi", "ΆΣ ς": "ασ σ", "Дзе́йко": "дзеико", "a\x00b\u202ec": "a b c", "%_'\\": "", "": "", "ﬁn": "fin", "\xff\xfeab": "ab",
	} {
		if got := fold(in, 256); got != want {
			t.Errorf("%q folds to %q, want %q", in, got, want)
		}
	}
	if got := fold(strings.Repeat("ä", 10_000), 7); got != "aaaaaaa" {
		t.Errorf("cut to %q", got)
	}
	if got := text("aé", 2); got != "a" {
		t.Errorf("cut inside a letter: %q", got)
	}
}

// FuzzParse: what a stranger's bundle says makes rows that both databases can hold, and
// an entry that comes back.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"file":"a\u0000\ud800","document":{"size":1,"form":"ASiC-E"},"validationTime":"2025-06-01T12:00:00Z","signaturesCount":1,"validSignaturesCount":1,"signatures":[{"id":"S","format":"XAdES","indication":"TOTAL-PASSED","qualification":"QESig","signer":{"commonName":"Õ","serialNumber":"PNOEE-1"},"scheme":{"name":"Smart-ID"},"bestSignatureTime":"2025-06-01T12:00:00+23:59"}],"trust":{"lists":[{"territory":"EE"},{"territory":"ee"}]}}`))
	f.Add([]byte(`{"validationTime":"9999-12-31T23:59:59-23:59"}`))
	f.Add([]byte(`{"validationTime":"0000-01-01T00:00:00+23:59","signatures":[{"signer":null}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e := &Entry{ID: "x"}
		e.originals(bundle.Manifest{Entries: []bundle.Entry{{Role: bundle.Document, NameBytes: raw[:min(len(raw), 100)]}}})
		if err := e.parse(raw); err != nil {
			return
		}
		x := &Index{}
		out, names := map[string][][]any{}, newNamed()
		if err := x.rows(e, out, names); err != nil {
			t.Fatal(err)
		}
		for _, one := range names.without(newNamed()) {
			out[terms.name] = append(out[terms.name], []any{"", one.token, one.kind, one.bundle})
		}
		for _, row := range gramRows("", gramsOf(names.words)) {
			out[grams.name] = append(out[grams.name], row)
			if words := strings.Fields(row[2].(string)); len(row[2].(string)) > maxGram+maxToken || len(words) == 0 {
				t.Errorf("a row of grams: %q", row)
			}
		}
		for table, rows := range out {
			for _, row := range rows {
				for i, v := range row {
					s, ok := v.(string)
					entry := table == entries.name && i == len(row)-1
					if ok && (!utf8.ValidString(s) || strings.Contains(s, "\x00") || !entry && len(s) > maxNames || table != signatures.name && table != grams.name && !entry && len(s) > maxColumn) {
						t.Errorf("%s, column %d: %q", table, i, s)
					}
				}
			}
		}
		rows := out[entries.name]
		var back Entry
		if err := json.Unmarshal([]byte(rows[0][len(rows[0])-1].(string)), &back); err != nil {
			t.Error(err)
		}
	})
}
