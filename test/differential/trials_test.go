package differential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/vocabulary"
)

// trial is a service that was healthy when something happens to it, or nothing.
type trial struct {
	service
	// stage that breaks, and how; a service of which none does has no stage.
	stage, fault string
	watch        watch
	// broken is when it happens; zero before.
	broken time.Time
	// said is by what is known of the past, and by source.
	said [2][2]testimony
}

type trials []*trial

// pasts are what may be known of the time before a fault.
var pasts = [2]string{"without a baseline", "with a baseline"}

// newTrials are one for each stage that a vocabulary measures and that can be played, and
// for each fault; and for each vocabulary one service that stays healthy, and one that is
// asked nothing any more.
func newTrials(t *testing.T, c catalogue) trials {
	t.Helper()
	var all trials
	add := func(vocabulary, stage, fault string, faults sim.Faults) {
		x := &trial{stage: stage, fault: fault}
		x.service = startService(t, scenario{vocabulary: vocabulary, seed: len(all), faults: faults})
		name := strings.ReplaceAll(strings.Join([]string{vocabulary, stage, fault}, "-"), "--", "-")
		x.watch = c.watch(t, name, vocabulary, "/metrics", x.addresses()...)
		for i := range sources {
			x.said[1][i].aware = true
		}
		all = append(all, x)
	}
	for _, name := range sim.Vocabularies() {
		stages := exposed(t, c.names.Vocabularies[name])
		for _, stage := range stages {
			add(name, stage, "slow-3", slow(stage, 3))
			add(name, stage, "slow-10", slow(stage, 10))
			add(name, stage, "failing", sim.Faults{Failing: map[string]float64{stage: 0.1}})
		}
		if len(stages) > 0 {
			add(name, "", "healthy", sim.Faults{})
			add(name, "", "idle", sim.Faults{Silence: true})
		}
	}
	return all
}

// exposed are the stages that are played, and that a vocabulary measures.
func exposed(t *testing.T, v vocabulary.Vocabulary) []string {
	t.Helper()
	if !v.Feeds(vocabulary.StageDuration) {
		return nil
	}
	config, err := sim.ConfigFor(v.Name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, stage := range config.Stages {
		if len(v.Series(vocabulary.StageDuration, stage.Name))+len(v.Series(vocabulary.StageDuration, "")) > 0 {
			out = append(out, stage.Name)
		}
	}
	return out
}

// begin breaks all of them.
func (all trials) begin(t *testing.T) {
	t.Helper()
	for _, x := range all {
		x.suffer(t, x.watch)
		x.broken = time.Now()
		for past := range x.said {
			for i := range x.said[past] {
				said := &x.said[past][i]
				said.before = said.evaluations
			}
		}
	}
}

// testimony is what one source says of a trial, with what is known of the past.
type testimony struct {
	// aware says whether there must be a baseline.
	aware bool
	// evaluations so far, and of them before the fault.
	evaluations, before int
	// sight is the last one that rests on data.
	sight sight
	// since when the same stage is named, or none.
	since time.Time
	// wrong is what was said of stages that are not broken.
	wrong []string
}

// hears takes note of what somebody says. A fault that lasts longer than the health before
// it is what is usual, and not asked about. Without data, because this machine is busy or
// nobody asks the service, nothing is said.
func (x *trial) hears(said *testimony, evaluations int, s sight) {
	if !x.broken.IsZero() && said.evaluations >= said.before+unusual {
		return
	}
	said.evaluations = evaluations
	if !s.verdict.DataAvailable {
		return
	}
	if name := named(s); name != named(said.sight) {
		said.since = time.Now()
		if name != "" && (x.broken.IsZero() || name != x.stage) {
			said.wrong = append(said.wrong, x.moment()+": "+describe(s))
		}
	}
	said.sight = s
}

// moment is now, in the course of the trial.
func (x *trial) moment() string {
	if x.broken.IsZero() {
		return "before the fault"
	}
	return fmt.Sprintf("%s after the fault", time.Since(x.broken).Round(100*time.Millisecond))
}

// beforehand says what is missing before a service may break.
func (said testimony) beforehand() string {
	switch {
	case said.evaluations < usual:
		return fmt.Sprintf("evaluated %d of %d times", said.evaluations, usual)
	case said.sight.summary() != fine:
		return said.sight.summary()
	case said.aware != hasBaseline(said.sight.readings):
		return fmt.Sprintf("must have baselines: %t: %s", said.aware, describe(said.sight))
	}
	return ""
}

// afterwards says what is missing before a trial is over.
func (said testimony) afterwards() string {
	if since := said.evaluations - said.before; since < unusual {
		return fmt.Sprintf("evaluated %d of %d times since the fault", since, unusual)
	}
	return ""
}

// named is the bottleneck; "" when there is none.
func named(s sight) string {
	if s.verdict.Bottleneck == nil {
		return ""
	}
	return s.verdict.Bottleneck.Name
}

// hasBaseline says whether it is known what is usual, of requests and of all stages.
func hasBaseline(r health.Readings) bool {
	return r.LatencyBaseline != nil && !slices.ContainsFunc(r.Stages, func(s health.Stage) bool { return s.Baseline == nil })
}

// describe says from what readings a name was found, or none.
func describe(s sight) string {
	var b strings.Builder
	b.WriteString(s.summary())
	figure := func(what string, value *float64) {
		if value != nil {
			fmt.Fprintf(&b, " %s %.3g", what, *value)
		}
	}
	figure("p95", s.readings.LatencyP95)
	figure("mean", s.readings.LatencyMean)
	figure("baseline", s.readings.LatencyBaseline)
	figure("unaccounted", s.readings.Unaccounted())
	for _, stage := range s.verdict.Stages {
		fmt.Fprintf(&b, "; %s share %.3g score %.3g", stage.Name, stage.Share, stage.Score)
		figure("p95", stage.P95)
		figure("growth", stage.Growth())
		figure("failed", stage.ErrorRatio)
	}
	return b.String()
}
