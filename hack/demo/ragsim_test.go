package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ragmonitor/ragmonitor-operator/hack/ragsim/sim"
)

func TestPortsOfRagsim(t *testing.T) {
	named := []port{{name: "metrics", vocabulary: "rag"}, {name: "steps", vocabulary: "api-pipeline"}}
	for name, tc := range map[string]struct {
		content string
		want    []int32
		err     string
	}{
		"each vocabulary has a line": {
			content: "rag 127.0.0.1:41\napi-pipeline 127.0.0.1:42\n", want: []int32{41, 42},
		},
		"the order of the lines is ragsim's": {
			content: "api-pipeline-system 127.0.0.1:40\napi-pipeline 127.0.0.1:42\nrag 127.0.0.1:41", want: []int32{41, 42},
		},
		"a vocabulary without a line": {
			content: "rag 127.0.0.1:41\n", err: `ragsim says no address for api-pipeline: "rag 127.0.0.1:41\n"`,
		},
		"a line without a port": {
			content: "rag nowhere\napi-pipeline 127.0.0.1:42\n", err: "find the port of http://nowhere: address nowhere: missing port in address",
		},
	} {
		t.Run(name, func(t *testing.T) {
			ports, err := readPorts(tc.content, named)
			var got []int32
			for _, p := range ports {
				got = append(got, p.number)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("ports (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.err, text(err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRagsimKnowsTheFaults also shows that it has the stage that is made slow.
func TestRagsimKnowsTheFaults(t *testing.T) {
	var vocabularies []string
	for _, p := range ragsimPorts() {
		vocabularies = append(vocabularies, p.vocabulary)
	}
	config, err := sim.ConfigFor(vocabularies...)
	if err != nil {
		t.Fatal(err)
	}
	service, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			var broken sim.Faults
			if err := json.Unmarshal([]byte(f.put), &broken); err != nil {
				t.Fatal(err)
			}
			if err := service.SetFaults(broken); err != nil {
				t.Error(err)
			}
		})
	}
}
