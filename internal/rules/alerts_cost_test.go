package rules_test

import "time"

// The cost is known once the rate of requests was measured for most of its window.
const costKnownFrom = 5 * time.Minute

var costCases = map[string]alertCases{
	// 7 cents a minute are $100.80 a day, and 6.94 cents are $99.94.
	"RAGCostPerDayHigh": {
		monitor: speaking("litellm"),
		over: `litellm_proxy_total_requests_metric_total 0+60x66
		       litellm_spend_metric_total{model="gpt-4o"} 0+0.07x66`,
		under: `litellm_proxy_total_requests_metric_total 0+60x66
		        litellm_spend_metric_total{model="gpt-4o"} 0+0.0694x66`,
		holdsFrom: new(costKnownFrom),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGCostPerRequestHigh": {
		monitor: speaking("rag"),
		over: `rag_cost_per_query_usd_bucket{le="0.1"} 0+949x54
		       rag_cost_per_query_usd_bucket{le="0.2"} 0+1000x54
		       rag_cost_per_query_usd_bucket{le="+Inf"} 0+1000x54
		       rag_cost_per_query_usd_count 0+1000x54`,
		under: `rag_cost_per_query_usd_bucket{le="0.1"} 0+950x36
		        rag_cost_per_query_usd_bucket{le="0.2"} 0+1000x36
		        rag_cost_per_query_usd_bucket{le="+Inf"} 0+1000x36
		        rag_cost_per_query_usd_count 0+1000x36`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	// From $1.20 an hour to $3.66, or to $3.57.
	"RAGCostSpike": {
		monitor: speaking("rag"),
		before: `rag_requests_total{status="success"} 0+60x120
		         rag_total_cost_usd{model="gpt-4o"} 0+0.02x120`,
		after: week + 40*time.Minute,
		over: `rag_requests_total{status="success"} 0+60x114
		       rag_total_cost_usd{model="gpt-4o"} 0+0.061x114`,
		under: `rag_requests_total{status="success"} 0+60x76
		        rag_total_cost_usd{model="gpt-4o"} 0+0.0595x76`,
		holdsFrom: new(costKnownFrom),
		noData:    isSilent, idle: isSilent, reset: isFiring,
		// While it is idle.
		others: []string{"RAGTrafficDrop"},
	},
	// 10 cents a minute; the day begins with the case. $3.05 are spent when the 31st
	// minute of known cost was added.
	"RAGBudgetSpent": {
		monitor: speaking("rag", budgetOfADay("3.05")),
		over: `rag_requests_total{status="success"} 0+60x114
		       rag_total_cost_usd{model="gpt-4o"} 0+0.1x114`,
		under: `rag_requests_total{status="success"} 0+60x34
		        rag_total_cost_usd{model="gpt-4o"} 0+0.1x34`,
		holdsFrom: new(costKnownFrom + 30*time.Minute),
		noData:    isSilent,
		// What is spent stays spent until the period ends.
		idle:   isFiring,
		reset:  isFiring,
		others: []string{"RAGBudgetForecastHigh"},
	},
	// 7 cents a minute are $100.80 a day, of which four minutes are not known: an hour
	// later they are no longer part of the rate of lately.
	"RAGBudgetForecastHigh": {
		monitor: speaking("rag", budgetOfADay("100")),
		over: `rag_requests_total{status="success"} 0+60x384
		       rag_total_cost_usd{model="gpt-4o"} 0+0.07x384`,
		under: `rag_requests_total{status="success"} 0+60x252
		        rag_total_cost_usd{model="gpt-4o"} 0+0.0694x252`,
		holdsFrom: new(costKnownFrom + 59*time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGTokensUnpriced": {
		monitor:   speaking("otel-genai", tenMinutesOfCost),
		over:      inputTokens("acme-large", "0+600x54"),
		under:     inputTokens("gpt-4o", "0+600x36"),
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
}

// budgetOfADay has another limit on the cost of a day, so that only the budget is
// looked at.
func budgetOfADay(amount string) string {
	return `  objectives: {cost: {perDayUSD: "1000", budget: {amountUSD: "` + amount + `", period: Day}}}`
}

// inputTokens are the tokens that a model reads, and the requests for which it does.
func inputTokens(model, values string) string {
	return `gen_ai_client_token_usage_sum{gen_ai_token_type="input",gen_ai_request_model="` + model + `"} ` + values + `
	        gen_ai_client_token_usage_count{gen_ai_token_type="input",gen_ai_request_model="` + model + `"} ` + values
}
