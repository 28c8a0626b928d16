package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// example is a block of code in a page.
type example struct{ file, text string }

func examples(t *testing.T, language string) []example {
	t.Helper()
	block := regexp.MustCompile("(?ms)^ *```" + language + "\n(.*?)^ *```$")
	var out []example
	for _, file := range markdown(t) {
		for _, found := range block.FindAllStringSubmatch(read(t, file), -1) {
			out = append(out, example{file, found[1]})
		}
	}
	if len(out) == 0 {
		t.Fatalf("no page has an example in %s", language)
	}
	return out
}

func TestEveryQueryIsValidAndReadsSeriesThatExist(t *testing.T) {
	known := []string{rules.BudgetRemaining}
	for _, r := range loadSources(t).rules.Recordings {
		known = append(known, r.Record)
	}
	for _, e := range examples(t, "promql") {
		names, err := promql.Names(e.text)
		if err != nil {
			t.Errorf("%s: %v", e.file, err)
		}
		for _, name := range names {
			if strings.HasPrefix(name, "ragmonitor:") && !slices.Contains(known, name) {
				t.Errorf("%s: nobody records %s", e.file, name)
			}
		}
	}
}

// TestEveryManifestHasFieldsThatExist takes a block as a RAGMonitor when it says
// so, or is a part of one: when it has a spec, and no kind.
func TestEveryManifestHasFieldsThatExist(t *testing.T) {
	checked := 0
	for _, e := range examples(t, "yaml") {
		var top struct {
			Kind string
			Spec any
		}
		if err := yaml.Unmarshal([]byte(e.text), &top); err != nil {
			t.Errorf("%s: %v in:\n%s", e.file, err, e.text)
			continue
		}
		if top.Kind != v1alpha1.Kind && (top.Kind != "" || top.Spec == nil) {
			continue
		}
		checked++
		if err := yaml.UnmarshalStrict([]byte(e.text), &v1alpha1.RAGMonitor{}); err != nil {
			t.Errorf("%s: %v in:\n%s", e.file, err, e.text)
		}
	}
	if checked == 0 {
		t.Error("no page has a RAGMonitor")
	}
}
