// Package faults_test proves that the bottleneck is named rightly: services are
// simulated, broken stage by stage, and judged as the operator does it, from what is
// scraped to the status. testdata/matrix.md has the result.
package faults_test

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	// Rules are evaluated ten thousand times, and each time parsed: there is much
	// garbage, and little of it at a time.
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
