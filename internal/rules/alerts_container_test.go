package rules_test

import "time"

// ofPod are the labels by which a container is told from others.
const ofPod = `namespace="rag",pod="api-0",container="app",id="/a"`

// scraping is what there is of the pod besides: its scrapes, and something that it
// exposes.
func scraping(minutes string) string {
	return "\nup{pod=\"api-0\"} 1x" + minutes + "\nrag_active_requests 0x" + minutes
}

// halfAProcessor is the limit of the container on processors.
func halfAProcessor(minutes string) string {
	return "\ncontainer_spec_cpu_quota{" + ofPod + "} 50000x" + minutes + "\ncontainer_spec_cpu_period{" + ofPod + "} 100000x" + minutes + scraping(minutes)
}

// aKilobyte is its limit on memory.
func aKilobyte(minutes string) string {
	return "\ncontainer_spec_memory_limit_bytes{" + ofPod + "} 1000x" + minutes + scraping(minutes)
}

var containerCases = map[string]alertCases{
	"RAGContainerCPUHigh": {
		monitor:   speaking("rag"),
		over:      `container_cpu_usage_seconds_total{` + ofPod + `} 0+24.6x60` + halfAProcessor("60"),
		under:     `container_cpu_usage_seconds_total{` + ofPod + `} 0+23.4x30` + halfAProcessor("30"),
		holdsFrom: new(5 * time.Minute),
		noData:    isSilent,
		idle:      isSilent,
		reset:     isFiring.with(`container_cpu_usage_seconds_total{` + ofPod + `} 0+24.6x20 24.6+24.6x15` + halfAProcessor("35")),
	},
	"RAGContainerMemoryHigh": {
		monitor:   speaking("rag"),
		over:      `container_memory_working_set_bytes{` + ofPod + `} 860x15` + aKilobyte("15"),
		under:     `container_memory_working_set_bytes{` + ofPod + `} 850x15` + aKilobyte("15"),
		holdsFrom: new(time.Duration(0)),
		noData:    isSilent,
		idle:      senseless(whateverTraffic),
		reset:     senseless(gaugeNotCounter),
	},
	// It is away for a minute before each start.
	"RAGContainerRestarting": {
		monitor:   speaking("rag"),
		over:      `container_start_time_seconds{` + ofPod + `} 100x10 _ 200x9 _ 300x9 _ 400x48` + scraping("80"),
		under:     `container_start_time_seconds{` + ofPod + `} 100x10 _ 200x9 _ 300x58` + scraping("80"),
		holdsFrom: new(34 * time.Minute),
		noData:    isSilent,
		idle:      senseless(whateverTraffic),
		reset:     senseless(gaugeNotCounter),
	},
}
