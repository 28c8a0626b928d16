//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	prometheusapi "github.com/prometheus/client_golang/api/prometheus/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	systemNamespace = "ragmonitor-system"
	release         = "ragmonitor-operator"
	// team has the RAG service that most specs are about.
	team = "team-search"
)

// freshInstallation: from nothing to a row that is right, with the Prometheus that the
// Prometheus Operator runs.
func freshInstallation() {
	BeforeAll(func(ctx SpecContext) {
		it.keepNamespace(ctx, team)
		it.apply(ctx, team, "services", "support-bot.yaml")
		it.awaitDeployments(ctx, team)
	})

	It("says that the service is healthy", func(ctx SpecContext) {
		begun := time.Now()
		it.install(ctx)
		tell("helm install until the operator is ready", time.Since(begun))
		it.apply(ctx, team, "monitors", "support-bot.yaml")
		it.awaitVerdict(ctx, team, "support-bot", "Healthy/ObjectivesMet")
		tell("helm install until the first healthy row", time.Since(begun))
		show("the row", "\n"+it.kubectl(ctx, "get", "ragmonitors", "--namespace", team))
	})

	It("has children that the Prometheus Operator takes", func(ctx SpecContext) {
		Eventually(func(g Gomega) {
			var monitors monitoringv1.ServiceMonitorList
			g.Expect(it.List(ctx, &monitors, client.InNamespace(team))).To(Succeed())
			g.Expect(monitors.Items).NotTo(BeEmpty())
			for _, m := range monitors.Items {
				g.Expect(accepted(m.Status.Bindings)).To(BeTrue(), "the Prometheus Operator does not accept the ServiceMonitor %s", m.Name)
			}
		}).WithTimeout(judged).WithPolling(glance).Should(Succeed())
		it.awaitStack(ctx)
		var refused []string
		for _, event := range it.warnings(ctx, team) {
			refused = append(refused, event.Reason+": "+event.Message)
		}
		Expect(refused).To(BeEmpty(), "warnings about objects of the namespace")
	})

	It("has its rules loaded, and none fails", func(ctx SpecContext) {
		var rules monitoringv1.PrometheusRuleList
		Expect(it.List(ctx, &rules, client.InNamespace(team))).To(Succeed())
		want := map[string]int{}
		for _, rule := range rules.Items {
			for _, group := range rule.Spec.Groups {
				want[group.Name] += len(group.Rules)
			}
		}
		Expect(want).NotTo(BeEmpty())
		Eventually(func(g Gomega) {
			loaded, err := it.prometheus().Rules(ctx, nil)
			g.Expect(err).NotTo(HaveOccurred())
			got, failing := rulesOf(loaded, team)
			g.Expect(got).To(Equal(want))
			g.Expect(failing).To(BeEmpty())
		}).WithTimeout(judged).WithPolling(glance).Should(Succeed())
	})

	It("has its targets up", func(ctx SpecContext) {
		m, err := it.monitor(ctx, team, "support-bot")
		Expect(err).NotTo(HaveOccurred())
		Expect(m.Status.Readings.Targets).To(Equal("3/3"))
		Expect(it.count(ctx, `up{namespace="`+team+`", ragmonitor="support-bot"} == 1`)).To(Equal(3))
	})

	It("shows what PromQL over the service's own metrics says", func(ctx SpecContext) {
		for column, expr := range byHand(team) {
			Eventually(func(g Gomega) {
				want, err := it.value(ctx, expr)
				g.Expect(err).NotTo(HaveOccurred())
				shown := it.row(ctx, team, "support-bot")[column]
				got, err := figure(shown)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(got).To(BeNumerically("~", want, 0.1*want), "%s is %s; by hand: %s", column, shown, expr)
			}).WithTimeout(judged).WithPolling(glance).Should(Succeed())
		}
	})
}

// accepted says whether a Prometheus has taken up what the bindings are of.
func accepted(bindings []monitoringv1.WorkloadBinding) bool {
	return slices.ContainsFunc(bindings, func(b monitoringv1.WorkloadBinding) bool {
		return slices.ContainsFunc(b.Conditions, func(c monitoringv1.ConfigResourceCondition) bool {
			return c.Type == monitoringv1.Accepted && c.Status == monitoringv1.ConditionTrue
		})
	})
}

