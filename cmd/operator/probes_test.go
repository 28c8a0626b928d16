package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// caches are synced when they are closed.
type caches chan struct{}

func (c caches) WaitForCacheSync(ctx context.Context) bool {
	select {
	case <-c:
		return true
	case <-ctx.Done():
		return false
	}
}

func TestCachesSynced(t *testing.T) {
	synced := make(caches)
	check := cachesSynced(synced)
	if err := check(httptest.NewRequest(http.MethodGet, "/readyz", nil)); err == nil {
		t.Error("caches that are not synced are ready")
	}
	close(synced)
	if err := check(httptest.NewRequest(http.MethodGet, "/readyz", nil)); err != nil {
		t.Errorf("caches that are synced are not ready: %v", err)
	}
}

func TestServerAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		code int
		// want is in the error; "" for none.
		want string
	}{
		"a server that answers is reached":               {code: http.StatusOK},
		"a server that refuses is reached":               {code: http.StatusForbidden},
		"a server that does not know the account is not": {code: http.StatusUnauthorized, want: "ask the API server: "},
		"a server that fails is not":                     {code: http.StatusInternalServerError, want: "ask the API server: "},
		"a server that asks to come back later is not":   {code: http.StatusServiceUnavailable, want: "ask the API server: "},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/version" {
					t.Errorf("asked for %s", r.URL.Path)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tc.code)
			}))
			defer server.Close()
			checkAnswer(t, server.URL, tc.want)
		})
	}
}

func TestServerThatIsGoneDoesNotAnswer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	checkAnswer(t, server.URL, "ask the API server: ")
}

func checkAnswer(t *testing.T, url, want string) {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(&rest.Config{Host: url})
	if err != nil {
		t.Fatal(err)
	}
	err = serverAnswers(client)(httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if want == "" && err != nil {
		t.Errorf("error %v, want none", err)
	}
	if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}
