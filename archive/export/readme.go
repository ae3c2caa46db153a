package export

// readme is README.txt of every package: how to check it by common tools alone.
const readme = `This file was taken from an archive of electronically signed documents.

WHAT IS IN IT

  bundles/ID.asice              a signed document with the report about it and all the
                                evidence that the report rests on: certificates, OCSP
                                answers, CRLs, time-stamps, the trusted lists whole. It
                                is a ZIP file of the form ASiC-E (EN 319 162-1).
  bundles/ID.manifest.json      the list of what is in that bundle, with hashes. It is
                                also in the bundle. The bundle's ID is its SHA-256.
  bundles/ID.record-000001.ers  evidence records over the list (RFC 4998): they prove by
                                time-stamps that the list existed at a time. The one with
                                the highest number holds those before it.
  deletions/ID.json             says that a bundle existed and was deleted: what, why, by
                                whom, when. ID.json.p7s is a signature over it.
  audit.jsonl                   lines of the archive's audit log: who did what and when.
  audit-heads/N.json            of a whole archive: how far the log went at a time, with the
                                SHA-256 of its last line then (without the line feed).
  audit-heads/N.record-000001.ers  evidence records over that, as of bundles.
  MANIFEST.json                 all of these files with their hashes.
  SHA256SUMS, SHA512SUMS        the same hashes in the form of sha256sum and sha512sum.

HOW TO CHECK IT WITHOUT THE PROGRAM THAT WROTE IT

1. That nothing in this file was altered:

     unzip FILE -d package
     cd package
     sha256sum --check SHA256SUMS
     sha512sum --check SHA512SUMS

2. That a bundle is the one that its ID names:

     sha256sum bundles/ID.manifest.json       (prints ID)

3. That everything in a bundle is as it was archived:

     unzip bundles/ID.asice -d bundle
     cd bundle
     sha256sum --check sha256sums.txt
     sha256sum manifest.json                  (prints ID)

4. Whose signature is on the record of a deletion. SIGNER.pem is the certificate of the
   one whom you expect, got from somewhere else than this file:

     openssl cms -verify -binary -inform DER -in deletions/ID.json.p7s \
       -content deletions/ID.json -CAfile SIGNER.pem -purpose any -out /dev/null

5. The signed document itself lies in the bundle under originals/, and any program that
   checks such signatures reads it. The time-stamps in an evidence record can be seen with

     openssl asn1parse -inform DER -in bundles/ID.record-000001.ers

Hashes that are in the same file as what they are of show accidents, not forgery. Against
forgery stand the signatures in the documents, the time-stamps in the evidence records,
and the IDs, as far as you know them from somewhere else.
`
