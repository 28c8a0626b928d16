package rules_test

import "time"

// The slowest pair of windows of a day fires when more than the error budget is
// spent, at a factor of 1; those at 3 and 6 times as much do not.
var sloCases = map[string]alertCases{
	"RAGErrorBudgetBurn": {
		monitor: speaking("rag", `  slos: [{name: availability, objective: "99", period: 1d}]`),
		over: `rag_requests_total{status="success"} 0+9895x48
		       rag_requests_total{status="error"} 0+105x48`,
		under: `rag_requests_total{status="success"} 0+9910x36
		        rag_requests_total{status="error"} 0+90x36`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
}
