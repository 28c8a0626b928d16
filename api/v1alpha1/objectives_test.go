package v1alpha1_test

import "slices"

var objectiveRules = map[string]rule{
	"ratios are decimals between 0 and 1": {
		on: "spec", ok: append(each(`objectives: {errorRatio: "%s"}`, "0", "1", "0.05", "1.0", "0.0000000001"), each(`objectives: {cacheHitRatio: "%s"}`, "0", "1", "0.30")...),
		bad: append(each(`objectives: {errorRatio: "%s"}`, "abc", "1.5", "1.01", "5%", "-0.1", "", ".5", "1e-3", "0,05", "0.", "NaN", " 0.5", "00.5", `0.5\n`),
			each(`objectives: {cacheHitRatio: "%s"}`, "abc", "1.5")...),
		want: `must be a decimal between 0 and 1 in quotes, such as "0.05" for 5 %`,
	},
	"ratios are quoted": {
		on: "spec", bad: each("objectives: {%s}", "errorRatio: 0.05", "cacheHitRatio: 1", "relevanceP50: 0.7", "contextPrecisionP50: 0.6"), want: isString,
	},
	"ratios have at most 12 characters": {
		on: "spec", bad: each(`objectives: {%s: "0.00000000001"}`, "errorRatio", "cacheHitRatio", "relevanceP50", "contextPrecisionP50"), want: "Too long: may not be more than 12 bytes",
	},
	"money is a positive decimal": {
		on: "spec", ok: append(each(`objectives: {cost: {perDayUSD: "%s"}}`, "100", "0.01", "999999999", "1.000001"), each(`objectives: {cost: {perRequestP95USD: "%s"}}`, "0.000001", "5")...),
		bad: append(each(`objectives: {cost: {perDayUSD: "%s"}}`, "-1", "$5", "0", "0.00", "", "1,000", "1e3", "5 USD", "1000000000", "0.0000001", ".5", `5\n`),
			each(`objectives: {cost: {perRequestP95USD: "%s"}}`, "$0.10", "0")...),
		want: `must be a positive decimal in quotes, in US dollars, without a currency sign, such as "100" or "0.10"`,
	},
	"money is quoted": {
		on: "spec", bad: each("objectives: {cost: {%s}}", "perDayUSD: 100", "perRequestP95USD: 0.1"), want: isString,
	},
	"money has at most 16 characters": {
		on: "spec", ok: []string{`objectives: {cost: {perDayUSD: "999999999.999999"}}`},
		bad: each(`objectives: {cost: {%s: "0999999999.999999"}}`, "perDayUSD", "perRequestP95USD"), want: "Too long: may not be more than 16 bytes",
	},
	"latencies are between a millisecond and an hour": {
		on: "spec", ok: slices.Concat(each("objectives: {latency: {p95: %s}}", "1ms", "2s", "1h", "60m", "1.5s"), each("objectives: {latency: {timeToFirstTokenP95: %s}}", "1ms", "1h"), each("objectives: {stages: [{name: a, p95: %s}]}", "1ms", "1h")),
		bad: slices.Concat(each(`objectives: {latency: {p95: "%s"}}`, "0s", "0.5ms", "1h1ms", "61m", "fast", "-2s", "2", "", "1us"),
			each(`objectives: {latency: {timeToFirstTokenP95: "%s"}}`, "0s", "2h", "fast", ""),
			each(`objectives: {stages: [{name: a, p95: "%s"}]}`, "0s", "2h", "fast")),
		want: `must be a duration between 1ms and 1h, such as "2s" or "500ms"`,
	},
	"latencies too large to count are refused like others": {
		on: "spec", bad: []string{"objectives: {latency: {p95: 9999999999999h}}"}, want: `must be a duration between 1ms and 1h, such as "2s" or "500ms"`,
	},
	"latencies have at most 16 characters": {
		on: "spec", bad: each("objectives: {%s}", "latency: {p95: 1.000000000000000s}", "latency: {timeToFirstTokenP95: 1.000000000000000s}", "stages: [{name: a, p95: 1.000000000000000s}]"),
		want: "Too long: may not be more than 16 bytes",
	},
	"stages have a name": {
		on: "spec", bad: []string{"objectives: {stages: [{p95: 1s}]}"}, want: "spec.objectives.stages[0].name: Required value",
	},
	"names of stages are not empty": {
		on: "spec", bad: []string{`objectives: {stages: [{name: "", p95: 1s}]}`}, want: "name in body should be at least 1 chars long",
	},
	"names of stages are words": {
		on: "spec", ok: each("objectives: {stages: [{name: %s, p95: 1s}]}", "retrieval", "vector_search", "llm.call", "Re-rank2", "unaccounted", x(63)),
		bad:  each(`objectives: {stages: [{name: "%s", p95: 1s}]}`, "vector search", "-a", "a-", "a/b", "é", "{{a}}", `a\"b`, `a\n`),
		want: `must be the name of a stage, such as "retrieval" or "generation"`,
	},
	"names of stages have at most 63 characters": {
		on: "spec", bad: []string{"objectives: {stages: [{name: " + x(64) + ", p95: 1s}]}"}, want: "Too long: may not be more than 63 bytes",
	},
	"names of stages are unique": {
		on: "spec", bad: []string{"objectives: {stages: [{name: a, p95: 1s}, {name: a, p95: 2s}]}"}, want: "spec.objectives.stages[1]: Duplicate value",
	},
	"stages have a limit": {
		on: "spec", bad: []string{"objectives: {stages: [{name: a}]}"}, want: "spec.objectives.stages[0].p95: Required value",
	},
	"there are at most 16 stages": {
		on: "spec", ok: []string{"objectives: {stages: " + list(16, "{name: s%d, p95: 1s}") + "}", "objectives: {stages: []}"},
		bad: []string{"objectives: {stages: " + list(17, "{name: s%d, p95: 1s}") + "}"}, want: "spec.objectives.stages: Too many: 17: must have at most 16 items",
	},
	"a rate limit is not negative": {
		on: "spec", ok: each("objectives: {rateLimitRemaining: %s}", "0", "1000000000"),
		bad: []string{"objectives: {rateLimitRemaining: -1}"}, want: "spec.objectives.rateLimitRemaining in body should be greater than or equal to 0",
	},
	"a rate limit is at most 1000000000": {
		on: "spec", bad: []string{"objectives: {rateLimitRemaining: 1000000001}"}, want: "should be less than or equal to 1000000000",
	},
}

