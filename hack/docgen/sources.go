package main

import (
	"fmt"
	"os"
	"path/filepath"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

const crdFile = "config/crd/bases/monitoring.ragmonitor.io_ragmonitors.yaml"

// sources are what the pages are made from.
type sources struct {
	vocabularies vocabulary.Catalogue
	rules        rules.Catalogue
	board        dashboards.Catalogue
	// version is the newest of the CRD, the only one that is documented.
	version apiextensionsv1.CustomResourceDefinitionVersion
}

// load reads the compiled-in catalogues, and the CRD in the repository at root.
func load(root string) (sources, error) {
	var from sources
	var err error
	if from.vocabularies, err = vocabulary.Builtin(); err != nil {
		return sources{}, fmt.Errorf("load the vocabularies: %w", err)
	}
	if from.rules, err = rules.Builtin(); err != nil {
		return sources{}, fmt.Errorf("load the rules: %w", err)
	}
	if from.board, err = dashboards.Builtin(); err != nil {
		return sources{}, fmt.Errorf("load the board: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(root, crdFile))
	if err != nil {
		return sources{}, fmt.Errorf("read the CRD: %w", err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &crd); err != nil {
		return sources{}, fmt.Errorf("read %s: %w", crdFile, err)
	}
	if len(crd.Spec.Versions) == 0 {
		return sources{}, fmt.Errorf("read %s: it has no version", crdFile)
	}
	from.version = crd.Spec.Versions[len(crd.Spec.Versions)-1]
	return from, nil
}

// pages are the contents of the pages, by path in the repository.
func (s sources) pages() (map[string]string, error) {
	metrics, err := s.metricsPage()
	if err != nil {
		return nil, fmt.Errorf("make docs/metrics.md: %w", err)
	}
	alerts, err := s.alertsPage()
	if err != nil {
		return nil, fmt.Errorf("make docs/alerts.md: %w", err)
	}
	vocabularies, err := s.vocabulariesPage()
	if err != nil {
		return nil, fmt.Errorf("make docs/vocabularies.md: %w", err)
	}
	return map[string]string{
		"docs/api.md":          s.apiPage(),
		"docs/metrics.md":      metrics,
		"docs/alerts.md":       alerts,
		"docs/vocabularies.md": vocabularies,
	}, nil
}
