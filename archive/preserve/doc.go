// Package preserve keeps the proof of bundles alive: evidence records of RFC 4998,
// one beside each bundle, over one hash tree and one time-stamp for many, and their
// renewal before what they rest on ends.
//
// What a record is over: the manifest.json of its bundle, as one data object. The
// manifest names every object of the bundle with its role, its length, its SHA-256
// and its SHA-512, so that the record binds them all, and no two objects can stand
// for one leaf. It is JSON text and reads as no list of hash values: what a leaf of
// ours is the hash of can be no inner node of a tree (attack A8). And since both
// hashes of every object stand in it, a renewal to SHA-512 reads manifests and not
// the archive.
//
// Words are those of RFC 4998: an archive time-stamp is a token with the reduced
// hash tree that leads to it; a time-stamp renewal adds one to the last chain, over
// the token before; a hash-tree renewal begins a new chain by a new hash algorithm,
// over the data and all chains before.
//
// Nothing here believes a token: a Judge that is handed in says of the whole record,
// with the new token in it, whether it proves, before the first record is written.
// Every record is written once and whole, under its own number. So a run can be
// killed at any moment, run twice, or run by two machines at once: what is written
// is done, and the next run goes on with what is not.
package preserve
