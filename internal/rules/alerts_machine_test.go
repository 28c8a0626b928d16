package rules_test

import "time"

// The fullest machine counts.
var machineCases = map[string]alertCases{
	"RAGCPUHigh": {
		monitor: speaking("api-pipeline"),
		over: `system_cpu_usage_percent 81x15
		       system_cpu_usage_percent{instance="b"} 5x15`,
		under:     `system_cpu_usage_percent 80x15`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless(whateverTraffic),
		reset:     senseless(gaugeNotCounter),
	},
	"RAGMemoryHigh": {
		monitor: speaking("api-pipeline"),
		over: `system_memory_usage_percent 86x15
		       system_memory_usage_percent{instance="b"} 5x15`,
		under:     `system_memory_usage_percent 85x15`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless(whateverTraffic),
		reset:     senseless(gaugeNotCounter),
	},
	"RAGDiskHigh": {
		monitor: speaking("api-pipeline"),
		over: `system_disk_usage_percent 91x15
		       system_disk_usage_percent{instance="b"} 5x15`,
		under:     `system_disk_usage_percent 90x15`,
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless(whateverTraffic),
		reset:     senseless(gaugeNotCounter),
	},
}
