// Package sim behaves like a RAG application: it takes questions, spends time
// in pipeline stages, and exposes metrics under the names that a real
// application would use. Faults are injected while it runs, so that a test can
// ask what a monitor makes of them.
//
// A request passes through these files:
//
//	config.go        what is simulated: stages, tools, models, rates
//	defaults.go      a healthy service for one or more vocabularies
//	validate.go      what a configuration may hold
//	distribution.go  shapes of times, token counts and scores
//	draw.go          every random value of one request, taken up front
//	faults.go        what is broken at the moment, and what may be asked for
//	faults_json.go   the same, as JSON
//	outcome.go       draw + faults = what happens to the request (pure)
//	service.go       spends the time and hands the outcome to the ledger
//	ledger.go        requests in flight and counts, with hit_window.go, budget.go
//	                 and host.go
//	exporter.go      the vocabularies, and what one must implement
//	vocabulary_*.go  one metric vocabulary each, with the pipeline of its teams;
//	                 http_metrics.go and user_window.go belong to them
//	page.go          the path that its metrics are served on
//	traffic.go       the service's own traffic
//	handler.go       the HTTP interface
//
// Seconds in metrics and answers are simulated seconds. They depend on the
// seed and the faults only, never on how busy the machine is, so an assertion
// about them holds everywhere. The time really spent is the simulated one
// times Config.TimeScale.
package sim