// install installs the chart from this repository, with the images that were loaded.
func (c *cluster) install(ctx context.Context, settings ...string) {
	GinkgoHelper()
	c.helm(ctx, append([]string{
		"upgrade", "--install", release, c.path("charts", "ragmonitor-operator"), "--create-namespace", "--wait", "--timeout", "3m",
		"--values", c.path("test", "e2e", "values.yaml"),
	}, settings...)...)
}

// byHand are the columns of a row as one would work them out from what the services
// expose, without anything that we record.
func byHand(namespace string) map[string]string {
	of := func(text string) string {
		return strings.ReplaceAll(text, "{", `{namespace="`+namespace+`",ragmonitor="support-bot",`)
	}
	return map[string]string{
		"P95": of(`max(histogram_quantile(0.95, sum by (le) (rate(rag_query_latency_seconds_bucket{component="api"}[20s]))) ` +
			`or histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{component="assistant"}[20s]))))`),
		"ERRORS": of(`100 * ((sum(rate(rag_requests_total{status="error"}[20s])) or vector(0)) + (sum(rate(http_requests_total{status_code=~"5.."}[20s])) or vector(0))) ` +
			`/ (sum(rate(rag_requests_total{}[20s])) + sum(rate(http_requests_total{}[20s])))`),
		"COST/DAY": of(`86400 * sum(rate(rag_total_cost_usd{}[20s]))`),
	}
}

// figure is a number as a row shows it: 2.4s, 180ms, 0.8%, $42.
func figure(text string) (float64, error) {
	if duration, err := time.ParseDuration(text); err == nil {
		return duration.Seconds(), nil
	}
	out, err := strconv.ParseFloat(strings.Trim(text, "$%<"), 64)
	if err != nil {
		return 0, fmt.Errorf("read the figure %q: %w", text, err)
	}
	return out, nil
}

// row is what "kubectl get ragmonitors" says of a RAGMonitor, by column.
func (c *cluster) row(ctx context.Context, namespace, name string) map[string]string {
	GinkgoHelper()
	lines := strings.Split(c.kubectl(ctx, "get", "ragmonitors", name, "--namespace", namespace, "--output=wide"), "\n")
	Expect(len(lines)).To(BeNumerically(">=", 2))
	out := map[string]string{}
	for _, at := range columns.FindAllStringIndex(lines[0], -1) {
		end := min(at[1], len(lines[1]))
		out[strings.TrimSpace(lines[0][at[0]:at[1]])] = strings.TrimSpace(lines[1][min(at[0], end):end])
	}
	return out
}

// columns are separated by three blanks; a name may have one inside.
var columns = regexp.MustCompile(`\S+( \S+)*(\s\s+|$)`)

// rulesOf are how many rules of each group of a namespace are loaded, and the errors of
// those that fail.
func rulesOf(loaded prometheusapi.RulesResult, namespace string) (groups map[string]int, failing []string) {
	groups = map[string]int{}
	for _, group := range loaded.Groups {
		if !strings.Contains(group.File, "/"+namespace+"-") {
			continue
		}
		groups[group.Name] += len(group.Rules)
		for _, rule := range group.Rules {
			switch r := rule.(type) {
			case prometheusapi.RecordingRule:
				failing = append(failing, nonEmpty(r.Name, r.LastError)...)
			case prometheusapi.AlertingRule:
				failing = append(failing, nonEmpty(r.Name, r.LastError)...)
			}
		}
	}
	return groups, failing
}

func nonEmpty(name, problem string) []string {
	if problem == "" {
		return nil
	}
	return []string{name + ": " + problem}
}

// warnings are what others than us warn of in a namespace.
func (c *cluster) warnings(ctx context.Context, namespace string) []corev1.Event {
	GinkgoHelper()
	var all corev1.EventList
	Expect(c.List(ctx, &all, client.InNamespace(namespace))).To(Succeed())
	return slices.DeleteFunc(all.Items, func(e corev1.Event) bool {
		return e.Type != corev1.EventTypeWarning || !strings.HasPrefix(e.InvolvedObject.APIVersion, "monitoring.coreos.com/")
	})
}
