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

// manifest is the RAGMonitor.
func (d *demo) manifest() string { return filepath.Join(d.root, "hack", "demo", "support-bot.yaml") }

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
	kubectl := d.binary("kubectl")
	out := []string{
		"export KUBECONFIG=" + d.kubeconfig(),
		kubectl + " get ragmonitors -A -o wide",
		fmt.Sprintf("%s get ragmonitor %s -n %s -o yaml", kubectl, sampleName, sampleNamespace),
		fmt.Sprintf("%s events -n %s --for ragmonitor/%s", kubectl, sampleNamespace, sampleName),
		"",
	}
	for _, f := range faults {
		out = append(out, fmt.Sprintf("curl -X PUT -d '%s' %s/faults", f.put, d.ragsim))
	}
	out = append(out, fmt.Sprintf("curl -X DELETE %s/faults", d.ragsim), "")
	if d.prometheus != "" {
		out = append(out, "Prometheus        "+d.prometheus)
	}
	for _, p := range d.ports {
		out = append(out, fmt.Sprintf("sample service    http://127.0.0.1:%d/metrics", p.number))
	}
	out = append(out, "logs              "+d.path("logs"))
	d.block("Everything is running. Look around, and press Ctrl-C to end it:", lines(out))
}
