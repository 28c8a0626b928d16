//go:build e2e

package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// reportFile, in bin/, is what was measured and seen, for people.
const reportFile = "e2e.txt"

// tell notes how long something took.
func tell(what string, took time.Duration) {
	show(what, took.Round(100*time.Millisecond).String())
}

// show notes what people will want to see.
func show(what, seen string) {
	AddReportEntry(what, seen, ReportEntryVisibilityAlways)
}

var _ = ReportAfterSuite("what was measured", func(report Report) {
	if it == nil {
		return
	}
	var out strings.Builder
	for _, spec := range report.SpecReports {
		for _, entry := range spec.ReportEntries {
			seen := entry.StringRepresentation()
			if strings.Contains(seen, "\n") {
				fmt.Fprintf(&out, "%s:\n%s\n", entry.Name, strings.TrimSpace(seen))
				continue
			}
			fmt.Fprintf(&out, "%-80s %10s\n", entry.Name, seen)
		}
	}
	Expect(os.WriteFile(it.path("bin", reportFile), []byte(out.String()), 0o600)).To(Succeed())
})
