package model

// Limits of one scrape. A RAG service exposes some hundred series; a scrape that
// exceeds these has an unbounded label, and is better lost than Prometheus.
const (
	// ScrapeSamples are the most samples of one target.
	ScrapeSamples = 20_000
	// ScrapeTargets are the most targets of one scrape job.
	ScrapeTargets = 500
	// ScrapeLabels are the most labels of one sample, those of its target included.
	ScrapeLabels = 64
	// ScrapeLabelName is the longest name of a label, in bytes.
	ScrapeLabelName = 256
	// ScrapeLabelValue is the longest value of a label, in bytes.
	ScrapeLabelValue = 1024
	// ScrapeBodyMiB is the largest body, uncompressed.
	ScrapeBodyMiB = 20
)
