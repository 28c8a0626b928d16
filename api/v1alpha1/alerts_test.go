package v1alpha1_test

import "slices"

// reserved are the names of labels that the operator sets.
var reserved = []string{
	"alertname", "namespace", "ragmonitor", "component", "stage", "severity", "slo", "long", "short", "exhaustion", "tool", "model", "metric", "signal",
}

const isReserved = "alertname, namespace, ragmonitor, component, stage, severity, slo, long, short, exhaustion, tool, model, metric and signal are set by the operator: use another name (severity has a field of its own)"

// labelled are the places where labels of alerts are written.
var labelled = []string{
	"alerts: {labels: %s}",
	"alerts: {overrides: [{alert: A, labels: %s}]}",
	"alerts: {custom: [{name: A, expression: up, summary: x, labels: %s}]}",
}

// everywhere writes labels in each place where they may be written.
func everywhere(labels string, values ...string) []string {
	var out []string
	for _, place := range labelled {
		for _, one := range each(labels, values...) {
			out = append(out, each(place, one)...)
		}
	}
	return out
}

var alertLabelRules = map[string]rule{
	"labels of alerts are names of Prometheus": {
		on: "spec", ok: everywhere("{%s: x}", "team", "Team_2", "a", x(63)),
		bad:  everywhere(`{"%s": x}`, "my team", "2nd", "_a", "__name__", "a-b", "a.b", "{{a}}", x(64), "é"),
		want: `label names must be letters, digits and '_', beginning with a letter, such as "team"`,
	},
	"labels of alerts are not the operator's": {
		on: "spec", ok: everywhere("{Severity: x}", ""), bad: everywhere("{%s: x}", reserved...), want: isReserved,
	},
	"values of labels of alerts are no templates": {
		on: "spec", ok: everywhere(`{team: "%s"}`, "search", "Customer care (24/7)", "{x}", "$1", "日本"),
		bad:  everywhere(`{team: "%s"}`, "{{ $labels.namespace }}", "a {{", "}} b", "{{{"),
		want: "must not hold '{{' or '}}': templates are not evaluated here, write the value itself",
	},
	"values of labels of alerts are not empty": {
		on: "spec", bad: everywhere(`{team: "%s"}`, ""), want: "should be at least 1 chars long",
	},
	"values of labels of alerts have at most 128 characters": {
		on: "spec", ok: everywhere("{team: %s}", x(128)), bad: everywhere("{team: %s}", x(129)), want: "Too long: may not be more than 128 bytes",
	},
	"alerts have at most 16 labels": {
		on: "spec", ok: []string{"alerts: {labels: " + fields(16, "l%d: x") + "}"}, bad: []string{"alerts: {labels: " + fields(17, "l%d: x") + "}"},
		want: "spec.alerts.labels: Too many: 17: must have at most 16 items",
	},
	"one alert has at most 8 labels more": {
		on: "spec", ok: slices.Concat(each(labelled[1], fields(8, "l%d: x")), each(labelled[2], fields(8, "l%d: x"))),
		bad:  slices.Concat(each(labelled[1], fields(9, "l%d: x")), each(labelled[2], fields(9, "l%d: x"))),
		want: "Too many: 9: must have at most 8 items",
	},
}

