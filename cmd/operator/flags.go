package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

type flags struct {
	metricsAddress, metricsCertDir string
	probeAddress                   string
	leaderElect                    bool
	namespace, deployment          string
	prometheusURL, prometheusCA    string
	prometheusToken                string
	metricSources                  string
	embeddedDir                    string
	embeddedLoopback               bool
	aggregationInterval            time.Duration
	nodes                          nodeFlags
	childLabels                    childLabels
	namespaceLabels                labelNames
	unlabelled                     bool
	priceTable                     string
	// grafanaURL is nil where it was not given.
	grafanaURL *string
	log        zap.Options
}

// childLabels is a flag: labels and their values.
type childLabels map[string]string

// String implements flag.Value.
func (l *childLabels) String() string { return labels.FormatLabels(*l) }

// Set implements flag.Value.
func (l *childLabels) Set(text string) error {
	set, err := labels.ConvertSelectorToLabelsMap(text)
	*l = childLabels(set)
	return err
}

// labelNames is a flag: names of Prometheus labels.
type labelNames []string

// String implements flag.Value.
func (l *labelNames) String() string { return strings.Join(*l, ",") }

// Set implements flag.Value.
func (l *labelNames) Set(text string) error {
	names := strings.Split(text, ",")
	for _, name := range names {
		if !model.UTF8Validation.IsValidLabelName(name) {
			return fmt.Errorf("%q is not a label name: write names separated by commas, such as namespace,k8s_namespace_name", name)
		}
	}
	*l = names
	return nil
}

func parseFlags(args []string) (*flags, error) {
	f := &flags{namespaceLabels: labelNames{"namespace"}}
	set := flag.NewFlagSet("operator", flag.ContinueOnError)
	set.StringVar(&f.metricsAddress, "metrics-bind-address", ":8443", "Address of the operator's own metrics, over HTTPS with authentication and authorization. \"0\" serves none.")
	set.StringVar(&f.metricsCertDir, "metrics-cert-dir", "", "Folder with tls.crt and tls.key for the metrics. Without one, a certificate is made at every start.")
	set.StringVar(&f.probeAddress, "health-probe-bind-address", ":8081", "Address of /healthz and /readyz.")
	set.BoolVar(&f.leaderElect, "leader-elect", true, "Run only while this is the one leader of all replicas.")
	set.StringVar(&f.namespace, "operator-namespace", os.Getenv("POD_NAMESPACE"), "Namespace of the operator: of its lease and of the node-exporter. Default: the environment variable POD_NAMESPACE.")
	set.StringVar(&f.deployment, "operator-deployment", os.Getenv("OPERATOR_DEPLOYMENT"), "Deployment of the operator, which will own the node-exporter. Default: the environment variable OPERATOR_DEPLOYMENT; without one, nothing owns it.")
	set.StringVar(&f.metricSources, "metric-sources", "", "YAML file with the metric sources that RAGMonitors choose from; docs/sources.md explains it. Default: the source of --prometheus-url, or, without one, \"embedded\": the operator scrapes pods itself.")
	set.StringVar(&f.embeddedDir, "embedded-dir", os.Getenv("EMBEDDED_DIR"), "Folder in which the embedded metric source keeps its samples. Default: the environment variable EMBEDDED_DIR; without one, a new temporary folder that is removed at the end.")
	set.BoolVar(&f.embeddedLoopback, "embedded-allow-loopback", false, "Let the embedded metric source scrape addresses of this machine. For development only: pods have none.")
	set.StringVar(&f.prometheusURL, "prometheus-url", "", "URL of a server with the Prometheus query API, such as http://prometheus.monitoring:9090: short for a file of --metric-sources with this one.")
	set.StringVar(&f.prometheusCA, "prometheus-ca-file", "", "PEM file with the certificates that sign the server's. Default: those of the system.")
	set.StringVar(&f.prometheusToken, "prometheus-token-file", "", "File with a bearer token for the server. Default: none is sent.")
	set.DurationVar(&f.aggregationInterval, "aggregation-interval", 30*time.Second, "Time between two readings of health, 1s or more.")
	f.nodes.bind(set)
	set.Var(&f.childLabels, "child-labels", "Labels to put on every object that is made, such as release=kube-prometheus-stack, separated by commas, where Prometheus and Grafana select objects by label.")
	set.Var(&f.namespaceLabels, "namespace-labels", "Labels that hold the namespace of series that somebody else collects, separated by commas; the first that a series has decides.")
	set.BoolVar(&f.unlabelled, "series-without-namespace", false, "Allow every RAGMonitor to use series that somebody else collects and that have none of the labels of --namespace-labels.")
	set.StringVar(&f.priceTable, "price-table", "", "YAML file with prices of tokens, put over those that are compiled in. A change is taken over within a minute.")
	set.Func("grafana-url", "URL of the Grafana that shows the boards, such as https://grafana.example.com, to which alerts and notifications link. Default: they link to no board.", func(text string) error {
		f.grafanaURL = &text
		return nil
	})
	f.log.BindFlags(set)
	config.RegisterFlags(set)
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("%q is neither a flag nor a command", set.Arg(0))
	}
	return f, f.check()
}

func (f *flags) check() error {
	if f.namespace == "" {
		return fmt.Errorf("--operator-namespace is empty: name the namespace that the operator runs in, such as ragmonitor-system")
	}
	if err := f.nodes.check(); err != nil {
		return err
	}
	if f.aggregationInterval < time.Second {
		return fmt.Errorf("--aggregation-interval is %s: write 1s or more", f.aggregationInterval)
	}
	if f.metricSources != "" && f.prometheusURL != "" {
		return fmt.Errorf("--metric-sources and --prometheus-url are both given: write the URL into the file of sources, or leave the file out")
	}
	if f.prometheusURL == "" && (f.prometheusCA != "" || f.prometheusToken != "") {
		return fmt.Errorf("--prometheus-ca-file and --prometheus-token-file need --prometheus-url")
	}
	if f.grafanaURL != nil && !isWebURL(*f.grafanaURL) {
		// The text is not repeated: it may hold a password.
		return fmt.Errorf("--grafana-url is not the URL of a web site: write one such as https://grafana.example.com, without user, query and fragment")
	}
	return nil
}

// isWebURL says whether text is the URL of a web site, which may be shown to anybody. Text
// in braces would be a template in an alert.
func isWebURL(text string) bool {
	parsed, err := url.Parse(text)
	plain := err == nil && parsed.Host != "" && parsed.User == nil && parsed.RawQuery == "" && parsed.Fragment == ""
	return plain && (parsed.Scheme == "http" || parsed.Scheme == "https") && !strings.ContainsAny(text, "{}<>\"'` ")
}
