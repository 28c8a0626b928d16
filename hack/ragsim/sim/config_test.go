package sim

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNewRefusesAConfigurationAndSaysWhatToWrite(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"unknown vocabulary":     {func(c *Config) { c.Vocabularies = []string{"rag", "otel"} }, `vocabulary is "otel": write one of api-pipeline, api-pipeline-system, assistant, promptpilot, rag, stage-log`},
		"no vocabulary":          {func(c *Config) { c.Vocabularies = nil }, "vocabulary is missing: write one or more of api-pipeline, api-pipeline-system, assistant"},
		"a vocabulary twice":     {func(c *Config) { c.Vocabularies = []string{"rag", "rag"} }, `vocabulary "rag" is there twice: write it once`},
		"negative rate":          {func(c *Config) { c.Rate = -1 }, "Rate is -1: write a finite number, 0 or above"},
		"rate without end":       {func(c *Config) { c.Rate = math.Inf(1) }, "Rate is +Inf: write a finite number, 0 or above"},
		"no requests allowed":    {func(c *Config) { c.MaxInFlight = 0 }, "MaxInFlight is 0: write 1 or above"},
		"time stands still":      {func(c *Config) { c.TimeScale = 0 }, "TimeScale is 0: write a finite number above 0"},
		"ratio above one":        {func(c *Config) { c.CacheHitRatio = 1.5 }, "CacheHitRatio is 1.5: write a number from 0 to 1"},
		"no provider budget":     {func(c *Config) { c.ProviderBudget = 0 }, "ProviderBudget is 0: write a finite number above 0"},
		"p95 below the median":   {func(c *Config) { c.Overhead = LogNormal{2, 1, 3} }, "Overhead: median 2, p95 1, max 3: write finite numbers with 0 < median <= p95 <= max"},
		"score above one":        {func(c *Config) { c.Relevance.Mean = 2 }, "Relevance: mean 2: write a number from 0 to 1"},
		"score without spread":   {func(c *Config) { c.ContextPrecision.StdDev = 0 }, "ContextPrecision: standard deviation: write a finite number above 0"},
		"no stages":              {func(c *Config) { c.Stages = nil }, "Stages is 0: write at least one"},
		"two stages of a name":   {func(c *Config) { c.Stages = append(c.Stages, c.Stages[0]) }, "Stages: name is retrieval: write a name that no other stage has"},
		"cache that slows down":  {func(c *Config) { c.Stages[0].Caches[0].Speedup = 0.5 }, "Stages: retrieval: Caches: Speedup is 0.5: write a finite number from 1"},
		"cache without a type":   {func(c *Config) { c.Stages[0].Caches[0].Type = "" }, "Stages: retrieval: Caches: Type is : write a type that no other cache of the stage has"},
		"two caches of a type":   {func(c *Config) { c.Stages[0].Caches[1].Type = "retrieval" }, "Stages: retrieval: Caches: Type is retrieval: write a type that no other cache of the stage has"},
		"a fault that cannot be": {func(c *Config) { c.Faults.ErrorRatio = 2 }, "Faults: errorRatio is 2: write a share from 0 to 1"},
		"stage without time":     {func(c *Config) { c.Stages[0].Seconds.Median = 0 }, "Stages: retrieval: median 0, p95 0.2, max 1: write finite numbers"},
		"no models":              {func(c *Config) { c.Models = nil }, "Models is 0: write at least one"},
		"model never chosen":     {func(c *Config) { c.Models[0].Share = 0 }, "Models: Share is 0: write a finite number above 0"},
		"tool without a name":    {func(c *Config) { c.Tools = []Tool{{CallRatio: 1}} }, "Tools: name is : write a name that no other tool has"},
		"two tools of a name":    {func(c *Config) { c.Tools = []Tool{assistantTools[0], assistantTools[0]} }, "Tools: name is search: write a name that no other tool has"},
		"tool called too often":  {func(c *Config) { c.Tools = []Tool{{Name: "web", CallRatio: 2}} }, "Tools: CallRatio is 2: write a number from 0 to 1"},
		"tool without time":      {func(c *Config) { c.Tools = []Tool{{Name: "web"}} }, "Tools: web: median 0, p95 0, max 0: write finite numbers"},
		"no endpoints":           {func(c *Config) { c.Endpoints = nil }, "Endpoints is 0: write at least one"},
		"endpoint without path":  {func(c *Config) { c.Endpoints[0].Path = "" }, `Endpoints is "POST" "": write a method and a path`},
		"endpoint never asked":   {func(c *Config) { c.Endpoints[0].Share = 0 }, "Endpoints: Share is 0: write a finite number above 0"},
		"no prompts":             {func(c *Config) { c.Prompts = 0 }, "Prompts is 0: write 1 or above"},
		"negative pipelines":     {func(c *Config) { c.Pipelines = -1 }, "Pipelines is -1: write 0 or above"},
		"nobody asks":            {func(c *Config) { c.Users = 0 }, "Users is 0: write 1 or above"},
		"CPU above its limit":    {func(c *Config) { c.Host.CPU.Busy = 101 }, "Host: CPU: idle 12, busy 101: write percentages with 0 <= idle <= busy <= 100"},
		"more disk when idle":    {func(c *Config) { c.Host.Disk.Idle = 50 }, "Host: Disk: idle 50, busy 40: write percentages with 0 <= idle <= busy <= 100"},
		"negative price":         {func(c *Config) { c.Models[0].InputUSD = -1 }, "Models: InputUSD is -1: write a price of 0 or above"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			tc.change(&cfg)
			_, err := New(cfg)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, want it to contain %q", err, tc.want)
			}
		})
	}
}

