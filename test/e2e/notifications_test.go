//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	prometheusapi "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

const (
	// delivered is how long a message may take from a fault on: the window of the
	// rules, an evaluation, and what Alertmanager waits.
	delivered = 5 * time.Minute

	someRequestsFail = `{"errorRatio":0.5,"cacheHitRatio":0.02}`
	errorsAreHigh    = "RAGErrorRatioHigh"
	budgetBurns      = "RAGErrorBudgetBurn"
)

// toldOf: from a fault to the messages, and to those that say that it is over.
func toldOf() {
	bot := func() service { return service{it, team, "support-bot"} }
	var begun time.Time
	// A Prometheus of an earlier run remembers what was spent of a budget.
	paged := fmt.Sprintf("support-bot-%d", time.Now().Unix())

	BeforeAll(func(ctx SpecContext) {
		it.putSecret(ctx, team, "notifications", map[string][]byte{
			"token": []byte("only-for-the-suite"), "password": []byte(sinksPassword), "ca.crt": it.mailCertificate,
		})
		it.applyAs(ctx, team, paged, "monitors", "support-bot-paged.yaml")
		DeferCleanup(func(ctx SpecContext) {
			bot().heals(ctx)
			it.kubectl(ctx, "delete", "ragmonitor", paged, "--namespace", team)
		})
		it.awaitVerdict(ctx, team, paged, allIsWell)
		it.forget(ctx)
	})

	It("says that Alertmanager takes the configuration up", func(ctx SpecContext) {
		Eventually(func(g Gomega) {
			m, err := it.monitor(ctx, team, paged)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(reasonOf(m, v1alpha1.ConditionNotifying)).To(BeElementOf("ConfigurationSelected", "ConfigurationAccepted"))
		}).WithTimeout(judged).WithPolling(glance).Should(Succeed())
		it.awaitRoutes(ctx, team+"/"+paged+"-notifications")
	})

	It("fires", func(ctx SpecContext) {
		begun = time.Now()
		bot().breaks(ctx, someRequestsFail)
		Eventually(func() ([]string, error) { return it.firing(ctx, team, paged) }).
			WithTimeout(delivered).WithPolling(glance / 4).Should(ContainElement(errorsAreHigh + " critical"))
		tell("fault until the alert fires in Prometheus", time.Since(begun))
	})

	It("posts what, how bad, since when, and where to look", func(ctx SpecContext) {
		var got []hook
		Eventually(func() (_ []hook, err error) {
			got, err = it.hooks(ctx, team, errorsAreHigh, "firing")
			return got, err
		}).WithTimeout(delivered).WithPolling(glance / 4).ShouldNot(BeEmpty())
		tell("fault until the webhook is called", got[0].at.Sub(begun))
		show("the body of the webhook", "\n"+got[0].body)
		Expect(got[0].authorization).To(Equal("Bearer only-for-the-suite"))
		alert := got[0].Alerts[0]
		Expect(alert.Labels).To(And(
			HaveKeyWithValue("severity", "critical"), HaveKeyWithValue("namespace", team), HaveKeyWithValue("ragmonitor", paged)))
		Expect(alert.StartsAt).To(BeTemporally("~", begun, delivered))
		for _, annotation := range []string{"summary", "description", "runbook_url", "dashboard_url"} {
			Expect(alert.Annotations).To(HaveKeyWithValue(annotation, Not(BeEmpty())))
		}
	})

	It("sends a mail that says the same, encrypted and logged in", func(ctx SpecContext) {
		var got []letter
		Eventually(func() (_ []letter, err error) {
			got, err = it.letters(ctx, "[CRITICAL] "+team+"/"+paged)
			return got, err
		}).WithTimeout(delivered).WithPolling(glance / 4).ShouldNot(BeEmpty())
		tell("fault until the mail is there", got[0].at.Sub(begun))
		show("the mail", "\nSubject: "+got[0].subject+"\n\n"+got[0].text)
		Expect(got[0].encrypted).To(BeTrue())
		Expect(got[0].to).To(Equal([]string{"search-team@example.com"}))
		for _, text := range []string{got[0].text, got[0].html} {
			Expect(text).To(And(ContainSubstring("Since 20"), ContainSubstring("/runbooks/RAGError"), ContainSubstring("/d/")))
		}
	})

	It("tells nobody of a warning while the critical alert of the same signal fires", func(ctx SpecContext) {
		Eventually(func() ([]string, error) { return it.firing(ctx, team, paged) }).
			WithTimeout(delivered).WithPolling(glance).Should(ContainElements(budgetBurns+" critical", budgetBurns+" warning"))
		Eventually(func() ([]string, error) { return it.suppressed(ctx, team, paged) }).
			WithTimeout(delivered).WithPolling(glance).Should(ContainElement(budgetBurns + " warning"))
	})

	It("tells nobody of an alert that burns in", func(ctx SpecContext) {
		Eventually(func() (float64, error) {
			return it.value(ctx, `ragmonitor:burn_in_firing:active{namespace="`+team+`",ragmonitor="`+paged+`",alert="RAGCacheHitRatioLow"}`)
		}).WithTimeout(delivered).WithPolling(glance).Should(Equal(1.0))
		Consistently(func() ([]hook, error) { return it.hooks(ctx, team, "RAGCacheHitRatioLow", "firing") }).
			WithTimeout(aWhile).WithPolling(glance).Should(BeEmpty())
	})

	It("says when it is over", func(ctx SpecContext) {
		bot().heals(ctx)
		healed := time.Now()
		Eventually(func() ([]hook, error) { return it.hooks(ctx, team, errorsAreHigh, "resolved") }).
			WithTimeout(delivered).WithPolling(glance / 4).ShouldNot(BeEmpty())
		tell("healed until the webhook says so", time.Since(healed))
		Eventually(func() ([]letter, error) { return it.letters(ctx, "[RESOLVED] "+team+"/"+paged) }).
			WithTimeout(delivered).WithPolling(glance / 4).ShouldNot(BeEmpty())
		tell("healed until the mail says so", time.Since(healed))
	})
}

