//go:build e2e

package e2e_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

const nodeExporter = "ragmonitor-node-exporter"

// ofNodes: one node-exporter for each node, ours or somebody else's, and never both.
func ofNodes() {
	It("runs one node-exporter on every node", func(ctx SpecContext) {
		it.awaitNodeExporter(ctx)
	})

	It("has its figures scraped", func(ctx SpecContext) {
		nodes := it.nodes(ctx)
		for _, expr := range []string{
			`up{namespace="` + systemNamespace + `", job=~".*node-exporter.*"} == 1`,
			`node_memory_MemAvailable_bytes{namespace="` + systemNamespace + `"}`,
		} {
			Eventually(func() (int, error) { return it.count(ctx, expr) }).
				WithTimeout(judged).WithPolling(glance).Should(Equal(nodes), expr)
		}
	})

	It("has its rules on nodes evaluated", func(ctx SpecContext) {
		Eventually(func(g Gomega) {
			loaded, err := it.prometheus().Rules(ctx, nil)
			g.Expect(err).NotTo(HaveOccurred())
			groups, failing := rulesOf(loaded, systemNamespace)
			g.Expect(groups).NotTo(BeEmpty())
			g.Expect(failing).To(BeEmpty())
		}).WithTimeout(judged).WithPolling(glance).Should(Succeed())
	})

	It("knows what the containers of the service take", func(ctx SpecContext) {
		Eventually(func() (int, error) {
			return it.count(ctx, `ragmonitor:container_memory_bytes:max{namespace="`+team+`", ragmonitor="support-bot"} > 0`)
		}).WithTimeout(judged).WithPolling(glance).Should(BeNumerically(">=", 2))
	})

	It("stands aside for another node-exporter, and comes back", func(ctx SpecContext) {
		it.apply(ctx, "", "stack", "other-exporter.yaml")
		DeferCleanup(func(ctx SpecContext) {
			it.kubectl(ctx, "delete", "--ignore-not-found", "-f", it.path("test", "e2e", "stack", "other-exporter.yaml"))
		})
		key := client.ObjectKey{Namespace: systemNamespace, Name: nodeExporter}
		Eventually(func() bool { return apierrors.IsNotFound(it.Get(ctx, key, &appsv1.DaemonSet{})) }).
			WithTimeout(judged).WithPolling(glance).Should(BeTrue(), "ours is still there")
		Eventually(func() (string, error) { return it.said(ctx, v1alpha1.ConditionAvailable) }).
			WithTimeout(judged).WithPolling(glance).Should(ContainSubstring("monitoring/prometheus-node-exporter"))
		it.kubectl(ctx, "delete", "-f", it.path("test", "e2e", "stack", "other-exporter.yaml"))
		it.awaitNodeExporter(ctx)
	})
}

func (c *cluster) nodes(ctx context.Context) int {
	GinkgoHelper()
	var nodes corev1.NodeList
	Expect(c.List(ctx, &nodes)).To(Succeed())
	return len(nodes.Items)
}

// awaitNodeExporter waits until ours runs on every node.
func (c *cluster) awaitNodeExporter(ctx context.Context) {
	GinkgoHelper()
	nodes := c.nodes(ctx)
	Eventually(func(g Gomega) {
		var daemonSet appsv1.DaemonSet
		g.Expect(c.Get(ctx, client.ObjectKey{Namespace: systemNamespace, Name: nodeExporter}, &daemonSet)).To(Succeed())
		g.Expect(int(daemonSet.Status.NumberReady)).To(Equal(nodes))
	}).WithTimeout(judged).WithPolling(glance).Should(Succeed())
}

// said is the message of a condition of the service's RAGMonitor.
func (c *cluster) said(ctx context.Context, condition string) (string, error) {
	m, err := c.monitor(ctx, team, "support-bot")
	if err != nil {
		return "", err
	}
	found := meta.FindStatusCondition(m.Status.Conditions, condition)
	if found == nil {
		return "", fmt.Errorf("there is no condition %s", condition)
	}
	return found.Message, nil
}
