//go:build e2e

package e2e_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	slowReranker   = `{"slow":{"reranking":40}}`
	rerankerIsSlow = "Degraded/StageLatencyHigh, bottleneck reranking"
	allIsWell      = "Healthy/ObjectivesMet"
)

// bothSources: the same service, watched through the Prometheus of the cluster and by
// the operator itself.
func bothSources() {
	sources := map[string]string{"support-bot": "prometheus", "support-bot-own": "own"}
	bot := func() service { return service{it, team, "support-bot"} }

	BeforeAll(func(ctx SpecContext) {
		it.apply(ctx, team, "monitors", "support-bot-own.yaml")
		DeferCleanup(func(ctx SpecContext) {
			it.kubectl(ctx, "delete", "ragmonitor", "support-bot-own", "--namespace", team)
		})
	})

	It("says the same while all is well", func(ctx SpecContext) {
		for name, source := range sources {
			tell(source+": until healthy", it.awaitVerdict(ctx, team, name, allIsWell))
		}
	})

	It("says the same of a stage that is slow", func(ctx SpecContext) {
		bot().breaks(ctx, slowReranker)
		begun := time.Now()
		for name, source := range sources {
			it.awaitVerdict(ctx, team, name, rerankerIsSlow)
			tell(source+": until the slow reranker is named", time.Since(begun))
		}
		bot().heals(ctx)
		for name := range sources {
			it.awaitVerdict(ctx, team, name, allIsWell)
		}
	})

	It("goes on where there is no Prometheus", func(ctx SpecContext) {
		it.runPrometheus(ctx, 0)
		DeferCleanup(func(ctx SpecContext) {
			bot().heals(ctx)
			it.runPrometheus(ctx, 1)
			it.awaitVerdict(ctx, team, "support-bot", allIsWell)
		})
		it.awaitVerdict(ctx, team, "support-bot", "Unknown/SourceFailed")
		bot().breaks(ctx, slowReranker)
		tell("without a Prometheus: until the slow reranker is named", it.awaitVerdict(ctx, team, "support-bot-own", rerankerIsSlow))
	})
}

// runPrometheus has so many of it run, and waits for that.
func (c *cluster) runPrometheus(ctx context.Context, replicas int32) {
	GinkgoHelper()
	key := client.ObjectKey{Namespace: stackNamespace, Name: "main"}
	var prometheus monitoringv1.Prometheus
	Expect(c.Get(ctx, key, &prometheus)).To(Succeed())
	before := prometheus.DeepCopy()
	prometheus.Spec.Replicas = &replicas
	Expect(c.Patch(ctx, &prometheus, client.MergeFrom(before))).To(Succeed())
	Eventually(func(g Gomega) {
		g.Expect(c.Get(ctx, key, &prometheus)).To(Succeed())
		g.Expect(prometheus.Status.AvailableReplicas).To(Equal(replicas))
		g.Expect(prometheus.Status.Replicas).To(Equal(replicas))
	}).WithTimeout(started).WithPolling(glance).Should(Succeed())
}
