package v1alpha1_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// rule is one rule of the CRD: manifests that keep it, manifests that break it, and
// what the refusal says. on is what the YAML of ok and bad is merged into: "" (the
// object), "spec", or "component" (the first of them).
type rule struct {
	on      string
	ok, bad []string
	want    string
}

func TestAdmission(t *testing.T) {
	for _, table := range []map[string]rule{
		componentRules, roleRules, selectorRules, existingRules, signalRules, signalMatchRules, endpointRules, objectiveRules, costRules, sloRules,
		evaluationRules, alertLabelRules, alertRules, customAlertRules, otherRules,
		notificationRules, receiverRules, emailRules, muteRules,
	} {
		for name, r := range table {
			t.Run(name, func(t *testing.T) {
				for _, text := range r.ok {
					if _, err := create(t, with(t, r.on, text)); err != nil {
						t.Errorf("%s must be accepted: %v", text, err)
					}
				}
				for _, text := range r.bad {
					_, err := create(t, with(t, r.on, text))
					if problem := refusal(err, r.want); problem != "" {
						t.Errorf("%s %s", text, problem)
					}
				}
			})
		}
	}
}

// with is the minimal manifest with YAML merged into a part of it.
func with(t *testing.T, part, text string) map[string]any {
	t.Helper()
	object := parse(t, minimal)
	into := object
	if part != "" {
		into = object["spec"].(map[string]any)
	}
	if part == "component" {
		into = into["components"].([]any)[0].(map[string]any)
	}
	merge(into, parse(t, text))
	return object
}

// merge writes from into into, map by map; null takes a field away.
func merge(into, from map[string]any) {
	for key, value := range from {
		inner, isMap := value.(map[string]any)
		before, wasMap := into[key].(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case isMap && wasMap:
			merge(before, inner)
		case isMap:
			into[key] = maps.Clone(inner)
		default:
			into[key] = value
		}
	}
}

// each makes a manifest of every value, in place of %s.
func each(format string, values ...string) []string {
	out := make([]string, 0, len(values))
	for _, value := range values {
		out = append(out, strings.ReplaceAll(format, "%s", value))
	}
	return out
}

// list is a YAML list of n entries, which format makes of their numbers.
func list(n int, format string) string {
	var entries []string
	for i := range n {
		entries = append(entries, fmt.Sprintf(format, i))
	}
	return "[" + strings.Join(entries, ", ") + "]"
}

// fields is a YAML map of n entries, which format makes of their numbers.
func fields(n int, format string) string {
	return "{" + strings.Trim(list(n, format), "[]") + "}"
}

// x is a string of n letters.
func x(n int) string { return strings.Repeat("x", n) }

const (
	component = "{name: c%d, vocabulary: rag, selector: {matchLabels: {app: a}}}"
	name      = `must be lower-case letters, digits and '-', beginning and ending with a letter or digit, such as "`
	isString  = "must be of type string"
)

var componentRules = map[string]rule{
	"there is a component": {
		on: "spec", bad: []string{"components: []"}, want: "spec.components in body should have at least 1 items",
	},
	"components are required": {
		on: "spec", bad: []string{"components: null"}, want: "spec.components: Required value",
	},
	"there are at most 16 components": {
		on: "spec", ok: []string{"components: " + list(16, component)}, bad: []string{"components: " + list(17, component)},
		want: "spec.components: Too many: 17: must have at most 16 items",
	},
	"names of components are unique": {
		on: "spec", bad: []string{"components: " + list(2, "{name: api, vocabulary: rag, selector: {matchLabels: {app: a%d}}}")},
		want: `spec.components[1]: Duplicate value: {"name":"api"}`,
	},
	"a component has a name": {
		on: "component", bad: []string{"name: null"}, want: "spec.components[0].name: Required value",
	},
	"names of components are words": {
		on: "component", ok: each("name: %s", "a", `"1"`, "a-b", "x--y", x(63)),
		bad:  each("name: %s", "Api", "a_b", "a.b", "-a", "a-", `"a b"`, "é", `"a\n"`, "a/b"),
		want: name + `api" or "vector-store"`,
	},
	"names of components are not empty": {
		on: "component", bad: []string{`name: ""`}, want: "spec.components[0].name in body should be at least 1 chars long",
	},
	"names of components have at most 63 characters": {
		on: "component", bad: []string{"name: " + x(64)}, want: "spec.components[0].name: Too long: may not be more than 63 bytes",
	},
	"a component has a vocabulary": {
		on: "component", bad: []string{"vocabulary: null"}, want: "spec.components[0].vocabulary: Required value",
	},
	"vocabularies are words": {
		on: "component", ok: each("vocabulary: %s", "rag", "api-pipeline", "one-that-does-not-exist"),
		bad:  each("vocabulary: %s", "RAG", "a.b", "../rag", "rag.yaml"),
		want: `must be the name of a vocabulary, such as "rag": lower-case letters, digits and '-'`,
	},
	"vocabularies have at most 63 characters": {
		on: "component", bad: []string{"vocabulary: " + x(64)}, want: "spec.components[0].vocabulary: Too long: may not be more than 63 bytes",
	},
	"vocabularies are not empty": {
		on: "component", bad: []string{`vocabulary: ""`}, want: "spec.components[0].vocabulary in body should be at least 1 chars long",
	},
	"unknown fields are refused": {
		on: "component", bad: []string{"selektor: {}"}, want: `unknown field "spec.components[0].selektor"`,
	},
}

