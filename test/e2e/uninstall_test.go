//go:build e2e

package e2e_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// clusterKinds are the kinds of which the chart has objects, and the operator makes some
// of its own.
var clusterKinds = append([]schema.GroupVersionKind{
	{Group: "apps", Version: "v1", Kind: "Deployment"},
	{Group: "apps", Version: "v1", Kind: "DaemonSet"},
	{Group: "batch", Version: "v1", Kind: "Job"},
	{Group: "policy", Version: "v1", Kind: "PodDisruptionBudget"},
	{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRole"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRoleBinding"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "Role"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding"},
	{Version: "v1", Kind: "Service"},
	{Version: "v1", Kind: "ServiceAccount"},
}, childKinds...)

// uninstalled: what is left are the CustomResourceDefinition and the RAGMonitors.
func uninstalled() {
	It("leaves its RAGMonitors, and nothing else", func(ctx SpecContext) {
		it.awaitVerdict(ctx, team, "support-bot", allIsWell)
		Expect(it.childrenNow(ctx, team)).NotTo(BeEmpty())
		begun := time.Now()
		it.helm(ctx, "uninstall", release, "--wait", "--timeout", "3m")
		tell("helm uninstall", time.Since(begun))
		Eventually(func() ([]string, error) { return it.ours(ctx) }).
			WithTimeout(started).WithPolling(glance).Should(BeEmpty(), "left in the cluster")
		m, err := it.monitor(ctx, team, "support-bot")
		Expect(err).NotTo(HaveOccurred())
		Expect(verdict(m)).To(Equal("Unknown/Uninstalled"))
	})

	It("comes back to them", func(ctx SpecContext) {
		it.install(ctx)
		it.awaitVerdict(ctx, team, "support-bot", allIsWell)
	})
}

// ours are the objects of the operator and of its chart, anywhere.
func (c *cluster) ours(ctx context.Context) ([]string, error) {
	var out []string
	for _, label := range []string{"app.kubernetes.io/managed-by=ragmonitor-operator", "app.kubernetes.io/instance=" + release} {
		selector, err := metav1.ParseToLabelSelector(label)
		if err != nil {
			return nil, err
		}
		for _, kind := range clusterKinds {
			var found metav1.PartialObjectMetadataList
			found.SetGroupVersionKind(kind)
			if err := c.List(ctx, &found, client.MatchingLabels(selector.MatchLabels)); err != nil {
				return nil, err
			}
			for _, o := range found.Items {
				out = append(out, kind.Kind+" "+o.Namespace+"/"+o.Name)
			}
		}
	}
	return out, nil
}
