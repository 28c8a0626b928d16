package install

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

func TestChartRefusesSources(t *testing.T) {
	// thanos and plain are values with one source, with and without TLS, and what is
	// added to it.
	thanos := func(more string) string {
		return `{"metricSources": [{"name": "thanos", "url": "https://thanos:9090"` + more + `}]}`
	}
	plain := func(more string) string {
		return `{"metricSources": [{"name": "thanos", "url": "http://thanos:9090"` + more + `}]}`
	}
	for name, tc := range map[string]struct{ values, want string }{
		"a source without a name":          {values: `{"metricSources": [{"url": "http://a:9090"}]}`, want: "missing property 'name'"},
		"a name with a dot":                {values: `{"metricSources": [{"name": "a.b", "url": "http://a:9090"}]}`, want: "/metricSources/0/name': "},
		"a field that does not exist":      {values: thanos(`, "address": "x"`), want: "additional properties 'address' not allowed"},
		"a file where a reference belongs": {values: thanos(`, "caFile": "/etc/x"`), want: "additional properties 'caFile' not allowed"},
		"credentials in the URL":           {values: `{"metricSources": [{"name": "a", "url": "https://u:p@a"}]}`, want: "/metricSources/0/url': "},
		"a header that is no text":         {values: thanos(`, "headers": {"X-Scope-OrgID": 12}`), want: "/metricSources/0/headers/X-Scope-OrgID': got number, want string"},
		"too many samples":                 {values: thanos(`, "maxSamples": 1000001`), want: "/metricSources/0/maxSamples': maximum"},
		"a timeout without a unit":         {values: thanos(`, "timeout": "30"`), want: "/metricSources/0/timeout': "},
		"a password in the values":         {values: thanos(`, "basicAuth": {"username": "u", "password": "p"}`), want: "additional properties 'password' not allowed"},
		"an embedded that is off":          {values: `{"metricSources": [{"name": "a", "embedded": false}]}`, want: "/metricSources/0/embedded': value must be true"},

		"neither a URL nor embedded":        {values: `{"metricSources": [{"name": "a"}]}`, want: "a has no url: write that of a server"},
		"both a URL and embedded":           {values: thanos(`, "embedded": true`), want: "thanos is embedded and asks no server"},
		"two embedded ones":                 {values: `{"metricSources": [{"name": "a", "embedded": true}, {"name": "b", "embedded": true}]}`, want: "more than one is embedded"},
		"two with the same name":            {values: `{"metricSources": [{"name": "a", "url": "http://a"}, {"name": "a", "url": "http://b"}]}`, want: "two are named a"},
		"authorities for a URL without TLS": {values: plain(`, "caConfigMap": {"name": "ca"}`), want: "thanos has caConfigMap or clientCertSecret, and a url without https"},
		"a certificate without TLS":         {values: plain(`, "clientCertSecret": {"name": "c"}`), want: "thanos has caConfigMap or clientCertSecret, and a url without https"},
		"a token and a password":            {values: thanos(`, "tokenSecret": {"name": "t"}, "basicAuth": {"username": "u", "secret": {"name": "s"}}`), want: "thanos has tokenSecret and basicAuth"},
		"a token in a header":               {values: thanos(`, "headers": {"authorization": "Bearer secret"}`), want: "thanos: headers has authorization, and headers are no place for secrets: name a Secret in tokenSecret"},
		"a password for nobody":             {values: thanos(`, "basicAuth": {"secret": {"name": "s"}}`), want: "thanos: basicAuth needs exactly one of username and usernameKey"},
		"a user by name and by key":         {values: thanos(`, "basicAuth": {"username": "u", "usernameKey": "k", "secret": {"name": "s"}}`), want: "basicAuth needs exactly one of"},

		"a Prometheus beside sources":          {values: beside(thanos(""), `"prometheus": {"url": "http://p"}`), want: "write the server into metricSources, as {name: prometheus, url: ...}"},
		"an operated Prometheus beside them":   {values: beside(thanos(""), `"prometheus": {"operated": {"namespace": "m"}}`), want: "metricSources and prometheus are both given"},
		"a token for nobody beside them":       {values: beside(thanos(""), `"prometheus": {"tokenSecret": {"name": "t"}}`), want: "metricSources and prometheus are both given"},
		"a Prometheus by URL and by namespace": {values: `{"prometheus": {"url": "http://p", "operated": {"namespace": "m"}}}`, want: "prometheus.url and prometheus.operated.namespace are both given"},
		"authorities for an operated one":      {values: `{"prometheus": {"operated": {"namespace": "m"}, "caConfigMap": {"name": "ca"}}}`, want: "needs a prometheus.url with https"},
		"a claim that nobody writes to":        {values: beside(thanos(""), `"embedded": {"storage": {"existingClaim": "c"}}`), want: "no metric source is embedded: leave it out, or add {name: embedded, embedded: true}"},
		"a claim for two pods":                 {values: `{"embedded": {"storage": {"existingClaim": "c"}}, "replicas": 2}`, want: "existingClaim needs replicas 1, not 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := helm(t, "template", operatorName, chartPath, "--set-json", tc.values)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

// beside adds a value to others.
func beside(values, more string) string { return strings.TrimSuffix(values, "}") + ", " + more + "}" }

// fieldRow is a row of a table of fields: of three columns, to tell it from a value's.
var fieldRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\| [^|]+ \\|$")

func fieldRows(t *testing.T, file string) []string {
	t.Helper()
	var fields []string
	for _, row := range fieldRow.FindAllStringSubmatch(string(readFile(t, file)), -1) {
		fields = append(fields, row[1])
	}
	slices.Sort(fields)
	return fields
}

// TestFieldsOfSourcesAreDocumented compares the schema with the table in the chart's
// README, and with what a rendering uses.
func TestFieldsOfSourcesAreDocumented(t *testing.T) {
	fields := schemaLeaves(*readSchema(t).Properties["metricSources"].Items, "")
	if diff := cmp.Diff(fields, fieldRows(t, chartPath+"/README.md")); diff != "" {
		t.Errorf("fields (-values.schema.json +README.md):\n%s", diff)
	}
	if diff := cmp.Diff(fields, usedFields(t, "test/install/testdata/everything.yaml")); diff != "" {
		t.Errorf("fields (-values.schema.json +everything.yaml):\n%s", diff)
	}
}

// usedFields are those of all metric sources of a file of values.
func usedFields(t *testing.T, file string) []string {
	t.Helper()
	var values struct {
		MetricSources []map[string]any `json:"metricSources"`
	}
	if err := yaml.Unmarshal(readFile(t, file), &values); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, s := range values.MetricSources {
		addLeaves(t, found, s, *readSchema(t).Properties["metricSources"].Items, "")
	}
	return slices.Sorted(maps.Keys(found))
}

// TestTheFileOfSourcesIsDocumented compares what the operator reads with the table in
// the manual.
func TestTheFileOfSourcesIsDocumented(t *testing.T) {
	if diff := cmp.Diff(jsonFields(reflect.TypeFor[source.Endpoint](), ""), fieldRows(t, "docs/sources.md")); diff != "" {
		t.Errorf("fields (-source.Endpoint +docs/sources.md):\n%s", diff)
	}
}

// jsonFields are the paths, sorted, of the fields of a struct.
func jsonFields(of reflect.Type, path string) []string {
	var found []string
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.NumField() > 0 {
			found = append(found, jsonFields(inner, join(path, name))...)
			continue
		}
		found = append(found, join(path, name))
	}
	slices.Sort(found)
	return found
}

// TestExamplesOfSourcesWork has the chart render what its README shows, and the
// operator read what the manual shows.
func TestExamplesOfSourcesWork(t *testing.T) {
	for _, page := range []string{chartPath + "/README.md", "docs/sources.md"} {
		for _, text := range examplesWith(t, page, "metricSources") {
			r := chart(operatorName, systemNamespace, "--set-json", text)
			readSources(t, sourcesFile(t, r.objects(t)))
		}
	}
	for _, text := range examplesWith(t, "docs/sources.md", "sources") {
		readSources(t, text)
	}
}

// examplesWith are the YAML blocks of a page that have a field at the top, as JSON.
func examplesWith(t *testing.T, file, field string) []string {
	t.Helper()
	var found []string
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(readFile(t, file), -1) {
		var content map[string]any
		if err := yaml.UnmarshalStrict(block[1], &content); err != nil {
			t.Fatalf("%s: %v in\n%s", file, err, block[1])
		}
		if content[field] == nil {
			continue
		}
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, string(text))
	}
	if len(found) == 0 {
		t.Fatalf("%s has no example of %s", file, field)
	}
	return found
}