var selectorRules = map[string]rule{
	"selectors are not empty": {
		on: "component", ok: []string{"selector: {matchLabels: null, matchExpressions: [{key: app, operator: Exists}]}"},
		bad: []string{
			"selector: {matchLabels: null}",
			"selector: {matchLabels: null, matchExpressions: []}",
		},
		want: "must not be empty, it would select every Service of the namespace: name a label of your Service, such as matchLabels: {app: support-bot}",
	},
	"a selector has at most 16 labels": {
		on: "component", ok: []string{"selector: {matchLabels: " + fields(15, "l%d: x") + "}"}, bad: []string{"selector: {matchLabels: " + fields(16, "l%d: x") + "}"},
		want: "spec.components[0].selector.matchLabels: Too many: 17: must have at most 16 items",
	},
	"names of labels are those of Kubernetes": {
		on: "component", ok: each("selector: {matchLabels: {%s: x}}", "app", "app.kubernetes.io/name", "A_b.c", `"1"`, "a/B"),
		bad:  each(`selector: {matchLabels: {"%s": x}}`, "a b", "-a", "a-", "a/b/c", "/a", "a/", "Upper/a", "é", "{{x}}"),
		want: `must be a label name, such as "app" or "app.kubernetes.io/name"`,
	},
	"names of labels have at most 63 characters after the prefix": {
		on: "component", ok: each(`selector: {matchLabels: {"%s": x}}`, x(63), "a.b/"+x(63)),
		bad: each(`selector: {matchLabels: {"%s": x}}`, x(64), "a.b/"+x(64), x(500)), want: "must be a label name",
	},
	"values of labels are those of Kubernetes": {
		on: "component", ok: each("selector: {matchLabels: {app: %s}}", `""`, "a", "A.b_c-d", `"1"`, x(63)),
		bad:  each("selector: {matchLabels: {app: %s}}", `"a b"`, "-a", "a-", "a/b", "é", `"{{a}}"`, `"a\n"`),
		want: "must be a label value: letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
	},
	"values of labels have at most 63 characters": {
		on: "component", bad: []string{"selector: {matchLabels: {app: " + x(64) + "}}"}, want: "Too long: may not be more than 63 bytes",
	},
	"values of labels are strings": {
		on: "component", bad: each("selector: {matchLabels: {app: %s}}", "1", "true"), want: isString,
	},
	"In and NotIn have values, Exists and DoesNotExist have none": {
		on: "component", ok: each("selector: {matchExpressions: [{key: a, %s}]}", "operator: In, values: [x]", "operator: NotIn, values: [v, w]", "operator: Exists", "operator: DoesNotExist", "operator: Exists, values: []"),
		bad:  each("selector: {matchExpressions: [{key: a, %s}]}", "operator: In", "operator: NotIn", "operator: In, values: []", "operator: Exists, values: [x]", "operator: DoesNotExist, values: [x]"),
		want: "give values for the operators In and NotIn, and none for Exists and DoesNotExist",
	},
	"operators are known": {
		on: "component", bad: each("selector: {matchExpressions: [{key: a, operator: %s, values: [x]}]}", "Gt", "in", "Equals"),
		want: `supported values: "In", "NotIn", "Exists", "DoesNotExist"`,
	},
	"keys of conditions are names of labels": {
		on: "component", ok: each("selector: {matchExpressions: [{key: %s, operator: Exists}]}", "app", "app.kubernetes.io/name"),
		bad:  each("selector: {matchExpressions: [{key: %s, operator: Exists}]}", `"a b"`, "a/b/c", "/a", "-a"),
		want: `must be a label name, such as "app" or "app.kubernetes.io/name"`,
	},
	"keys of conditions have at most 63 characters after the prefix": {
		on: "component", ok: each("selector: {matchExpressions: [{key: %s, operator: Exists}]}", x(63), "a.b/"+x(63)),
		bad: each("selector: {matchExpressions: [{key: %s, operator: Exists}]}", x(64), "a.b/"+x(64)), want: "must be a label name",
	},
	"prefixes of keys of conditions are names of DNS": {
		on: "component", ok: []string{"selector: {matchExpressions: [{key: a-1.b.c/d, operator: Exists}]}"},
		bad: each("selector: {matchExpressions: [{key: %s, operator: Exists}]}", "a..b/c", "a.-b/c", ".a/c"), want: "must be a label name",
	},
	"keys of conditions are not empty": {
		on: "component", bad: []string{`selector: {matchExpressions: [{key: "", operator: Exists}]}`}, want: "key in body should be at least 1 chars long",
	},
	"conditions have a key": {
		on: "component", bad: []string{"selector: {matchExpressions: [{operator: Exists}]}"}, want: "spec.components[0].selector.matchExpressions[0].key: Required value",
	},
	"conditions have an operator": {
		on: "component", bad: []string{"selector: {matchExpressions: [{key: a, values: [v]}]}"}, want: "spec.components[0].selector.matchExpressions[0].operator: Required value",
	},
	"keys of conditions have at most 317 characters": {
		on: "component", bad: []string{"selector: {matchExpressions: [{key: " + x(318) + ", operator: Exists}]}"}, want: "Too long: may not be more than 317 bytes",
	},
	"there are at most 16 conditions": {
		on: "component", ok: []string{"selector: {matchExpressions: " + list(16, "{key: a%d, operator: Exists}") + "}"},
		bad: []string{"selector: {matchExpressions: " + list(17, "{key: a%d, operator: Exists}") + "}"}, want: "must have at most 16 items",
	},
	"a condition has at most 16 values": {
		on: "component", ok: []string{"selector: {matchExpressions: [{key: a, operator: In, values: " + list(16, "v%d") + "}]}"},
		bad: []string{"selector: {matchExpressions: [{key: a, operator: In, values: " + list(17, "v%d") + "}]}"}, want: "must have at most 16 items",
	},
	"values of conditions are values of labels": {
		on: "component", bad: []string{"selector: {matchExpressions: [{key: a, operator: In, values: [a b]}]}"}, want: "must be a label value",
	},
}