var costRules = map[string]rule{
	"sources of cost are known": {
		on: "spec", ok: each("objectives: {cost: {source: %s}}", "Auto", "Metric", "Tokens"), bad: each(`objectives: {cost: {source: "%s"}}`, "tokens", "Prices", ""),
		want: `supported values: "Auto", "Metric", "Tokens"`,
	},
	"a budget has an amount": {
		on: "spec", ok: []string{`objectives: {cost: {budget: {amountUSD: "2000"}}}`}, bad: each("objectives: {cost: {budget: %s}}", "{}", "{period: Day}"),
		want: "spec.objectives.cost.budget.amountUSD: Required value",
	},
	"the amount of a budget is money": {
		on: "spec", bad: each(`objectives: {cost: {budget: {amountUSD: "%s"}}}`, "0", "$2000", "-1", "2k", ""),
		want: `must be a positive decimal in quotes, in US dollars, without a currency sign, such as "100" or "0.10"`,
	},
	"periods of budgets are known": {
		on: "spec", ok: each(`objectives: {cost: {budget: {amountUSD: "1", period: %s}}}`, "Day", "Week", "Month"),
		bad: each(`objectives: {cost: {budget: {amountUSD: "1", period: "%s"}}}`, "Year", "month", "30d", ""), want: `supported values: "Day", "Week", "Month"`,
	},
	"time zones are names of the IANA database": {
		on: "spec", ok: each(`objectives: {cost: {budget: {amountUSD: "1", timeZone: %s}}}`, "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Not/There"),
		bad:  each(`objectives: {cost: {budget: {amountUSD: "1", timeZone: "%s"}}}`, "Local", "+02:00", "/etc/localtime", "../UTC", "Europe Berlin", `UTC\n`),
		want: `must be a time zone such as "Europe/Berlin" or "UTC"`,
	},
	"time zones are not empty": {
		on: "spec", bad: []string{`objectives: {cost: {budget: {amountUSD: "1", timeZone: ""}}}`}, want: "timeZone in body should be at least 1 chars long",
	},
	"time zones have at most 64 characters": {
		on: "spec", bad: []string{`objectives: {cost: {budget: {amountUSD: "1", timeZone: ` + x(65) + "}}}"}, want: "Too long: may not be more than 64 bytes",
	},
}

