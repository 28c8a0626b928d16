package embedded

import (
	"strings"

	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

const (
	labelNamespace = "namespace"
	labelName      = promconfig.MetricNameLabel
)

// recordedPrefix is what the names of all series that rules record begin with.
const recordedPrefix = "ragmonitor:"

// isRecorded says whether a metric is made by rules. Targets cannot make one.
func isRecorded(name string) bool {
	return strings.HasPrefix(name, recordedPrefix) || name == "ALERTS" || name == "ALERTS_FOR_STATE"
}

const upMetric = "up"

// reports are the series that a scrape makes about itself.
var reports = map[string]bool{
	upMetric:                                true,
	"scrape_duration_seconds":               true,
	"scrape_samples_scraped":                true,
	"scrape_samples_post_metric_relabeling": true,
	"scrape_series_added":                   true,
}

// place is where series are.
type place struct{ scraped, recorded bool }

// placeOf says where the series are that a selector matches. Only the name tells.
func placeOf(matchers []*labels.Matcher) place {
	names := namesOf(matchers)
	if len(names) == 0 {
		return place{scraped: true, recorded: true}
	}
	var p place
	for _, name := range names {
		if isRecorded(name) {
			p.recorded = true
		} else {
			p.scraped = true
		}
	}
	return p
}

// namesOf are all metrics that a selector can match, or none when it does not say.
func namesOf(matchers []*labels.Matcher) []string {
	for _, m := range matchers {
		if m.Name != labelName {
			continue
		}
		switch m.Type {
		case labels.MatchEqual:
			return []string{m.Value}
		case labels.MatchRegexp:
			if names := m.SetMatches(); len(names) > 0 {
				return names
			}
		case labels.MatchNotEqual, labels.MatchNotRegexp:
		}
	}
	return nil
}
