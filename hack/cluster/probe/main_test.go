package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestProbe(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		// refusals is how often the server refuses before it answers.
		refusals int64
		code     int
		out, err string
	}{
		"an answer is printed":            {out: "hello"},
		"it tries again":                  {refusals: 1, out: "hello"},
		"it gives up":                     {args: []string{"--within=200ms"}, refusals: 1000, code: 1, err: "no answer within 200ms"},
		"it logs in":                      {args: []string{"--token-file=" + token}, out: "hello Bearer secret"},
		"a token that is not there":       {args: []string{"--within=10ms", "--token-file=/nonexistent"}, code: 1, err: "read the token"},
		"a flag that it does not know":    {args: []string{"--lookup"}, code: 2, err: "flag provided but not defined"},
		"a URL too much is no way to ask": {args: []string{"http://localhost:1"}, code: 2, err: "usage: probe"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if asked.Add(1) <= tc.refusals {
					http.Error(w, "not yet", http.StatusServiceUnavailable)
					return
				}
				_, _ = w.Write([]byte(strings.TrimSpace("hello " + r.Header.Get("Authorization"))))
			}))
			defer server.Close()
			var out, err bytes.Buffer
			if code := run(append(tc.args, server.URL), &out, &err); code != tc.code {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, &err)
			}
			if out.String() != tc.out || !strings.Contains(err.String(), tc.err) {
				t.Errorf("printed %q and %q, want %q and %q", &out, &err, tc.out, tc.err)
			}
		})
	}
}
