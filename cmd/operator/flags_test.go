package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGrafanaURL(t *testing.T) {
	for text, want := range map[string]bool{
		"https://grafana.example.com":       true,
		"http://grafana.monitoring.svc:80/": true,
		"https://example.com/grafana":       true,
		"":                                  false,
		"grafana.example.com":               false,
		"ftp://grafana.example.com":         false,
		"https://user:pw@grafana":           false,
		"https://grafana?orgId=1":           false,
		"https://grafana/#d":                false,
		"https://grafana/{{ query }}":       false,
		"https://grafana/a b":               false,
		"javascript:alert(1)":               false,
	} {
		t.Run(text, func(t *testing.T) {
			f, err := parseFlags([]string{"--operator-namespace=a", "--grafana-url=" + text})
			if got := err == nil; got != want {
				t.Fatalf("it is taken: %t, %v", got, err)
			}
			if want && *f.grafanaURL != text {
				t.Errorf("it is %q", *f.grafanaURL)
			}
		})
	}
}

// TestAPasswordIsNotRepeated: what is written to standard error is kept in logs.
func TestAPasswordIsNotRepeated(t *testing.T) {
	for _, text := range []string{"https://user:hunter2@grafana", "https://grafana/?token=hunter2", "https://user:hunter2@grafana/%zz"} {
		said, err := standardError(t, func() error {
			_, err := parseFlags([]string{"--operator-namespace=a", "--grafana-url=" + text})
			return err
		})
		if err == nil {
			t.Fatalf("%s is taken", text)
		}
		if strings.Contains(said+err.Error(), "hunter2") {
			t.Errorf("it says %q, and writes %q", err, said)
		}
	}
}

// standardError is what was written there while do ran, and what do returned.
func standardError(t *testing.T, do func() error) (string, error) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stderr
	os.Stderr = file
	failure := do()
	os.Stderr = before
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(said), failure
}
