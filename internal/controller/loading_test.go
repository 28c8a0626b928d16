package controller

import (
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

// TestRulesOfANewComponentAreAwaited: for some minutes what is said is of the generation
// before, and then that nobody watches the component.
func TestRulesOfANewComponentAreAwaited(t *testing.T) {
	from := measured("prometheus", "bot")
	p := newPlay(t, "", played(t, "bot"), from)
	p.tick(t.Context())
	p.expect("bot", "Healthy/ObjectivesMet", 1)

	rm := p.monitors.named("bot")
	search := rm.Spec.Components[0]
	search.Name = "search"
	rm.Spec.Components = append(rm.Spec.Components, search)
	rm.Generation = 2
	p.reconcile(t.Context(), "bot")
	for range loadingTime / playInterval {
		p.tick(t.Context())
		p.expect("bot", "Healthy/ObjectivesMet", 1)
	}
	p.tick(t.Context())
	p.expect("bot", "Degraded/RulesNotLoaded", 2)

	from.series[[2]string{"targets:up", "search"}], from.series[[2]string{"targets:total", "search"}] = 1, 1
	p.tick(t.Context())
	p.expect("bot", "Healthy/ObjectivesMet", 2)

	delete(from.series, [2]string{"targets:total", "search"})
	p.clock.SetTime(p.clock.Now().Add(time.Hour))
	p.tick(t.Context())
	p.expect("bot", "Degraded/RulesNotLoaded", 2)
}

// TestNothingIsAwaitedOfWhatWasNeverMeasured: what a new RAGMonitor says is not worth
// keeping.
func TestNothingIsAwaitedOfWhatWasNeverMeasured(t *testing.T) {
	from := measured("prometheus", "bot")
	from.of = nil
	p := newPlay(t, "", played(t, "bot"), from)
	p.tick(t.Context())
	p.expect("bot", "NoData/RulesNotLoaded", 1)
	from.of = []string{"bot"}
	rm := p.monitors.named("bot")
	rm.Spec.Components = append(rm.Spec.Components, v1alpha1.Component{Name: "llm"})
	p.tick(t.Context())
	p.expect("bot", "Degraded/RulesNotLoaded", 1)
}

// TestRulesThatAreAwaitedHideNothingWorse: what users notice does not wait.
func TestRulesThatAreAwaitedHideNothingWorse(t *testing.T) {
	from := measured("prometheus", "bot")
	p := newPlay(t, "", played(t, "bot"), from)
	p.tick(t.Context())
	rm := p.monitors.named("bot")
	rm.Spec.Components[0].Name, rm.Generation = "app", 2
	rm.Spec.Components = append(rm.Spec.Components, v1alpha1.Component{Name: "api"})
	from.series[[2]string{"request_errors:rate", "api"}] = 6
	p.tick(t.Context())
	p.expect("bot", "Critical/ErrorRatioHigh", 2)
}
