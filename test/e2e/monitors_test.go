//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// judged is how long a verdict may take: two scrapes, the window of the rules, and what
// Prometheus needs to read its configuration anew. The kubelet alone may take a minute and
// a half to give it to a pod; the rest is for a busy machine.
const judged = 5 * time.Minute

// monitor is a RAGMonitor of the cluster.
func (c *cluster) monitor(ctx context.Context, namespace, name string) (*v1alpha1.RAGMonitor, error) {
	var out v1alpha1.RAGMonitor
	if err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &out); err != nil {
		return nil, fmt.Errorf("get the RAGMonitor %s/%s: %w", namespace, name, err)
	}
	return &out, nil
}

// verdict is the health of a RAGMonitor, why, and what is slow.
func verdict(m *v1alpha1.RAGMonitor) string {
	out := string(m.Status.Health)
	if condition := meta.FindStatusCondition(m.Status.Conditions, v1alpha1.ConditionHealthy); condition != nil {
		out += "/" + condition.Reason
	}
	if m.Status.Bottleneck != nil {
		out += ", bottleneck " + m.Status.Bottleneck.Stage
	}
	return out
}

// reasonOf a condition, or "" where there is none.
func reasonOf(m *v1alpha1.RAGMonitor, condition string) string {
	if found := meta.FindStatusCondition(m.Status.Conditions, condition); found != nil {
		return found.Reason
	}
	return ""
}

// awaitVerdict waits until that is said of a RAGMonitor, and returns how long it took.
func (c *cluster) awaitVerdict(ctx context.Context, namespace, name, want string) time.Duration {
	GinkgoHelper()
	begun := time.Now()
	Eventually(func() (string, error) {
		m, err := c.monitor(ctx, namespace, name)
		if err != nil {
			return "", err
		}
		return verdict(m), nil
	}).WithTimeout(judged).WithPolling(glance / 4).Should(Equal(want))
	return time.Since(begun)
}
