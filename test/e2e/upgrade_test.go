//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// There are so many RAGMonitors of each of these teams when the operator is upgraded.
const (
	upgradeTeams  = 5
	monitorsEach  = 10
	settledWithin = 6 * time.Minute
)

// upgraded: from the version before this one, and back, with fifty RAGMonitors there.
func upgraded() {
	var before map[string]types.UID
	namespaces := make([]string, upgradeTeams)
	for i := range namespaces {
		namespaces[i] = fmt.Sprintf("team-%02d", i)
	}

	BeforeAll(func(ctx SpecContext) {
		it.helm(ctx, "uninstall", release, "--wait", "--ignore-not-found")
		it.installPrevious(ctx)
		for _, namespace := range namespaces {
			it.makeNamespace(ctx, namespace, nil)
			it.makeMonitors(ctx, namespace)
		}
		it.awaitReady(ctx, namespaces)
		before = it.allChildren(ctx, namespaces)
		Expect(len(before)).To(BeNumerically(">=", 3*upgradeTeams*monitorsEach))
	})

	It("makes no object anew", func(ctx SpecContext) {
		begun := time.Now()
		it.install(ctx)
		it.awaitReady(ctx, namespaces)
		tell(fmt.Sprintf("helm upgrade until %d RAGMonitors are ready", upgradeTeams*monitorsEach), time.Since(begun))
		it.areStillThere(ctx, before, namespaces)
	})

	It("makes no object anew on the way back", func(ctx SpecContext) {
		it.helm(ctx, "rollback", release, "--wait", "--timeout", "3m")
		it.awaitReady(ctx, namespaces)
		it.areStillThere(ctx, before, namespaces)
	})

	It("is this version again", func(ctx SpecContext) {
		it.install(ctx)
		it.awaitReady(ctx, namespaces)
		it.areStillThere(ctx, before, namespaces)
	})
}

// installPrevious installs the chart of the version before this one, with its operator.
func (c *cluster) installPrevious(ctx context.Context) {
	GinkgoHelper()
	c.helm(ctx, "upgrade", "--install", release, c.path("bin", "previous", "chart"), "--create-namespace", "--wait", "--timeout", "3m",
		"--values", c.path("test", "e2e", "values-previous.yaml"))
}

func (c *cluster) makeMonitors(ctx context.Context, namespace string) {
	GinkgoHelper()
	for i := range monitorsEach {
		m := &v1alpha1.RAGMonitor{}
		m.Namespace, m.Name = namespace, fmt.Sprintf("bot-%02d", i)
		selector := &v1alpha1.ServiceSelector{MatchLabels: map[string]v1alpha1.LabelValue{"app": v1alpha1.LabelValue(m.Name)}}
		m.Spec.Components = []v1alpha1.Component{{Name: "api", Vocabulary: "rag", Selector: selector}}
		Expect(c.Create(ctx, m)).To(Succeed())
	}
}

// awaitReady waits until all RAGMonitors are, as the operator that runs now sees it.
func (c *cluster) awaitReady(ctx context.Context, namespaces []string) {
	GinkgoHelper()
	Eventually(func() ([]string, error) {
		var not []string
		for _, namespace := range namespaces {
			var all v1alpha1.RAGMonitorList
			if err := c.List(ctx, &all, client.InNamespace(namespace)); err != nil {
				return nil, fmt.Errorf("list the RAGMonitors of %s: %w", namespace, err)
			}
			for _, m := range all.Items {
				if reasonOf(&m, "Ready") != "Ready" {
					not = append(not, namespace+"/"+m.Name)
				}
			}
		}
		return not, nil
	}).WithTimeout(settledWithin).WithPolling(glance).Should(BeEmpty())
}

func (c *cluster) allChildren(ctx context.Context, namespaces []string) map[string]types.UID {
	GinkgoHelper()
	out := map[string]types.UID{}
	for _, namespace := range namespaces {
		for name, uid := range c.childrenNow(ctx, namespace) {
			out[namespace+"/"+name] = uid
		}
	}
	return out
}

// areStillThere wants every object of before, for as long as an operator that has just
// started may take to look at all of them; a newer version may make more.
func (c *cluster) areStillThere(ctx context.Context, before map[string]types.UID, namespaces []string) {
	GinkgoHelper()
	Consistently(func() map[string]types.UID {
		now := c.allChildren(ctx, namespaces)
		maps.DeleteFunc(now, func(name string, _ types.UID) bool {
			_, there := before[name]
			return !there
		})
		return now
	}).WithTimeout(aWhile).WithPolling(glance).Should(Equal(before), "objects that were made anew, of %s", strings.Join(namespaces, ", "))
}
