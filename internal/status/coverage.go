package status

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	v1alpha1ac "github.com/ragmonitor/ragmonitor-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// unavailable tells of the alerts that no vocabulary feeds.
func unavailable(alerts []rules.Unavailable) []v1alpha1.UnavailableAlert {
	var out []v1alpha1.UnavailableAlert
	for _, a := range alerts {
		out = append(out, v1alpha1.UnavailableAlert{
			Alert:   a.Alert,
			Reason:  v1alpha1.UnavailableNotInVocabulary,
			Missing: a.Missing,
		})
	}
	sortByAlert(out)
	return out
}

// notExposed tells of the alerts whose metrics were not seen lately. Alerts that
// exist no more outlive their last sample by some minutes.
func notExposed(missing map[string]string, known []v1alpha1.UnavailableAlert) []v1alpha1.UnavailableAlert {
	var out []v1alpha1.UnavailableAlert
	for alert, metric := range missing {
		if slices.ContainsFunc(known, func(a v1alpha1.UnavailableAlert) bool { return a.Alert == alert }) {
			continue
		}
		out = append(out, v1alpha1.UnavailableAlert{
			Alert:   alert,
			Reason:  v1alpha1.UnavailableNotExposed,
			Missing: metric,
		})
	}
	sortByAlert(out)
	return out[:min(len(out), max(0, maxUnavailable-len(known)))]
}

func sortByAlert(alerts []v1alpha1.UnavailableAlert) {
	slices.SortFunc(alerts, func(a, b v1alpha1.UnavailableAlert) int { return strings.Compare(a.Alert, b.Alert) })
}

// unavailableFor are those of one reason: each reason belongs to one field manager.
func unavailableFor(alerts []v1alpha1.UnavailableAlert, reason v1alpha1.UnavailableReason) []v1alpha1.UnavailableAlert {
	var out []v1alpha1.UnavailableAlert
	for _, a := range alerts {
		if a.Reason == reason {
			out = append(out, a)
		}
	}
	sortByAlert(out)
	return out
}

func applyUnavailable(alerts []v1alpha1.UnavailableAlert) []*v1alpha1ac.UnavailableAlertApplyConfiguration {
	var out []*v1alpha1ac.UnavailableAlertApplyConfiguration
	for _, a := range alerts {
		entry := v1alpha1ac.UnavailableAlert().WithAlert(a.Alert).WithReason(a.Reason)
		entry.Missing = present(a.Missing)
		out = append(out, entry)
	}
	return out
}

// longestFigure is the most that the API takes of a figure, in characters.
const longestFigure = 16

// thresholds are the bucket bounds of SLOs, as people read them.
func thresholds(bounds map[string]rules.Bounds) map[string]string {
	out := map[string]string{}
	for slo, b := range bounds {
		out[slo] = threshold(b)
	}
	return out
}

// threshold is exact where there is room for it: a bound is no reading.
func threshold(b rules.Bounds) string {
	exact, low, high := duration(b.Low)+"-"+duration(b.High), show(b.Low, asDuration), show(b.High, asDuration)
	if b.Low == b.High {
		exact = duration(b.Low)
	}
	for _, text := range []string{exact, low + "-" + high} {
		if len(text) <= longestFigure {
			return text
		}
	}
	return high
}

// duration leaves it to show to print what is longer than a duration can be.
func duration(seconds float64) string {
	if seconds >= huge {
		return show(seconds, asDuration)
	}
	return time.Duration(math.Round(seconds * float64(time.Second))).String()
}

// burnIn tells how often alerts would have fired; those that would not have are
// left out.
func burnIn(pages map[string]float64) []v1alpha1.BurnInReading {
	var out []v1alpha1.BurnInReading
	for alert, n := range pages {
		count := int32(min(math.Round(n), 1_000_000))
		if count > 0 {
			out = append(out, v1alpha1.BurnInReading{Alert: alert, Pages: &count})
		}
	}
	return byAlert(out)
}

// byAlert sorts them; the API server need not keep an order.
func byAlert(readings []v1alpha1.BurnInReading) []v1alpha1.BurnInReading {
	return slices.SortedFunc(slices.Values(readings), func(a, b v1alpha1.BurnInReading) int {
		return strings.Compare(a.Alert, b.Alert)
	})
}

func applyBurnIn(readings []v1alpha1.BurnInReading) []*v1alpha1ac.BurnInReadingApplyConfiguration {
	var out []*v1alpha1ac.BurnInReadingApplyConfiguration
	for _, r := range readings {
		out = append(out, &v1alpha1ac.BurnInReadingApplyConfiguration{Alert: &r.Alert, Pages: r.Pages})
	}
	return out
}