var sloRules = map[string]rule{
	"SLO objectives are percentages": {
		on: "spec", ok: each(`slos: [{name: a, objective: "%s"}]`, "99.9", "99", "0.1", "1", "99.99999999"),
		bad:  each(`slos: [{name: a, objective: "%s"}]`, "100", "0", "0.0", "100.0", "-1", "99.9%", "", "abc", "1e1", "99.", `9\n`),
		want: `must be a percentage above 0 and below 100 in quotes, such as "99.9"`,
	},
	"SLO objectives are quoted": {
		on: "spec", bad: []string{"slos: [{name: a, objective: 99.9}]"}, want: isString,
	},
	"SLO objectives have at most 12 characters": {
		on: "spec", bad: []string{`slos: [{name: a, objective: "99.9999999999"}]`}, want: "Too long: may not be more than 12 bytes",
	},
	"SLOs have a name": {
		on: "spec", bad: []string{`slos: [{objective: "99"}]`}, want: "spec.slos[0].name: Required value",
	},
	"names of SLOs are not empty": {
		on: "spec", bad: []string{`slos: [{name: "", objective: "99"}]`}, want: "spec.slos[0].name in body should be at least 1 chars long",
	},
	"SLOs have an objective": {
		on: "spec", bad: []string{"slos: [{name: a}]"}, want: "spec.slos[0].objective: Required value",
	},
	"periods are whole days, at most 90": {
		on: "spec", ok: each(`slos: [{name: a, objective: "99", period: %s}]`, "1d", "7d", "30d", "89d", "90d"),
		bad:  each(`slos: [{name: a, objective: "99", period: "%s"}]`, "30h", "0d", "91d", "30", "", "d", "-1d", "01d", "1w", "4w", "99d"),
		want: `must be a number of days between 1d and 90d, such as "30d"`,
	},
	"periods have at most 3 characters": {
		on: "spec", bad: []string{`slos: [{name: a, objective: "99", period: 100d}]`}, want: "Too long: may not be more than 3 bytes",
	},
	"indicators are known": {
		on: "spec", ok: []string{`slos: [{name: a, objective: "99", indicator: Errors}]`, `slos: [{name: a, objective: "99", indicator: Latency, threshold: 2s}]`},
		bad: each(`slos: [{name: a, objective: "99", threshold: 2s, indicator: "%s"}]`, "Availability", "errors", ""), want: `supported values: "Errors", "Latency"`,
	},
	"an SLO of latency has a threshold, and no other has": {
		on: "spec", bad: each(`slos: [{name: a, objective: "99", %s}]`, "indicator: Latency", "indicator: Latency, threshold: null", "indicator: Errors, threshold: 2s", "threshold: 2s"),
		want: "spec.slos[0]: Invalid value: threshold belongs to indicator Latency, and that needs it: write indicator: Latency and threshold: 2s, or neither",
	},
	"thresholds are between a millisecond and an hour": {
		on: "spec", ok: each(`slos: [{name: a, objective: "99", indicator: Latency, threshold: %s}]`, "1ms", "2s", "1h"),
		bad:  each(`slos: [{name: a, objective: "99", indicator: Latency, threshold: "%s"}]`, "0s", "61m", "fast", "2", "-1s", ""),
		want: `must be a duration between 1ms and 1h, such as "2s" or "500ms"`,
	},
	"thresholds have at most 16 characters": {
		on: "spec", bad: []string{`slos: [{name: a, objective: "99", indicator: Latency, threshold: 1.000000000000000s}]`}, want: "spec.slos[0].threshold: Too long: may not be more than 16 bytes",
	},
	"the least number of requests is not negative": {
		on: "spec", ok: each(`slos: [{name: a, objective: "99", minimumRequests: %s}]`, "0", "1000000"),
		bad: []string{`slos: [{name: a, objective: "99", minimumRequests: -1}]`}, want: "spec.slos[0].minimumRequests in body should be greater than or equal to 0",
	},
	"the least number of requests is at most 1000000": {
		on: "spec", bad: []string{`slos: [{name: a, objective: "99", minimumRequests: 1000001}]`}, want: "should be less than or equal to 1000000",
	},
	"names of SLOs are words": {
		on: "spec", ok: each(`slos: [{name: %s, objective: "99"}]`, "availability", `"1"`, x(63)),
		bad: each(`slos: [{name: "%s", objective: "99"}]`, "Availability", "a b", "a.b", "-a", "{{a}}"), want: name + `availability"`,
	},
	"names of SLOs have at most 63 characters": {
		on: "spec", bad: []string{"slos: [{name: " + x(64) + `, objective: "99"}]`}, want: "Too long: may not be more than 63 bytes",
	},
	"names of SLOs are unique": {
		on: "spec", bad: []string{`slos: [{name: a, objective: "99"}, {name: a, objective: "95"}]`}, want: "spec.slos[1]: Duplicate value",
	},
	"there are at most 8 SLOs": {
		on: "spec", ok: []string{"slos: " + list(8, `{name: s%d, objective: "99"}`)}, bad: []string{"slos: " + list(9, `{name: s%d, objective: "99"}`)},
		want: "spec.slos: Too many: 9: must have at most 8 items",
	},
}

