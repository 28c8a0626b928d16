package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for name, tc := range map[string]struct {
		events string
		ok     bool
		want   []string
	}{
		"subtests are counted, and not the test that holds them": {
			events: `{"Action":"run","Package":"github.com/ragmonitor/ragmonitor-operator/internal/health","Test":"TestA"}
{"Action":"run","Package":"github.com/ragmonitor/ragmonitor-operator/internal/health","Test":"TestA/x"}
{"Action":"run","Package":"github.com/ragmonitor/ragmonitor-operator/internal/health","Test":"TestA/y"}
{"Action":"pass","Package":"github.com/ragmonitor/ragmonitor-operator/internal/health","Test":"TestA/x"}
{"Action":"pass","Package":"github.com/ragmonitor/ragmonitor-operator/internal/health","Test":"TestA/y"}
{"Action":"pass","Package":"github.com/ragmonitor/ragmonitor-operator/internal/health","Test":"TestA"}
{"Action":"pass","Package":"github.com/ragmonitor/ragmonitor-operator/internal/health","Elapsed":1.5}`,
			ok:   true,
			want: []string{"pass  internal/health", "unit                 2       0", "2 passed, 0 failed, 0 skipped"},
		},
		"the specs of a Ginkgo suite are counted": {
			events: `{"Action":"run","Package":"github.com/ragmonitor/ragmonitor-operator/internal/controller","Test":"TestControllers"}
{"Action":"output","Package":"github.com/ragmonitor/ragmonitor-operator/internal/controller","Test":"TestControllers","Output":"\u001b[1mSUCCESS!\u001b[0m -- \u001b[1m29 Passed\u001b[0m | \u001b[1m0 Failed\u001b[0m | 0 Pending | 0 Skipped\n"}
{"Action":"pass","Package":"github.com/ragmonitor/ragmonitor-operator/internal/controller","Test":"TestControllers"}`,
			ok:   true,
			want: []string{"control plane       29       0", "29 passed, 0 failed"},
		},
		"a failure is shown with its output": {
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"it is broken\n"}
{"Action":"fail","Package":"p","Test":"TestA"}`,
			want: []string{"it is broken", "0 passed, 1 failed"},
		},
		"a package that does not build is a failure": {
			events: `{"Action":"output","Package":"p","Output":"syntax error\n"}
{"Action":"fail","Package":"p"}`,
			want: []string{"syntax error", "0 passed, 1 failed"},
		},
		"no test at all is a failure": {want: []string{"0 passed, 0 failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			ok, err := run(strings.NewReader(tc.events), &out)
			if err != nil {
				t.Fatal(err)
			}
			if ok != tc.ok {
				t.Errorf("ok is %v, must be %v", ok, tc.ok)
			}
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("report lacks %q:\n%s", want, out.String())
				}
			}
		})
	}
}
