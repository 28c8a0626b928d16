// Package differential proves that it does not matter to a verdict which metric source
// a RAGMonitor has: an embedded one and a real Prometheus watch the same services at the
// same time, and what the operator says by each is compared.
package differential_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
