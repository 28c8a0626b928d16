package controller

import (
	"context"
	"errors"
	"testing"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
)

// failing fails, as often as it is told to, to get an object, and to list any.
type failing struct {
	client.Reader
	gets, lists int
}

func (f *failing) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	if f.gets > 0 {
		f.gets--
		return errors.New("the API server is away")
	}
	return f.Reader.Get(ctx, key, o, opts...)
}

func (f *failing) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if f.lists > 0 {
		f.lists--
		return errors.New("the API server is away")
	}
	return f.Reader.List(ctx, list, opts...)
}

// TestWhoWasToldNothingOfAlertmanagersIsToldLater: nothing else would have the
// RAGMonitor reconciled again.
func TestWhoWasToldNothingOfAlertmanagersIsToldLater(t *testing.T) {
	for name, reader := range map[string]failing{
		"the labels of its namespace cannot be read": {gets: 1},
		"Alertmanagers cannot be listed":             {lists: 1},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := fake.NewClientBuilder().WithScheme(testScheme()).WithObjects(
				newMonitor("rag", "support-bot", notified()),
				&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "rag", Labels: map[string]string{"alerts": "wanted"}}},
				&monitoringv1.Alertmanager{
					ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"},
					Spec: monitoringv1.AlertmanagerSpec{
						AlertmanagerConfigSelector:          &metav1.LabelSelector{},
						AlertmanagerConfigNamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"alerts": "wanted"}},
					},
				},
			).Build()
			reader.Reader = cluster
			told := 0
			known := &alertmanagers{live: &reader, monitors: cluster, clock: testingclock.NewFakeClock(time.Unix(0, 0)), changed: func() { told++ }}
			ours := discovery.Configuration{Namespace: "rag", Name: "support-bot-notifications"}
			if _, err := known.uptake(t.Context(), ours); err == nil {
				t.Fatal("the first answer is none, and is no error")
			}
			known.look(t.Context())
			if told != 1 {
				t.Errorf("told %d times that there is an answer; want once", told)
			}
			if u, err := known.uptake(t.Context(), ours); err != nil || u.Obstacle != "" {
				t.Errorf("the second answer is %+v, %v", u, err)
			}
			known.look(t.Context())
			if told != 1 {
				t.Errorf("told %d times, and nothing changed", told)
			}
		})
	}
}
