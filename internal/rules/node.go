package rules

import (
	_ "embed"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/ragmonitor/ragmonitor-operator/internal/promql"
)

//go:embed node.yaml
var nodeYAML []byte

const nodeInterval = 30 * time.Second

// NodeGroup are the alerts on the nodes, read from the node-exporter that is scraped
// as job in a namespace. An error means that the catalogue is broken.
func (c Catalogue) NodeGroup(namespace, job string) (rulefmt.RuleGroup, error) {
	bound := []*labels.Matcher{promql.Equal(labelNamespace, namespace), promql.Equal("job", job)}
	var out []rulefmt.Rule
	for _, a := range c.NodeAlerts {
		l := units[a.Threshold.Unit](a.Threshold.Value)
		expr, _, err := a.Expr.Expand(promql.Scope{
			Resolve: func(name string, _ []*labels.Matcher) []promql.Alternative {
				return []promql.Alternative{{{Metric: name, Matchers: bound}}}
			},
			Numbers: map[string]float64{thresholdName: l.value},
		})
		if err != nil {
			return rulefmt.RuleGroup{}, err
		}
		text := strings.NewReplacer("{threshold}", l.text)
		out = append(out, rulefmt.Rule{
			Alert:  a.Alert,
			Expr:   expr,
			For:    a.For,
			Labels: map[string]string{labelNamespace: namespace, "severity": a.Severity},
			Annotations: map[string]string{
				"summary":     text.Replace(a.Summary),
				"description": text.Replace(a.Description),
				"runbook_url": RunbookBase + a.Alert + ".md",
			},
		})
	}
	return rulefmt.RuleGroup{Name: "ragmonitor.nodes", Interval: promconfig.Duration(nodeInterval), Rules: out}, nil
}
