package vocabulary

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestBuiltinCatalogueLoads(t *testing.T) {
	catalogue, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"api-pipeline", "assistant", "otel-genai", "promptpilot", "rag", "stage-log", "vllm"} {
		if catalogue[name].Name != name {
			t.Errorf("there is no vocabulary %s", name)
		}
	}
	if diff := cmp.Diff([]string{"retrieval", "generation"}, catalogue["rag"].Stages()); diff != "" {
		t.Errorf("stages of rag (-want +got):\n%s", diff)
	}
}

// begun are parts with a metric of their own that need no partOf.
var begun = map[string]string{
	"qdrant/requestErrors": "exposes every counter from the start",
	"tgi/requestErrors":    "has the difference of two counters until then",
}

func TestPartsSayWhetherTheyHaveBegun(t *testing.T) {
	catalogue, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range catalogue {
		for _, signal := range Signals() {
			for _, part := range v.Signals[signal] {
				wholes := v.Series(signal.Whole(), part.Stage)
				split := slices.ContainsFunc(wholes, func(whole Series) bool {
					return whole.Field == part.Field && slices.ContainsFunc(whole.Metrics, func(m string) bool { return slices.Contains(part.Metrics, m) })
				})
				if len(wholes) > 0 && !split && len(part.PartOf) == 0 && begun[v.Name+"/"+string(signal)] == "" {
					t.Errorf("%s: %s %v is no part of a metric of %s: add partOf, or say why not", v.Name, signal, part.Metrics, signal.Whole())
				}
			}
		}
	}
}

func TestLoadNamesFileLineAndReason(t *testing.T) {
	const head = "name: x\ntitle: X\nsignals:\n"
	for name, tc := range map[string]struct {
		file string
		want string
	}{
		"not YAML at all": {
			file: "name: [x\n",
			want: "catalogue/x.yaml: yaml: line 1",
		},
		"a field that does not exist": {
			file: "name: x\ntitel: X\n",
			want: "line 2: field titel not found",
		},
		"a name unlike the file's": {
			file: "name: y\ntitle: X\nsignals:\n  requests: [{type: counter, unit: requests, metrics: [a]}]\n",
			want: `catalogue/x.yaml:1: name is "y", must be "x" like the file`,
		},
		"a signal that does not exist": {
			file: head + "  reqeusts:\n    - {type: counter, unit: requests, metrics: [a]}\n",
			want: `catalogue/x.yaml:5: signal "reqeusts" is unknown, must be one of activeUsers`,
		},
		"a type that the signal cannot have": {
			file: head + "  requests:\n    - type: gauge\n      unit: requests\n      metrics: [a]\n",
			want: `catalogue/x.yaml:5: type of requests is "gauge", must be one of counter, histogram, summary`,
		},
		"a unit that the signal cannot have": {
			file: head + "  requestDuration:\n    - type: histogram\n      unit: furlongs\n      metrics: [a]\n",
			want: `catalogue/x.yaml:6: unit of requestDuration is "furlongs", must be one of seconds, microseconds, milliseconds`,
		},
		"a metric name that Prometheus refuses": {
			file: head + "  requests:\n    - type: counter\n      unit: requests\n      metrics: [a, b-c]\n",
			want: `catalogue/x.yaml:7: metric "b-c" is not the name of an application's metric`,
		},
		"no metric": {
			file: head + "  requests:\n    - {type: counter, unit: requests}\n",
			want: "catalogue/x.yaml:5: metrics of requests is empty",
		},
		"a stage signal without a stage": {
			file: head + "  stageDuration:\n    - {type: histogram, unit: seconds, metrics: [a]}\n",
			want: "catalogue/x.yaml:5: stage of stageDuration is \"\"",
		},
		"a stage that is named like what no stage explains": {
			file: head + "  stageDuration:\n    - {type: histogram, unit: seconds, metrics: [a], stage: unaccounted}\n",
			want: `catalogue/x.yaml:5: stage "unaccounted" is the name of the time that no stage explains`,
		},
		"a stage and a label for it": {
			file: head + "  stageDuration:\n    - {type: histogram, unit: seconds, metrics: [a], stage: b, stageLabel: c}\n",
			want: "catalogue/x.yaml:5: stageDuration has both stage and stageLabel",
		},
		"a label for the stage that Prometheus refuses": {
			file: head + "  stageDuration:\n    - {type: histogram, unit: seconds, metrics: [a], stageLabel: b-c}\n",
			want: `catalogue/x.yaml:5: label "b-c" is not a Prometheus label name`,
		},
		"a pattern that is none": {
			file: head + "  requests:\n    - {type: counter, unit: requests, metrics: [a], matchPattern: {status: \"5(\"}}\n",
			want: `catalogue/x.yaml:5: matchPattern of label "status"`,
		},
		"a stage where there is none": {
			file: head + "  requests:\n    - {type: counter, unit: requests, metrics: [a], stage: b}\n",
			want: "catalogue/x.yaml:5: requests is not measured by stage",
		},
		"a label that no rule keeps": {
			file: head + "  requests:\n    - {type: counter, unit: requests, metrics: [a], labels: {user: user}}\n",
			want: `catalogue/x.yaml:5: label "user" of requests is not kept by any rule`,
		},
		"a part of what is no whole": {
			file: head + "  requests:\n    - metrics: [a]\n      partOf: [b]\n",
			want: "catalogue/x.yaml:6: requests is no part of another signal: remove partOf",
		},
		"a part of what is not read": {
			file: head + "  requests:\n    - {metrics: [a]}\n  requestErrors:\n    - metrics: [b]\n      partOf: [a, c]\n",
			want: `catalogue/x.yaml:8: partOf of requestErrors is "c", must be one of the metrics of requests: a`,
		},
		"a protocol for some of a signal's entries": {
			file: head + "  requests:\n    - {metrics: [a]}\n    - {metrics: [b], protocol: grpc}\n",
			want: `catalogue/x.yaml:6: protocol of requests is "grpc", and that of its first entry ""`,
		},
		"a match without values": {
			file: head + "  requests:\n    - {type: counter, unit: requests, metrics: [a], match: {status: []}}\n",
			want: `catalogue/x.yaml:5: match of label "status"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{"catalogue/x.yaml": {Data: []byte(tc.file)}})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, must hold %q", err, tc.want)
			}
		})
	}
}

func TestLoadReportsEveryBrokenFile(t *testing.T) {
	_, err := Load(fstest.MapFS{
		"catalogue/a.yaml": {Data: []byte("name: a\n")},
		"catalogue/b.yaml": {Data: []byte("name: b\n")},
	})
	for _, want := range []string{"catalogue/a.yaml:1: title is missing", "catalogue/b.yaml:1: signals is empty"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, must hold %q", err, want)
		}
	}
}
