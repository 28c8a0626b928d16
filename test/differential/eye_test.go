package differential_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/model"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
	"github.com/ragmonitor/ragmonitor-operator/internal/status"
)

// queries are the two that the operator asks, and two more: all canonical series, and
// all alerts.
var queries = []string{
	`{__name__=~"` + strings.Join(health.Series(), "|") + `",ragmonitor!=""}`,
	`count by (namespace, ragmonitor, severity) (ALERTS{alertstate="firing",ragmonitor!=""})`,
	`{__name__=~"ragmonitor:.+",ragmonitor!=""}`,
	`ALERTS{ragmonitor!=""}`,
}

// judging is the time between two readings of the operator. It is longer here than
// that between two looks: data must not be called stale because this machine is busy.
const judging = 3 * time.Second

// eye sees RAGMonitors by one source, as the operator does.
type eye struct {
	reader *source.Reader
	// queries are what it asks; at least the two of the operator.
	queries []string
	watched health.Watched
	// shown are the RAGMonitors, with the status that was last written.
	shown map[health.Key]*v1alpha1.RAGMonitor
	watch map[health.Key]watch
}

func newEye(name string, q source.Querier, watches []watch) *eye {
	e := &eye{
		reader:  source.NewReader(name, q, source.Options{Interval: judging}),
		queries: queries,
		watched: health.Watched{},
		shown:   map[health.Key]*v1alpha1.RAGMonitor{},
		watch:   map[health.Key]watch{},
	}
	for _, w := range watches {
		e.watched[w.key()] = []string{w.model.Components[0].Name}
		e.watch[w.key()] = w
	}
	e.forget()
	return e
}

// forget has the next look judge as if it were the first one.
func (e *eye) forget() {
	for key, w := range e.watch {
		e.shown[key] = w.rm.DeepCopy()
	}
}

// sight is what is seen of one RAGMonitor.
type sight struct {
	verdict  health.Verdict
	readings health.Readings
	// series are the canonical ones, and alerts those that wait or fire.
	series map[string]float64
	alerts []string
}

// look reads the source, judges all RAGMonitors, and writes their status where the
// operator would at once.
func (e *eye) look(ctx context.Context) (map[health.Key]sight, error) {
	begun := time.Now()
	vectors, err := e.reader.Read(ctx, e.queries)
	if err != nil {
		return nil, err
	}
	readings, foreign := health.Collect(vectors[0], vectors[1], e.watched)
	if foreign != 0 {
		return nil, fmt.Errorf("%s: %d samples are of what is not watched", e.reader.Name(), foreign)
	}
	// What is not asked for is not seen.
	vectors = append(vectors, nil, nil)
	series, alerts := byKey(vectors[2]), byKey(vectors[3])
	out := map[health.Key]sight{}
	for key := range e.watched {
		out[key] = sight{
			verdict:  e.judge(key, readings[key], begun),
			readings: readings[key],
			series:   series[key],
			alerts:   slices.Sorted(maps.Keys(alerts[key])),
		}
	}
	return out, nil
}

func (e *eye) judge(key health.Key, r health.Readings, begun time.Time) health.Verdict {
	rm, m, now := e.shown[key], e.watch[key].model, time.Now()
	given := health.Given{Objectives: m.Objectives, Interval: max(m.Evaluation.Interval, judging), ViewAge: now.Sub(begun)}
	v := health.Evaluate(r, given, status.Previous(rm.Status))
	part := status.Health(rm, status.Observation{Verdict: v, Readings: r, Objectives: given.Objectives}, now)
	if part.Urgent(rm.Status) {
		rm.Status.Health, rm.Status.Bottleneck, rm.Status.Stages = part.Health, part.Bottleneck, part.Stages
		rm.Status.Readings, rm.Status.SLOs, rm.Status.Conditions = part.Readings, part.SLOs, part.Conditions
	}
	return v
}

// byKey are the values of series, by RAGMonitor and by what else they are named.
func byKey(samples promconfig.Vector) map[health.Key]map[string]float64 {
	out := map[health.Key]map[string]float64{}
	for _, s := range samples {
		key := keyOf(s.Metric)
		if out[key] == nil {
			out[key] = map[string]float64{}
		}
		metric := s.Metric.Clone()
		delete(metric, "namespace")
		delete(metric, "ragmonitor")
		out[key][metric.String()] = float64(s.Value)
	}
	return out
}

func keyOf(metric promconfig.Metric) health.Key {
	return health.Key{Namespace: string(metric["namespace"]), Name: string(metric["ragmonitor"])}
}

// summary is what the operator tells people.
func (s sight) summary() string {
	v := s.verdict
	text := fmt.Sprintf("%s/%s", v.Health, v.Reason)
	if about := append(slices.Clone(v.Components), v.Stage); strings.Join(about, "") != "" {
		text += fmt.Sprintf(" (%s)", strings.Trim(strings.Join(about, " "), " "))
	}
	if v.Bottleneck != nil {
		text += ", bottleneck " + v.Bottleneck.Name
	}
	return text
}