// firing are the alerts of a RAGMonitor that fire in Prometheus, with their severities.
func (c *cluster) firing(ctx context.Context, namespace, name string) ([]string, error) {
	answer, err := c.prometheus().Alerts(ctx)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	var out []string
	for _, alert := range answer.Alerts {
		if alert.State == prometheusapi.AlertStateFiring && string(alert.Labels["namespace"]) == namespace && string(alert.Labels["ragmonitor"]) == name {
			out = append(out, string(alert.Labels["alertname"]+" "+alert.Labels["severity"]))
		}
	}
	return out, nil
}

// alertmanager's answer to a question about alerts.
type managedAlert struct {
	Labels map[string]string
	Status struct {
		State       string
		InhibitedBy []string
	}
}

// suppressed are the alerts of a RAGMonitor that Alertmanager holds back for others.
func (c *cluster) suppressed(ctx context.Context, namespace, name string) ([]string, error) {
	answer, err := c.get(ctx, stackNamespace, "alertmanager-operated:web", "api/v2/alerts")
	if err != nil {
		return nil, err
	}
	var all []managedAlert
	if err := json.Unmarshal(answer, &all); err != nil {
		return nil, fmt.Errorf("read the alerts of Alertmanager: %w", err)
	}
	var out []string
	for _, alert := range all {
		if len(alert.Status.InhibitedBy) > 0 && alert.Labels["namespace"] == namespace && alert.Labels["ragmonitor"] == name {
			out = append(out, alert.Labels["alertname"]+" "+alert.Labels["severity"])
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// awaitRoutes waits until Alertmanager has receivers of an AlertmanagerConfig.
func (c *cluster) awaitRoutes(ctx context.Context, config string) {
	GinkgoHelper()
	Eventually(func() (string, error) {
		answer, err := c.get(ctx, stackNamespace, "alertmanager-operated:web", "api/v2/receivers")
		return string(answer), err
	}).WithTimeout(judged).WithPolling(glance).Should(ContainSubstring(config + "/"))
}