var alertRules = map[string]rule{
	"modes of alerts are known": {
		on: "spec", ok: each("alerts: {mode: %s}", "Notify", "BurnIn", `"Off"`), bad: each("alerts: {mode: %s}", "Silent", "notify", `""`), want: `supported values: "Notify", "BurnIn", "Off"`,
	},
	"off without quotes is no string": {
		on: "spec", bad: []string{"alerts: {mode: Off}", "nodeMetrics: Off"}, want: isString,
	},
	"overrides name an alert": {
		on: "spec", ok: each("alerts: {overrides: [{alert: %s}]}", "RAGLatencyHigh", "NoneOfOurs", "A"),
		bad:  each(`alerts: {overrides: [{alert: "%s"}]}`, "ragLatencyHigh", "latency", "RAG Latency", "RAG_Latency", "{{A}}"),
		want: `must be the name of an alert, such as "RAGLatencyHigh": docs/alerts.md lists them`,
	},
	"overrides have a name": {
		on: "spec", bad: []string{"alerts: {overrides: [{severity: info}]}"}, want: "spec.alerts.overrides[0].alert: Required value",
	},
	"names in overrides are not empty": {
		on: "spec", bad: []string{`alerts: {overrides: [{alert: ""}]}`}, want: "alert in body should be at least 1 chars long",
	},
	"overrides are unique": {
		on: "spec", bad: []string{"alerts: {overrides: [{alert: A, severity: info}, {alert: A, severity: critical}]}"}, want: "spec.alerts.overrides[1]: Duplicate value",
	},
	"names in overrides have at most 63 characters": {
		on: "spec", bad: []string{"alerts: {overrides: [{alert: A" + x(63) + "}]}"}, want: "Too long: may not be more than 63 bytes",
	},
	"modes in overrides are known": {
		on: "spec", ok: each("alerts: {overrides: [{alert: A, mode: %s}]}", "Notify", "BurnIn", `"Off"`), bad: []string{"alerts: {overrides: [{alert: A, mode: Silent}]}"}, want: `supported values: "Notify", "BurnIn", "Off"`,
	},
	"thresholds of alerts are decimals": {
		on: "spec", ok: each(`alerts: {overrides: [{alert: A, threshold: "%s"}]}`, "0", "0.1", "2", "1000000000000000", "0.00000000000001"),
		bad:  each(`alerts: {overrides: [{alert: A, threshold: "%s"}]}`, "10%", "2s", "-1", ".5", "1e3", "5.", `5\n`, "NaN", ""),
		want: `must be a decimal in quotes, such as "0.5"`,
	},
	"thresholds of alerts are quoted": {
		on: "spec", bad: each("alerts: {overrides: [{alert: A, threshold: %s}]}", "0.1", "5"), want: isString,
	},
	"thresholds of alerts have at most 16 characters": {
		on: "spec", bad: []string{`alerts: {overrides: [{alert: A, threshold: "10000000000000000"}]}`}, want: "Too long: may not be more than 16 bytes",
	},
	"severities are known": {
		on: "spec", ok: each("alerts: {overrides: [{alert: A, severity: %s}]}", "critical", "warning", "info"),
		bad: each("alerts: {overrides: [{alert: A, severity: %s}]}", "page", "Critical"), want: `supported values: "critical", "warning", "info"`,
	},
	"alerts wait for at most a day": {
		on: "spec", ok: each("alerts: {overrides: [{alert: A, for: %s}]}", "0s", "5m", "24h"),
		bad:  each(`alerts: {overrides: [{alert: A, for: "%s"}]}`, "24h1s", "1d", "soon", "-5m", "", "5"),
		want: `must be a duration between 0s and 24h, such as "5m"`,
	},
	"waits have at most 16 characters": {
		on: "spec", bad: []string{"alerts: {overrides: [{alert: A, for: 1.000000000000000s}]}"}, want: "Too long: may not be more than 16 bytes",
	},
	"there are at most 64 overrides": {
		on: "spec", ok: []string{"alerts: {overrides: " + list(64, "{alert: A%d}") + "}"}, bad: []string{"alerts: {overrides: " + list(65, "{alert: A%d}") + "}"},
		want: "spec.alerts.overrides: Too many: 65: must have at most 64 items",
	},
}

// custom is a custom alert with some fields more, or other ones.
func custom(fields ...string) []string {
	return each(`alerts: {custom: [{name: VectorStoreFull, expression: "max(fill) > 0.9", summary: Full, %s}]}`, fields...)
}

