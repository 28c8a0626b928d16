package differential_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane/process"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// prometheus is a real one, in a process of its own.
type prometheus struct {
	folder, url string
	log         *log
	client      *http.Client
}

// startPrometheus starts a Prometheus that watches, and returns when it is ready.
func startPrometheus(t *testing.T, watches []watch) prometheus {
	t.Helper()
	binary := filepath.Join(fixture.Root(), "bin", "prometheus")
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("make tools builds it: %v", err)
	}
	p := prometheus{folder: t.TempDir(), log: &log{}, client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(p.client.CloseIdleConnections)
	p.write(t, watches)
	running, err := process.Start(t.Context(), process.Command{
		Name: "prometheus", Path: binary, Output: p.log,
		Args: []string{
			"--config.file=" + filepath.Join(p.folder, "prometheus.yml"),
			"--storage.tsdb.path=" + filepath.Join(p.folder, "data"),
			"--web.listen-address=127.0.0.1:0",
			"--web.enable-lifecycle",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Stop)
	eventually(t, func() string {
		if address := p.log.find(listening); address != "" {
			p.url = "http://" + address
			return p.request(t, http.MethodGet, "/-/ready")
		}
		return "Prometheus does not listen"
	}, p.log)
	return p
}

var listening = regexp.MustCompile(`msg="Listening on" component=web address=(127\.0\.0\.1:\d+)`)

// tell has Prometheus watch these and nothing else.
func (p prometheus) tell(t *testing.T, watches []watch) {
	t.Helper()
	p.write(t, watches)
	if problem := p.request(t, http.MethodPost, "/-/reload"); problem != "" {
		t.Fatalf("%s\n%s", problem, p.log)
	}
}

func (p prometheus) write(t *testing.T, watches []watch) {
	t.Helper()
	rules := filepath.Join(p.folder, "rules")
	if err := os.MkdirAll(rules, 0o700); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{filepath.Join(p.folder, "prometheus.yml"): configuration(t, watches)}
	for _, w := range watches {
		files[filepath.Join(rules, w.rm.Name+".yaml")] = ruleFile(t, w)
	}
	for name, text := range files {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// request returns what is wrong with the answer.
func (p prometheus) request(t *testing.T, method, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close() //nolint:errcheck // nobody reads it
	if response.StatusCode != http.StatusOK {
		return path + " answers " + response.Status
	}
	return ""
}

// querier asks it as the operator does.
func (p prometheus) querier(t *testing.T) source.Querier {
	t.Helper()
	q, err := source.NewPrometheus(source.PrometheusConfig{URL: p.url})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// log is what a process printed.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is the end of it.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.String()
	return text[max(0, len(text)-2000):]
}

// find is the first group of the first match; "" without any.
func (l *log) find(pattern *regexp.Regexp) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if match := pattern.FindSubmatch(l.text.Bytes()); match != nil {
		return string(match[1])
	}
	return ""
}
