package main

import "testing"

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
			if want && string(f.grafanaURL) != text {
				t.Errorf("it is %q", f.grafanaURL)
			}
		})
	}
}
