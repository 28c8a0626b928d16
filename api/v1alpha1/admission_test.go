package v1alpha1_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

// server is the client of a real API server with our CRD; installWarnings is what
// that server had to say when the CRD was installed.
var (
	server          client.Client
	installWarnings warnings
)

func TestMain(m *testing.M) {
	plane, err := controlplane.Start(context.Background(), controlplane.Options{})
	if err == nil {
		err = install(plane.Config())
	}
	code := 1
	if err == nil {
		code = m.Run()
	}
	if plane != nil {
		if stopErr := plane.Stop(); stopErr != nil {
			fmt.Fprintln(os.Stderr, stopErr)
			code = 1
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// warnings collects those of an API server.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

func install(config *rest.Config) error {
	config.WarningHandler = &installWarnings
	_, err := envtest.InstallCRDs(config, envtest.CRDInstallOptions{
		Paths: []string{controlplane.OwnCRDs(fixture.Root())}, ErrorIfPathMissing: true, MaxTime: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("install the CRD: %w", err)
	}
	server, err = client.New(config, client.Options{})
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	return wait.PollUntilContextTimeout(context.Background(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		namespace := &unstructured.Unstructured{}
		namespace.SetAPIVersion("v1")
		namespace.SetKind("Namespace")
		err := server.Get(ctx, client.ObjectKey{Name: metav1.NamespaceDefault}, namespace)
		return err == nil, client.IgnoreNotFound(err)
	})
}

func TestInstallingGivesNoWarnings(t *testing.T) {
	if d := cmp.Diff([]string(nil), installWarnings.texts); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
}

// minimal is the smallest manifest.
const minimal = `
apiVersion: monitoring.ragmonitor.io/v1alpha1
kind: RAGMonitor
metadata: {name: support-bot, namespace: default}
spec:
  components:
  - name: api
    vocabulary: rag
    selector: {matchLabels: {app: support-bot}}
`

// parse reads YAML as kubectl does.
func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// create asks the server to make an object, and to keep nothing of it.
func create(t *testing.T, object map[string]any) (*unstructured.Unstructured, error) {
	t.Helper()
	u := &unstructured.Unstructured{Object: object}
	err := server.Create(t.Context(), u, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
	return u, err
}

func accepted(t *testing.T, object map[string]any) *v1alpha1.RAGMonitor {
	t.Helper()
	u, err := create(t, object)
	if err != nil {
		t.Fatal(err)
	}
	data, err := yaml.Marshal(u.Object)
	if err != nil {
		t.Fatal(err)
	}
	rm := &v1alpha1.RAGMonitor{}
	if err := yaml.Unmarshal(data, rm); err != nil {
		t.Fatal(err)
	}
	return rm
}

// refusal says what is wrong when err is not a refusal that holds want.
func refusal(err error, want string) string {
	switch {
	case err == nil:
		return "was accepted, must be refused: " + want
	case !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err):
		return fmt.Sprintf("must be refused as invalid, and is with: %v", err)
	case !strings.Contains(err.Error(), want):
		return fmt.Sprintf("is refused with\n\t%v\nand must be with\n\t%s", err, want)
	default:
		return ""
	}
}

// TestDefaults are those that the comments of the fields document.
func TestDefaults(t *testing.T) {
	seconds := func(n time.Duration) metav1.Duration { return metav1.Duration{Duration: n * time.Second} }
	want := v1alpha1.RAGMonitorSpec{
		Components: []v1alpha1.Component{{
			Name: "api", Vocabulary: "rag",
			Selector: &v1alpha1.ServiceSelector{MatchLabels: map[string]v1alpha1.LabelValue{"app": "support-bot"}},
			Endpoint: v1alpha1.Endpoint{Port: "metrics", Path: "/metrics", Interval: seconds(30)},
		}},
		Objectives: v1alpha1.Objectives{
			Latency:    v1alpha1.LatencyObjective{P95: seconds(2), TimeToFirstTokenP95: seconds(2)},
			Stages:     []v1alpha1.StageObjective{{Name: "retrieval", P95: metav1.Duration{Duration: 500 * time.Millisecond}}, {Name: "generation", P95: seconds(5)}},
			ErrorRatio: "0.05", CacheHitRatio: "0.30", RateLimitRemaining: ptr.To[int32](100), RelevanceP50: "0.7", ContextPrecisionP50: "0.6",
			Cost: v1alpha1.CostObjective{PerDayUSD: "100", PerRequestP95USD: "0.10", Source: v1alpha1.CostAuto},
		},
		Evaluation:  v1alpha1.Evaluation{Interval: seconds(30), Window: seconds(300), CostWindow: seconds(3600)},
		Alerts:      v1alpha1.Alerts{Mode: v1alpha1.AlertsNotify},
		Dashboards:  v1alpha1.Dashboards{Folder: "RAG"},
		NodeMetrics: v1alpha1.NodeMetricsIfAvailable,
	}
	for name, patch := range map[string]string{
		"nothing given":    "spec: {}",
		"empty structures": "spec: {objectives: {latency: {}, cost: {}}, evaluation: {}, alerts: {}, dashboards: {}}",
		"nulls":            "spec: {objectives: {latency: null, stages: null, errorRatio: null}, evaluation: {window: null}, alerts: {mode: null}, nodeMetrics: null}",
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(want, accepted(t, with(t, "", patch)).Spec); d != "" {
				t.Errorf("spec (-want +got):\n%s", d)
			}
		})
	}
	none := accepted(t, with(t, "spec", "objectives: {stages: []}")).Spec.Objectives.Stages
	if len(none) > 0 {
		t.Errorf("a list that is given must replace the default: %v", none)
	}
}

// TestDefaultsOfEntries are those of what a RAGMonitor has none of by default.
func TestDefaultsOfEntries(t *testing.T) {
	spec := accepted(t, with(t, "spec", `
slos: [{name: a, objective: "99"}]
objectives: {cost: {budget: {amountUSD: "5"}}}
alerts: {overrides: [{alert: A}], custom: [{name: A, expression: up, summary: x}]}
notifications:
  receivers: [{name: a, email: {to: [a@b.c], from: d@e.f, smarthost: 'g:25'}}, {name: b, webhook: {url: 'http://a', authorization: {credentialsSecret: {name: a, key: b}}}}]
  muteTimes: [{name: a, intervals: [{weekdays: [monday]}]}]
components:
- {name: api, vocabulary: custom, existing: {matchLabels: {job: a}}, signals: [{signal: requests, metrics: [a]}]}
`)).Spec
	for name, tc := range map[string]struct{ want, got any }{
		"SLO": {
			v1alpha1.SLO{Name: "a", Objective: "99", Period: "30d", Indicator: v1alpha1.IndicatorErrors, MinimumRequests: ptr.To[int64](100)}, spec.SLOs[0],
		},
		"budget":   {&v1alpha1.Budget{AmountUSD: "5", Period: v1alpha1.BudgetMonth, TimeZone: "UTC"}, spec.Objectives.Cost.Budget},
		"override": {v1alpha1.AlertOverride{Alert: "A"}, spec.Alerts.Overrides[0]},
		"custom alert": {
			v1alpha1.CustomAlert{Name: "A", Expression: "up", Summary: "x", For: &metav1.Duration{Duration: 5 * time.Minute}, Severity: v1alpha1.SeverityWarning},
			spec.Alerts.Custom[0],
		},
		"notifications": {
			&v1alpha1.Notifications{
				Receivers: []v1alpha1.Receiver{
					{Name: "a", ResolvedMessages: v1alpha1.ResolvedSend, Email: &v1alpha1.EmailReceiver{
						To: []v1alpha1.EmailAddress{"a@b.c"}, From: "d@e.f", Smarthost: "g:25", Encryption: v1alpha1.EncryptionStartTLS,
					}},
					{Name: "b", ResolvedMessages: v1alpha1.ResolvedSend, Webhook: &v1alpha1.WebhookReceiver{
						URL: "http://a", Authorization: &v1alpha1.WebhookAuthorization{Type: "Bearer", CredentialsSecret: v1alpha1.SecretKey{Name: "a", Key: "b"}},
					}},
				},
				GroupBy:        []v1alpha1.AlertLabelName{"alertname"},
				GroupWait:      metav1.Duration{Duration: 10 * time.Second},
				GroupInterval:  metav1.Duration{Duration: 10 * time.Second},
				RepeatInterval: metav1.Duration{Duration: time.Hour},
				MuteTimes: []v1alpha1.MuteTime{{
					Name: "a", Severities: []v1alpha1.Severity{v1alpha1.SeverityWarning, v1alpha1.SeverityInfo},
					Intervals: []v1alpha1.MuteInterval{{Weekdays: []v1alpha1.WeekdayRange{"monday"}, Location: "UTC"}},
				}},
			}, spec.Notifications,
		},
		"signal": {v1alpha1.SignalSeries{Signal: "requests", Metrics: []v1alpha1.MetricName{"a"}}, spec.Components[0].Signals[0]},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, tc.got); d != "" {
				t.Errorf("%s (-want +got):\n%s", name, d)
			}
		})
	}
}

