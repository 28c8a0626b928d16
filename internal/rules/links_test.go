package rules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ragmonitor/ragmonitor-operator/internal/dashboards"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
)

func TestEveryAlertHasARunbook(t *testing.T) {
	folder := filepath.Join(fixture.Root(), "docs/runbooks")
	for _, a := range fixture.Rules(t).Alerts {
		page, err := os.ReadFile(filepath.Join(folder, a.Alert+".md"))
		if err != nil {
			t.Errorf("%s has no runbook: %v", a.Alert, err)
			continue
		}
		if !strings.HasPrefix(string(page), "# "+a.Alert+"\n") {
			t.Errorf("the runbook of %s has another title", a.Alert)
		}
	}
}

func TestEveryAlertHasAPanel(t *testing.T) {
	board, err := dashboards.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range fixture.Rules(t).Alerts {
		if !slices.ContainsFunc(board, func(p dashboards.Panel) bool { return p.ID == a.Panel }) {
			t.Errorf("%s links to panel %d, which the board does not have", a.Alert, a.Panel)
		}
	}
}