var customAlertRules = map[string]rule{
	"names of custom alerts begin with a capital letter, and not with RAG": {
		on: "spec", ok: each("alerts: {custom: [{name: %s, expression: up, summary: x}]}", "A", "VectorStoreFull", "Rag1", "R2", "X"+x(62)),
		bad:  each(`alerts: {custom: [{name: "%s", expression: up, summary: x}]}`, "RAGLatencyHigh", "RAG", "vectorStoreFull", "Vector Store", "Vector_Store", "{{A}}", `A\n`),
		want: `must begin with a capital letter, hold only letters and digits, and not begin with "RAG", such as "VectorStoreFull"`,
	},
	"custom alerts have a name": {
		on: "spec", bad: []string{"alerts: {custom: [{expression: up, summary: x}]}"}, want: "spec.alerts.custom[0].name: Required value",
	},
	"names of custom alerts are not empty": {
		on: "spec", bad: []string{`alerts: {custom: [{name: "", expression: up, summary: x}]}`}, want: "name in body should be at least 1 chars long",
	},
	"names of custom alerts have at most 63 characters": {
		on: "spec", bad: []string{"alerts: {custom: [{name: X" + x(63) + ", expression: up, summary: x}]}"}, want: "Too long: may not be more than 63 bytes",
	},
	"names of custom alerts are unique": {
		on: "spec", bad: []string{"alerts: {custom: [{name: A, expression: up, summary: x}, {name: A, expression: down, summary: y}]}"}, want: "spec.alerts.custom[1]: Duplicate value",
	},
	"there are at most 16 custom alerts": {
		on: "spec", ok: []string{"alerts: {custom: " + list(16, "{name: A%d, expression: up, summary: x}") + "}"},
		bad: []string{"alerts: {custom: " + list(17, "{name: A%d, expression: up, summary: x}") + "}"}, want: "spec.alerts.custom: Too many: 17: must have at most 16 items",
	},
	"custom alerts have an expression": {
		on: "spec", bad: []string{"alerts: {custom: [{name: A, summary: x}]}"}, want: "spec.alerts.custom[0].expression: Required value",
	},
	"expressions are not empty": {
		on: "spec", bad: []string{`alerts: {custom: [{name: A, expression: "", summary: x}]}`}, want: "expression in body should be at least 1 chars long",
	},
	// Whether it is PromQL, only the operator can say.
	"expressions have at most 2048 characters": {
		on: "spec", ok: []string{"alerts: {custom: [{name: A, summary: x, expression: " + x(2048) + "}]}"},
		bad: []string{"alerts: {custom: [{name: A, summary: x, expression: " + x(2049) + "}]}"}, want: "Too long: may not be more than 2048 bytes",
	},
	"custom alerts have a summary": {
		on: "spec", bad: []string{"alerts: {custom: [{name: A, expression: up}]}"}, want: "spec.alerts.custom[0].summary: Required value",
	},
	"summaries are not empty": {
		on: "spec", bad: []string{`alerts: {custom: [{name: A, expression: up, summary: ""}]}`}, want: "summary in body should be at least 1 chars long",
	},
	"summaries have at most 256 characters": {
		on: "spec", ok: []string{"alerts: {custom: [{name: A, expression: up, summary: " + x(256) + "}]}"},
		bad: []string{"alerts: {custom: [{name: A, expression: up, summary: " + x(257) + "}]}"}, want: "Too long: may not be more than 256 bytes",
	},
	"summaries are no templates": {
		on: "spec", ok: each(`alerts: {custom: [{name: A, expression: up, summary: "%s"}]}`, "The store is full", "{x} $1", "{ {", "日本"),
		bad:  each(`alerts: {custom: [{name: A, expression: up, summary: '%s'}]}`, `{{ query "up" }}`, "a {{", "}} b", "{{{"),
		want: "must not hold '{{' or '}}': templates are not evaluated here, write the text itself",
	},
	"summaries are one line": {
		on: "spec", bad: each(`alerts: {custom: [{name: A, expression: up, summary: "%s"}]}`, `a\nb`, `a\r`, `\n`), want: "must be one line",
	},
	"custom alerts wait for at most a day": {
		on: "spec", ok: custom("for: 0s", "for: 24h"), bad: custom("for: 25h", "for: soon", "for: -5m", `for: ""`), want: `must be a duration between 0s and 24h, such as "5m"`,
	},
	"waits of custom alerts have at most 16 characters": {
		on: "spec", bad: custom("for: 1.000000000000000s"), want: "Too long: may not be more than 16 bytes",
	},
	"severities of custom alerts are known": {
		on: "spec", ok: custom("severity: critical", "severity: info"), bad: custom("severity: page", `severity: ""`), want: `supported values: "critical", "warning", "info"`,
	},
	"signals of custom alerts are words": {
		on: "spec", ok: custom("signal: vectorStore", "signal: errors", "signal: "+x(63)), bad: custom(`signal: "a b"`, "signal: 1st", `signal: "{{a}}"`),
		want: `must be letters, digits, '_' and '-', beginning with a letter, such as "vectorStore"`,
	},
	"modes of custom alerts are known": {
		on: "spec", ok: custom("mode: Notify", "mode: BurnIn", `mode: "Off"`), bad: custom("mode: Silent"), want: `supported values: "Notify", "BurnIn", "Off"`,
	},
}
