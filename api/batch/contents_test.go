package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/jobs"
)

// soonEmpty waits until the octets of a job that has ended are deleted.
func (w *world) soonEmpty() {
	w.t.Helper()
	for range 1000 {
		if left, _ := filepath.Glob(filepath.Join(w.Dir, "*", "*")); len(left) == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.t.Error("octets of files are left")
}

// A detached signature is judged with the contents, or their digests, that came behind
// it; they count against the quota, have a part in the idempotency key's meaning, and
// are deleted with it.
func TestContents(t *testing.T) {
	w := open(t, t.TempDir(), func(_ context.Context, _ string, up api.Upload, _ bool) (Verdict, error) {
		says := fmt.Sprintf("%s=%s", up.Name, up.Data)
		for _, d := range up.Detached {
			says += fmt.Sprintf(" +%s=%s", d.Name, d.Data)
		}
		for _, d := range up.Digests {
			says += fmt.Sprintf(" #%s=%s:%x,%t", d.Name, d.Algorithm, d.Sum, d.Encoded)
		}
		return Verdict{Indication: "TOTAL-PASSED", Report: []byte(says)}, nil
	}, func(o *Options) { o.MaxOctets = 60 })
	send := func(key, second string) (api.Job, error) {
		in, err := w.Receive(t.Context(), "t")
		if err != nil {
			t.Fatal(err)
		}
		defer in.Discard()
		add := func(name string, more ...string) {
			if err == nil {
				_, err = in.Add(name, strings.NewReader("sig"))
			}
			for _, m := range more {
				if err == nil {
					_, err = in.Detach(m+".txt", strings.NewReader(m))
				}
			}
		}
		add("a", "one", second)
		add("b")
		add("c")
		if err != nil {
			return api.Job{}, err
		}
		in.Digest(api.Digest{Name: "x", Algorithm: "SHA-256", Sum: []byte{1, 2}, Encoded: true})
		j, _, err := in.Make(t.Context(), api.JobOptions{Key: key, Open: true})
		return j, err
	}
	j, err := send("k", "two")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := send("k", "two"); err != nil || again.ID != j.ID || again.Octets != 9+6 {
		t.Errorf("%+v %v", again, err)
	}
	var e *api.JobError
	if _, err := send("k", "ten"); !errors.As(err, &e) || e.Code != api.KeyReused {
		t.Errorf("other contents under the same key: %v", err)
	}
	if _, err := send("", strings.Repeat("x", 60)); !errors.As(err, &e) || e.Code != api.QuotaExhausted {
		t.Errorf("contents beyond the quota: %v", err)
	}
	if kept, _ := filepath.Glob(filepath.Join(w.Dir, "*", "*")); len(kept) != 5 {
		t.Errorf("kept: %v", kept)
	}
	if _, err := w.Start(t.Context(), "t", j.ID); err != nil {
		t.Fatal(err)
	}
	w.until(j.ID, ended)
	var said []string
	for _, l := range w.lines(j.ID) {
		said = append(said, string(l.Report))
	}
	if want := []string{`"a=sig +one.txt=one +two.txt=two"`, `"b=sig"`, `"c=sig #x=SHA-256:0102,true"`}; !slices.Equal(said, want) {
		t.Errorf("got %s, want %s", said, want)
	}
	w.soonEmpty()
	// A content that was damaged is not judged by.
	if j, err = send("", "two"); err != nil {
		t.Fatal(err)
	}
	waiting, err := w.waiting(t.Context(), j.ID, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(contentFile(w.path(waiting[0]), 2), []byte("tow"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Start(t.Context(), "t", j.ID); err != nil {
		t.Fatal(err)
	}
	w.until(j.ID, ended)
	if l := w.lines(j.ID); l[0].Error == nil || l[0].Error.Code != "upload-damaged" || l[1].Error != nil {
		t.Errorf("%+v", l)
	}
}

// A file has one bundle, whether a crash came before it was saved or behind that, and its
// line is that of the verdict in it.
func TestNotes(t *testing.T) {
	for name, savedFirst := range map[string]bool{"it died before it saved": false, "it died when it had saved": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var lock sync.Mutex
			saved, judgings, tried, die := map[string]int{}, 0, 0, true
			judge := func(_ context.Context, _ string, up api.Upload, archive bool) (Verdict, error) {
				lock.Lock()
				defer lock.Unlock()
				judgings++
				v := Verdict{Indication: "TOTAL-PASSED", Report: fmt.Appendf(nil, "{\"judging\":%d}", judgings)}
				if !archive {
					t.Error("it was not asked to archive")
				}
				v.Bundle = fmt.Sprintf("bundle of %s, judging %d", up.Name, judgings)
				v.Save = func(context.Context) error {
					lock.Lock()
					defer lock.Unlock()
					tried++
					if die && !savedFirst {
						return &Outage{errors.New("it died")}
					}
					if saved[v.Bundle] = judgings; die {
						return &Outage{errors.New("it died")}
					}
					return nil
				}
				return v, nil
			}
			change := func(o *Options) {
				o.Archived = func(_ context.Context, _, id string) (bool, error) {
					lock.Lock()
					defer lock.Unlock()
					if saved[id] != 0 && die {
						return true, &Outage{errors.New("it died")}
					}
					return saved[id] != 0, nil
				}
			}
			w := open(t, dir, judge, change)
			j := w.submit(3, api.JobOptions{Archive: true})
			w.until(j.ID, func(api.Job) bool {
				lock.Lock()
				defer lock.Unlock()
				return tried >= 3
			})
			w.stop()
			lock.Lock()
			die = false
			lock.Unlock()
			w = open(t, dir, judge, change)
			if j = w.until(j.ID, ended); j.State != api.JobCompleted {
				t.Fatalf("%+v", j)
			}
			if len(saved) != 3 || savedFirst && judgings != 3 || !savedFirst && judgings < 6 {
				t.Errorf("%d bundles of 3 files, %d judgings", len(saved), judgings)
			}
			for _, l := range w.lines(j.ID) {
				_, judging, _ := strings.Cut(l.Bundle, ", judging ")
				if saved[l.Bundle] == 0 || string(l.Report) != `{"judging":`+judging+`}` {
					t.Errorf("line %d is %s of bundle %q", l.N, l.Report, l.Bundle)
				}
			}
			w.soonEmpty()
		})
	}
}

// A note that a process was writing when it died is deleted with the job, whether it is
// done or cancelled.
func TestNotesHalfWritten(t *testing.T) {
	for name, end := range map[string]func(w *world, id string) (api.Job, error){
		"done":      func(w *world, id string) (api.Job, error) { return w.Start(t.Context(), "t", id) },
		"cancelled": func(w *world, id string) (api.Job, error) { return w.Cancel(t.Context(), "t", id) },
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, t.TempDir(), passes, nil)
			j := w.submit(2, api.JobOptions{Archive: true, Open: true})
			waiting, err := w.waiting(t.Context(), j.ID, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			f, err := os.CreateTemp(filepath.Dir(w.path(waiting[0])), unnamedNote+"*")
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := end(w, j.ID); err != nil {
				t.Fatal(err)
			}
			w.until(j.ID, ended)
			w.soonEmpty()
		})
	}
}

