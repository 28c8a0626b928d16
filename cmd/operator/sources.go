package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/ragmonitor/ragmonitor-operator/internal/controller"
	"github.com/ragmonitor/ragmonitor-operator/internal/embedded"
	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// addSources makes the metric sources that the flags name.
func addSources(options *controller.Options, f *flags) error {
	config, err := f.sources()
	if err != nil {
		return err
	}
	var engine source.Querier
	for _, s := range config.Sources {
		if s.Embedded == nil {
			continue
		}
		made, err := newEngine(f)
		if err != nil {
			return err
		}
		engine = made
		options.Embedded = &controller.Embedded{Source: s.Name, Engine: made}
	}
	counts := source.NewMetrics()
	if err := options.Metrics.Register(counts); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	sources, err := source.NewSources(config, engine, source.Options{Interval: options.Interval, Metrics: counts})
	if err != nil {
		return err
	}
	for _, name := range sources.Names() {
		reader, err := sources.Reader(name)
		if err != nil {
			return err
		}
		options.Sources = append(options.Sources, reader)
	}
	return nil
}

// sources are those of the file, else the one of the URL, else the operator itself.
func (f *flags) sources() (source.Config, error) {
	switch {
	case f.metricSources != "":
		return source.ReadConfig(f.metricSources)
	case f.prometheusURL != "":
		return source.Config{Sources: []source.Endpoint{{
			Name: "prometheus", URL: f.prometheusURL, CAFile: f.prometheusCA, TokenFile: f.prometheusToken,
		}}}, nil
	default:
		return source.Config{Sources: []source.Endpoint{{Name: "embedded", Embedded: &source.Embedded{}}}}, nil
	}
}

func newEngine(f *flags) (*embedded.Engine, error) {
	config := embedded.Config{Dir: f.embeddedDir, Logger: slog.New(logr.ToSlogHandler(ctrl.Log.WithName("embedded")))}
	if f.embeddedLoopback {
		config.Allow = func(a netip.Addr) bool { return a.Unmap().IsLoopback() || embedded.PodAddress(a) }
	}
	return embedded.New(config)
}

// scratch makes a folder for samples, where none was named, and returns what removes
// it.
func (f *flags) scratch() (func(), error) {
	if f.embeddedDir != "" {
		return func() {}, nil
	}
	config, err := f.sources()
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(config.Sources, func(s source.Endpoint) bool { return s.Embedded != nil }) {
		return func() {}, nil
	}
	dir, err := os.MkdirTemp("", "ragmonitor-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for samples: %w", err)
	}
	f.embeddedDir = dir
	return func() { _ = os.RemoveAll(dir) }, nil
}
