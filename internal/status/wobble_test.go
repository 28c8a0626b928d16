package status

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/internal/health"
	"github.com/ragmonitor/ragmonitor-operator/internal/model"
)

var approximately = cmpopts.EquateApprox(1e-9, 0)

// service is one whose values are steady but for noise.
type service struct {
	// level of everything, as a multiple of measuredLevels.
	latency, errors, cost, cache float64
	// times are the mean seconds per request in each stage, and in none.
	times map[string]float64
	rest  float64
	// p95, failures and growth of each stage.
	p95, failures, growth map[string]float64
}

// at is a reading in which every value that is measured by itself is off by up to a
// twentieth. Shares are of the times, as the rules make them.
func (s service) at(noise func() float64) health.Readings {
	r := health.Readings{
		Age: new(time.Second), TargetsUp: new(3.0), Targets: new(3.0), InFlightMin: new(1.0),
		RequestRate: new(12 * noise()), JudgedRate: new(12.0), ErrorRate: new(12 * s.errors * noise()),
		LatencyP95: new(s.latency * noise()), CostRate: new(s.cost / 86400 * noise()), CacheHitRatio: new(s.cache * noise()),
		Budgets: map[string]float64{"availability": 0.71 * noise()}, BurnRates: map[string]float64{"availability": 2.4 * noise()},
	}
	whole := s.rest * noise()
	for _, name := range []string{"embedding", "retrieval", "reranking", "generation"} {
		time := s.times[name] * noise()
		whole += time
		stage := health.Stage{Name: name, TimePerRequest: &time, CallsPerRequest: new(noise())}
		if p95, ok := s.p95[name]; ok {
			stage.P95 = new(p95 * noise())
		}
		if failures, ok := s.failures[name]; ok {
			stage.ErrorRatio = new(failures * noise())
		}
		if growth, ok := s.growth[name]; ok {
			stage.Mean, stage.Baseline = new(growth*noise()), new(1.0)
		}
		r.Stages = append(r.Stages, stage)
	}
	for i := range r.Stages {
		r.Stages[i].Share = *r.Stages[i].TimePerRequest / whole
	}
	r.LatencyMean = &whole
	return r
}

func steady() service {
	return service{
		latency: 1.4, errors: 0.01, cost: 42, cache: 0.41, rest: 0.05,
		times:    map[string]float64{"embedding": 0.02, "retrieval": 0.1, "reranking": 0.098, "generation": 0.7},
		p95:      map[string]float64{"embedding": 0.05, "retrieval": 0.2, "reranking": 0.2, "generation": 1.3},
		failures: map[string]float64{"retrieval": 0.001, "generation": 0.02},
		growth:   map[string]float64{"embedding": 1, "retrieval": 1.1, "reranking": 1, "generation": 1.05},
	}
}

var wobbleLimits = model.Objectives{
	LatencyP95: 2 * time.Second, ErrorRatio: 0.05, CacheHitRatio: 0.3, CostPerDay: 100,
	Stages: []model.StageObjective{{Stage: "retrieval", P95: 500 * time.Millisecond}},
}

// played counts how often the status changes, and how often its answers do, in so
// many looks at a service.
func played(t *testing.T, s service, seed uint64, looks int) (changes, turns int, last v1alpha1.RAGMonitorStatus) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	noise := func() float64 { return 0.95 + 0.1*random.Float64() }
	rm := watched()
	for tick := range looks {
		r := s.at(noise)
		v := health.Evaluate(r, health.Given{Objectives: wobbleLimits, Interval: time.Minute}, Previous(rm.Status))
		part := Health(rm, Observation{Verdict: v, Readings: r, Objectives: wobbleLimits}, now)
		if part.Same(rm.Status) {
			continue
		}
		if tick > 0 {
			changes++
			if part.Urgent(rm.Status) {
				turns++
			}
			if testing.Verbose() && changes < 5 {
				t.Logf("tick %d (-before +after):\n%s", tick, cmp.Diff(healthPartOf(rm.Status), part))
			}
		}
		rm = saying(rm, part)
		if again := Health(rm, Observation{Verdict: health.Evaluate(r, health.Given{Objectives: wobbleLimits, Interval: time.Minute}, Previous(rm.Status)), Readings: r, Objectives: wobbleLimits}, now); !again.Same(rm.Status) {
			t.Fatalf("tick %d: the same readings are written twice:\n%s", tick, cmp.Diff(healthPartOf(rm.Status), again))
		}
	}
	return changes, turns, rm.Status
}

