package source_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// one is the answer to a query that one series matches.
const one = `{"status":"success","data":{"resultType":"vector","result":[` +
	`{"metric":{"__name__":"up","namespace":"rag"},"value":[1700000000.25,"0.5"]}]}}`

// serve answers every request on loopback with handler, until the test ends.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A server learns that its client went away only once it has read the form.
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

func newSource(t *testing.T, config source.PrometheusConfig) *source.Prometheus {
	t.Helper()
	p, err := source.NewPrometheus(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// query asks a server for up.
func query(t *testing.T, config source.PrometheusConfig) (model.Vector, error) {
	t.Helper()
	return newSource(t, config).Query(t.Context(), "up")
}

// mustFail says what is wrong when err does not hold want.
func mustFail(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, must hold %q", err, want)
	}
}

func TestQueryReturnsTheVector(t *testing.T) {
	var form url.Values
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prefix/api/v1/query" {
			t.Errorf("path is %s", r.URL.Path)
		}
		form = r.Form
		answer(one)(w, r)
	})
	got, err := query(t, source.PrometheusConfig{URL: server + "/prefix/"})
	if err != nil {
		t.Fatal(err)
	}
	want := model.Vector{{Metric: model.Metric{"__name__": "up", "namespace": "rag"}, Value: 0.5, Timestamp: 1_700_000_000_250}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("vector (-want +got):\n%s", d)
	}
	if form.Get("query") != "up" || form.Has("time") {
		t.Errorf("asked %v, must leave the time to the server", form)
	}
}

func TestQueryReturnsAnEmptyVector(t *testing.T) {
	got, err := query(t, source.PrometheusConfig{URL: serve(t, answer(`{"status":"success","data":{"resultType":"vector","result":[]}}`))})
	if err != nil || got == nil || len(got) > 0 {
		t.Errorf("vector %v and error %v, want an empty vector", got, err)
	}
}

func TestQueryRefusesWhatIsNoWholeVector(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"an answer with a warning": {
			body: strings.Replace(one, `"data"`, `"warnings":["store a is gone"],"data"`, 1),
			want: "query up: partial answer: store a is gone",
		},
		"an answer with warnings": {
			body: strings.Replace(one, `"data"`, `"warnings":["store a is gone","store b too"],"data"`, 1),
			want: "query up: partial answer: store a is gone; store b too",
		},
		"a matrix": {
			body: `{"status":"success","data":{"resultType":"matrix","result":[]}}`,
			want: "query up: the answer is a matrix, must be a vector",
		},
		"a scalar": {
			body: `{"status":"success","data":{"resultType":"scalar","result":[1700000000,"1"]}}`,
			want: "query up: the answer is a scalar, must be a vector",
		},
		"a server error":            {status: 500, body: "out of memory", want: "query up: the server answered 500 Internal Server Error"},
		"a server that is not up":   {status: 503, body: "starting", want: "query up: the server answered 503 Service Unavailable"},
		"a refused query":           {status: 400, body: `{"status":"error","errorType":"bad_data","error":"parse error"}`, want: "query up: the server answered 400 Bad Request: bad_data: parse error"},
		"a refused token":           {status: 401, body: "who are you", want: "query up: the server answered 401 Unauthorized"},
		"an error that claims 200":  {body: `{"status":"error","errorType":"execution","error":"it broke"}`, want: "query up: execution: it broke"},
		"no JSON":                   {body: "<html>a login page</html>", want: "invalid character '<' looking for beginning of value (its type is text/html)"},
		"JSON of something else":    {body: `{"status":"success"}`, want: "it has no result"},
		"JSON that ends too soon":   {body: one[:len(one)-10], want: "it ends too soon"},
		"nothing":                   {body: "", want: "it ends too soon"},
		"no content":                {status: 204, want: "it ends too soon"},
		"a sample that is no value": {body: strings.Replace(one, `"0.5"`, `"half"`, 1), want: "the value of a sample: "},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tc.status != 0 {
					w.WriteHeader(tc.status)
				}
				fmt.Fprint(w, tc.body)
			})
			got, err := query(t, source.PrometheusConfig{URL: server})
			mustFail(t, err, tc.want)
			if got != nil {
				t.Errorf("vector is %v beside the error", got)
			}
		})
	}
}

func TestQueryFailsWhenNobodyListens(t *testing.T) {
	server := httptest.NewServer(answer(one))
	server.Close()
	_, err := query(t, source.PrometheusConfig{URL: server.URL})
	mustFail(t, err, "connection refused")
}

func TestRedirectsAreRefused(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			var reached atomic.Int64
			second := serve(t, func(w http.ResponseWriter, r *http.Request) {
				reached.Add(1)
				if token := r.Header.Get("Authorization"); token != "" {
					t.Errorf("the second server was given %q", token)
				}
				answer(one)(w, r)
			})
			first := serve(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, second, status)
			})
			_, err := query(t, source.PrometheusConfig{URL: first, TokenFile: file(t, "token", "t-1")})
			mustFail(t, err, "redirects are refused, give the server's own URL")
			if reached.Load() > 0 {
				t.Error("the redirect was followed")
			}
		})
	}
}

// file writes a file in a folder of the test.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	rewrite(t, path, content)
	return path
}

func rewrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTokenIsReadForEveryQuery(t *testing.T) {
	var seen []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		answer(one)(w, r)
	})
	token := file(t, "token", "t-1\n")
	p := newSource(t, source.PrometheusConfig{URL: server, TokenFile: token})
	for _, next := range []string{"t-2", "  t-3\r\n"} {
		if _, err := p.Query(t.Context(), "up"); err != nil {
			t.Fatal(err)
		}
		rewrite(t, token, next)
	}
	if _, err := p.Query(t.Context(), "up"); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Bearer t-1", "Bearer t-2", "Bearer t-3"}, seen); d != "" {
		t.Errorf("tokens (-want +got):\n%s", d)
	}
	if err := os.Remove(token); err != nil {
		t.Fatal(err)
	}
	_, err := p.Query(t.Context(), "up")
	mustFail(t, err, "read the token for Prometheus")
	if len(seen) != 3 {
		t.Error("without its token the query was sent all the same")
	}
}

func TestNoTokenIsSentWithoutAFile(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if token, sent := r.Header["Authorization"]; sent {
			t.Errorf("sent %q", token)
		}
		answer(one)(w, r)
	})
	if _, err := query(t, source.PrometheusConfig{URL: server}); err != nil {
		t.Error(err)
	}
}

func TestCertificates(t *testing.T) {
	server := httptest.NewTLSServer(answer(one))
	t.Cleanup(server.Close)
	own := pemText("CERTIFICATE", server.Certificate().Raw)
	for name, tc := range map[string]struct{ ca, want string }{
		"the CA that signed the server's": {ca: file(t, "ca.pem", own)},
		"another CA":                      {ca: file(t, "ca.pem", newAuthority(t).pem()), want: "certificate"},
		"those of the system":             {want: "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := query(t, source.PrometheusConfig{URL: server.URL, CAFile: tc.ca})
			if tc.want != "" {
				mustFail(t, err, tc.want)
				return
			}
			if err != nil || len(got) != 1 {
				t.Errorf("vector %v, error %v", got, err)
			}
		})
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	const write = "write an http or https URL such as http://prometheus.monitoring:9090"
	for name, tc := range map[string]struct {
		config source.PrometheusConfig
		want   string
	}{
		"no URL":                    {source.PrometheusConfig{}, `URL of Prometheus: Invalid value: "": ` + write},
		"no scheme":                 {source.PrometheusConfig{URL: "prometheus:9090"}, `Invalid value: "prometheus:9090": ` + write},
		"no scheme, and an address": {source.PrometheusConfig{URL: "10.0.0.1:9090"}, write},
		"another scheme":            {source.PrometheusConfig{URL: "file:///etc/passwd"}, write},
		"a scheme that is none":     {source.PrometheusConfig{URL: "ftp://prometheus:9090"}, write},
		"a socket":                  {source.PrometheusConfig{URL: "unix:///run/prometheus.sock"}, write},
		"no host":                   {source.PrometheusConfig{URL: "http:///prometheus"}, write},
		"a path only":               {source.PrometheusConfig{URL: "/prometheus"}, write},
		"one slash":                 {source.PrometheusConfig{URL: "http:/prometheus:9090"}, write},
		"a blank":                   {source.PrometheusConfig{URL: "http://prome theus"}, write},
		"a port that is no number":  {source.PrometheusConfig{URL: "http://prometheus:http"}, write},
		"a port and no host":        {source.PrometheusConfig{URL: "http://:9090"}, write},
		"a user":                    {source.PrometheusConfig{URL: "https://me:secret@prometheus"}, "it holds a user: give credentials by file instead"},
		"a CA that is not there":    {source.PrometheusConfig{URL: "https://prometheus", CAFile: "/not/there"}, "read the TLS files for Prometheus: unable to read CA cert"},
		"a CA that is none":         {source.PrometheusConfig{URL: "https://prometheus", CAFile: file(t, "ca.pem", "not PEM")}, "unable to use specified CA cert"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.NewPrometheus(tc.config)
			mustFail(t, err, tc.want)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("error tells a password: %v", err)
			}
		})
	}
}

// TestPasswordsAreNotPrinted: a URL that is refused for another reason may hold one.
func TestPasswordsAreNotPrinted(t *testing.T) {
	for _, text := range []string{"ftp://me:secret@prometheus", "http://me:secret@", "http://me:secret@prome theus"} {
		_, err := source.NewPrometheus(source.PrometheusConfig{URL: text})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("error is %v", err)
		}
	}
}

func TestSlowServersAreGivenUp(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"one that never answers": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"one that answers by the byte": func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-r.Context().Done():
					return
				case <-tick.C:
					fmt.Fprint(w, " ")
					w.(http.Flusher).Flush()
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			_, err := query(t, source.PrometheusConfig{URL: serve(t, handler), Timeout: 200 * time.Millisecond})
			mustFail(t, err, "context deadline exceeded")
			if took := time.Since(started); took < 200*time.Millisecond {
				t.Errorf("gave up after %s", took)
			}
		})
	}
}

func TestQueryEndsWithItsContext(t *testing.T) {
	arrived := make(chan struct{})
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := newSource(t, source.PrometheusConfig{URL: server, Timeout: time.Minute}).Query(ctx, "up")
	mustFail(t, err, "context canceled")
}

// TestProxyOfTheEnvironmentIsIgnored asks at an address that is no loopback one by
// its looks: Go never uses a proxy for those.
func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	server := strings.Replace(serve(t, answer(one)), "127.0.0.1", "0.0.0.0", 1)
	got, err := query(t, source.PrometheusConfig{URL: server, TokenFile: file(t, "token", "t-1")})
	if err != nil || len(got) != 1 {
		t.Errorf("vector %v, error %v", got, err)
	}
	if proxied.Load() > 0 {
		t.Error("the query went to the proxy")
	}
}
