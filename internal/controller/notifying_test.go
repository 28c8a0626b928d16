package controller

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/apply"
	"github.com/ragmonitor/ragmonitor-operator/internal/desired"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// every kind is known.
type every struct{}

func (every) Has(schema.GroupVersionKind) bool { return true }

// old is the AlertmanagerConfig of an earlier spec, which the Prometheus Operator accepted.
func old(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	out := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(`{apiVersion: monitoring.coreos.com/v1alpha1, kind: AlertmanagerConfig,
		metadata: {namespace: rag, name: support-bot-notifications, generation: 1, ownerReferences: [{apiVersion: v1, kind: K, name: x, uid: owner, controller: true}]},
		status: {bindings: [{group: g, resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "True", observedGeneration: 1}]}]}}`), &out.Object); err != nil {
		t.Fatal(err)
	}
	return out
}

// refusing is a cluster whose API server applies nothing of one kind.
func refusing(kind string, objects ...client.Object) client.WithWatch {
	refuse := func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
		if o.(interface{ GetKind() string }).GetKind() == kind {
			return errors.New("the CRD is too old")
		}
		return c.Apply(ctx, o, opts...)
	}
	return fake.NewClientBuilder().WithScheme(testScheme()).WithObjects(objects...).WithInterceptorFuncs(interceptor.Funcs{Apply: refuse}).Build()
}

func TestWhatBecameOfOurAlertmanagerConfig(t *testing.T) {
	routes := []model.Route{{Severity: "critical", Receivers: []string{"on-call"}}}
	for name, tc := range map[string]struct {
		refused string
		present []client.Object
		want    status.Notifications
	}{
		"an update that is refused leaves an older one in force": {"AlertmanagerConfig", []client.Object{old(t)}, status.Notifications{Routes: routes, Outdated: true}},
		"one that is refused at first is missing":                {"AlertmanagerConfig", nil, status.Notifications{Routes: routes, Missing: true}},
		"a refusal of something else is none of ours":            {"PrometheusRule", []client.Object{old(t)}, status.Notifications{Routes: routes, Accepted: "a/b"}},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := refusing(tc.refused, tc.present...)
			set := apply.Set{Owner: "owner", Namespace: "rag"}
			for _, o := range []*unstructured.Unstructured{object(desired.AlertmanagerConfig), object(desired.PrometheusRule)} {
				o.SetNamespace("rag")
				o.SetName("support-bot-notifications")
				set.Objects = append(set.Objects, desired.Object{
					Kind: o.GroupVersionKind(), Namespace: o.GetNamespace(), Name: o.GetName(), Config: client.ApplyConfigurationFromUnstructured(o),
				})
			}
			result := apply.New(cluster, cluster, every{}).Sync(t.Context(), set)
			if len(result.Failures) != 1 {
				t.Fatalf("failures are %v, want one", result.Failures)
			}
			n := &notifier{children: cluster, alertmanagers: &alertmanagers{live: cluster, monitors: cluster, clock: testingclock.NewFakeClock(time.Unix(0, 0))}}
			m := model.Monitor{Namespace: "rag", Name: "support-bot", Notifications: &model.Notifications{Routes: routes}}
			if d := cmp.Diff(&tc.want, n.state(t.Context(), m, result)); d != "" {
				t.Errorf("notifications (-want +got):\n%s", d)
			}
		})
	}
}

func TestJudged(t *testing.T) {
	for name, tc := range map[string]struct {
		status             string
		accepted, rejected string
	}{
		"nothing is said": {},
		"it is accepted": {
			status:   `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "True", observedGeneration: 3}]}]}`,
			accepted: "a/b",
		},
		"it is rejected": {
			status:   `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "False", message: no Secret, observedGeneration: 3}]}]}`,
			rejected: "a/b: no Secret",
		},
		"of several the first is told of": {
			status: `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "True"}]},
				{resource: alertmanagers, namespace: c, name: d, conditions: [{type: Accepted, status: "False", message: why}]},
				{resource: alertmanagers, namespace: e, name: f, conditions: [{type: Accepted, status: "True"}]}]}`,
			accepted: "a/b", rejected: "c/d: why",
		},
		"an older generation was rejected": {
			status: `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: "False", message: why, observedGeneration: 2}]}]}`,
		},
		"something else is said":     {status: `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Known, status: "True"}]}]}`},
		"of somebody else":           {status: `{bindings: [{resource: prometheuses, namespace: a, name: b, conditions: [{type: Accepted, status: "True"}]}]}`},
		"it is not known":            {status: `{bindings: [{resource: alertmanagers, namespace: a, name: b, conditions: [{type: Accepted, status: Unknown}]}]}`},
		"it has another form":        {status: `{bindings: yes}`},
		"a form that nobody foresaw": {status: `{bindings: [{resource: {a: b}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			child := object(desired.AlertmanagerConfig)
			child.SetGeneration(3)
			var status map[string]any
			if err := yaml.Unmarshal([]byte(tc.status), &status); err != nil {
				t.Fatal(err)
			}
			child.Object["status"] = status
			accepted, rejected := judged(child)
			if accepted != tc.accepted || rejected != tc.rejected {
				t.Errorf("accepted %q, rejected %q; want %q, %q", accepted, rejected, tc.accepted, tc.rejected)
			}
		})
	}
}
