//go:build e2e

package e2e_test

import (
	"context"
	"maps"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/hack/controlplane"
)

// ownNode labels what breaks parts of the node, or removes what others may have made: only
// in a cluster that the suite made.
const ownNode = "own-node"

// healing: parts of the cluster end, and all is as it was.
func healing() {
	var before map[string]types.UID
	BeforeAll(func(ctx SpecContext) {
		it.awaitVerdict(ctx, team, "support-bot", allIsWell)
		before = it.childrenNow(ctx, team)
	})

	// wakes wants a verdict that was reached after something happened.
	wakes := func(ctx context.Context, what string, since time.Time) {
		GinkgoHelper()
		service{it, team, "support-bot"}.breaks(ctx, slowReranker)
		it.awaitVerdict(ctx, team, "support-bot", rerankerIsSlow)
		tell(what+": until the operator names a fault again", time.Since(since))
		service{it, team, "support-bot"}.heals(ctx)
		it.awaitVerdict(ctx, team, "support-bot", allIsWell)
		it.staysAsItWas(ctx, team, before, 5*time.Second)
	}

	It("goes on after the operator was killed", func(ctx SpecContext) {
		begun := time.Now()
		Expect(it.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(systemNamespace),
			client.MatchingLabels{"app.kubernetes.io/name": "ragmonitor-operator"}, client.GracePeriodSeconds(0))).To(Succeed())
		wakes(ctx, "operator killed", begun)
	})

	It("goes on after containerd was restarted", Label(ownNode), func(ctx SpecContext) {
		begun := time.Now()
		it.restart(ctx, "containerd")
		wakes(ctx, "containerd restarted", begun)
	})

	It("goes on after the API server was restarted", Label(ownNode), func(ctx SpecContext) {
		begun := time.Now()
		it.restart(ctx, "kube-apiserver")
		wakes(ctx, "API server restarted", begun)
	})

	It("makes its objects anew after their kinds were gone", Label(ownNode), func(ctx SpecContext) {
		files := it.removeKinds(ctx, "servicemonitors", "prometheusrules", "alertmanagerconfigs")
		Eventually(func(g Gomega) {
			m, err := it.monitor(ctx, team, "support-bot")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(reasonOf(m, "Ready")).To(Equal("APIsMissing"))
		}).WithTimeout(judged).WithPolling(glance).Should(Succeed())
		begun := time.Now()
		for _, file := range files {
			it.kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", file)
		}
		Eventually(func() ([]string, error) {
			now, err := it.children(ctx, team)
			return slices.Sorted(maps.Keys(now)), err
		}).WithTimeout(judged).WithPolling(glance).Should(Equal(slices.Sorted(maps.Keys(before))))
		tell("kinds put back: until all objects are there", time.Since(begun))
		before = it.childrenNow(ctx, team)
		wakes(ctx, "kinds put back", begun)
	})
}

// restart ends a part of the node that the suite made, and waits for the node.
func (c *cluster) restart(ctx context.Context, part string) {
	GinkgoHelper()
	c.run(ctx, "cluster", "restart", part)
	Eventually(func(g Gomega) {
		var nodes corev1.NodeList
		g.Expect(c.List(ctx, &nodes)).To(Succeed())
		for _, node := range nodes.Items {
			g.Expect(ready(node)).To(BeTrue(), "node %s is not ready", node.Name)
		}
	}).WithTimeout(started).WithPolling(glance).Should(Succeed())
}

func ready(node corev1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

// removeKinds removes CustomResourceDefinitions of the Prometheus Operator, and all
// their objects with them. It returns the files that they come from.
func (c *cluster) removeKinds(ctx context.Context, plurals ...string) (files []string) {
	GinkgoHelper()
	for _, plural := range plurals {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		crd.Name = plural + ".monitoring.coreos.com"
		Expect(c.Delete(ctx, crd)).To(Succeed())
		Eventually(func() bool {
			return apierrors.IsNotFound(c.Get(ctx, client.ObjectKeyFromObject(crd), crd))
		}).WithTimeout(started).WithPolling(glance).Should(BeTrue(), "%s does not go", crd.Name)
		files = append(files, controlplane.PrometheusOperatorCRD(c.crds, plural))
	}
	return files
}
