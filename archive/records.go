package archive

import (
	"context"
	"errors"
	"fmt"
)

// MaxRecords bounds the evidence records of one bundle: one renewal a year for a
// century, ten times over.
const MaxRecords = 1000

// MaxRecord bounds one evidence record, in octets: as much as is read of one.
const MaxRecord = 16 << 20

// PutRecord stores evidence record n of a bundle beside its manifest, n from 1 on;
// each record holds all before it. Like every Put it is create-only: that other
// octets stand there already is an *ExistsError, and what was first stays.
func PutRecord(ctx context.Context, st Store, id string, n int, raw []byte) error {
	key, err := bundleID(id)
	if err != nil {
		return err
	}
	if n < 1 || n > MaxRecords || len(raw) > MaxRecord {
		return fmt.Errorf("storing evidence record %d of bundle %s: %d octets; at most %d records of %d octets are kept", n, id, len(raw), MaxRecords, MaxRecord)
	}
	if err := st.Put(ctx, recordKey(key, n), raw); err != nil {
		return fmt.Errorf("storing evidence record %d of bundle %s: %w", n, id, err)
	}
	return nil
}

// Record reads evidence record n of a bundle, unchecked: what it is worth its own
// time-stamps say. One that is not there is a *NotFoundError.
func Record(ctx context.Context, st Store, id string, n int) ([]byte, error) {
	key, err := bundleID(id)
	if err != nil {
		return nil, err
	}
	raw, err := st.Get(ctx, recordKey(key, n))
	if err != nil {
		return nil, fmt.Errorf("reading evidence record %d of bundle %s: %w", n, id, err)
	}
	if len(raw) > MaxRecord {
		return nil, &DamagedError{Key: recordKey(key, n), Says: fmt.Sprintf("%d octets, at most %d can have been written", len(raw), MaxRecord)}
	}
	return raw, nil
}

// Records counts the evidence records of one bundle, from the first on without a gap.
func Records(ctx context.Context, st Store, id string) (int, error) {
	key, err := bundleID(id)
	if err != nil {
		return 0, err
	}
	for n := range MaxRecords {
		_, err := st.Stat(ctx, recordKey(key, n+1))
		var none *NotFoundError
		if errors.As(err, &none) {
			return n, nil
		}
		if err != nil {
			return 0, fmt.Errorf("counting the evidence records of bundle %s: %w", id, err)
		}
	}
	return MaxRecords, nil
}

// RawManifest reads the manifest.json of a stored bundle, whose SHA-256 is the ID:
// the data object that evidence records are over. Errors are those of Load.
func RawManifest(ctx context.Context, st Store, id string) ([]byte, error) {
	want, err := bundleID(id)
	if err != nil {
		return nil, err
	}
	raw, _, err := loadManifest(ctx, st, want)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest of bundle %s: %w", want, gone(ctx, st, want, err))
	}
	return raw, nil
}
