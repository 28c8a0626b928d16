package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

// TestPrometheusFollowsTheCluster lets a real Prometheus scrape what a
// ServiceMonitor says and evaluate what a PrometheusRule says.
func TestPrometheusFollowsTheCluster(t *testing.T) {
	var printed bytes.Buffer
	d := startedDemo(t, &printed)
	number, err := portOf(metricsServer(t))
	if err != nil {
		t.Fatal(err)
	}
	bot := monitor(func(s *monitoringv1.ServiceMonitorSpec) {
		s.Endpoints[0].Interval = "1s"
		s.Endpoints[0].RelabelConfigs = []monitoringv1.RelabelConfig{
			{Action: "replace", TargetLabel: "ragmonitor", Replacement: new("support-bot")},
			{Action: "replace", TargetLabel: "component", Replacement: new("api")},
		}
		s.SampleLimit = new(int64(100))
	})
	rule := &monitoringv1.PrometheusRule{
		ObjectMeta: metav1.ObjectMeta{Namespace: sampleNamespace, Name: "bot"},
		Spec: monitoringv1.PrometheusRuleSpec{Groups: []monitoringv1.RuleGroup{{
			Name: "bot", Interval: new(monitoringv1.Duration("1s")),
			Rules: []monitoringv1.Rule{{Record: "ragmonitor:answers:sum", Expr: intstr.FromString("sum by (namespace, ragmonitor, component) (answers)")}},
		}}},
	}
	create(t, d.client, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: sampleNamespace}}, sampleService([]port{{name: "metrics", number: number}}), &bot, rule)

	awaitResult(t, d, "up", []map[string]string{{
		"__name__": "up", "namespace": "rag", "service": "support-bot", "job": "support-bot", "endpoint": "metrics",
		"instance": fmt.Sprintf("127.0.0.1:%d", number), "ragmonitor": "support-bot", "component": "api", "value": "1",
	}})
	awaitResult(t, d, "ragmonitor:answers:sum", []map[string]string{{
		"__name__": "ragmonitor:answers:sum", "namespace": "rag", "ragmonitor": "support-bot", "component": "api", "value": "42",
	}})

	broken := rule.DeepCopy()
	broken.Spec.Groups[0].Rules[0].Expr = intstr.FromString("sum(")
	if err := d.client.Update(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	awaitPrinted(t, d, &printed, "Prometheus was not brought up to date")

	for _, object := range []client.Object{&bot, rule} {
		if err := d.client.Delete(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	awaitNoTargets(t, d)
}

// startedDemo has a control plane without controllers, and Prometheus.
func startedDemo(t *testing.T, out io.Writer) *demo {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := controlplane.PrometheusOperatorCRDs(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	var crds []string
	for _, plural := range []string{"servicemonitors", "prometheusrules"} {
		crds = append(crds, controlplane.PrometheusOperatorCRD(dir, plural))
	}
	return demoOn(t, startedPlane(t, crds...), root, out)
}

// startedPlane has no controllers.
func startedPlane(t *testing.T, crds ...string) *controlplane.Plane {
	t.Helper()
	plane, err := controlplane.Start(t.Context(), controlplane.Options{CRDs: crds})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	return plane
}

// demoOn is a demo on the plane that has got as far as Prometheus.
func demoOn(t *testing.T, plane *controlplane.Plane, root string, out io.Writer) *demo {
	t.Helper()
	d := &demo{options: options{bin: filepath.Join(root, "bin")}, console: newConsole(out), root: root, dir: t.TempDir(), plane: plane}
	for _, name := range []string{"logs", "prometheus/rules"} {
		if err := os.MkdirAll(d.path(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if d.client, err = newClient(plane.Config()); err != nil {
		t.Fatal(err)
	}
	ctx, fail := context.WithCancelCause(t.Context())
	d.running = newSupervisor(d.path("logs"), fail)
	t.Cleanup(func() {
		fail(nil)
		d.background.Wait()
		d.running.stop()
	})
	if err := d.startPrometheus(ctx); err != nil {
		t.Fatalf("%v\n%s", err, tail(logOf(err)))
	}
	return d
}

// metricsServer answers every request with one metric.
func metricsServer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, "# TYPE answers gauge\nanswers 42\n")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func create(t *testing.T, c client.Client, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := c.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitResult waits until the query has these series, value among the labels.
func awaitResult(t *testing.T, d *demo, query string, want []map[string]string) {
	t.Helper()
	var diff string
	err := await(t.Context(), query, 100*time.Millisecond, time.Minute, func(ctx context.Context) error {
		got, err := series(ctx, d.prometheus, query)
		if err != nil {
			return err
		}
		if diff = cmp.Diff(want, got); diff != "" {
			return errors.New("differs")
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
}

// awaitNoTargets waits until Prometheus scrapes nothing. The series of a job that is
// gone can be queried for five minutes more, so a query would not tell.
func awaitNoTargets(t *testing.T, d *demo) {
	t.Helper()
	err := await(t.Context(), "no targets", 100*time.Millisecond, time.Minute, func(ctx context.Context) error {
		var data struct {
			ActiveTargets []any `json:"activeTargets"`
		}
		if err := ask(ctx, d.prometheus+"/api/v1/targets", &data); err != nil {
			return err
		}
		if len(data.ActiveTargets) > 0 {
			return fmt.Errorf("%d targets", len(data.ActiveTargets))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// series are the result of an instant query, the value among the labels.
func series(ctx context.Context, prometheus, query string) ([]map[string]string, error) {
	var data struct {
		Result []struct {
			Metric map[string]string `json:"metric"`
			Value  [2]any            `json:"value"`
		} `json:"result"`
	}
	if err := ask(ctx, prometheus+"/api/v1/query?query="+url.QueryEscape(query), &data); err != nil {
		return nil, err
	}
	found := []map[string]string{}
	for _, r := range data.Result {
		r.Metric["value"] = fmt.Sprint(r.Value[1])
		found = append(found, r.Metric)
	}
	return found, nil
}

// ask puts the data of Prometheus' answer into data.
func ask(ctx context.Context, url string, data any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	return json.NewDecoder(response.Body).Decode(&struct {
		Data any `json:"data"`
	}{data})
}

// awaitPrinted waits until text was printed.
func awaitPrinted(t *testing.T, d *demo, printed *bytes.Buffer, text string) {
	t.Helper()
	err := await(t.Context(), text, 100*time.Millisecond, time.Minute, func(context.Context) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if !strings.Contains(printed.String(), text) {
			return fmt.Errorf("printed so far:\n%s", printed.String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
