package sim

import (
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSetFaultsRefusesWhatCannotBe(t *testing.T) {
	for name, tc := range map[string]struct {
		faults Faults
		want   string
	}{
		"unknown slow stage":    {Faults{Slow: map[string]float64{"reranking": 2}}, "slow.reranking is 2: unknown stage, write one of retrieval, generation"},
		"unknown failing stage": {Faults{Failing: map[string]float64{"": 0.1}}, "failing. is 0.1: unknown stage, write one of retrieval, generation"},
		"tool of nobody":        {Faults{ToolFailing: map[string]float64{"web": 0.1}}, "toolFailing.web is 0.1: this service has no tool, leave it out"},
		"negative factor":       {Faults{Slow: map[string]float64{"generation": -1}}, "slow.generation is -1: write a factor from 0 to 1000"},
		"factor of days":        {Faults{Slow: map[string]float64{"generation": 1e6}}, "slow.generation is 1e+06: write a factor from 0 to 1000"},
		"failing above one":     {Faults{Failing: map[string]float64{"retrieval": 10}}, "failing.retrieval is 10: write a share from 0 to 1"},
		"error ratio above one": {Faults{ErrorRatio: 20}, "errorRatio is 20: write a share from 0 to 1"},
		"not a number":          {Faults{ErrorRatio: math.NaN()}, "errorRatio is NaN: write a share from 0 to 1"},
		"negative cost":         {Faults{CostFactor: new(-2.0)}, "costFactor is -2: write a finite number, 0 or above"},
		"endless cost":          {Faults{CostFactor: new(math.Inf(1))}, "costFactor is +Inf: write a finite number, 0 or above"},
		"negative hit ratio":    {Faults{CacheHitRatio: new(-0.1)}, "cacheHitRatio is -0.1: write a share from 0 to 1"},
		"endless wait":          {Faults{WaitSeconds: 3601}, "waitSeconds is 3601: write seconds from 0 to 3600"},
		"relevance above one":   {Faults{Relevance: new(1.5)}, "relevance is 1.5: write a number from 0 to 1"},
		"negative precision":    {Faults{ContextPrecision: new(-0.5)}, "contextPrecision is -0.5: write a number from 0 to 1"},
		"unknown resource":      {Faults{Host: map[string]float64{"gpu": 90}}, "host.gpu is 90: unknown resource, write one of cpu, memory, disk"},
		"more than all of it":   {Faults{Host: map[string]float64{"disk": 101}}, "host.disk is 101: write a percentage from 0 to 100"},
		"negative remainder":    {Faults{RateLimitRemaining: new(-1.0)}, "rateLimitRemaining is -1: write a finite number, 0 or above"},
		"two mistakes": {
			Faults{ErrorRatio: 2, CacheHitRatio: new(3.0)},
			"errorRatio is 2: write a share from 0 to 1; cacheHitRatio is 3: write a share from 0 to 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			service := newService(t)
			before := Faults{Silence: true}
			mustSetFaults(t, service, before)
			err := service.SetFaults(tc.faults)
			if _, ok := errors.AsType[FaultErrors](err); !ok {
				t.Fatalf("error is %v, want FaultErrors", err)
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, service.Faults()); diff != "" {
				t.Errorf("refused faults changed the present ones (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		json string
		want Faults
	}{
		"nothing": {`{}`, Faults{}},
		"everything": {
			`{"slow":{"generation":10},"failing":{"retrieval":0.1},"errorRatio":0.2,"costFactor":20,
			  "cacheHitRatio":0.02,"silence":true,"frozen":true,"rateLimitRemaining":12,"toolFailing":{"web":0.5},
			  "waitSeconds":3,"relevance":0.4,"contextPrecision":0.3,"host":{"cpu":95}}`,
			Faults{
				Slow: map[string]float64{"generation": 10}, Failing: map[string]float64{"retrieval": 0.1},
				ErrorRatio: 0.2, CostFactor: new(20.0), CacheHitRatio: new(0.02),
				Silence: true, Frozen: true, RateLimitRemaining: new(12.0),
				ToolFailing: map[string]float64{"web": 0.5}, WaitSeconds: 3,
				Relevance: new(0.4), ContextPrecision: new(0.3), Host: map[string]float64{"cpu": 95},
			},
		},
		"zero is not absent": {`{"cacheHitRatio":0}`, Faults{CacheHitRatio: new(0.0)}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseFaults([]byte(tc.json))
			if err != nil {
				t.Fatalf("ParseFaults: %v", err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseFaultsRefusesAndSaysWhatToWrite(t *testing.T) {
	const fields = "cacheHitRatio, contextPrecision, costFactor, errorRatio, failing, frozen, host, rateLimitRemaining, relevance, silence, slow, toolFailing, waitSeconds"
	for name, tc := range map[string]struct{ json, want string }{
		"unknown field":          {`{"errorRate":0.2}`, "errorRate is 0.2: unknown field, write one of " + fields},
		"field in capitals":      {`{"Silence":true}`, "Silence is true: unknown field, write one of " + fields},
		"text for a number":      {`{"errorRatio":"high"}`, `errorRatio is "high": write a number`},
		"number for a truth":     {`{"frozen":1}`, "frozen is 1: write true or false"},
		"number for stages":      {`{"slow":10}`, `slow is 10: write an object of stage name to number, like {"generation": 0.5}`},
		"number for tools":       {`{"toolFailing":0.5}`, `toolFailing is 0.5: write an object of tool name to number, like {"search": 0.5}`},
		"number for the machine": {`{"host":95}`, `host is 95: write an object of resource name to number, like {"cpu": 95}`},
		"text for seconds":       {`{"waitSeconds":"3s"}`, `waitSeconds is "3s": write a number`},
		"number too large":       {`{"costFactor":1e999}`, "costFactor is 1e999: write a number"},
		"not an object":          {`null`, `read faults: the body is null: write a JSON object, like {"errorRatio": 0.2}`},
		"empty":                  {``, `read faults: write a JSON object, like {"errorRatio": 0.2}: unexpected end of JSON input`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseFaults([]byte(tc.json))
			if err == nil {
				t.Fatal("ParseFaults accepted it")
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangedFaultsAreLogged(t *testing.T) {
	var log strings.Builder
	service := newService(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	mustSetFaults(t, service, Faults{CostFactor: new(20.0)})
	if want := `faults="{\"costFactor\":20}"`; !strings.Contains(log.String(), want) {
		t.Errorf("log is %s, want it to contain %s", log.String(), want)
	}
}
