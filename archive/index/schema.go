package index

// steps make the tables; see database.Migrate. Times are seconds since 1970, `never`
// where there is none, so that they sort after all others. Searching goes by the
// columns; what a search gives is the JSON in entry, which stands apart so that the
// tables that are searched stay small. Text in columns is folded and cut
// (see fold.go), in entry it stands as in the report. What a bundle has in several rows
// of vidimus_term is found by vidimus_gram (see words.go).
var steps = []string{`
CREATE TABLE vidimus_meta (tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tenant, name));

CREATE TABLE vidimus_bundle (
 tenant TEXT NOT NULL, id TEXT NOT NULL, records INTEGER NOT NULL, hidden INTEGER NOT NULL, damaged INTEGER NOT NULL,
 file TEXT NOT NULL, form TEXT NOT NULL, policy TEXT NOT NULL, validated INTEGER NOT NULL, signed INTEGER NOT NULL,
 ends INTEGER NOT NULL, ends_month INTEGER NOT NULL, lock_until INTEGER NOT NULL,
 PRIMARY KEY (tenant, id));
CREATE INDEX vidimus_bundle_file ON vidimus_bundle (tenant, file, id);
CREATE INDEX vidimus_bundle_validated ON vidimus_bundle (tenant, validated, id);
CREATE INDEX vidimus_bundle_signed ON vidimus_bundle (tenant, signed, id);
CREATE INDEX vidimus_bundle_ends ON vidimus_bundle (tenant, ends, id);

CREATE TABLE vidimus_entry (tenant TEXT NOT NULL, bundle TEXT NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (tenant, bundle));

CREATE TABLE vidimus_signature (
 tenant TEXT NOT NULL, bundle TEXT NOT NULL, n INTEGER NOT NULL, indication TEXT NOT NULL, sub_indication TEXT NOT NULL,
 qualification TEXT NOT NULL, format TEXT NOT NULL, signer TEXT NOT NULL, serial TEXT NOT NULL, country TEXT NOT NULL,
 scheme TEXT NOT NULL, level TEXT NOT NULL, signed INTEGER NOT NULL, claimed INTEGER NOT NULL,
 PRIMARY KEY (tenant, bundle, n));
CREATE INDEX vidimus_signature_indication ON vidimus_signature (tenant, indication, bundle);
CREATE INDEX vidimus_signature_scheme ON vidimus_signature (tenant, scheme, bundle);
CREATE INDEX vidimus_signature_signed ON vidimus_signature (tenant, signed, bundle);
CREATE INDEX vidimus_signature_serial ON vidimus_signature (tenant, serial, bundle);

CREATE TABLE vidimus_digest (tenant TEXT NOT NULL, bundle TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (tenant, bundle, digest));
CREATE INDEX vidimus_digest_digest ON vidimus_digest (tenant, digest, bundle);

CREATE TABLE vidimus_territory (tenant TEXT NOT NULL, bundle TEXT NOT NULL, territory TEXT NOT NULL, PRIMARY KEY (tenant, bundle, territory));
CREATE INDEX vidimus_territory_territory ON vidimus_territory (tenant, territory, bundle);
`, `
ALTER TABLE vidimus_bundle ADD COLUMN signed_last INTEGER NOT NULL DEFAULT 0;
DROP INDEX vidimus_bundle_signed;
CREATE INDEX vidimus_bundle_signed ON vidimus_bundle (tenant, signed, id, signed_last);
CREATE INDEX vidimus_bundle_month ON vidimus_bundle (tenant, ends_month);
CREATE INDEX vidimus_signature_more ON vidimus_signature (tenant, bundle, n) WHERE n > 0;
`, `
ALTER TABLE vidimus_bundle ADD COLUMN words INTEGER NOT NULL DEFAULT 0;
CREATE INDEX vidimus_bundle_wordless ON vidimus_bundle (tenant, id) WHERE words = 0;
CREATE INDEX vidimus_bundle_damaged ON vidimus_bundle (tenant, id) WHERE damaged = 1;
CREATE INDEX vidimus_bundle_sealed ON vidimus_bundle (tenant, id) WHERE records > 0;
CREATE INDEX vidimus_bundle_unsealed ON vidimus_bundle (tenant, id) WHERE records = 0;
CREATE TABLE vidimus_word (tenant TEXT NOT NULL, bundle TEXT NOT NULL, kind TEXT NOT NULL, word TEXT NOT NULL,
 PRIMARY KEY (tenant, bundle, kind, word)) WITHOUT ROWID;
CREATE INDEX vidimus_word_word ON vidimus_word (tenant, word, kind, bundle);
CREATE TABLE vidimus_part (tenant TEXT NOT NULL, part TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (tenant, part, word)) WITHOUT ROWID;
`, `
DROP TABLE vidimus_word;
DROP TABLE vidimus_part;
UPDATE vidimus_bundle SET words = 0;
CREATE TABLE vidimus_term (tenant TEXT NOT NULL, word TEXT NOT NULL, kind TEXT NOT NULL, bundle TEXT NOT NULL,
 PRIMARY KEY (tenant, word, kind, bundle)) WITHOUT ROWID;
CREATE TABLE vidimus_gram (tenant TEXT NOT NULL, gram TEXT NOT NULL, words TEXT NOT NULL, PRIMARY KEY (tenant, gram, words)) WITHOUT ROWID;
CREATE INDEX vidimus_bundle_long ON vidimus_bundle (tenant, signed_last, signed) WHERE signed_last > signed;
`}

// table is one whose rows belong to bundles; the second column of all is the bundle.
type table struct {
	name    string
	columns []string
}

var (
	bundles     = table{"vidimus_bundle", []string{"tenant", "id", "records", "hidden", "damaged", "file", "form", "policy", "validated", "signed", "signed_last", "ends", "ends_month", "lock_until", "words"}}
	entries     = table{"vidimus_entry", []string{"tenant", "bundle", "entry"}}
	signatures  = table{"vidimus_signature", []string{"tenant", "bundle", "n", "indication", "sub_indication", "qualification", "format", "signer", "serial", "country", "scheme", "level", "signed", "claimed"}}
	digests     = table{"vidimus_digest", []string{"tenant", "bundle", "digest"}}
	territories = table{"vidimus_territory", []string{"tenant", "bundle", "territory"}}
	tables      = []table{bundles, entries, signatures, digests, territories}

	terms = table{"vidimus_term", []string{"tenant", "word", "kind", "bundle"}}
	grams = table{"vidimus_gram", []string{"tenant", "gram", "words"}}
)

// Version is the newest version of the tables.
func Version() int { return len(steps) }