var evaluationRules = map[string]rule{
	"rules are evaluated every second to every minute": {
		on: "spec", ok: each("evaluation: {interval: %s}", "1s", "30s", "1m", "60s"),
		bad:  each(`evaluation: {interval: "%s"}`, "500ms", "0s", "61s", "5m", "often", "30", ""),
		want: `must be a duration between 1s and 1m, such as "30s"`,
	},
	"windows are between four seconds and an hour": {
		on: "spec", ok: append(each("{evaluation: {window: %s}}", "2m", "1h"), "{components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}, endpoint: {interval: 1s}}], evaluation: {window: 4s, interval: 4s}}"),
		bad:  each(`evaluation: {window: "%s"}`, "3s", "3999ms", "61m", "wide", "5", ""),
		want: `must be a duration between 4s and 1h, such as "5m"`,
	},
	"windows have room for four scrapes": {
		on: "spec", ok: each("{components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}, endpoint: {interval: %s}}], evaluation: {window: 2m, interval: 10s}}", "30s", "1s"),
		bad: append(each("{components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}, endpoint: {interval: %s}}], evaluation: {window: 2m, interval: 10s}}", "31s", "30001ms", "2m"),
			"evaluation: {window: 1m59s}",
			"components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}}, {name: llm, vocabulary: rag, selector: {matchLabels: {app: b}}, endpoint: {interval: 2m}}]"),
		want: "spec.evaluation.window: Invalid value: must be at least 4 times the endpoint.interval of every component, or rates would rest on too few scrapes: raise evaluation.window or lower endpoint.interval",
	},
	"rules are evaluated once in each window": {
		on: "spec", ok: []string{"{components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}, endpoint: {interval: 5s}}], evaluation: {window: 20s, interval: 20s}}"},
		bad:  []string{"{components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}, endpoint: {interval: 5s}}], evaluation: {window: 20s, interval: 21s}}"},
		want: "spec.evaluation.interval: Invalid value: must not be longer than evaluation.window, or scrapes would be skipped between two evaluations",
	},
	"the window of cost is between four seconds and a day": {
		on: "spec", ok: each("evaluation: {costWindow: %s}", "5m", "1h", "24h"),
		bad:  each(`evaluation: {costWindow: "%s"}`, "3s", "24h1s", "25h", "1d", "daily", ""),
		want: `must be a duration between 4s and 24h, such as "1h"`,
	},
	"the window of cost is not shorter than that of the rest": {
		on: "spec", ok: []string{"evaluation: {window: 10m, costWindow: 10m}"}, bad: each("evaluation: {window: 10m, costWindow: %s}", "9m", "599s"),
		want: "spec.evaluation.costWindow: Invalid value: must not be shorter than evaluation.window: cost comes in few, large steps",
	},
	"windows and intervals have at most 16 characters": {
		on: "spec", bad: each("evaluation: {%s}", "interval: 1.000000000000000s", "window: 300.00000000000000s", "costWindow: 3600.0000000000000s"),
		want: "Too long: may not be more than 16 bytes",
	},
	"windows too large to count are refused like others": {
		on: "spec", bad: []string{"evaluation: {window: 9999999999999h}"}, want: `must be a duration between 4s and 1h, such as "5m"`,
	},
}

var otherRules = map[string]rule{
	"names have at most 63 characters": {
		ok: []string{"metadata: {name: " + x(63) + "}"}, bad: []string{"metadata: {name: " + x(64) + "}"},
		want: `metadata.name must be at most 63 characters: it becomes the value of the label "ragmonitor" on every target`,
	},
	"there is a spec": {
		bad: []string{"spec: null"}, want: "spec: Required value",
	},
	"folders are no paths": {
		on: "spec", ok: each(`dashboards: {folder: "%s"}`, "RAG", "Search team", "a_b-c 2", x(63)),
		bad:  each(`dashboards: {folder: "%s"}`, "a/b", "..", "../x", "a.b", " a", "a ", "é", "{{a}}", "-a", `a\n`),
		want: `must be letters, digits, spaces, '-' and '_', such as "RAG": a folder, not a path`,
	},
	"folders have at most 63 characters": {
		on: "spec", bad: []string{"dashboards: {folder: " + x(64) + "}"}, want: "Too long: may not be more than 63 bytes",
	},
	"folders are not empty": {
		on: "spec", bad: []string{`dashboards: {folder: ""}`}, want: "should be at least 1 chars long",
	},
	"policies of node metrics are known": {
		on: "spec", ok: each("nodeMetrics: %s", "Required", "IfAvailable", `"Off"`), bad: each("nodeMetrics: %s", "Sometimes", "required", `""`),
		want: `supported values: "Required", "IfAvailable", "Off"`,
	},
}
