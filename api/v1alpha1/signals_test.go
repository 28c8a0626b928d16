package v1alpha1_test

import "slices"

// roleRules are about where the series of a component come from, and what it is.
var roleRules = map[string]rule{
	"a component has Services to scrape or series that exist": {
		on: "component", ok: []string{"{selector: null, existing: {matchLabels: {job: vllm}}}"},
		bad:  []string{"selector: null", "existing: {matchLabels: {job: vllm}}"},
		want: "spec.components[0]: Invalid value: must have either selector, for Services that are to be scraped, or existing, for series that are collected already",
	},
	"the vocabulary custom has signals, and no other has": {
		on: "component", ok: []string{"{vocabulary: custom, signals: [{signal: requests, metrics: [a]}]}"},
		bad:  []string{"vocabulary: custom", "signals: [{signal: requests, metrics: [a]}]"},
		want: "spec.components[0]: Invalid value: signals belong to vocabulary \"custom\", and it needs them: write vocabulary: custom and signals, or another vocabulary without signals",
	},
	"a component may be a stage": {
		on: "spec", ok: each("components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}}, {name: llm, vocabulary: vllm, stage: %s, selector: {matchLabels: {app: b}}}]",
			"generation", "vector_search", "llm.call", "Re-rank2", x(63)),
		bad: each(`components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}}, {name: llm, vocabulary: vllm, stage: "%s", selector: {matchLabels: {app: b}}}]`,
			"vector search", "-a", "a-", "a/b", "é", "{{a}}", `a\n`, "unaccounted"),
		want: `must be the name of a stage, such as "retrieval": letters, digits, '-', '_' and '.', and not "unaccounted"`,
	},
	"names of stages of components are not empty": {
		on: "component", bad: []string{`stage: ""`}, want: "spec.components[0].stage in body should be at least 1 chars long",
	},
	"names of stages of components have at most 63 characters": {
		on: "component", bad: []string{"stage: " + x(64)}, want: "spec.components[0].stage: Too long: may not be more than 63 bytes",
	},
	"some component serves the users": {
		on: "spec", bad: []string{
			"components: [{name: llm, vocabulary: vllm, stage: generation, selector: {matchLabels: {app: b}}}]",
			"components: " + list(2, "{name: c%d, vocabulary: vllm, stage: s%[1]d, existing: {matchLabels: {app: b}}}"),
		},
		want: "spec.components: Invalid value: must have one component at least that serves the users' requests: leave out stage there",
	},
}

// existing is a component with labels of series that exist.
func existing(labels ...string) []string {
	return each("{selector: null, existing: {matchLabels: %s}}", labels...)
}

var existingRules = map[string]rule{
	"series that exist are picked by a label at least": {
		on: "component", bad: existing("{}"), want: "spec.components[0].existing.matchLabels in body should have at least 1 properties",
	},
	"series that exist are picked by labels": {
		on: "component", bad: []string{"{selector: null, existing: {}}"}, want: "spec.components[0].existing.matchLabels: Required value",
	},
	"series that exist are picked by at most 8 labels": {
		on: "component", ok: existing(fields(8, "l%d: x")), bad: existing(fields(9, "l%d: x")), want: "matchLabels: Too many: 9: must have at most 8 items",
	},
	"names of labels of series are those of Prometheus": {
		on: "component", ok: existing("{job: a}", "{_a9: a}", "{k8s.namespace.name: a}", "{"+x(128)+": a}"),
		bad:  existing("{__name__: up}", "{a-b: a}", "{1a: a}", `{"": a}`, `{"a b": a}`, "{é: a}", `{"a\n": a}`, "{"+x(129)+": a}"),
		want: "label names must be letters, digits, '_' and '.', beginning with a letter or '_', such as \"job\"; the metrics are named by the vocabulary",
	},
	"series are always those of the own namespace": {
		on: "component", ok: existing("{k8s_namespace_name: a}"), bad: existing("{namespace: rag}", "{job: a, namespace: other}"),
		want: "must not hold the label namespace: series are always those of the RAGMonitor's own namespace; leave it out, and write others such as job",
	},
	"values of labels of series are anything": {
		on: "component", ok: existing("{job: \"a b/c:9090 {{x}} \\\" } or up\"}", "{job: é}", "{job: "+x(128)+"}"),
	},
	"values of labels of series can be written in PromQL": {
		on: "component", bad: append(existing("{job: \ufffd}"), signal("match: [{label: a, values: [\"x\ufffd\"]}]")...), want: "must not hold the replacement character U+FFFD: Prometheus cannot read it in an expression",
	},
	"values of labels of series are not empty": {
		on: "component", bad: existing(`{job: ""}`), want: "should be at least 1 chars long",
	},
	"values of labels of series have at most 128 characters": {
		on: "component", bad: existing("{job: " + x(129) + "}"), want: "Too long: may not be more than 128 bytes",
	},
	"values of labels of series are strings": {
		on: "component", bad: existing("{job: 1}"), want: isString,
	},
}

