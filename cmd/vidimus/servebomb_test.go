package main

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	goruntime "runtime"
	"strings"
	"testing"
)

// TestZ1BombsOverHTTP: what unpacks to gigabytes is refused as the file's fault, for
// a small part of the memory.
func TestZ1BombsOverHTTP(t *testing.T) {
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	to, err := z.Create("META-INF/signatures0.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, io.LimitReader(blanks{}, 512<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	server := serviceOf(t, nil)
	for name, data := range map[string][]byte{
		"zip":      bomb.Bytes(),
		"entities": []byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "` + strings.Repeat("a", 1000) + `"><!ENTITY b "` + strings.Repeat("&a;", 1000) + `">]><x>` + strings.Repeat("&b;", 1000) + `</x>`),
		"depth":    []byte(strings.Repeat("<x>", 200_000)),
	} {
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		code, body := exchange(t, http.MethodPost, server.URL+"/v1/validations", data)
		goruntime.ReadMemStats(&after)
		if code/100 != 4 {
			t.Errorf("%s: %d %.300s", name, code, body)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%s: %d octets were allocated for a file of %d", name, took, len(data))
		}
	}
}
