package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

func TestSpellings(t *testing.T) {
	for name, tc := range map[string]struct {
		value float64
		want  []string
	}{
		"a whole number may have a decimal":          {2, []string{"2", "2.0"}},
		"a fraction has one spelling":                {0.25, []string{"0.25"}},
		"a small number may have an exponent":        {2.25e-05, []string{"0.0000225", "2.25e-05"}},
		"a large number may have one too":            {1e6, []string{"1000000", "1000000.0", "1e+06"}},
		"the residue of a division is not printed":   {0.3 / 0.1, []string{"3", "3.0"}},
		"digits beyond the sixth tell buckets apart": {0.0011390625, []string{"0.0011390625"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, spellings(tc.value)); diff != "" {
				t.Errorf("spellings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestThresholdsOfSLOsAreToldApart(t *testing.T) {
	a, b := model.SLO{Latency: 1200 * time.Microsecond}, model.SLO{Latency: 1600 * time.Microsecond}
	if thresholdOf(a) == thresholdOf(b) {
		t.Errorf("both thresholds are %q", thresholdOf(a))
	}
}
