package dashboards

import (
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

const (
	// absentID is the id of the text panel, far from those of the catalogue.
	absentID = 1000
	// howToMeasure is the page that says which metrics each vocabulary knows and how
	// to switch them on.
	howToMeasure = "https://github.com/ragmonitor/ragmonitor-operator/blob/main/docs/vocabularies.md"
)

// absent are the panels that have nothing to show. Most services lack many: the
// text about them is short.
type absent struct {
	// unmeasured are the titles of those whose metrics nobody exposes, unset of those
	// that nobody asked for, with the field to set.
	unmeasured, unset []string
}

func (a *absent) add(p Panel, m model.Monitor) {
	if p.Needs != "" && !needed[p.Needs](m) {
		a.unset = append(a.unset, p.Title+" (`spec."+p.Needs+"`)")
		return
	}
	a.unmeasured = append(a.unmeasured, p.Title)
}

func (a *absent) none() bool { return len(a.unmeasured)+len(a.unset) == 0 }

func (a *absent) panel() panel {
	var lines []string
	if len(a.unmeasured) > 0 {
		lines = append(lines, "No component exposes metrics for: "+strings.Join(a.unmeasured, ", ")+" ([which would]("+howToMeasure+")).")
	}
	if len(a.unset) > 0 {
		lines = append(lines, "Not set: "+strings.Join(a.unset, ", ")+".")
	}
	return panel{
		ID:      absentID,
		Type:    "text",
		Title:   "Not measured",
		GridPos: gridPos{W: gridColumns, H: 3},
		Options: textOptions{Mode: "markdown", Content: strings.Join(lines, "\n\n")},
	}
}
