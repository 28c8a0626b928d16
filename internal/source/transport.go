package source

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	promconfig "github.com/prometheus/common/config"
)

const (
	connectTimeout = 5 * time.Second
	idleTimeout    = 90 * time.Second
	maxHeaderBytes = 64 << 10
)

// newTransport uses no proxy: the environment must not decide where a token goes.
// It begins with new connections when a file of TLS has changed.
func newTransport(config PrometheusConfig) (http.RoundTripper, error) {
	tlsConfig, err := promconfig.NewTLSConfig(&promconfig.TLSConfig{
		CAFile: config.CAFile, CertFile: config.CertFile, KeyFile: config.KeyFile, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		return nil, fmt.Errorf("read the TLS files for Prometheus: %w", err)
	}
	watched := promconfig.TLSRoundTripperSettings{
		CA: watch(config.CAFile), Cert: watch(config.CertFile), Key: watch(config.KeyFile),
	}
	transport, err := promconfig.NewTLSRoundTripper(tlsConfig, watched, connections)
	if err != nil {
		return nil, fmt.Errorf("watch the TLS files for Prometheus: %w", err)
	}
	return transport, nil
}

func watch(file string) promconfig.SecretReader {
	if file == "" {
		return nil
	}
	return promconfig.NewFileSecret(file)
}

func connections(tlsConfig *tls.Config) (http.RoundTripper, error) {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    connectTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
	}, nil
}

// authorize reads the credentials anew, because they are rotated.
func (c PrometheusConfig) authorize(ctx context.Context, request *http.Request) error {
	if c.TokenFile != "" {
		token, err := readSecret(ctx, c.TokenFile)
		if err != nil {
			return fmt.Errorf("read the token for Prometheus: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if c.BasicAuth == nil {
		return nil
	}
	username, err := c.BasicAuth.Username, error(nil)
	if c.BasicAuth.UsernameFile != "" {
		if username, err = readSecret(ctx, c.BasicAuth.UsernameFile); err != nil {
			return fmt.Errorf("read the user for Prometheus: %w", err)
		}
	}
	password, err := readSecret(ctx, c.BasicAuth.PasswordFile)
	if err != nil {
		return fmt.Errorf("read the password for Prometheus: %w", err)
	}
	request.SetBasicAuth(username, password)
	return nil
}

// readSecret refuses an empty file: it is one that is just being written.
func readSecret(ctx context.Context, file string) (string, error) {
	secret, err := promconfig.NewFileSecret(file).Fetch(ctx)
	if err == nil && secret == "" {
		err = fmt.Errorf("file %s is empty", file)
	}
	return secret, err
}