// TestFixtureIsTheAPIServer: other packages test with what fixture makes of a
// manifest.
func TestFixtureIsTheAPIServer(t *testing.T) {
	for name, text := range map[string]string{"minimal": minimal, "maximal": string(marshal(t, maximal(t)))} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(accepted(t, parse(t, text)).Spec, fixture.RAGMonitor(t, text).Spec); d != "" {
				t.Errorf("spec (-server +fixture):\n%s", d)
			}
		})
	}
}

func marshal(t *testing.T, object map[string]any) []byte {
	t.Helper()
	data, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestStatusIsWrittenOnlyThroughItsSubresource(t *testing.T) {
	object := with(t, "", "status: {health: Healthy, components: api}")
	u := &unstructured.Unstructured{Object: object}
	u.SetName("status-test")
	if err := server.Create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Delete(context.WithoutCancel(t.Context()), u); err != nil {
			t.Error(err)
		}
	})
	health := func() string {
		t.Helper()
		if err := server.Get(t.Context(), client.ObjectKeyFromObject(u), u); err != nil {
			t.Fatal(err)
		}
		value, _, _ := unstructured.NestedString(u.Object, "status", "health")
		return value
	}
	patch := func(to string) client.Patch {
		return client.RawPatch(types.MergePatchType, []byte(`{"spec":{"nodeMetrics":"Off"},"status":{"health":"`+to+`"}}`))
	}
	if got := health(); got != "" {
		t.Errorf("health is %q after the creation", got)
	}
	if err := server.Patch(t.Context(), u, patch("Healthy")); err != nil {
		t.Fatal(err)
	}
	if got := health(); got != "" || u.GetGeneration() != 2 {
		t.Errorf("health is %q and generation %d after a change of the object", got, u.GetGeneration())
	}
	if err := server.Status().Patch(t.Context(), u, patch("Degraded")); err != nil {
		t.Fatal(err)
	}
	if got := health(); got != "Degraded" || u.GetGeneration() != 2 {
		t.Errorf("health is %q and generation %d after a change of the status", got, u.GetGeneration())
	}
	for status, want := range map[string]string{
		`{"health": "Splendid"}`: `supported values: "Healthy", "Degraded"`,
		`{"unavailableAlerts": [{"alert": "A", "reason": "Asleep"}]}`: `supported values: "NotInVocabulary", "NotExposed"`,
		`{"burnIn": [{"alert": "A", "pages": -1}]}`:                   "pages in body should be greater than or equal to 0",
		`{"slos": [{"name": "a", "threshold": "` + x(17) + `"}]}`:     "Too long: may not be more than 16 bytes",
	} {
		err := server.Status().Patch(t.Context(), u, client.RawPatch(types.MergePatchType, []byte(`{"status":`+status+`}`)))
		if problem := refusal(err, want); problem != "" {
			t.Errorf("status %s %s", status, problem)
		}
	}
}
