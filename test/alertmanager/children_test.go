// Package alertmanager_test proves what Alertmanager does with an AlertmanagerConfig
// of ours. It has a module of its own, with the versions of the Prometheus Operator and
// of Alertmanager that the suite on a cluster runs, and takes the golden file of
// internal/desired for what the operator makes.
package alertmanager_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blang/semver/v4"
	operator "github.com/prometheus-operator/prometheus-operator/pkg/alertmanager"
	validation "github.com/prometheus-operator/prometheus-operator/pkg/alertmanager/validation/v1alpha1"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// golden is what the operator makes of a RAGMonitor with every kind of receiver.
var golden = filepath.Join("..", "..", "internal", "desired", "testdata", "notifications", "out.yaml")

// prefix is what the Prometheus Operator puts before the names of receivers.
const prefix = "rag/support-bot-notifications/"

// documents are the objects of one kind in the golden file.
func documents(t *testing.T, kind string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for d := range bytes.SplitSeq(data, []byte("\n---\n")) {
		if bytes.Contains(d, []byte("\nkind: "+kind+"\n")) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		t.Fatalf("there is no %s", kind)
	}
	return out
}

// configuration is our AlertmanagerConfig. Every field must be one that this version
// of the Prometheus Operator knows.
func configuration(t *testing.T) *monitoringv1alpha1.AlertmanagerConfig {
	t.Helper()
	out := &monitoringv1alpha1.AlertmanagerConfig{}
	if err := yaml.UnmarshalStrict(documents(t, "AlertmanagerConfig")[0], out); err != nil {
		t.Fatal(err)
	}
	return out
}

// alertLabels are the labels of all alerts in the rules.
func alertLabels(t *testing.T) []model.LabelSet {
	t.Helper()
	var out []model.LabelSet
	for _, d := range documents(t, "PrometheusRule") {
		object := &monitoringv1.PrometheusRule{}
		if err := yaml.Unmarshal(d, object); err != nil {
			t.Fatal(err)
		}
		for _, g := range object.Spec.Groups {
			for _, r := range g.Rules {
				if r.Alert == "" {
					continue
				}
				set := model.LabelSet{model.AlertNameLabel: model.LabelValue(r.Alert)}
				for name, value := range r.Labels {
					set[model.LabelName(name)] = model.LabelValue(value)
				}
				out = append(out, set)
			}
		}
	}
	return out
}

// secrets are those that the receivers refer to.
func secrets() []any {
	var out []any
	for name, keys := range map[string]map[string]string{
		"slack":     {"url": "https://hooks.slack.com/services/secret"},
		"pagerduty": {"routingKey": "routing-key"},
		"smtp":      {"password": "password", "ca.crt": "certificate"},
		"hook":      {"token": "token", "url": "https://chat.example.com/hook", "username": "user", "password": "password", "ca.crt": "certificate"},
		"teams":     {"url": "https://teams.example.com/workflow"},
		"opsgenie":  {"apiKey": "api-key"},
	} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "rag", Name: name}, Data: map[string][]byte{}}
		for key, value := range keys {
			secret.Data[key] = []byte(value)
		}
		out = append(out, secret)
	}
	return out
}

// base is an administrator's own configuration.
const base = `
route:
  receiver: nobody
  group_by: [job]
  group_wait: 5m
  repeat_interval: 12h
  routes:
  - {receiver: admins, matchers: [severity="critical"]}
receivers:
- name: nobody
- name: admins
`

// merged is what the Prometheus Operator makes of base and our configuration for an
// Alertmanager in a namespace, as Alertmanager loads it.
func merged(t *testing.T, strategy monitoringv1.AlertmanagerConfigMatcherStrategyType, namespace string) *config.Config {
	t.Helper()
	ours := configuration(t)
	if err := validation.ValidateAlertmanagerConfig(ours); err != nil {
		t.Fatal(err)
	}
	b := operator.NewConfigBuilder(slog.New(slog.DiscardHandler), semver.MustParse("0.28.1"), assets.NewTestStoreBuilder(secrets()...), &monitoringv1.Alertmanager{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "main"},
		Spec:       monitoringv1.AlertmanagerSpec{AlertmanagerConfigMatcherStrategy: monitoringv1.AlertmanagerConfigMatcherStrategy{Type: strategy}},
	})
	if err := b.InitializeFromRawConfiguration([]byte(base)); err != nil {
		t.Fatal(err)
	}
	if err := b.AddAlertmanagerConfigs(t.Context(), map[string]*monitoringv1alpha1.AlertmanagerConfig{"rag/support-bot-notifications": ours}); err != nil {
		t.Fatal(err)
	}
	text, err := b.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	out, err := config.Load(string(text))
	if err != nil {
		t.Fatalf("Alertmanager refuses\n%s\n%v", text, err)
	}
	return out
}

// strategies are how an Alertmanager may bind configurations to their namespace, and
// where it may be.
var strategies = map[string]struct {
	strategy  monitoringv1.AlertmanagerConfigMatcherStrategyType
	namespace string
}{
	"OnNamespace":              {monitoringv1.OnNamespaceConfigMatcherStrategyType, "monitoring"},
	"except its own, in ours":  {monitoringv1.OnNamespaceExceptForAlertmanagerNamespaceConfigMatcherStrategyType, "rag"},
	"except its own, in other": {monitoringv1.OnNamespaceExceptForAlertmanagerNamespaceConfigMatcherStrategyType, "monitoring"},
	"None":                     {monitoringv1.NoneConfigMatcherStrategyType, "monitoring"},
}

// short are the names of our receivers, as a RAGMonitor has them.
func short(receiver string) string { return strings.TrimPrefix(receiver, prefix) }
