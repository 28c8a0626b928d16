package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"
)

// maximal has as much of everything as the CRD allows, and the longest of names; of
// signals, and of values to match, it has as many as fit into a request.
func maximal(t *testing.T) map[string]any {
	t.Helper()
	components := []string{serving(0)}
	for i := 1; i < 9; i++ {
		components = append(components, scraped(i))
	}
	for i := 9; i < 15; i++ {
		components = append(components, collected(i))
	}
	components = append(components, ownSignals(15))
	return with(t, "", `
metadata: {name: `+x(63)+`}
spec:
  components: [`+strings.Join(components, ", ")+`]
  objectives:
    latency: {p95: 59m59.99999999s, timeToFirstTokenP95: 59m59.99999999s}
    stages: `+list(16, "{name: "+x(61)+"%02d, p95: 59m59.99999999s}")+`
    errorRatio: "0.9999999999"
    cost:
      perDayUSD: "999999999.999999"
      perRequestP95USD: "999999999.999999"
      source: Tokens
      budget: {amountUSD: "999999999.999999", period: Month, timeZone: `+x(64)+`}
    cacheHitRatio: "0.9999999999"
    relevanceP50: "0.9999999999"
    contextPrecisionP50: "0.9999999999"
    rateLimitRemaining: 1000000000
  slos: `+list(8, `{name: `+x(61)+`%02d, objective: "99.999999999", period: 90d, indicator: Latency, threshold: 59m59.99999999s, minimumRequests: 1000000}`)+`
  evaluation: {interval: 59.999999999s, window: 59m59.99999999s, costWindow: 23h59m59.999999s}
  alerts:
    mode: BurnIn
    labels: `+alertLabels(16)+`
    overrides: `+list(64, `{alert: A`+x(60)+`%02d, mode: "Off", severity: critical, for: 23h59m59.999999s, threshold: "9999999999.99999", labels: `+literal(alertLabels(8))+`}`)+`
    custom: `+list(16, `{name: A`+x(60)+`%02d, expression: `+x(2048)+`, for: 23h59m59.999999s, severity: critical, summary: `+x(256)+`, signal: `+x(63)+`, mode: Notify, labels: `+literal(alertLabels(8))+`}`)+`
  dashboards: {folder: `+x(63)+`}
  notifications: `+allNotified()+`
  nodeMetrics: Required
`)
}

// allNotified has as many receivers as there may be, of the kinds with the most
// fields in turn.
func allNotified() string {
	secret := "{name: " + x(253) + ", key: " + x(253) + "}"
	trust := "{caSecret: " + secret + ", serverName: " + x(253) + "}"
	email := "email: {to: " + list(16, x(50)+"%02d@"+x(201)) + ", from: a@" + x(252) + ", smarthost: '" + x(253) + ":65535', login: {username: " + x(254) + ", passwordSecret: " + secret + "}, tls: " + trust + "}"
	webhook := "webhook: {url: 'https://" + x(1016) + "', basicAuth: {usernameSecret: " + secret + ", passwordSecret: " + secret + "}, tls: " + trust + "}"
	opsgenie := "opsgenie: {apiKeySecret: " + secret + ", url: 'https://" + x(1016) + "', responders: " + list(8, "{type: escalation, name: "+x(126)+"%02d}") + "}"
	var receivers []string
	for i := range 16 {
		receivers = append(receivers, fmt.Sprintf("{name: %s%02d, resolvedMessages: Omit, %s}", x(61), i, []string{email, webhook, opsgenie}[i%3]))
	}
	route := "{severity: %s, receivers: " + list(4, x(61)+"%02d") + ", repeatInterval: 119h59m59.9999s}"
	interval := "{times: " + list(8, `{start: "00:0%d", end: "23:59"}`) + ", weekdays: [" + strings.TrimSuffix(strings.Repeat(`"wednesday:thursday", `, 7), ", ") +
		"], daysOfMonth: " + list(8, "{start: -2%d, end: -1}") + ", months: [" + strings.TrimSuffix(strings.Repeat(`"november:december", `, 12), ", ") +
		"], years: " + list(8, `"202%d:2999"`) + ", location: UTC}"
	intervals := "[" + strings.TrimSuffix(strings.Repeat(interval+", ", 8), ", ") + "]"
	return "{receivers: [" + strings.Join(receivers, ", ") + "], defaultReceiver: " + x(61) + "15, groupBy: " + list(8, x(61)+"%02d") +
		", groupWait: 9m59.9999999999s, groupInterval: 23h59m59.99999s, repeatInterval: 119h59m59.99999s, routes: [" +
		strings.Join(each(route, "critical", "warning", "info"), ", ") + "], muteTimes: " +
		list(8, "{name: "+x(61)+"%02d, severities: [critical, warning, info], intervals: "+literal(intervals)+"}") + "}"
}

