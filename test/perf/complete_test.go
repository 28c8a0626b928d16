package perf_test

import (
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/internal/health"
)

// TestServicesHaveAllThatIsRead: reading costs what it does of all series that the
// operator knows, but for those of a cost budget and of alerts on trial, which few
// RAGMonitors have.
func TestServicesHaveAllThatIsRead(t *testing.T) {
	has := map[string]bool{
		"ragmonitor:budget_spent:ratio": true, "ragmonitor:burn_in_pages:count": true, "ragmonitor:evaluation:timestamp_seconds": true,
	}
	for _, s := range (service{quiet, 1, noon}).series() {
		has["ragmonitor:"+s.record] = true
	}
	for _, name := range health.Series() {
		if !has[name] {
			t.Errorf("the operator reads %s, and the services of the benchmarks do not have it", name)
		}
	}
}
