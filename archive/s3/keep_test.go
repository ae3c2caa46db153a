package s3

import (
	"bytes"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

func TestKeeper(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		storetest.RunKeeper(t, func(t *testing.T) storetest.Place {
			o := srv.bucket(t, "lock")
			o.Lock, o.Retain = Governance, time.Hour
			return storetest.Place{Open: func(t *testing.T) archive.Store { return open1(t, o) }}
		}, time.Now, true)
		for _, kind := range []string{"plain", "versions"} {
			t.Run(kind, func(t *testing.T) {
				var k archive.Keeper = open1(t, srv.bucket(t, kind))
				for range 2 {
					if err := k.Put(t.Context(), "a/b", []byte("x")); err != nil {
						t.Fatal(err)
					}
					if err := k.Delete(t.Context(), "a/b", time.Now()); err != nil {
						t.Fatal(err)
					}
				}
				for info, err := range k.List(t.Context(), "") {
					t.Errorf("after deletion there is %+v, %v", info, err)
				}
			})
		}
	})
}

func TestTaker(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		for kind, sizes := range map[string][]int{"plain": {1, leastPart + 1}, "versions": {2 * leastPart}, "lock": {leastPart + 1}} {
			t.Run(kind, func(t *testing.T) {
				storetest.RunTaker(t, func(t *testing.T) storetest.Place {
					o := srv.bucket(t, kind)
					o.Part = leastPart
					if kind == "lock" {
						o.Lock, o.Retain = Governance, time.Hour
					}
					return storetest.Place{NoHolds: kind != "lock", Open: func(t *testing.T) archive.Store { return open1(t, o) }}
				}, sizes...)
			})
		}
	})
}

// Delete takes every version and every delete marker; a lock on any of them keeps all.
func TestDeleteTakesAllVersions(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "versions")
		s := open1(t, o)
		if err := s.Put(t.Context(), "k", []byte("first")); err != nil {
			t.Fatal(err)
		}
		if err := s.Restore(t.Context(), "k", []byte("over it")); err != nil {
			t.Fatal(err)
		}
		if err := srv.client().RemoveObject(t.Context(), o.Bucket, s.prefix+"k", plainRemove()); err != nil {
			t.Fatal(err)
		}
		if all, err := s.allVersions(t.Context(), "k"); err != nil || len(all) != 3 {
			t.Fatalf("versions: %+v, %v; want 3", all, err)
		}
		for other, err := range s.Versions(t.Context(), "k") {
			if err != nil || !bytes.Equal(other, []byte("over it")) {
				t.Errorf("another version: %q, %v", other, err)
			}
		}
		if err := s.Delete(t.Context(), "k", time.Now()); err != nil {
			t.Fatal(err)
		}
		if all, err := s.allVersions(t.Context(), "k"); err != nil || len(all) != 0 {
			t.Errorf("left after deletion: %+v, %v", all, err)
		}
	})
}

func plainRemove() minio.RemoveObjectOptions { return minio.RemoveObjectOptions{} }
