package sim

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAPIPipelineSystemExposesExactlyTheseMetrics(t *testing.T) {
	checkExposition(t, newServiceFor(t, VocabularyAPIPipelineSystem), "/system-metrics", map[string]string{
		"system_cpu_usage_percent":    "gauge",
		"system_memory_usage_percent": "gauge",
		"system_disk_usage_percent":   "gauge",
	})
}

func TestTheMachineHasAPortAndAPathOfItsOwn(t *testing.T) {
	service := newServiceFor(t, VocabularyAPIPipeline, VocabularyAPIPipelineSystem, VocabularyRAG)
	for i, want := range map[int]map[string]int{
		0: {"/metrics": http.StatusOK, "/system-metrics": http.StatusNotFound},
		1: {"/metrics": http.StatusNotFound, "/system-metrics": http.StatusOK},
		2: {"/metrics": http.StatusOK, "/system-metrics": http.StatusNotFound},
	} {
		got := map[string]int{}
		for path := range want {
			got[path] = statusOf(t, service.Handlers()[i], path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", service.cfg.Vocabularies[i], diff)
		}
	}
}

func TestTheMachineIsUsedMoreTheMoreIsInFlight(t *testing.T) {
	load := Load{Idle: 10, Busy: 60}
	for inFlight, want := range map[float64]float64{0: 10, 20: 35, 180: 55, 1e12: 60} {
		checkNear(t, "use", load.percent(inFlight), want, 1e-9)
	}
}

// machine is what the metrics of the machine say: CPU, memory, disk.
func machine(t *testing.T, s *Service) [3]float64 {
	t.Helper()
	now := scrape(t, s)
	return [3]float64{now["system_cpu_usage_percent"], now["system_memory_usage_percent"], now["system_disk_usage_percent"]}
}

func TestTheMachineFollowsTheRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyAPIPipelineSystem)
		idle := [3]float64{12, 45, 38}
		if got := machine(t, service); got != idle {
			t.Errorf("idle: %v, want %v", got, idle)
		}
		for range 20 {
			go func() { _, _ = service.Ask(t.Context()) }()
		}
		synctest.Wait()
		if got, want := machine(t, service), [3]float64{36, 55, 39}; got != want {
			t.Errorf("with 20 requests in flight: %v, want %v", got, want)
		}
		time.Sleep(time.Minute)
		if got := machine(t, service); got != idle {
			t.Errorf("idle again: %v, want %v", got, idle)
		}
	})
}

func TestTheMachineCanBeFull(t *testing.T) {
	for name, tc := range map[string]struct {
		host map[string]float64
		want [3]float64
	}{
		"CPU":           {map[string]float64{"cpu": 95}, [3]float64{95, 45, 38}},
		"memory":        {map[string]float64{"memory": 97}, [3]float64{12, 97, 38}},
		"disk":          {map[string]float64{"disk": 96}, [3]float64{12, 45, 96}},
		"all of it":     {map[string]float64{"cpu": 100, "memory": 100, "disk": 100}, [3]float64{100, 100, 100}},
		"none, forced":  {map[string]float64{"cpu": 0}, [3]float64{0, 45, 38}},
		"without fault": {nil, [3]float64{12, 45, 38}},
	} {
		t.Run(name, func(t *testing.T) {
			service := newServiceFor(t, VocabularyAPIPipelineSystem)
			mustSetFaults(t, service, Faults{Host: tc.host})
			if got := machine(t, service); got != tc.want {
				t.Errorf("CPU, memory and disk are %v, want %v", got, tc.want)
			}
			mustSetFaults(t, service, Faults{})
			if got, want := machine(t, service), [3]float64{12, 45, 38}; got != want {
				t.Errorf("after the fault they are %v, want %v", got, want)
			}
		})
	}
}

func TestAFrozenMachineDoesNotMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newServiceFor(t, VocabularyAPIPipelineSystem)
		for range 20 {
			go func() { _, _ = service.Ask(t.Context()) }()
		}
		synctest.Wait()
		want := [3]float64{36, 55, 39}
		for _, faults := range []Faults{{Frozen: true}, {Frozen: true, Host: map[string]float64{"cpu": 95}}} {
			mustSetFaults(t, service, faults)
			time.Sleep(time.Minute) // the requests end
			if got := machine(t, service); got != want {
				t.Errorf("frozen with faults %+v: %v, want %v", faults, got, want)
			}
		}
		mustSetFaults(t, service, Faults{Host: map[string]float64{"cpu": 95}})
		if got, want := machine(t, service), [3]float64{95, 45, 38}; got != want {
			t.Errorf("after thawing: %v, want %v", got, want)
		}
	})
}
