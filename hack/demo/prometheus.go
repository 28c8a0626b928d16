package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
)

// startPrometheus starts Prometheus without jobs and rules, and from then on keeps
// both as the cluster has them.
func (d *demo) startPrometheus(ctx context.Context) error {
	d.step("starting Prometheus")
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	d.prometheus = "http://" + address
	empty, err := configuration(nil)
	if err != nil {
		return err
	}
	config := d.path("prometheus/prometheus.yml")
	if err := os.WriteFile(config, empty, 0o600); err != nil {
		return fmt.Errorf("write Prometheus' configuration: %w", err)
	}
	log, err := d.running.start(ctx, "prometheus", d.binary("prometheus"),
		"--config.file="+config,
		"--storage.tsdb.path="+d.path("prometheus/data"),
		"--web.listen-address="+address,
		"--web.enable-lifecycle")
	if err != nil {
		return err
	}
	if err := awaitHTTP(ctx, "Prometheus", d.prometheus+"/-/ready"); err != nil {
		return failure{err: err, log: log}
	}
	d.background.Go(func() { d.keepInSync(ctx) })
	return nil
}

// loaded is what Prometheus was last told.
type loaded struct {
	config []byte
	rules  map[string][]byte
}

// equal says whether both would make the same files.
func (l loaded) equal(other loaded) bool {
	return bytes.Equal(l.config, other.config) && maps.EqualFunc(l.rules, other.rules, bytes.Equal)
}

// keepInSync does the Prometheus Operator's work every second, until ctx ends. A
// complaint is printed once, and the work goes on: whoever is trying things out
// will put it right.
func (d *demo) keepInSync(ctx context.Context) {
	var (
		last     loaded
		complain string
	)
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		next, err := d.sync(ctx, last)
		if ctx.Err() != nil {
			return
		}
		last = next
		if err != nil && err.Error() != complain {
			d.block("Prometheus was not brought up to date:", err.Error())
		}
		complain = ""
		if err != nil {
			complain = err.Error()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// sync tells Prometheus what is in the cluster when that differs from last, and
// returns what Prometheus was told.
func (d *demo) sync(ctx context.Context, last loaded) (loaded, error) {
	jobs, rules, translateErr := d.read(ctx)
	config, err := configuration(jobs)
	if err != nil {
		return last, err
	}
	next := loaded{config: config, rules: rules}
	if next.equal(last) {
		return last, translateErr
	}
	if err := d.write(next); err != nil {
		return last, err
	}
	if err := send(ctx, http.MethodPost, d.prometheus+"/-/reload", ""); err != nil {
		return last, errors.Join(translateErr, err)
	}
	if len(jobs)+len(rules) > 0 {
		d.step("Prometheus has loaded a new configuration (scrape jobs: %d, rule files: %d)", len(jobs), len(rules))
	}
	return next, translateErr
}

// read makes jobs and rule files of what is in the cluster.
func (d *demo) read(ctx context.Context) ([]scrapeJob, map[string][]byte, error) {
	var (
		monitors monitoringv1.ServiceMonitorList
		rules    monitoringv1.PrometheusRuleList
		services corev1.ServiceList
	)
	if err := errors.Join(d.client.List(ctx, &monitors), d.client.List(ctx, &rules), d.client.List(ctx, &services)); err != nil {
		return nil, nil, fmt.Errorf("read the cluster: %w", err)
	}
	jobs, jobsErr := scrapeJobs(monitors.Items, services.Items)
	files, rulesErr := ruleFiles(rules.Items)
	return jobs, files, errors.Join(jobsErr, rulesErr)
}

// write replaces Prometheus' files.
func (d *demo) write(next loaded) error {
	if err := os.WriteFile(d.path("prometheus/prometheus.yml"), next.config, 0o600); err != nil {
		return fmt.Errorf("write Prometheus' configuration: %w", err)
	}
	dir := d.path("prometheus/rules")
	old, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("write the rules: %w", err)
	}
	for _, entry := range old {
		if _, wanted := next.rules[entry.Name()]; !wanted {
			err = errors.Join(err, os.Remove(filepath.Join(dir, entry.Name())))
		}
	}
	for name, content := range next.rules {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	if err != nil {
		return fmt.Errorf("write the rules: %w", err)
	}
	return nil
}
