package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// samples is the folder that users are told to apply.
func (d *demo) samples() string { return filepath.Join(d.root, "config", "samples") }

// kubectl runs the real one and returns what it prints. Its cache is kept apart
// from the user's.
func (d *demo) kubectl(ctx context.Context, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, d.binary("kubectl"), args...) //nolint:gosec // our own kubectl, our own words
	cmd.Env = append(os.Environ(), "KUBECONFIG="+d.kubeconfig(), "KUBECACHEDIR="+d.path("kubectl-cache"))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// table prints what the demo is about.
func (d *demo) table(ctx context.Context) error {
	args := []string{"get", "ragmonitors", "-n", sampleNamespace}
	out, err := d.kubectl(ctx, args...)
	if err != nil {
		return err
	}
	d.block("$ kubectl "+strings.Join(args, " "), out)
	return nil
}

// explain prints the commands to look around with.
func (d *demo) explain() {
	d.block("Everything is running. Look around, and press Ctrl-C to end it:", fmt.Sprintf(`export KUBECONFIG=%s
%s get ragmonitors -A -o wide
%s get ragmonitor %s -n %s -o yaml
%s get servicemonitors,prometheusrules,configmaps -n %s

Prometheus        %s
sample service    %s/metrics

curl -X PUT -d '%s' %s/faults
curl -X DELETE %s/faults

logs              %s`,
		d.kubeconfig(),
		d.binary("kubectl"),
		d.binary("kubectl"), sampleName, sampleNamespace,
		d.binary("kubectl"), sampleNamespace,
		d.prometheus,
		d.ragsim,
		slowGeneration, d.ragsim,
		d.ragsim,
		d.path("logs")))
}