// signal is a component with one signal of its own, with some fields more.
func signal(fields ...string) []string {
	return each("{vocabulary: custom, signals: [{signal: stageDuration, metrics: [step_seconds], %s}]}", fields...)
}

var signalRules = map[string]rule{
	"a component has a signal at least": {
		on: "component", bad: []string{"{vocabulary: custom, signals: []}"}, want: "spec.components[0].signals in body should have at least 1 items",
	},
	"a component has at most 64 signals": {
		on: "component", ok: []string{"{vocabulary: custom, signals: " + list(64, "{signal: requests, metrics: [a%d]}") + "}"},
		bad:  []string{"{vocabulary: custom, signals: " + list(65, "{signal: requests, metrics: [a%d]}") + "}"},
		want: "spec.components[0].signals: Too many: 65: must have at most 64 items",
	},
	"signals are named": {
		on: "component", bad: []string{"{vocabulary: custom, signals: [{metrics: [a]}]}"}, want: "spec.components[0].signals[0].signal: Required value",
	},
	"names of signals are words": {
		on: "component", ok: each("{vocabulary: custom, signals: [{signal: %s, metrics: [a]}]}", "requests", "noneOfOurs", x(63)),
		bad:  each(`{vocabulary: custom, signals: [{signal: "%s", metrics: [a]}]}`, "Requests", "request_errors", "a b", "1a", "{{a}}", `a\n`),
		want: `must be the name of a signal, such as "requestDuration": docs/vocabularies.md lists them`,
	},
	"names of signals are not empty": {
		on: "component", bad: []string{`{vocabulary: custom, signals: [{signal: "", metrics: [a]}]}`}, want: "signal in body should be at least 1 chars long",
	},
	"names of signals have at most 63 characters": {
		on: "component", bad: []string{"{vocabulary: custom, signals: [{signal: " + x(64) + ", metrics: [a]}]}"}, want: "signal: Too long: may not be more than 63 bytes",
	},
	"signals have metrics": {
		on: "component", bad: []string{"{vocabulary: custom, signals: [{signal: requests}]}"}, want: "spec.components[0].signals[0].metrics: Required value",
	},
	"signals have a metric at least": {
		on: "component", bad: signal("metrics: []"), want: "metrics in body should have at least 1 items",
	},
	"signals have at most 8 metrics": {
		on: "component", ok: signal("metrics: " + list(8, "a%d")), bad: signal("metrics: " + list(9, "a%d")), want: "metrics: Too many: 9: must have at most 8 items",
	},
	"a signal is part of at most 8 metrics": {
		on: "component", ok: signal("partOf: " + list(8, "a%d")), bad: signal("partOf: " + list(9, "a%d")), want: "partOf: Too many: 9: must have at most 8 items",
	},
	"a signal is part of metrics with a name": {
		on: "component", ok: signal("partOf: [" + x(128) + "]"), bad: signal(`partOf: [""]`), want: "partOf[0] in body should be at least 1 chars long",
	},
	"a signal is part of metrics whose names have at most 128 characters": {
		on: "component", bad: signal("partOf: [" + x(129) + "]"), want: "partOf[0]: Too long: may not be more than 128 bytes",
	},
	"metrics have names of Prometheus or OpenTelemetry": {
		on: "component", ok: signal("metrics: [a, A_b:c9, _x, gen_ai.client.token.usage, " + x(128) + "]"),
		bad:  signal("metrics: [a-b]", `metrics: ["a b"]`, "metrics: [1a]", "metrics: [é]", `metrics: ['{{a}}']`, `metrics: ["a\n"]`, `metrics: ['up{}']`, "metrics: [\"ragmonitor:requests:rate\"]"),
		want: `must be the name of a metric of the application, such as "http_requests_total"`,
	},
	"names of metrics are not empty": {
		on: "component", bad: signal(`metrics: [""]`), want: "metrics[0] in body should be at least 1 chars long",
	},
	"names of metrics have at most 128 characters": {
		on: "component", bad: signal("metrics: [" + x(129) + "]"), want: "Too long: may not be more than 128 bytes",
	},
	"types of metrics are known": {
		on: "component", ok: signal("type: counter", "type: gauge", "type: histogram", "type: summary"), bad: signal("type: untyped", "type: Counter"),
		want: `supported values: "counter", "gauge", "histogram", "summary"`,
	},
	"counters of distributions are known": {
		on: "component", ok: signal("field: sum", "field: count"), bad: signal("field: bucket", "field: Sum"), want: `supported values: "sum", "count"`,
	},
	"units are words": {
		on: "component", ok: signal("unit: seconds", "unit: furlongs"), bad: signal("unit: Seconds", "unit: ms2", `unit: "1/s"`, `unit: ""`),
		want: `must be the name of a unit, such as "seconds" or "milliseconds"`,
	},
	"units have at most 32 characters": {
		on: "component", bad: signal("unit: " + x(33)), want: "unit: Too long: may not be more than 32 bytes",
	},
}

