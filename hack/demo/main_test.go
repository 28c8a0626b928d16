package main

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	// What tells the sources apart: whether something beside the operator runs, and
	// the operator's flags.
	type seen struct {
		Once, Starts bool
		Flags        []string
	}
	for name, tc := range map[string]struct {
		args []string
		want seen
		said string
	}{
		"without flags the operator is the source": {
			want: seen{Flags: []string{"--embedded-allow-loopback", "--embedded-dir=/demo/samples"}},
		},
		"the operator may be named": {
			args: []string{"--source=embedded", "--once"},
			want: seen{Once: true, Flags: []string{"--embedded-allow-loopback", "--embedded-dir=/demo/samples"}},
		},
		"Prometheus is the other source": {
			args: []string{"--source=prometheus"},
			want: seen{Starts: true, Flags: []string{"--prometheus-url=http://127.0.0.1:9090"}},
		},
		"another source is refused": {
			args: []string{"--source=thanos"},
			said: `--source is "thanos": write embedded or prometheus` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			o, err := parse(tc.args, &said)
			if diff := cmp.Diff(tc.said, said.String()); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
			if (err != nil) != (tc.said != "") {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			d := &demo{options: o, dir: "/demo", prometheus: "http://127.0.0.1:9090"}
			got := seen{Once: o.once, Starts: o.source.start != nil, Flags: o.source.flags(d)}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrongFlagsEndTheDemoWithTwo(t *testing.T) {
	var out, said bytes.Buffer
	if code := run([]string{"--source="}, &out, &said); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
}

func TestOnlyOneSourceNeedsPrometheus(t *testing.T) {
	for name, want := range map[string]bool{"embedded": false, "prometheus": true} {
		if got := slices.Contains(sources[name].binaries, "prometheus"); got != want {
			t.Errorf("source %s needs Prometheus: %t, want %t", name, got, want)
		}
	}
}
