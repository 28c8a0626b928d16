package status

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

func TestThresholdsAreTheBoundsOfBuckets(t *testing.T) {
	for name, tc := range map[string]struct {
		low, high float64
		want      string
	}{
		"one bound":                             {2.5, 2.5, "2.5s"},
		"one below a second":                    {0.25, 0.25, "250ms"},
		"one of more than a minute":             {90, 90, "1m30s"},
		"one that binary fractions are not of":  {0.1, 0.1, "100ms"},
		"several":                               {1, 2.5, "1s-2.5s"},
		"several for which there is just room":  {0.1234, 0.25678, "123.4ms-256.78ms"[:16]},
		"several for which there is no room":    {0.123456, 0.256789, "120ms-260ms"},
		"some of years, rounded":                {98_765_432, 198_765_432, "200000000s"},
		"one of more years than a duration has": {1e12, 1e12, "1e+12s"},
		"some of more years":                    {1e12, 2e12, "1e+12s-2e+12s"},
	} {
		t.Run(name, func(t *testing.T) {
			got := thresholds(map[string]rules.Bounds{"fast": {Low: tc.low, High: tc.high}})
			if d := cmp.Diff(map[string]string{"fast": tc.want}, got); d != "" {
				t.Errorf("thresholds (-want +got):\n%s", d)
			}
			if len(got["fast"]) > longestFigure {
				t.Errorf("%q has %d characters: the API server would refuse it", got["fast"], len(got["fast"]))
			}
		})
	}
}

func TestEveryThresholdFits(t *testing.T) {
	for low := 1e-9; low < 1e16; low *= 3.7 {
		for high := low; high < 1e16; high *= 41.3 {
			if got := threshold(rules.Bounds{Low: low, High: high}); len(got) > longestFigure || strings.Contains(got, "--") {
				t.Errorf("threshold of %g to %g is %q", low, high, got)
			}
		}
	}
}

func TestAlertsThatNoVocabularyFeeds(t *testing.T) {
	got := unavailable([]rules.Unavailable{{Alert: "B", Missing: "relevance"}, {Alert: "A", Missing: "cpuUsage"}})
	want := []v1alpha1.UnavailableAlert{
		{Alert: "A", Reason: v1alpha1.UnavailableNotInVocabulary, Missing: "cpuUsage"},
		{Alert: "B", Reason: v1alpha1.UnavailableNotInVocabulary, Missing: "relevance"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("alerts (-want +got):\n%s", d)
	}
}

func TestAlertsWhoseMetricsAreNotExposed(t *testing.T) {
	known := []v1alpha1.UnavailableAlert{{Alert: "B", Reason: v1alpha1.UnavailableNotInVocabulary}}
	got := notExposed(map[string]string{"C": "c_total", "B": "b_total", "A": "a_total"}, known)
	want := []v1alpha1.UnavailableAlert{
		{Alert: "A", Reason: v1alpha1.UnavailableNotExposed, Missing: "a_total"},
		{Alert: "C", Reason: v1alpha1.UnavailableNotExposed, Missing: "c_total"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("alerts, without that which is known to lack more (-want +got):\n%s", d)
	}
}

func TestNoMoreAlertsThanTheAPITakes(t *testing.T) {
	missing, pages := map[string]string{}, map[string]float64{}
	for i := range 200 {
		missing[long(i)], pages[long(i)] = "m", 1
	}
	known := make([]v1alpha1.UnavailableAlert, 60)
	if got := len(notExposed(missing, known)); got != 4 {
		t.Errorf("%d alerts are added to 60, must be 4", got)
	}
	if got := len(notExposed(missing, make([]v1alpha1.UnavailableAlert, 70))); got != 0 {
		t.Errorf("%d alerts are added to 70, must be none", got)
	}
	if got := len(loudest(burnIn(pages), math.MaxInt)); got != 80 {
		t.Errorf("%d alerts in mode BurnIn, must be 80", got)
	}
}

func TestPagesInModeBurnIn(t *testing.T) {
	got := burnIn(map[string]float64{"C": 2.4, "B": 0, "A": 0.6, "D": 1e12, "E": 0.4})
	want := []v1alpha1.BurnInReading{
		{Alert: "A", Pages: new(int32(1))}, {Alert: "C", Pages: new(int32(2))}, {Alert: "D", Pages: new(int32(1_000_000))},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("pages (-want +got):\n%s", d)
	}
}

func TestShortenedToFit(t *testing.T) {
	alerts := []v1alpha1.UnavailableAlert{{Alert: "A", Missing: "m" + strings.Repeat("é", 80)}, {Alert: "B", Missing: "m"}}
	length := func(n int) []v1alpha1.UnavailableAlert {
		return []v1alpha1.UnavailableAlert{{Alert: "A", Missing: "m" + strings.Repeat("é", n)}, {Alert: "B", Missing: "m"}}
	}
	for name, tc := range map[string]struct {
		room int
		want []v1alpha1.UnavailableAlert
	}{
		"what the API takes, where there is room": {1000, length(63)},
		"half of it":       {sizeOf(length(63)) - 1, length(31)},
		"hardly any of it": {sizeOf(length(7)), length(7)},
		"only names":       {sizeOf(length(7)) - 1, []v1alpha1.UnavailableAlert{{Alert: "A"}, {Alert: "B"}}},
		"not all names":    {sizeOf([]v1alpha1.UnavailableAlert{{Alert: "A"}}), []v1alpha1.UnavailableAlert{{Alert: "A"}}},
		"nothing":          {-5, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := shortened(alerts, tc.room)
			if d := cmp.Diff(tc.want, got, cmpEmpty); d != "" {
				t.Errorf("alerts (-want +got):\n%s", d)
			}
			if d := cmp.Diff(got, shortened(got, tc.room), cmpEmpty); d != "" {
				t.Errorf("alerts that are shortened again (-before +after):\n%s", d)
			}
		})
	}
}

func TestTheLoudestAreKept(t *testing.T) {
	readings := []v1alpha1.BurnInReading{
		{Alert: "A", Pages: new(int32(1))}, {Alert: "B", Pages: new(int32(9))}, {Alert: "C", Pages: new(int32(5))}, {Alert: "D", Pages: new(int32(5))},
	}
	want := []v1alpha1.BurnInReading{{Alert: "B", Pages: new(int32(9))}, {Alert: "C", Pages: new(int32(5))}}
	if d := cmp.Diff(want, loudest(readings, sizeOf(want))); d != "" {
		t.Errorf("readings (-want +got):\n%s", d)
	}
}
