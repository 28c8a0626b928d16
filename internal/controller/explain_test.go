package controller

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

// served is a namespace in which a pod has the port that is to be scraped.
type served struct{}

func (served) Err(string) error { return nil }

func (served) Of(string) (discovery.Inventory, bool) {
	labels := map[string]string{"app": "support-bot"}
	return discovery.Inventory{
		Services: []discovery.Service{{
			Name: "api", Labels: labels, Selector: labels,
			Ports: []discovery.ServicePort{{Name: "metrics", Number: 8080, Protocol: corev1.ProtocolTCP, Target: intstr.FromInt32(8080)}},
		}},
		Pods: []discovery.Pod{{Name: "api-0", Labels: labels, Phase: corev1.PodRunning, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}},
	}, true
}

// counting answers with errors while it has some, and counts questions.
type counting struct {
	client.Reader
	listing, getting error
	lists, gets      int
}

func (c *counting) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if c.lists++; c.listing != nil {
		return c.listing
	}
	return c.Reader.List(ctx, list, opts...)
}

func (c *counting) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	if c.gets++; c.getting != nil {
		return c.getting
	}
	return c.Reader.Get(ctx, key, o, opts...)
}

// TestWhatIsSaidWhereWhoSelectsCannotBeRead: the same as before, or in general words; and
// an API server that has enough to do is not asked for each RAGMonitor.
func TestWhatIsSaidWhereWhoSelectsCannotBeRead(t *testing.T) {
	away := errors.New("the API server is away")
	gone := apierrors.NewNotFound(schema.GroupResource{Group: "monitoring.coreos.com", Resource: "prometheuses"}, "")
	for name, tc := range map[string]struct {
		// first is where nothing was read before.
		first            bool
		listing, getting error
		want             v1alpha1.TargetProblemReason
		lists, gets      int
		failures         int
	}{
		"both can be read":                       {want: v1alpha1.TargetNotSelected, lists: 1, gets: 1},
		"no Prometheus, any more":                {listing: away, want: v1alpha1.TargetNotSelected, lists: 1, failures: 1},
		"no Prometheus, from the start":          {first: true, listing: away, want: v1alpha1.TargetUnseen, lists: 1, failures: 1},
		"the CRD of Prometheus went":             {listing: gone, want: v1alpha1.TargetUnseen, lists: 1},
		"not the namespace, any more":            {getting: away, want: v1alpha1.TargetNotSelected, lists: 1, gets: 1, failures: 1},
		"not the namespace, from the start":      {first: true, getting: away, want: v1alpha1.TargetUnseen, lists: 1, gets: 1, failures: 1},
		"neither, any more":                      {listing: away, getting: away, want: v1alpha1.TargetNotSelected, lists: 1, failures: 1},
		"neither, from the start":                {first: true, listing: away, getting: away, want: v1alpha1.TargetUnseen, lists: 1, failures: 1},
		"the CRD went, and nothing was read yet": {first: true, listing: gone, getting: away, want: v1alpha1.TargetUnseen, lists: 1},
	} {
		t.Run(name, func(t *testing.T) {
			reader := &counting{Reader: clusterOfAnother()}
			now := clocktesting.NewFakePassiveClock(time.Unix(0, 0))
			e := &explainer{inventory: served{}, prometheuses: &prometheuses{reader: reader, clock: now}}
			if !tc.first {
				if _, err := problemsOfThree(t, e); err != 0 {
					t.Fatalf("%d failures at first", err)
				}
				now.SetTime(now.Now().Add(prometheusesAge))
			}
			reader.listing, reader.getting, reader.lists, reader.gets = tc.listing, tc.getting, 0, 0
			got, failures := problemsOfThree(t, e)
			want := []v1alpha1.TargetProblemReason{tc.want, v1alpha1.TargetDown}
			if diff := cmp.Diff([][]v1alpha1.TargetProblemReason{want, want, want}, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if reader.lists != tc.lists || reader.gets != tc.gets || failures != tc.failures {
				t.Errorf("%d lists, %d gets, %d failures; want %d, %d, %d", reader.lists, reader.gets, failures, tc.lists, tc.gets, tc.failures)
			}
		})
	}
}

// clusterOfAnother has a Prometheus that selects by a label that we do not set.
func clusterOfAnother() client.Reader {
	return fake.NewClientBuilder().WithScheme(testScheme()).WithObjects(
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "rag"}},
		&monitoringv1.Prometheus{
			ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "k8s"},
			Spec: monitoringv1.PrometheusSpec{CommonPrometheusFields: monitoringv1.CommonPrometheusFields{
				ServiceMonitorSelector:          &metav1.LabelSelector{MatchLabels: map[string]string{"release": "stack"}},
				ServiceMonitorNamespaceSelector: &metav1.LabelSelector{},
			}},
		},
	).Build()
}

// problemsOfThree are those of three RAGMonitors, each with a component that is unseen and
// one that is down, and how often there was an error.
func problemsOfThree(t *testing.T, e *explainer) (out [][]v1alpha1.TargetProblemReason, failures int) {
	t.Helper()
	readings := health.Readings{Unseen: []string{"api"}, Down: []string{"llm"}}
	for _, name := range []string{"a", "b", "c"} {
		m := fixture.Monitor(t, strings.ReplaceAll(fixture.Minimal, "support-bot, namespace", name+", namespace"))
		m.Components = append(m.Components, model.Component{Name: "llm"})
		problems, err := e.prometheusProblems(t.Context(), m, readings)
		if err != nil {
			failures++
		}
		var reasons []v1alpha1.TargetProblemReason
		for _, p := range problems {
			reasons = append(reasons, p.Reason)
		}
		out = append(out, reasons)
	}
	return out, failures
}