// literal lets text pass through a format.
func literal(text string) string { return strings.ReplaceAll(text, "%", "%%") }

func alertLabels(n int) string { return fields(n, x(61)+"%02d: "+x(128)) }

func serving(i int) string {
	return fmt.Sprintf("{name: %s%02d, vocabulary: rag, existing: {matchLabels: {a: b}}}", x(61), i)
}

func scraped(i int) string {
	long := x(61) + "%02d"
	return fmt.Sprintf("{name: %s%02d, vocabulary: %s, stage: %s, endpoint: {port: %s, path: /%s, interval: 59.999999999s}, selector: {matchLabels: %s, matchExpressions: %s}}",
		x(61), i, x(63), x(63), x(63), x(255), fields(16, long+": "+x(63)), list(16, "{key: "+long+", operator: In, values: "+literal(list(16, long))+"}"))
}

func collected(i int) string {
	return fmt.Sprintf("{name: %s%02d, vocabulary: %s, stage: %s, existing: {matchLabels: %s}}", x(61), i, x(63), x(63), fields(8, x(126)+"%02d: "+x(128)))
}

func ownSignals(i int) string {
	signal := "{signal: " + x(63) + ", type: histogram, field: count, unit: " + x(32) + ", stage: " + x(63) +
		", metrics: " + list(8, x(126)+"%02d") + ", partOf: " + list(8, x(126)+"%02d") +
		", match: " + list(4, "{label: "+x(126)+"%02d, values: "+literal(list(4, x(126)+"%02d"))+"}") +
		fmt.Sprintf(", labels: {%[1]sa: %[2]s, %[1]sb: %[2]s, %[1]sc: %[2]s, %[1]sd: %[2]s}", x(62), x(128)) +
		", buckets: " + list(64, `"9999999999999.%02d"`) + "}"
	return fmt.Sprintf("{name: %s%02d, vocabulary: custom, stage: %s, existing: {matchLabels: {a: b}}, signals: [%s]}",
		x(61), i, x(63), strings.TrimSuffix(strings.Repeat(signal+", ", 64), ", "))
}

// TestMaximalManifestIsAccepted: the API server stops validating when that takes
// too long, and then refuses.
func TestMaximalManifestIsAccepted(t *testing.T) {
	rm := accepted(t, maximal(t))
	if len(rm.Spec.Components) != 16 || len(rm.Spec.SLOs) != 8 || len(rm.Spec.Alerts.Overrides) != 64 || len(rm.Spec.Alerts.Custom) != 16 {
		t.Errorf("something was lost: %d components, %d SLOs, %d overrides, %d custom alerts",
			len(rm.Spec.Components), len(rm.Spec.SLOs), len(rm.Spec.Alerts.Overrides), len(rm.Spec.Alerts.Custom))
	}
	if len(rm.Spec.Components[8].Selector.MatchExpressions[15].Values) != 16 || len(rm.Spec.Components[14].Existing.MatchLabels) != 8 {
		t.Error("a selector is not as large as it may be")
	}
	if n := rm.Spec.Notifications; len(n.Receivers) != 16 || len(n.Routes) != 3 || len(n.MuteTimes) != 8 || len(n.MuteTimes[7].Intervals) != 8 {
		t.Error("notifications are not as many as there may be")
	}
	if own := rm.Spec.Components[15].Signals; len(own) != 64 || len(own[63].Metrics) != 8 || len(own[63].PartOf) != 8 || len(own[63].Match) != 4 || len(own[63].Buckets) != 64 {
		t.Error("signals are not as many as there may be")
	}
}

// TestMostSignalsAreAccepted: 8192 metrics are checked one by one.
func TestMostSignalsAreAccepted(t *testing.T) {
	signal := "{signal: requests, unit: requests, metrics: " + list(8, "a_metric_of_some_length_%d") + ", partOf: " + list(8, "a_metric_of_some_length_%d") +
		", match: " + list(4, "{label: label_%d, values: [a]}") + ", labels: {model: a}, buckets: " + list(64, `"%d"`) + "}"
	signals := "[" + strings.TrimSuffix(strings.Repeat(signal+", ", 64), ", ") + "]"
	components := list(16, "{name: c%02d, vocabulary: custom, existing: {matchLabels: {job: a}}, signals: "+literal(signals)+"}")
	accepted(t, with(t, "spec", "components: "+components))
}
