// Package source reads time series: it answers instant PromQL queries. Sources are
// configured by the administrator of the operator, never by a RAGMonitor, which may
// only choose one by name.
package source

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	defaultTimeout = 10 * time.Second
	// defaultMaxSamples is about what fits into maxBody with the labels that our
	// series have: it bounds answers of very short series.
	defaultMaxSamples = 200_000
)

// PrometheusConfig says how to reach a server with the Prometheus query API.
type PrometheusConfig struct {
	// URL of the server, http or https, with the path prefix if it has one.
	URL string
	// CAFile holds the PEM certificates that sign the server's; "" stands for
	// those of the system. It is read again when it changes.
	CAFile string
	// CertFile and KeyFile hold the client's own certificate, in PEM; both or none.
	// They are read again when they change.
	CertFile, KeyFile string
	// TokenFile holds a bearer token. It is read for every query, because tokens
	// are rotated. "" sends none.
	TokenFile string
	// BasicAuth is sent in place of a token; nil sends none.
	BasicAuth *BasicAuth
	// Headers are sent with every query, the name of a tenant for example.
	Headers map[string]string
	// Timeout of one query; 0 is 10 s.
	Timeout time.Duration
	// MaxSamples is the largest number of samples in one answer; 0 is 200,000.
	MaxSamples int
}

// Prometheus is a source behind the Prometheus query API.
type Prometheus struct {
	config PrometheusConfig
	query  *url.URL
	// transport is used without an http.Client, which is what follows redirects: so
	// credentials go only to the host that they are configured for.
	transport http.RoundTripper
}

// NewPrometheus returns a source, or an error that says what is wrong with the
// configuration. It does not contact the server.
func NewPrometheus(config PrometheusConfig) (*Prometheus, error) {
	if err := checkURL(config.URL, field.NewPath("URL of Prometheus")); err != nil {
		return nil, err
	}
	if config.TokenFile != "" && config.BasicAuth != nil {
		return nil, errors.New("a token and basicAuth are given for Prometheus: give one of them")
	}
	u, err := url.Parse(config.URL)
	if err != nil {
		return nil, fmt.Errorf("parse the URL of Prometheus: %w", err)
	}
	transport, err := newTransport(config)
	if err != nil {
		return nil, err
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.MaxSamples == 0 {
		config.MaxSamples = defaultMaxSamples
	}
	return &Prometheus{config: config, query: u.JoinPath("/api/v1/query"), transport: transport}, nil
}

// Query evaluates expr at the server's present time, and returns an *Error when
// that fails. An answer with warnings is an error: it may be partial, and missing
// data must not look like a verdict. Series that are native histograms are left
// out; NaN and infinities are not.
func (p *Prometheus) Query(ctx context.Context, expr string) (model.Vector, error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.Timeout)
	defer cancel()
	form := url.Values{"query": {expr}}.Encode()
	vector, err := p.exchange(ctx, http.MethodPost, form)
	if status, ok := errors.AsType[*statusError](err); ok && status.maybeMethod() {
		vector, err = p.exchange(ctx, http.MethodGet, form)
	}
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", clip(expr), err)
	}
	return vector, nil
}

func (p *Prometheus) exchange(ctx context.Context, method, form string) (model.Vector, error) {
	request, err := p.request(ctx, method, form)
	if err != nil {
		return nil, &Error{Reason: ReasonRefused, Err: err}
	}
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return nil, failf(ReasonRefused, "ask %s: %w", p.config.URL, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	if response.StatusCode/100 != 2 {
		return nil, &Error{Reason: ReasonHTTP, Err: newStatusError(response)}
	}
	answer, err := decode(response.Body, p.config.MaxSamples)
	if err != nil {
		return nil, explain(err, response)
	}
	return answer.vector()
}

// request leaves the time to the server, so that its clock is the only one.
func (p *Prometheus) request(ctx context.Context, method, form string) (*http.Request, error) {
	u, body := *p.query, form
	if method == http.MethodGet {
		u.RawQuery, body = form, ""
	}
	request, err := http.NewRequestWithContext(ctx, method, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range p.config.Headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		// It marks what may be sent again on another connection, and is not sent itself.
		request.Header["Idempotency-Key"] = nil
	}
	return request, p.config.authorize(ctx, request)
}

// explain adds what the server says that its answer is: text/html is a login page,
// as a rule.
func explain(err error, response *http.Response) error {
	mediaType, _, parseErr := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if ReasonOf(err) != ReasonFormat || parseErr != nil || mediaType == "application/json" {
		return err
	}
	return fmt.Errorf("%w (its type is %s)", err, clip(mediaType))
}
