//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// childKinds are what the operator makes in the namespace of a RAGMonitor.
var childKinds = []schema.GroupVersionKind{
	{Group: "monitoring.coreos.com", Version: "v1", Kind: "ServiceMonitor"},
	{Group: "monitoring.coreos.com", Version: "v1", Kind: "PrometheusRule"},
	{Group: "monitoring.coreos.com", Version: "v1alpha1", Kind: "AlertmanagerConfig"},
	{Version: "v1", Kind: "ConfigMap"},
}

// children are what the operator has made in a namespace: their identities, which tell
// those that were made anew.
func (c *cluster) children(ctx context.Context, namespace string) (map[string]types.UID, error) {
	out := map[string]types.UID{}
	for _, kind := range childKinds {
		var found metav1.PartialObjectMetadataList
		found.SetGroupVersionKind(kind)
		if err := c.List(ctx, &found, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/managed-by": "ragmonitor-operator"}); err != nil {
			return nil, fmt.Errorf("list %s of %s: %w", kind.Kind, namespace, err)
		}
		for _, o := range found.Items {
			out[kind.Kind+"/"+o.Name] = o.UID
		}
	}
	return out, nil
}

func (c *cluster) childrenNow(ctx context.Context, namespace string) map[string]types.UID {
	GinkgoHelper()
	out, err := c.children(ctx, namespace)
	Expect(err).NotTo(HaveOccurred())
	return out
}

// staysAsItWas wants the same objects for a while, no more and no less.
func (c *cluster) staysAsItWas(ctx context.Context, namespace string, before map[string]types.UID, lasting time.Duration) {
	GinkgoHelper()
	Consistently(func() (map[string]types.UID, error) { return c.children(ctx, namespace) }).
		WithTimeout(lasting).WithPolling(glance).Should(Equal(before))
}
