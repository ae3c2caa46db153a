package siva

import (
	"net/http"
	"time"
)

// health answers GET /monitoring/health: UP where files can be judged.
func (f *face) health(w http.ResponseWriter, _ *http.Request) {
	status, code := f.state()
	details := map[string]any{"webappName": "vidimus", "version": f.options.Version, "currentTime": stamp(f.options.Now()), "startTime": stamp(f.options.Started)}
	write(w, code, map[string]any{"status": status, "components": map[string]any{"health": map[string]any{"status": status, "details": details}}})
}

// heartbeat answers GET /monitoring/heartbeat.
func (f *face) heartbeat(w http.ResponseWriter, _ *http.Request) {
	status, code := f.state()
	write(w, code, map[string]string{"status": status})
}

// version answers GET /monitoring/version.
func (f *face) version(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]string{"version": f.options.Version})
}

func (f *face) state() (status string, code int) {
	if f.options.Ready() {
		return "UP", http.StatusOK
	}
	return "DOWN", http.StatusServiceUnavailable
}

// stamp writes a time as SiVa does: UTC, to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