// A note that is damaged counts for nobody, and a newer one takes its place.
func TestNotesDamaged(t *testing.T) {
	w := open(t, t.TempDir(), passes, nil)
	j := w.submit(1, api.JobOptions{Archive: true, Open: true})
	waiting, err := w.waiting(t.Context(), j.ID, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []Verdict{
		{Indication: "TOTAL-PASSED", Bundle: "a", Report: []byte{0xff}, At: time.Unix(7, 0).UTC()},
		{Indication: "TOTAL-FAILED", Bundle: "b", Report: []byte("c"), At: time.Unix(8, 0).UTC()},
	} {
		if err := w.note(waiting[0], v); err != nil {
			t.Fatal(err)
		}
		got, found, err := w.noted(waiting[0])
		if err != nil || !found || fmt.Sprint(got) != fmt.Sprint(v) {
			t.Errorf("%v, want %v (%v)", got, v, err)
		}
	}
	for _, damaged := range []string{"", "{}", `{"bundle": "a"`} {
		if err := os.WriteFile(w.path(waiting[0])+noteSuffix, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the first one removes it
			if _, found, err := w.noted(waiting[0]); found || err != nil {
				t.Errorf("%q counts (%v)", damaged, err)
			}
		}
	}
}

// A folder belongs to one queue, and a queue to one folder.
func TestMarks(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, passes, nil)
	mark, err := readMark(w.Dir)
	if err != nil || len(mark) != 32 {
		t.Fatalf("%q %v", mark, err)
	}
	if known, err := CheckMark(t.Context(), w.DB, w.Dir); !known || err != nil {
		t.Errorf("%t %v", known, err)
	}
	w.submit(1, api.JobOptions{Open: true})
	other := func(change func(o *Options)) error {
		o := w.Options
		q, err := jobs.Open(t.Context(), o.DB, jobs.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		o.Queue = q
		change(&o)
		_, err = Open(t.Context(), o)
		return err
	}
	if err := other(func(*Options) {}); err != nil {
		t.Errorf("a second service that shares the folder: %v", err)
	}
	var e *MarkError
	empty := t.TempDir()
	if err := other(func(o *Options) { o.Dir = empty }); !errors.As(err, &e) || e.Have != "" || e.Mark != mark || !strings.Contains(e.Hint(), "--jobs-dir") {
		t.Errorf("another folder, while files wait: %v", err)
	}
	if known, err := CheckMark(t.Context(), w.DB, empty); !known || !errors.As(err, &e) {
		t.Errorf("%t %v", known, err)
	}
	foreign := t.TempDir()
	if _, err := writeMark(foreign, "foreign"); err != nil {
		t.Fatal(err)
	}
	if err := other(func(o *Options) { o.Dir = foreign }); !errors.As(err, &e) || e.Have != "foreign" {
		t.Errorf("another queue's folder: %v", err)
	}
	if got, err := writeMark(foreign, "later"); err != nil || got != "foreign" {
		t.Errorf("a mark was changed to %q (%v)", got, err)
	}
	// As the hint says, where the folder is lost.
	if err := os.WriteFile(filepath.Join(empty, MarkFile), []byte(mark+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := other(func(o *Options) { o.Dir = empty }); err != nil {
		t.Errorf("with the mark of the queue: %v", err)
	}
	// One machine's folder, which was emptied while no file waited.
	w.stop()
	again := t.TempDir()
	w = open(t, again, passes, nil)
	if err := os.Remove(filepath.Join(w.Dir, MarkFile)); err != nil {
		t.Fatal(err)
	}
	if err := other(func(*Options) {}); err != nil {
		t.Error(err)
	}
	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "new.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if known, err := CheckMark(t.Context(), db, w.Dir); known || err != nil {
		t.Errorf("a queue without jobs: %t %v", known, err)
	}
}