func TestDefaultsAreAHealthyService(t *testing.T) {
	const minutes = 10
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		runFor(t, service, minutes*time.Minute)
		now := scrape(t, service)
		const day = 24 * 60
		for what, tc := range map[string]struct{ got, min, max float64 }{
			"requests per second":       {now.sum("rag_requests_total") / minutes / 60, 19, 21},
			"failed requests":           {now.sum("rag_errors_total"), 0, 0},
			"requests within 2 s":       {now.shareBelow("rag_query_latency_seconds", "2"), 0.98, 1},
			"retrievals within 500 ms":  {now.shareBelow("rag_retrieval_latency_seconds", "0.5"), 0.99, 1},
			"generations within 2 s":    {now.shareBelow("rag_llm_latency_seconds", "2"), 0.99, 1},
			"dollars a day":             {now.sum("rag_total_cost_usd") / minutes * day, 30, 55},
			"requests below a cent":     {now.shareBelow("rag_cost_per_query_usd", "0.01"), 1, 1},
			"requests to gpt-4o":        {now.shareOf("rag_requests_total", `model="gpt-4o"`), 0.28, 0.32},
			"cache hits":                {now.shareOf("rag_cache_operations_total", `hit="true"`), 0.43, 0.47},
			"recent hits, documents":    {now.sum("rag_cache_hit_rate", `cache_type="retrieval"`), 0.3, 0.6},
			"recent hits, embeddings":   {now.sum("rag_cache_hit_rate", `cache_type="embedding"`), 0.3, 0.6},
			"rate limit remaining":      {now.sum("rag_rate_limit_remaining"), 4000, 5000},
			"mean relevance":            {now.mean("rag_response_relevance_score"), 0.80, 0.84},
			"mean context precision":    {now.mean("rag_context_precision"), 0.72, 0.76},
			"requests in flight, ended": {now.sum("rag_active_requests"), 0, 0},
		} {
			checkWithin(t, what, tc.got, tc.min, tc.max)
		}
	})
}

func checkWithin(t *testing.T, what string, got, lowest, highest float64) {
	t.Helper()
	if inside := got >= lowest && got <= highest; !inside {
		t.Errorf("%s: %v, want %v to %v", what, got, lowest, highest)
	}
}
