//go:build linux

package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/config"
)

// prober takes any certificate: it asks on loopback, and whether something answers,
// not who.
var prober = &http.Client{
	Timeout: 5 * time.Second,
	Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
	},
}

// probe returns nil when a component answers as it does when it works.
func probe(ctx context.Context, p config.Probe) error {
	if p.Socket != "" {
		connection, err := new(net.Dialer).DialContext(ctx, "unix", p.Socket)
		if err != nil {
			return err
		}
		return connection.Close()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return err
	}
	response, err := prober.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // the body does not count
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", p.URL, response.Status)
	}
	return nil
}
