package controller

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	prommodel "github.com/prometheus/common/model"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/discovery"
	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/fixture"
	"github.com/ragmonitor/ragmonitor-operator/internal/ledger"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// play runs an Aggregator tick by tick, at times that a test chooses, over RAGMonitors
// that it holds in memory.
type play struct {
	t     *testing.T
	clock *clocktesting.FakePassiveClock
	*Aggregator
	monitors *monitors
	recorder *events.FakeRecorder
}

// playInterval is the default of the operator's flag.
const playInterval = 30 * time.Second

// newPlay has RAGMonitors and sources. own is the name of the source that is the operator
// itself, "" where none is.
func newPlay(t *testing.T, own string, rms []v1alpha1.RAGMonitor, queriers ...*scripted) *play {
	t.Helper()
	clock := clocktesting.NewFakePassiveClock(time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC))
	held, recorder := &monitors{items: rms}, events.NewFakeRecorder(100)
	a := &Aggregator{
		list: held, client: held, interval: playInterval, clock: clock, recorder: recorder, verdicts: newVerdicts(),
		queue:   make(chan event.TypedGenericEvent[*v1alpha1.RAGMonitor], len(rms)*(len(queriers)+1)),
		written: map[types.UID]time.Time{}, awaited: map[types.UID]awaited{}, changed: func() {}, started: clock.Now(),
		judge: &judge{
			models: newModels(fixture.Catalogue(t)), explainer: &explainer{inventory: noInventory{}},
			interval: playInterval, clock: clock, embedded: own, ledgers: map[types.UID]ledger.Memory{},
		},
	}
	if own != "" {
		a.judge.explainer.engine = notRunning(t)
	}
	for _, q := range queriers {
		q.now = clock.Now
		a.observers = append(a.observers, &observer{source: source.NewReader(q.name, q, source.Options{
			Interval: playInterval, Clock: clock, Random: func() float64 { return 0 },
		})})
	}
	return &play{t: t, clock: clock, Aggregator: a, monitors: held, recorder: recorder}
}

// notRunning is an engine that has nothing to say of anybody.
func notRunning(t *testing.T) *embedded.Engine {
	t.Helper()
	engine, err := embedded.New(embedded.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// tick lets every source be read once, and what is queued be written; then an interval
// passes.
func (p *play) tick(ctx context.Context) {
	p.t.Helper()
	for _, o := range p.observers {
		p.Aggregator.tick(ctx, o)
	}
	for len(p.queue) > 0 {
		p.reconcile(ctx, (<-p.queue).Object.Name)
	}
	p.clock.SetTime(p.clock.Now().Add(playInterval))
}

func (p *play) reconcile(ctx context.Context, name string) {
	p.t.Helper()
	if _, err := p.Reconcile(ctx, ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "rag", Name: name}}); err != nil {
		p.t.Fatal(err)
	}
}

// expect compares the health of a RAGMonitor, the reason for it, and the generation that
// both are of.
func (p *play) expect(name, said string, generation int64) {
	p.t.Helper()
	rm := p.monitors.named(name)
	c := meta.FindStatusCondition(rm.Status.Conditions, v1alpha1.ConditionHealthy)
	if c == nil {
		p.t.Fatalf("nothing is said of %s", name)
	}
	if got := string(rm.Status.Health) + "/" + c.Reason; got != said || c.ObservedGeneration != generation {
		p.t.Errorf("%s is %s of generation %d, want %s of %d: %s", name, got, c.ObservedGeneration, said, generation, c.Message)
	}
}

// told are the events so far.
func (p *play) told() []string {
	var out []string
	for len(p.recorder.Events) > 0 {
		out = append(out, <-p.recorder.Events)
	}
	return out
}

// played are RAGMonitors of these names, the smallest there can be.
func played(t *testing.T, names ...string) []v1alpha1.RAGMonitor {
	t.Helper()
	var out []v1alpha1.RAGMonitor
	for _, name := range names {
		rm := fixture.RAGMonitor(t, fixture.Minimal)
		rm.Name, rm.UID, rm.Generation = name, types.UID(name), 1
		out = append(out, *rm)
	}
	return out
}

// scripted is a source that answers with the series that a test sets, or with an error.
type scripted struct {
	name string
	now  func() time.Time
	// series are values by name of the series and component, of every RAGMonitor in of.
	series map[[2]string]float64
	of     []string
	err    error
	// meanwhile is called when it is asked.
	meanwhile func()
}

var errBroken = errors.New("it broke")

// measured is a source in which RAGMonitors are healthy.
func measured(name string, of ...string) *scripted {
	return &scripted{name: name, of: of, series: map[[2]string]float64{
		{"targets:up", "api"}: 1, {"targets:total", "api"}: 1, {"requests:rate", "api"}: 12, {"request_errors:rate", "api"}: 0,
	}}
}

// Query implements source.Querier: all that it has is in the answer to the first query.
func (s *scripted) Query(_ context.Context, expr string) (prommodel.Vector, error) {
	if s.meanwhile != nil {
		s.meanwhile()
	}
	if s.err != nil || expr != queries[0] {
		return nil, s.err
	}
	var out prommodel.Vector
	at := prommodel.TimeFromUnix(s.now().Unix())
	add := func(of, name, component string, value float64) {
		out = append(out, &prommodel.Sample{Timestamp: at, Value: prommodel.SampleValue(value), Metric: prommodel.Metric{
			"__name__": prommodel.LabelValue("ragmonitor:" + name), "namespace": "rag",
			"ragmonitor": prommodel.LabelValue(of), "component": prommodel.LabelValue(component),
		}})
	}
	for _, of := range s.of {
		if s.series == nil {
			continue
		}
		add(of, "evaluation:timestamp_seconds", "", float64(s.now().Unix()))
		for key, value := range s.series {
			add(of, key[0], key[1], value)
		}
	}
	return out, nil
}

// monitors are RAGMonitors, as the API server holds them.
type monitors struct {
	client.Client
	items  []v1alpha1.RAGMonitor
	writes int
}

func (m *monitors) named(name string) *v1alpha1.RAGMonitor {
	i := slices.IndexFunc(m.items, func(rm v1alpha1.RAGMonitor) bool { return rm.Name == name })
	if i < 0 {
		return nil
	}
	return &m.items[i]
}

func (m *monitors) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	(&v1alpha1.RAGMonitorList{Items: m.items}).DeepCopyInto(list.(*v1alpha1.RAGMonitorList))
	return nil
}

func (m *monitors) Get(_ context.Context, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	rm := m.named(key.Name)
	if rm == nil {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "ragmonitors"}, key.Name)
	}
	rm.DeepCopyInto(o.(*v1alpha1.RAGMonitor))
	return nil
}

func (m *monitors) Status() client.SubResourceWriter { return monitorStatus{monitors: m} }

// monitorStatus has no other field manager than the aggregator.
type monitorStatus struct {
	client.SubResourceWriter
	monitors *monitors
}

func (s monitorStatus) Apply(_ context.Context, c runtime.ApplyConfiguration, _ ...client.SubResourceApplyOption) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	applied := v1alpha1.RAGMonitor{}
	if err := json.Unmarshal(text, &applied); err != nil {
		return err
	}
	s.monitors.writes++
	s.monitors.named(applied.Name).Status = applied.Status
	return nil
}

// noInventory knows of no Service and no pod.
type noInventory struct{}

func (noInventory) Of(string) (discovery.Inventory, bool) { return discovery.Inventory{}, false }
func (noInventory) Err(string) error                      { return nil }
