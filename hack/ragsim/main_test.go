package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start runs the program until the test is over and returns what its address
// file holds.
func start(t *testing.T, stdout io.Writer, args ...string) (addresses string, stop func() error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "address")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, append(args, "--address-file", file), stdout) }()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if content, err := os.ReadFile(filepath.Clean(file)); err == nil {
			return strings.TrimSpace(string(content)), func() error { cancel(); return <-ended }
		}
	}
	cancel()
	t.Fatalf("no address file: %v", <-ended)
	return "", nil
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	return string(body)
}

func TestRunServesUntilItIsStopped(t *testing.T) {
	var stdout bytes.Buffer
	address, stop := start(t, &stdout, "--rate", "1000", "--seed", "3", "--vocabulary", "rag")
	fetch(t, "http://"+address+"/healthz")
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if strings.Contains(fetch(t, "http://"+address+"/metrics"), `status="success"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("own traffic never showed in the metrics")
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if want := "ragsim: listening on http://" + address + "\n"; stdout.String() != want {
		t.Errorf("output is %q, want %q", stdout.String(), want)
	}
}

func TestRunServesEachVocabularyOnItsOwnAddress(t *testing.T) {
	for name, args := range map[string][]string{
		"listed":              {"--vocabulary=stage-log,api-pipeline,api-pipeline-system"},
		"repeated":            {"--vocabulary=stage-log", "--vocabulary=api-pipeline,api-pipeline-system"},
		"on addresses we say": {"--vocabulary=stage-log,api-pipeline,api-pipeline-system", "--listen=127.0.0.1:0,127.0.0.1:0", "--listen=127.0.0.1:0"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout bytes.Buffer
			file, stop := start(t, &stdout, append(args, "--rate=0")...)
			var output strings.Builder
			lines := strings.Split(file, "\n")
			paths := []string{"/metrics", "/metrics", "/system-metrics"}
			metrics := []string{"rag_stage_duration_seconds", "api_requests_total", "system_cpu_usage_percent"}
			for i, want := range []string{"stage-log", "api-pipeline", "api-pipeline-system"} {
				name, address, _ := strings.Cut(lines[i], " ")
				if name != want {
					t.Fatalf("line %d of the address file is %q, want %s first", i, lines[i], want)
				}
				fmt.Fprintf(&output, "ragsim: listening on http://%s for %s\n", address, name)
				fetch(t, "http://"+address+"/ask?q=x")
				if text := fetch(t, "http://"+address+paths[i]); !strings.Contains(text, "\n"+metrics[i]) {
					t.Errorf("%s lacks %s", name, metrics[i])
				}
			}
			http.DefaultClient.CloseIdleConnections()
			if err := stop(); err != nil {
				t.Errorf("stopping: %v", err)
			}
			if stdout.String() != output.String() || len(lines) != 3 {
				t.Errorf("output is %q, address file %q", stdout.String(), file)
			}
		})
	}
}

func TestRunHasThePromptsAndFaultsOfItsFlags(t *testing.T) {
	address, stop := start(t, io.Discard, "--rate=0", "--vocabulary=promptpilot", "--prompts=7", `--faults={"errorRatio": 1}`)
	fetch(t, "http://"+address+"/ask?q=x")
	text := fetch(t, "http://"+address+"/metrics")
	for _, want := range []string{"\nprompt_total 7\n", "\npipeline_executions_total{status=\"failed\"} 1\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %q", want)
		}
	}
	if got, want := fetch(t, "http://"+address+"/faults"), "{\"errorRatio\":1}\n"; got != want {
		t.Errorf("faults are %q, want %q", got, want)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func TestStoppingDoesNotWaitForQuestions(t *testing.T) {
	address, stop := start(t, io.Discard, "--rate", "0")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+address+"/faults", strings.NewReader(`{"slow":{"generation":1000}}`))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() { answered <- fetch(t, "http://"+address+"/ask?q=x") }()
	for !strings.Contains(fetch(t, "http://"+address+"/metrics"), "rag_active_requests 1") {
		time.Sleep(time.Millisecond)
	}
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if body := <-answered; !strings.Contains(body, `"error_type":"cancelled"`) {
		t.Errorf("the question was answered with %s", body)
	}
}

func TestRunRefusesWrongFlags(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"unknown vocabulary":      {[]string{"--vocabulary=rag,otel"}, `vocabulary is "otel": write one of api-pipeline, api-pipeline-system, assistant, promptpilot, rag, stage-log`},
		"a vocabulary twice":      {[]string{"--vocabulary=rag", "--vocabulary=rag"}, `vocabulary "rag" is there twice`},
		"too few addresses":       {[]string{"--vocabulary=rag,assistant", "--listen=127.0.0.1:0"}, "--listen has 1 addresses for 2 vocabularies: write one for each"},
		"too many addresses":      {[]string{"--listen=127.0.0.1:0,127.0.0.1:0"}, "--listen has 2 addresses for 1 vocabularies: write one for each"},
		"second of nobody":        {[]string{"--vocabulary=rag,assistant", "--listen=127.0.0.1:0", "--listen=256.0.0.1:0"}, "listen on 256.0.0.1:0"},
		"negative rate":           {[]string{"--rate=-1"}, "Rate is -1"},
		"no prompts":              {[]string{"--prompts=0"}, "Prompts is 0: write 1 or above"},
		"faults that are no JSON": {[]string{"--faults=slow"}, `write a JSON object, like {"errorRatio": 0.2}`},
		"unknown fault":           {[]string{`--faults={"errorRate":0.2}`}, "errorRate is 0.2: unknown field, write one of"},
		"fault that cannot be":    {[]string{`--faults={"slow":{"grading":2}}`}, "slow.grading is 2: unknown stage, write one of retrieval, generation"},
		"argument":                {[]string{"serve"}, `unexpected ["serve"]`},
		"address of nobody":       {[]string{"--listen=256.0.0.1:0"}, "listen on 256.0.0.1:0"},
		"address file in nowhere": {[]string{"--address-file=/nonexistent/file"}, "write address file"},
	} {
		t.Run(name, func(t *testing.T) {
			// What is accepted by mistake is served, but not for ever.
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err := run(ctx, tc.args, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, want it to contain %q", err, tc.want)
			}
		})
	}
}
