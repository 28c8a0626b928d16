package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/pricing"
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
	from := loadSources(t)
	for _, e := range examples(t, "promql") {
		template, err := promql.Parse(e.text)
		if err != nil {
			t.Errorf("%s: %v", e.file, err)
			continue
		}
		for _, name := range template.Names() {
			if strings.HasPrefix(name, "ragmonitor:") && !recorded(from.rules, name) {
				t.Errorf("%s: nobody records %s", e.file, name)
			}
		}
	}
}

func recorded(c rules.Catalogue, name string) bool {
	return slices.ContainsFunc(slices.Concat(c.Recordings, c.NodeRecordings), func(r rules.Recording) bool { return r.Record == name }) ||
		slices.ContainsFunc(rules.Derived, func(s rules.Series) bool {
			stem, _, windowed := strings.Cut(s.Record, "<")
			return name == s.Record || windowed && strings.HasPrefix(name, stem)
		})
}

// TestEveryManifestIsAcceptedAndUnderstood takes a block as a RAGMonitor when it says
// so, or is a part of one: when it has a spec, and no kind. What a part leaves out is
// taken from the smallest manifest.
func TestEveryManifestIsAcceptedAndUnderstood(t *testing.T) {
	checked, server, catalogue, made := 0, newServer(t), fixture.Catalogue(t), fixture.Rules(t)
	for _, e := range examples(t, "yaml") {
		object := object(t, e.text)
		if kind := object["kind"]; kind != v1alpha1.Kind && (kind != nil || object["spec"] == nil) {
			continue
		}
		checked++
		complete(t, object)
		if err := server.accept(object); err != nil {
			t.Errorf("%s: %v in:\n%s", e.file, err, e.text)
			continue
		}
		text, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		m, err := model.Resolve(fixture.RAGMonitor(t, string(text)), catalogue)
		if err != nil {
			t.Errorf("%s: %v in:\n%s", e.file, err, e.text)
			continue
		}
		if _, err := made.Build(m); err != nil {
			t.Errorf("%s: %v in:\n%s", e.file, err, e.text)
		}
	}
	if checked == 0 {
		t.Error("no page has a RAGMonitor")
	}
}

func TestEveryPriceTableIsValid(t *testing.T) {
	checked := 0
	for _, e := range examples(t, "yaml") {
		if object(t, e.text)["asOf"] == nil {
			continue
		}
		checked++
		if _, err := pricing.Parse(e.file, []byte(e.text)); err != nil {
			t.Errorf("%v in:\n%s", err, e.text)
		}
	}
	if checked == 0 {
		t.Error("no page has a table of prices")
	}
}

func TestEveryVocabularyFileIsValid(t *testing.T) {
	checked := 0
	for _, e := range examples(t, "yaml") {
		name, isText := object(t, e.text)["name"].(string)
		if !isText || object(t, e.text)["signals"] == nil {
			continue
		}
		checked++
		if err := loadVocabulary(name, e.text); err != nil {
			t.Errorf("%s: %v in:\n%s", e.file, err, e.text)
		}
	}
	if checked == 0 {
		t.Error("no page has a vocabulary")
	}
}
