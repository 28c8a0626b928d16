// Package source reads time series: it answers instant PromQL queries. A source
// is configured by the administrator of the operator, never by a RAGMonitor.
package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// maxBody bounds the answer to one query. It takes several times its size to read
// it, and the operator is given 256 MiB. A RAGMonitor with one component is some
// 4 KiB of it.
const maxBody = 32 << 20

// PrometheusConfig says how to reach a server with the Prometheus query API.
type PrometheusConfig struct {
	// URL of the server, http or https, with the path prefix if it has one.
	URL string
	// CAFile holds the PEM certificates that sign the server's; "" stands for
	// those of the system.
	CAFile string
	// TokenFile holds a bearer token. It is read for every query, because tokens
	// are rotated. "" sends none.
	TokenFile string
	// Timeout of one query; 0 is 10 s.
	Timeout time.Duration
}

// Prometheus is a source behind the Prometheus query API.
type Prometheus struct {
	api     promv1.API
	timeout time.Duration
}

// NewPrometheus returns a source, or an error that says what is wrong with the
// configuration. It does not contact the server.
func NewPrometheus(config PrometheusConfig) (*Prometheus, error) {
	u, err := url.Parse(config.URL)
	if strings.Contains(config.URL, "@") {
		// It is not printed, because what it holds is a secret.
		return nil, errors.New("Prometheus URL holds a user: give a token by file instead, and write an http or https URL such as http://prometheus.monitoring:9090")
	}
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, fmt.Errorf("Prometheus URL is %q: write an http or https URL such as http://prometheus.monitoring:9090", config.URL)
	}
	transport, err := newTransport(config)
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(api.Config{
		Address: config.URL,
		Client:  &http.Client{Transport: transport, CheckRedirect: refuseRedirect},
	})
	if err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", config.URL, err)
	}
	timeout := config.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	return &Prometheus{api: promv1.NewAPI(client), timeout: timeout}, nil
}

// Query evaluates expr now. An answer with warnings is an error: it may be
// partial, and missing data must not look like a verdict.
func (p *Prometheus) Query(ctx context.Context, expr string) (model.Vector, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	// Without a time the server takes its own, so that its clock is the only one.
	value, warnings, err := p.api.Query(ctx, expr, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", expr, err)
	}
	if len(warnings) > 0 {
		return nil, fmt.Errorf("query %s: partial answer: %s", expr, strings.Join(warnings, "; "))
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("query %s: the answer is a %s, must be a vector", expr, value.Type())
	}
	return vector, nil
}

// transport adds the token and bounds the answer. It uses no proxy: the
// environment must not decide where a token goes.
type transport struct {
	next      http.RoundTripper
	tokenFile string
}

func newTransport(config PrometheusConfig) (http.RoundTripper, error) {
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if config.CAFile != "" {
		pem, err := os.ReadFile(config.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read the CA of Prometheus: %w", err)
		}
		tlsConfig.RootCAs = x509.NewCertPool()
		if !tlsConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("CA file %s holds no PEM certificate", config.CAFile)
		}
	}
	return &transport{
		next: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSClientConfig:     tlsConfig,
			TLSHandshakeTimeout: 5 * time.Second,
			IdleConnTimeout:     90 * time.Second,
			ForceAttemptHTTP2:   true,
		},
		tokenFile: config.TokenFile,
	}, nil
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if t.tokenFile != "" {
		token, err := os.ReadFile(t.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("read the token for Prometheus: %w", err)
		}
		request = request.Clone(request.Context())
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: maxBody}
	return response, nil
}

func refuseRedirect(request *http.Request, _ []*http.Request) error {
	return fmt.Errorf("redirected to %s: redirects are refused, give the server's own URL", request.URL.Redacted())
}

// boundedBody fails, rather than ends, when there is more than it may read: half
// an answer must not pass for a whole one.
type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
