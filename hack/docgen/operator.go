package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// operatorMetrics lists the metrics that the operator serves of itself.
func (p *page) operatorMetrics() error {
	engine, err := embedded.New(embedded.Config{Dir: os.TempDir()})
	if err != nil {
		return err
	}
	p.part("metrics-operator")
	for _, group := range []struct {
		title string
		of    prometheus.Collector
	}{
		{"What it says of RAGMonitors", controller.Verdicts()},
		{"What it reads", source.NewMetrics()},
		{"What it scrapes", engine},
	} {
		rows, err := described(group.of)
		if err != nil {
			return err
		}
		p.heading(3, group.title)
		p.table([]string{"Metric", "Labels", "Meaning"}, rows)
	}
	return nil
}

// inDesc finds what a Desc does not give away otherwise.
var inDesc = regexp.MustCompile(`^Desc\{fqName: "([^"]+)", help: "(.*?)", (?:unit: "[^"]*", )?constLabels: \{[^}]*\}, variableLabels: \{([^}]*)\}\}$`)

func described(c prometheus.Collector) ([][]string, error) {
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		c.Describe(descs)
	}()
	var rows [][]string
	var err error
	for d := range descs {
		found := inDesc.FindStringSubmatch(d.String())
		if found == nil {
			err = fmt.Errorf("metric %s is described in a way that is not known", d)
			continue
		}
		var labels []string
		for label := range strings.SplitSeq(found[3], ",") {
			if label != "" {
				labels = append(labels, code(strings.TrimPrefix(label, "c(")))
			}
		}
		rows = append(rows, []string{code(found[1]), strings.Join(labels, ", "), found[2]})
	}
	return rows, err
}
