package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/pricing"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

const crdFile = "config/crd/bases/monitoring.ragmonitor.io_ragmonitors.yaml"

// sources are what the pages are made from.
type sources struct {
	vocabularies vocabulary.Catalogue
	// fields are those of a vocabulary's file.
	fields vocabularyFields
	rules  rules.Catalogue
	prices pricing.Table
	// board is that of a RAGMonitor, nodes that of the cluster's nodes.
	board, nodes dashboards.Catalogue
	// version is the newest of the CRD, the only one that is documented.
	version apiextensionsv1.CustomResourceDefinitionVersion
	chart   chart
	// operator are the alerts on the operator itself.
	operator []operatorAlert
}

// load reads the compiled-in catalogues, and the CRD and the Go types of a vocabulary
// in the repository at root.
func load(root string) (sources, error) {
	var from sources
	var err error
	if from.vocabularies, err = vocabulary.Builtin(); err != nil {
		return sources{}, fmt.Errorf("load the vocabularies: %w", err)
	}
	if from.prices, err = pricing.Builtin(); err != nil {
		return sources{}, fmt.Errorf("load the prices: %w", err)
	}
	if from.rules, err = rules.Builtin(from.prices); err != nil {
		return sources{}, fmt.Errorf("load the rules: %w", err)
	}
	if from.board, err = dashboards.Builtin(); err != nil {
		return sources{}, fmt.Errorf("load the board: %w", err)
	}
	if from.nodes, err = dashboards.Nodes(); err != nil {
		return sources{}, fmt.Errorf("load the board of nodes: %w", err)
	}
	if from.fields, err = readFields(filepath.Join(root, fieldsFile)); err != nil {
		return sources{}, err
	}
	if from.chart, err = readChart(root); err != nil {
		return sources{}, err
	}
	if from.operator, err = readOperatorAlerts(root); err != nil {
		return sources{}, err
	}
	from.version, err = readCRD(filepath.Join(root, crdFile))
	return from, err
}

func readCRD(file string) (apiextensionsv1.CustomResourceDefinitionVersion, error) {
	var none apiextensionsv1.CustomResourceDefinitionVersion
	data, err := os.ReadFile(file)
	if err != nil {
		return none, fmt.Errorf("read the CRD: %w", err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &crd); err != nil {
		return none, fmt.Errorf("read %s: %w", crdFile, err)
	}
	if len(crd.Spec.Versions) == 0 {
		return none, fmt.Errorf("read %s: it has no version", crdFile)
	}
	return crd.Spec.Versions[len(crd.Spec.Versions)-1], nil
}

// alerts are those of RAGMonitors and those of the cluster's nodes.
func (s sources) alerts() []rules.Alert { return slices.Concat(s.rules.Alerts, s.rules.NodeAlerts) }

// pages are the contents of the pages, by path in the repository.
func (s sources) pages() (map[string]string, error) {
	out := map[string]string{"docs/api.md": s.apiPage()}
	for _, page := range []struct {
		name  string
		write func() (string, error)
	}{
		{"docs/metrics.md", s.metricsPage},
		{"docs/alerts.md", s.alertsPage},
		{"docs/vocabularies.md", s.vocabulariesPage},
		{chartReadme, s.chart.page},
	} {
		text, err := page.write()
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", page.name, err)
		}
		out[page.name] = text
	}
	return out, nil
}