var signalMatchRules = map[string]rule{
	"signals have a stage or a label for it": {
		on: "component", ok: signal("stage: retrieval", "stageLabel: step"), bad: signal("stage: retrieval, stageLabel: step"), want: "must have stage or stageLabel, not both",
	},
	"names of stages of signals are words": {
		on: "component", ok: signal("stage: vector_search", "stage: "+x(63)), bad: signal(`stage: "vector search"`, "stage: -a", "stage: unaccounted", `stage: '{{a}}'`),
		want: `must be the name of a stage, such as "retrieval": letters, digits, '-', '_' and '.', and not "unaccounted"`,
	},
	"names of stages of signals have at most 63 characters": {
		on: "component", bad: signal("stage: " + x(64)), want: "stage: Too long: may not be more than 63 bytes",
	},
	"labels are named": {
		on: "component", ok: slices.Concat(signal("stageLabel: "+x(128), "stageLabel: rag.step", "labels: {model: _m}"), signal("match: [{label: a.b, values: [c]}]")),
		bad: signal("stageLabel: a-b", "stageLabel: __name__", `stageLabel: '{{a}}'`, "labels: {model: 1m}", "labels: {model: __name__}", `labels: {model: ""}`,
			"match: [{label: __name__, values: [c]}]", "match: [{label: a-b, values: [c]}]", `match: [{label: "a\n", values: [c]}]`),
		want: `must be the name of a label, such as "status"`,
	},
	"names of labels have at most 128 characters": {
		on: "component", bad: signal("stageLabel: "+x(129), "labels: {model: "+x(129)+"}", "match: [{label: "+x(129)+", values: [c]}]"), want: "Too long: may not be more than 128 bytes",
	},
	"labels that rules keep have names of ours": {
		on: "component", ok: signal("labels: {model: m, error_type: e, tool: t, none_of_ours: o}"), bad: signal("labels: {Model: m}", "labels: {a.b: m}", "labels: {'{{a}}': m}", "labels: {"+x(64)+": m}"),
		want: `must be by the names that docs/vocabularies.md gives, such as "model"`,
	},
	"rules keep at most 4 labels": {
		on: "component", bad: signal("labels: {a: m, b: m, c: m, d: m, e: m}"), want: "labels: Too many: 5: must have at most 4 items",
	},
	"a match has a label": {
		on: "component", bad: signal("match: [{values: [c]}]"), want: "match[0].label: Required value",
	},
	"a match has values": {
		on: "component", bad: signal("match: [{label: status}]"), want: "match[0].values: Required value",
	},
	"a match has a value at least": {
		on: "component", bad: signal("match: [{label: status, values: []}]"), want: "values in body should have at least 1 items",
	},
	"a match has at most 16 values": {
		on: "component", ok: signal("match: [{label: status, values: " + list(16, "v%d") + "}]"), bad: signal("match: [{label: status, values: " + list(17, "v%d") + "}]"),
		want: "values: Too many: 17: must have at most 16 items",
	},
	"values to match are anything": {
		on: "component", ok: signal(`match: [{label: status, values: ["5..", "a|b", '"} or up', '{{x}}', é, ` + x(128) + "]}]"),
	},
	"values to match are not empty": {
		on: "component", bad: signal(`match: [{label: status, values: [""]}]`), want: "values[0] in body should be at least 1 chars long",
	},
	"values to match have at most 128 characters": {
		on: "component", bad: signal("match: [{label: status, values: [" + x(129) + "]}]"), want: "Too long: may not be more than 128 bytes",
	},
	"labels to match are unique": {
		on: "component", bad: signal("match: [{label: a, values: [x]}, {label: a, values: [y]}]"), want: "match[1]: Duplicate value",
	},
	"at most 4 labels are matched": {
		on: "component", ok: signal("match: " + list(4, "{label: l%d, values: [x]}")), bad: signal("match: " + list(5, "{label: l%d, values: [x]}")), want: "match: Too many: 5: must have at most 4 items",
	},
	"buckets are decimals": {
		on: "component", ok: signal(`buckets: ["0", "0.005", "1", "10"]`), bad: signal(`buckets: ["-1"]`, `buckets: ["+Inf"]`, `buckets: ["1e3"]`, `buckets: [""]`), want: `must be a decimal in quotes, such as "0.5"`,
	},
	"buckets are quoted": {
		on: "component", bad: signal("buckets: [1]", "buckets: [0.5]"), want: isString,
	},
	"there are at most 64 buckets": {
		on: "component", ok: signal("buckets: " + list(64, `"%d"`)), bad: signal("buckets: " + list(65, `"%d"`)), want: "buckets: Too many: 65: must have at most 64 items",
	},
}
