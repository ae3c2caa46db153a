package api

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"
)

// headers go with every answer: it is data, never a page with scripts of ours or
// of whoever named a file, and it holds names of people, so nobody keeps it.
func headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	c.Next()
}

// log writes one line a request: the route, not the path, because clients put
// names and personal codes into paths and queries (attack S6).
func (s *server) log(c *gin.Context) {
	c.Next()
	s.Log.Info("request", "method", method(c.Request.Method), "route", c.FullPath(), "status", c.Writer.Status(), "octets", c.Writer.Size())
}

// method is a request's method, or "other": a client may invent one.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recover turns a panic into an internal error. The stack goes to the log, and
// the client gets an incident number.
func (s *server) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it with == too: it is a value to panic with, never wrapped
			panic(cause)
		}
		p := problem(Internal, "Something went wrong inside; it says nothing about the file.")
		p.Incident = incident()
		s.Log.Error("panic", "incident", p.Incident, "route", c.FullPath(), "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler) // cut the connection: half an answer must not look whole
		}
		s.write(c, p)
	}()
	c.Next()
}

// incident is a number to find in the log.
func incident() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}
