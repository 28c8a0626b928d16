package check

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// requestTimeout is for one request for metrics.
	requestTimeout = 10 * time.Second
	// maxBody is as much of an answer as is read.
	maxBody = 64 << 20
)

// series is one that every operator has, whatever it watches.
const series = "leader_election_master_status"

// metrics wants them to be refused to strangers and given to who may read them, by the
// Service that Prometheus finds them by.
func (t Target) metrics(ctx context.Context) (string, error) {
	if t.MetricsURL == "" {
		return "are not served", nil
	}
	// The operator may have made its certificate itself. What is read is no secret, and
	// the token may read nothing else.
	plain := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // see above
	defer plain.CloseIdleConnections()
	code, _, err := t.read(ctx, plain)
	if err != nil {
		return "", err
	}
	if code != http.StatusUnauthorized {
		return "", fmt.Errorf("%s answers %d without credentials, want %d", t.MetricsURL, code, http.StatusUnauthorized)
	}
	authenticated, err := t.Authenticate(plain)
	if err != nil {
		return "", fmt.Errorf("find credentials: %w", err)
	}
	code, body, err := t.read(ctx, authenticated)
	if err != nil {
		return "", err
	}
	if code != http.StatusOK {
		return "", fmt.Errorf("%s answers %d to an account that may read metrics, want %d: may the operator create TokenReviews and SubjectAccessReviews?", t.MetricsURL, code, http.StatusOK)
	}
	if !bytes.Contains(body, []byte(series)) {
		return "", fmt.Errorf("%s answers with something else than the operator's metrics: there is no %s", t.MetricsURL, series)
	}
	return "are served to those who may read them", nil
}

func (t Target) read(ctx context.Context, through http.RoundTripper) (code int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.MetricsURL, nil)
	if err != nil {
		return 0, nil, err
	}
	response, err := through.RoundTrip(request)
	if err != nil {
		return 0, nil, fmt.Errorf("ask for metrics: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	body, err = io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return 0, nil, fmt.Errorf("read %s: %w", t.MetricsURL, err)
	}
	return response.StatusCode, body, nil
}
