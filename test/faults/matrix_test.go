package faults_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/rules"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

var update = flag.Bool("update", false, "write the matrix anew")

// seeds are as many as show that it was not luck.
var seeds = []uint64{1, 2, 3}

// How often the operator looks at a service, healthy or broken. It would each minute,
// but most of what this test takes is the evaluation of rules.
const (
	whileHealthy = 2 * time.Minute
	whileBroken  = 5 * time.Minute
)

// TestBottleneckIsNamedRightly breaks every stage of every setup, alone and by twos.
func TestBottleneckIsNamedRightly(t *testing.T) {
	start := time.Now()
	var mu sync.Mutex
	all := matrix{}
	t.Run("setups", func(t *testing.T) {
		for name, s := range setups {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				rows := breakAll(t, s)
				mu.Lock()
				defer mu.Unlock()
				all[name] = rows
			})
		}
	})
	page := all.render()
	t.Logf("%s\n%s\nin %s", page, all.details(), time.Since(start).Round(time.Second/10))
	if len(all) == len(setups) {
		compare(t, filepath.Join("testdata", "matrix.md"), page)
	}
}

func compare(t *testing.T, golden, page string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page); diff != "" {
		t.Errorf("the matrix (-want +got), which -update writes anew:\n%s", diff)
	}
}

// row has the answers to one fault, one for each seed.
type row struct {
	troubles []trouble
	answers  []answer
}

// breakAll breaks one setup in all ways, and leaves it healthy, and idle.
func breakAll(t *testing.T, s setup) []row {
	t.Helper()
	r := rulesetOf(t, manifestOf(s.components))
	decisive := r.decisive()
	rows := rowsOf(s.leaves(t))
	for i, seed := range seeds {
		w := watch(t, r, s, seed)
		wanted := decisive
		if i == 0 {
			wanted = everything
		}
		w.nobodyIsNamed(t, sim.Faults{}, wanted, v1alpha1.HealthHealthy)
		w.nobodyIsNamed(t, sim.Faults{Silence: true}, decisive, v1alpha1.HealthNoTraffic)
		for i, row := range rows {
			found := w.breaks(t, faultsOf(row.troubles...), whileBroken, decisive)
			a := judge(r.monitor, row.troubles, found)
			rows[i].answers = append(rows[i].answers, a)
			if a.verdict == wrong {
				t.Errorf("seed %d, %v: wrong: %s", seed, row.troubles, a.detail)
			}
			w.failuresAreNotHealthy(t, row.troubles, found[len(found)-1])
		}
	}
	return rows
}

func rowsOf(leaves []string) []row {
	var rows []row
	for _, leaf := range leaves {
		for _, k := range kinds {
			rows = append(rows, row{troubles: []trouble{{leaf, k}}})
		}
	}
	for _, pair := range pairs(leaves) {
		rows = append(rows, row{troubles: pair})
	}
	return rows
}

func (w watched) nobodyIsNamed(t *testing.T, f sim.Faults, wanted func(rules.Rule) bool, want v1alpha1.Health) {
	t.Helper()
	found := w.breaks(t, f, whileHealthy, wanted)
	if i := slices.IndexFunc(found, func(f finding) bool { return f.named() != nobody }); i >= 0 {
		t.Errorf("seed %d, %s: a stage is named after %s: %s", w.seed, want, time.Duration(i+1)*whileHealthy, found[i].describe())
	}
	if last := found[len(found)-1]; last.verdict.Health != want || last.readings.FiringAlerts > 0 {
		t.Errorf("seed %d: must be %s without alerts: %s, %d alerts", w.seed, want, last.describe(), last.readings.FiringAlerts)
	}
}

// failuresAreNotHealthy demands that a service is not called healthy of which a tenth of
// the requests fails, whoever is named for it, where it counts failures.
func (w watched) failuresAreNotHealthy(t *testing.T, troubles []trouble, f finding) {
	t.Helper()
	fails := slices.ContainsFunc(troubles, func(x trouble) bool { return x.failing > 0 })
	if fails && f.readings.JudgedRate != nil && f.readings.ErrorRate != nil && *f.readings.ErrorRate > 0 && f.verdict.Health == v1alpha1.HealthHealthy {
		t.Errorf("seed %d, %v: must not be healthy: %s", w.seed, troubles, f.describe())
	}
}