// TestASteadyServiceCausesNoWrites: whatever its state.
func TestASteadyServiceCausesNoWrites(t *testing.T) {
	for name, edit := range map[string]func(*service){
		"healthy":              func(*service) {},
		"slow":                 func(s *service) { s.latency, s.times["generation"], s.p95["generation"] = 3, 2.3, 2.8 },
		"slow in one stage":    func(s *service) { s.times["retrieval"], s.p95["retrieval"] = 0.6, 1.2 },
		"failing":              func(s *service) { s.errors, s.failures["generation"] = 0.2, 0.2 },
		"failing in one stage": func(s *service) { s.failures["retrieval"] = 0.1 },
		"dear":                 func(s *service) { s.cost = 150 },
		"without a cache hit":  func(s *service) { s.cache = 0.1 },
		"changed":              func(s *service) { s.times["reranking"], s.growth["reranking"] = 0.5, 10 },
		"mostly unexplained":   func(s *service) { s.rest = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				s := steady()
				edit(&s)
				if changes, turns, last := played(t, s, seed, 1_000); changes > 0 {
					t.Errorf("seed %d: %d changes, %d of them urgent, of a service that is %s", seed, changes, turns, last.Health)
				}
			}
		})
	}
}

// TestAServiceAtItsObjectiveDoesNotFlap: its health turns once at most, when it first
// misses the objective.
func TestAServiceAtItsObjectiveDoesNotFlap(t *testing.T) {
	for name, at := range map[string]func(*service, float64){
		"latency":                    func(s *service, x float64) { s.latency = 2 * x },
		"errors":                     func(s *service, x float64) { s.errors = 0.05 * x },
		"cost":                       func(s *service, x float64) { s.cost = 100 * x },
		"cache":                      func(s *service, x float64) { s.cache = 0.3 * x },
		"stage latency":              func(s *service, x float64) { s.p95["retrieval"] = 0.5 * x },
		"two stages":                 func(s *service, x float64) { s.latency = 3; s.p95["generation"], s.p95["reranking"] = 2*x, 2*x },
		"stage errors":               func(s *service, x float64) { s.failures["retrieval"] = 0.05 * x },
		"a change":                   func(s *service, x float64) { s.times["reranking"], s.growth["reranking"] = 0.5, 1.5*x },
		"a change in a slow request": func(s *service, x float64) { s.latency, s.growth["retrieval"] = 3, 1.5*x },
		"time per request":           func(s *service, x float64) { s.latency, s.times["reranking"] = 3, x; delete(s.p95, "reranking") },
		"errors and latency":         func(s *service, x float64) { s.errors, s.latency = 0.05*x, 2*x },
		"the remainder":              func(s *service, x float64) { s.latency, s.rest = 3, 0.918*x },
	} {
		t.Run(name, func(t *testing.T) {
			for x := 0.9; x < 1.16; x += 0.015 {
				s := steady()
				at(&s, x)
				changes, turns, last := played(t, s, 1, 300)
				// Of two objectives each may be missed for the first time.
				if most := 1 + strings.Count(name, " and "); turns > most || changes > 2*most {
					t.Errorf("%.2f of the objective: %d changes, %d of them urgent; it is %s", x, changes, turns, last.Health)
				}
			}
		})
	}
}
