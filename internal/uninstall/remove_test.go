package uninstall

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOwns(t *testing.T) {
	const operator, elsewhere = "ragmonitor-system", "rag"
	ownedBy := func(apiVersion, kind, name string) *metav1.OwnerReference {
		return &metav1.OwnerReference{APIVersion: apiVersion, Kind: kind, Name: name, Controller: new(true)}
	}
	for name, tc := range map[string]struct {
		namespace, name string
		owner           *metav1.OwnerReference
		want            bool
	}{
		"a child of a RAGMonitor":                  {elsewhere, "support-bot-rules", ownedBy("monitoring.ragmonitor.io/v1alpha1", "RAGMonitor", "support-bot"), true},
		"a child of an older version of the kind":  {elsewhere, "support-bot-rules", ownedBy("monitoring.ragmonitor.io/v1alpha0", "RAGMonitor", "support-bot"), true},
		"a child of another API's RAGMonitor":      {elsewhere, "support-bot-rules", ownedBy("example.com/v1", "RAGMonitor", "support-bot"), false},
		"the node-exporter of our Deployment":      {operator, "ragmonitor-node-exporter", ownedBy("apps/v1", "Deployment", "ragmonitor-operator"), true},
		"an object of another Deployment":          {operator, "ragmonitor-node-exporter", ownedBy("apps/v1", "Deployment", "another"), false},
		"a namesake of our Deployment, elsewhere":  {elsewhere, "ragmonitor-node-exporter", ownedBy("apps/v1", "Deployment", "ragmonitor-operator"), false},
		"the node-exporter of nobody":              {operator, "ragmonitor-node-exporter", nil, true},
		"the monitor of kubelets, of nobody":       {operator, "ragmonitor-kubelet", nil, true},
		"what somebody gave our label":             {operator, "notes", nil, false},
		"what somebody gave our label and name to": {elsewhere, "ragmonitor-node-exporter", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: tc.namespace, Name: tc.name}}
			if tc.owner != nil {
				o.OwnerReferences = []metav1.OwnerReference{*tc.owner}
			}
			u := &Uninstaller{Namespace: operator, Deployment: "ragmonitor-operator"}
			if got := u.owns(o); got != tc.want {
				t.Errorf("owned is %t, want %t", got, tc.want)
			}
		})
	}
}

func TestAtOnceGoesOnAfterFailures(t *testing.T) {
	items := make([]int, 100)
	for i := range items {
		items[i] = i
	}
	done, err := atOnce(t.Context(), items, func(i *int) error {
		if *i%10 == 0 {
			return fmt.Errorf("item %d", *i)
		}
		return nil
	})
	if done != 90 {
		t.Errorf("%d were done, want 90", done)
	}
	if err == nil || strings.Count(err.Error(), "item ") != mostErrors || !strings.Contains(err.Error(), "and 5 more") {
		t.Errorf("error %v, want %d of the failures and how many more there are", err, mostErrors)
	}
}

func TestAtOnceSaysWhenItWasCutOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := atOnce(ctx, []int{1, 2}, func(*int) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
