//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/api"
	prometheusapi "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/rest"
)

// prometheus is the cluster's, asked through the API server.
func (c *cluster) prometheus() prometheusapi.API {
	GinkgoHelper()
	transport, err := rest.TransportFor(c.config)
	Expect(err).NotTo(HaveOccurred())
	address := strings.TrimSuffix(c.config.Host, "/") + "/api/v1/namespaces/" + stackNamespace + "/services/prometheus-operated:web/proxy"
	asked, err := api.NewClient(api.Config{Address: address, RoundTripper: transport})
	Expect(err).NotTo(HaveOccurred())
	return prometheusapi.NewAPI(asked)
}

// value is the only sample that an expression has now.
func (c *cluster) value(ctx context.Context, expr string) (float64, error) {
	answer, _, err := c.prometheus().Query(ctx, expr, time.Time{})
	if err != nil {
		return 0, fmt.Errorf("query %s: %w", expr, err)
	}
	vector, ok := answer.(model.Vector)
	if !ok || len(vector) != 1 {
		return 0, fmt.Errorf("query %s: one sample is wanted, got %s", expr, answer)
	}
	return float64(vector[0].Value), nil
}

// count is how many samples an expression has now.
func (c *cluster) count(ctx context.Context, expr string) (int, error) {
	answer, _, err := c.prometheus().Query(ctx, expr, time.Time{})
	if err != nil {
		return 0, fmt.Errorf("query %s: %w", expr, err)
	}
	vector, ok := answer.(model.Vector)
	if !ok {
		return 0, fmt.Errorf("query %s: a vector is wanted, got %s", expr, answer)
	}
	return len(vector), nil
}
