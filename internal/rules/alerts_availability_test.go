package rules_test

import "time"

var availabilityCases = map[string]alertCases{
	"RAGServiceDown": {
		monitor: speaking("rag"),
		over: `up 0x9
		       up{instance="b"} 0x9`,
		under: `up 0x9
		        up{instance="b"} 1x9`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless(scrapesNotCounts),
		reset:     senseless(scrapesNotCounts),
		others:    []string{"RAGTargetsDown"},
	},
	"RAGTargetsDown": {
		monitor: speaking("rag"),
		over: `up 1x9
		       up{instance="b"} 0x9`,
		under: `up 1x9
		        up{instance="b"} 1x9`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless(scrapesNotCounts),
		reset:     senseless(scrapesNotCounts),
	},
	"RAGComponentAbsent": {
		monitor: speaking("rag", inferenceServer),
		over: `up{component="api"} 1x12
		       rag_requests_total{status="success"} 0+60x12`,
		under: `up{component="api"} 1x12
		        up{component="llm"} 1x12
		        rag_requests_total{status="success"} 0+60x12
		        vllm:num_requests_waiting{component="llm"} 0x12`,
		holdsFrom: new(time.Duration(0)),
		// Nobody watches what was never found.
		noData: isFiring,
		idle:   senseless(scrapesNotCounts),
		reset:  senseless(scrapesNotCounts),
	},
	"RAGScrapeIncomplete": {
		monitor: speaking("rag"),
		over: `up 1x48
		       up{instance="b"} 1x48
		       rag_requests_total{status="success"} 0+60x48`,
		under: `up 1x36
		        up{instance="b"} 1x36
		        rag_requests_total{status="success"} 0+60x36
		        rag_requests_total{status="success",instance="b"} 0+60x36`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle: isSilent.with(`up 1x48
		                     up{instance="b"} 1x48
		                     rag_requests_total{status="success"} 60x48
		                     rag_requests_total{status="success",instance="b"} 60x48`),
		reset: isFiring,
	},
	"RAGVocabularyDrift": {
		monitor: speaking("rag"),
		before: `rag_requests_total{status="success"} 0+60x60
		         rag_active_requests 0x60`,
		// When no sample of before is in the window of a rate any more.
		after: 65 * time.Minute,
		over:  `rag_active_requests 0x35`,
		under: `rag_active_requests 0x35
		        rag_requests_total{status="success"} 0+60x35`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle: isSilent.with(`rag_active_requests 0x35
		                     rag_requests_total{status="success"} 3600x35`),
		reset: isSilent.with(`rag_active_requests 0x35
		                      rag_requests_total{status="success"} 0+60x17 0+60x17`),
	},
	"RAGRequestsStuck": {
		monitor: speaking("rag"),
		over: `rag_requests_total{status="success"} 5x20
		       rag_active_requests 1x20`,
		under: `rag_requests_total{status="success"} 5+1x20
		        rag_active_requests 1x20`,
		holdsFrom: new(time.Minute),
		noData:    isSilent,
		idle: isSilent.with(`rag_requests_total{status="success"} 5x20
		                     rag_active_requests 0x20`),
		reset: isFiring.with(`rag_requests_total{status="success"} 5x10 0x9
		                      rag_active_requests 1x20`),
	},
	"RAGTrafficDrop": {
		monitor:   speaking("rag"),
		before:    `rag_requests_total{status="success"} 0+600x130`,
		after:     week + 70*time.Minute,
		over:      `rag_requests_total{status="success"} 0+174x54`,
		under:     `rag_requests_total{status="success"} 0+183x36`,
		holdsFrom: new(time.Minute),
		noData:    isSilent,
		// That nobody asks is what it is about.
		idle:  isFiring,
		reset: isFiring,
	},
}
