package faults_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

// ragsim is the sample service. It cannot be forked, but the same seed has the same
// past, so that it is played again for each fault.
type ragsim struct{ vocabulary string }

func (r ragsim) healthy(t *testing.T, seed uint64, scraped func(time.Duration, []sample)) {
	t.Helper()
	r.play(t, seed, sim.Faults{}, 0, healthy, scraped)
}

func (r ragsim) broken(t *testing.T, seed uint64, f sim.Faults, scraped func(time.Duration, []sample)) {
	t.Helper()
	r.play(t, seed, f, healthy, healthy+broken, scraped)
}

// play runs the service in a bubble of time, and hands over what was scraped when that
// is over: the rules have nothing to do with its clock.
func (r ragsim) play(t *testing.T, seed uint64, f sim.Faults, from, to time.Duration, scraped func(time.Duration, []sample)) {
	t.Helper()
	config, err := sim.ConfigFor(r.vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	config.Seed, config.Rate = seed, rate
	var scrapes [][]sample
	synctest.Test(t, func(t *testing.T) {
		service, err := sim.New(config)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = service.Run(ctx) }()
		time.Sleep(from)
		if err := service.SetFaults(f); err != nil {
			t.Fatal(err)
		}
		for since := from + scraping; since <= to; since += scraping {
			time.Sleep(scraping)
			scrapes = append(scrapes, gathered(t, service))
		}
	})
	for i, samples := range scrapes {
		scraped(from+time.Duration(i+1)*scraping, samples)
	}
}

// gathered are the samples of one scrape, with the labels of the target.
func gathered(t *testing.T, service *sim.Service) []sample {
	t.Helper()
	families, err := service.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	exposed, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.Now()}, families...)
	if err != nil {
		t.Fatal(err)
	}
	target := map[string]string{
		"namespace": "rag", "ragmonitor": "support-bot", "component": "api", "job": "api", "instance": "10.0.0.1:8000",
	}
	out := make([]sample, 0, len(exposed)+1)
	for _, s := range append(exposed, &model.Sample{Metric: model.Metric{model.MetricNameLabel: "up"}, Value: 1}) {
		b := labels.NewBuilder(labels.FromMap(target))
		for name, value := range s.Metric {
			b.Set(string(name), string(value))
		}
		out = append(out, sample{b.Labels(), float64(s.Value)})
	}
	return out
}