var endpointRules = map[string]rule{
	"ports are named": {
		on: "component", ok: each("endpoint: {port: %s}", "metrics", "http-metrics", x(15)),
		bad:  each("endpoint: {port: %s}", `"Metrics"`, `"http_metrics"`, `"-a"`, `"a b"`),
		want: `must be the name of a port of the Service, not its number: name the port in the Service, such as "metrics"`,
	},
	"ports are not numbers": {
		on: "component", bad: each("endpoint: {port: %s}", `"8080"`, `"80"`), want: "must be the name of a port of the Service, not its number",
	},
	"ports are not empty": {
		on: "component", bad: []string{`endpoint: {port: ""}`}, want: "spec.components[0].endpoint.port in body should be at least 1 chars long",
	},
	"paths are not empty": {
		on: "component", bad: []string{`endpoint: {path: ""}`}, want: "spec.components[0].endpoint.path in body should be at least 1 chars long",
	},
	"ports are strings": {
		on: "component", bad: []string{"endpoint: {port: 8080}"}, want: isString,
	},
	"ports have at most 63 characters": {
		on: "component", bad: []string{"endpoint: {port: " + x(64) + "}"}, want: "Too long: may not be more than 63 bytes",
	},
	"paths begin with a slash": {
		on: "component", ok: each("endpoint: {path: %s}", "/", "/metrics", "/a/b.c_d-e~f/%20", "/"+x(255)),
		bad:  each(`endpoint: {path: "%s"}`, "metrics", "/a b", "/a?b=c", "/a#b", "http://x/", "/{{x}}", "/$1", `/a\n`),
		want: `must begin with '/' and hold only letters, digits and -_.~/%, such as "/metrics"`,
	},
	"paths have at most 256 characters": {
		on: "component", bad: []string{"endpoint: {path: /" + x(256) + "}"}, want: "Too long: may not be more than 256 bytes",
	},
	"scrapes are between a second and five minutes apart": {
		on: "component", ok: each("endpoint: {interval: %s}", "1s", "15s", "1m", "1000ms", "1.5s", "1m15s"),
		bad:  each(`endpoint: {interval: "%s"}`, "500ms", "999ms", "fast", "10m", "5m1s", "0s", "-15s", "15", "", "15 s", "1d", "1m 5s", "1us"),
		want: `must be a duration between 1s and 5m, such as "15s"`,
	},
	"five minutes between scrapes need a window of twenty": {
		on: "spec", ok: []string{"{components: [{name: api, vocabulary: rag, selector: {matchLabels: {app: a}}, endpoint: {interval: 5m}}], evaluation: {window: 20m}}"},
	},
	"intervals too large to count are refused like others": {
		on: "component", bad: []string{"endpoint: {interval: 9999999999999h}"}, want: `must be a duration between 1s and 5m, such as "15s"`,
	},
	"intervals have at most 16 characters": {
		on: "component", bad: []string{"endpoint: {interval: 1.000000000000000s}"}, want: "Too long: may not be more than 16 bytes",
	},
	"intervals are strings": {
		on: "component", bad: []string{"endpoint: {interval: 15}"}, want: isString,
	},
}
