package embedded

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/alecthomas/units"
	configutil "github.com/prometheus/common/config"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

// longestScrape is Prometheus' default timeout.
const longestScrape = 10 * time.Second

// scrapeConfig is that of one job, as the Prometheus Operator makes it of our
// ServiceMonitor: what that leaves open has Prometheus' defaults, among them that
// timestamps of a target are honoured and native histograms are not scraped. Only
// compression is not asked for, and a body may be smaller.
func scrapeConfig(name string, job Job, limits Limits, native bool) *config.ScrapeConfig {
	c := config.DefaultScrapeConfig
	c.JobName = name
	c.MetricsPath = job.Path
	c.Scheme = "http"
	c.ScrapeInterval = promconfig.Duration(job.Interval)
	c.ScrapeTimeout = promconfig.Duration(min(job.Interval, longestScrape))
	c.SampleLimit = uint(limits.SeriesPerTarget)
	c.TargetLimit = model.ScrapeTargets
	c.LabelLimit = model.ScrapeLabels
	c.LabelNameLengthLimit = model.ScrapeLabelName
	c.LabelValueLengthLimit = model.ScrapeLabelValue
	c.BodySizeLimit = units.Base2Bytes(limits.BodyBytes)
	// Pods are near, and a decompressor for each target is 40 KiB.
	c.EnableCompression = false
	c.HTTPClientConfig = configutil.HTTPClientConfig{}
	if native {
		c.ScrapeNativeHistograms = &native
		c.AlwaysScrapeClassicHistograms = &native
	}
	return &c
}

// prometheusConfig has the jobs. The error names the first one that is not valid.
func prometheusConfig(jobs []*config.ScrapeConfig) (*config.Config, error) {
	c, err := config.Load("", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, fmt.Errorf("make a configuration: %w", err)
	}
	for _, job := range jobs {
		if err := job.Validate(c.GlobalConfig); err != nil {
			return nil, fmt.Errorf("configure scraping: %w", err)
		}
	}
	c.ScrapeConfigs = jobs
	return c, nil
}

// targetGroup has the targets of a job, with the labels of the RAGMonitor.
func targetGroup(key Key, job Job) *targetgroup.Group {
	group := &targetgroup.Group{Source: job.Component}
	for _, target := range job.Targets {
		set := promconfig.LabelSet{}
		for name, value := range target.Labels {
			if !strings.HasPrefix(name, promconfig.ReservedLabelPrefix) {
				set[promconfig.LabelName(name)] = promconfig.LabelValue(value)
			}
		}
		set[promconfig.AddressLabel] = promconfig.LabelValue(target.Address.String())
		set[labelNamespace] = promconfig.LabelValue(key.Namespace)
		set[naming.LabelRAGMonitor] = promconfig.LabelValue(key.Name)
		set[naming.LabelComponentTarget] = promconfig.LabelValue(job.Component)
		group.Targets = append(group.Targets, set)
	}
	return group
}
