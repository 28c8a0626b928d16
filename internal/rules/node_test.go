package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/ragmonitor/ragmonitor-operator/internal/model"
	"github.com/ragmonitor/ragmonitor-operator/internal/rules"
)

// Series of nodes are in steps of a minute; the rules are evaluated as often.
const (
	ofNode = `namespace="ragmonitor-system",job="node-exporter",instance="worker-1"`
	// alive is a node-exporter that answers, for 40 minutes.
	alive = `up{` + ofNode + `} 1x40
		node_exporter_build_info{` + ofNode + `} 1x40
		`
)

// ours is the node-exporter that the operator runs.
func ours() rules.NodeSeries {
	return rules.NodeSeries{
		Namespace: "ragmonitor-system", Labels: map[string]string{"job": "node-exporter"},
		Namespaces: model.Namespaces{Labels: []string{"namespace"}},
	}
}

// theirs is one that was there before, of which nothing but its namespace is known.
func theirs() rules.NodeSeries {
	return rules.NodeSeries{Namespace: "monitoring", Namespaces: model.Namespaces{Labels: []string{"namespace"}}}
}

func nodeEngine(t *testing.T, from rules.NodeSeries, load string) engine {
	t.Helper()
	group, err := readOnce(t).rules.NodeGroup("ragmonitor-system", from)
	if err != nil {
		t.Fatal(err)
	}
	return engineFor(t, []rulefmt.RuleGroup{group}, "load 1m\n"+load)
}

// firstFiring is when an alert fires first, evaluated every minute, or end.
func (e engine) firstFiring(alert string, end time.Duration) time.Duration {
	for at := time.Duration(0); at < end; at += time.Minute {
		e.runAt(at)
		if slices.Contains(e.firing(), alert) {
			return at
		}
	}
	return end
}

// nodeCase proves an alert on nodes.
type nodeCase struct {
	// over fires, by a little; under does not. Both are nearer to the threshold than a
	// tenth.
	over, under string
	// from is when the condition of over holds first.
	from time.Duration
}

func idleCPU(perMinute string) string {
	return alive + `node_cpu_seconds_total{` + ofNode + `,cpu="0",mode="idle"} 0+` + perMinute + `x40
		node_cpu_seconds_total{` + ofNode + `,cpu="1",mode="idle"} 0+` + perMinute + `x40`
}

func freeMemory(bytes string) string {
	return alive + `node_memory_MemAvailable_bytes{` + ofNode + `} ` + bytes + `x40
		node_memory_MemTotal_bytes{` + ofNode + `} 1000x40`
}

func freeDisk(bytes string) string {
	return alive + `node_filesystem_avail_bytes{` + ofNode + `,device="/dev/sda1",fstype="ext4",mountpoint="/"} ` + bytes + `x40
		node_filesystem_size_bytes{` + ofNode + `,device="/dev/sda1",fstype="ext4",mountpoint="/"} 1000x40
		node_filesystem_readonly{` + ofNode + `,device="/dev/sda1",fstype="ext4",mountpoint="/"} 0x40`
}

func damaged(perMinute string) string {
	return alive + `node_network_receive_errs_total{` + ofNode + `,device="eth0"} 0+` + perMinute + `x40
		node_network_transmit_errs_total{` + ofNode + `,device="eth0"} 0x40
		node_network_receive_packets_total{` + ofNode + `,device="eth0"} 0+600x40
		node_network_transmit_packets_total{` + ofNode + `,device="eth0"} 0+400x40`
}

func threads(number string) string {
	return alive + `node_processes_threads{` + ofNode + `} ` + number + `x40
		node_processes_max_threads{` + ofNode + `} 1000x40
		node_processes_max_processes{` + ofNode + `} 4194304x40`
}

// nodeCases are all of them.
func nodeCases() map[string]nodeCase {
	// A rate is taken of two samples at least.
	const rated = time.Minute
	return map[string]nodeCase{
		"RAGNodeCPUHigh":        {over: idleCPU("11.9"), under: idleCPU("12.1"), from: rated},
		"RAGNodeCPUCritical":    {over: idleCPU("5.9"), under: idleCPU("6.1"), from: rated},
		"RAGNodeMemoryHigh":     {over: freeMemory("149"), under: freeMemory("151")},
		"RAGNodeMemoryCritical": {over: freeMemory("49"), under: freeMemory("51")},
		"RAGNodeDiskHigh":       {over: freeDisk("99"), under: freeDisk("101")},
		"RAGNodeNetworkErrors":  {over: damaged("10.2"), under: damaged("9.8"), from: rated},
		"RAGNodeProcessesHigh":  {over: threads("901"), under: threads("899")},
		"RAGNodeExporterDown": {
			over: `node_exporter_build_info{` + ofNode + `} 1 _x40
				up{` + ofNode + `} 1 0x39`,
			under: alive, from: time.Minute,
		},
	}
}

func TestAlertsOnNodes(t *testing.T) {
	cases := nodeCases()
	for _, a := range readOnce(t).rules.NodeAlerts {
		tc, ok := cases[a.Alert]
		if !ok {
			t.Errorf("%s has no case", a.Alert)
			continue
		}
		t.Run(a.Alert, func(t *testing.T) {
			t.Parallel()
			const end = 41 * time.Minute
			over := nodeEngine(t, ours(), tc.over)
			if got, want := over.firstFiring(a.Alert, end), tc.from+time.Duration(a.For); got != want {
				t.Errorf("just over it fires after %s, must after %s", got, want)
			}
			over.checkNodeTexts(a.Alert)
			under := nodeEngine(t, ours(), tc.under)
			if got := under.firstFiring(a.Alert, end); got != end {
				t.Errorf("just under it fires after %s", got)
			}
			if a.Threshold != nil {
				under.checkNear(a, end)
			}
			if got := nodeEngine(t, ours(), "other 1x40").firstFiring(a.Alert, end); got != end {
				t.Errorf("without data it fires after %s", got)
			}
			if got := nodeEngine(t, ours(), strings.ReplaceAll(tc.over, "ragmonitor-system", "rag")).firstFiring(a.Alert, end); got != end {
				t.Errorf("for the series of another namespace it fires after %s", got)
			}
		})
	}
}

// checkNear sees to it that what an alert reads is there, and near to its threshold: it
// would be silent without, too.
func (e engine) checkNear(a rules.Alert, end time.Duration) {
	e.t.Helper()
	read, ok := a.Expr.Names(), false
	for _, name := range read {
		for _, sample := range e.vector(name, end-time.Minute) {
			ok = ok || sample.F > 0.9*a.Threshold.Value
		}
	}
	if !ok {
		e.t.Errorf("%s reads %v, none of which is near to %v", a.Alert, read, a.Threshold.Value)
	}
}

// checkNodeTexts looks at an alert that fires.
func (e engine) checkNodeTexts(alert string) {
	e.t.Helper()
	for _, a := range e.active()[alert] {
		if a.Labels.Get("namespace") != "ragmonitor-system" || a.Labels.Get("instance") != "worker-1" || a.Labels.Get("severity") == "" {
			e.t.Errorf("labels are %s", a.Labels)
		}
		for _, name := range []string{"summary", "description"} {
			if text := a.Annotations.Get(name); !strings.Contains(text, "worker-1") || strings.ContainsAny(text, "{}<") {
				e.t.Errorf("%s is %q", name, text)
			}
		}
		if a.Annotations.Get("__dashboardUid__") != "ragmonitor-nodes" {
			e.t.Errorf("links to board %q", a.Annotations.Get("__dashboardUid__"))
		}
	}
}

func TestRecordingsOfNodes(t *testing.T) {
	const at = 10 * time.Minute
	const theirNode = `namespace="monitoring",job="prometheus-node-exporter",instance="10.0.0.1:9100"`
	for name, tc := range map[string]struct {
		from   rules.NodeSeries
		load   string
		series string
		want   map[string]float64
	}{
		"an exporter that was there before": {
			from: theirs(), load: `node_memory_MemAvailable_bytes{` + theirNode + `} 250x10
				node_memory_MemTotal_bytes{` + theirNode + `} 1000x10`,
			series: "ragmonitor:node_memory_usage:ratio", want: map[string]float64{"10.0.0.1:9100": 0.75},
		},
		"nothing but its namespace is believed": {
			from: theirs(), load: `node_memory_MemAvailable_bytes{namespace="rag",instance="fake"} 250x10
				node_memory_MemTotal_bytes{namespace="rag",instance="fake"} 1000x10`,
			series: "ragmonitor:node_memory_usage:ratio", want: map[string]float64{},
		},
		"one outside of Kubernetes, where that is allowed": {
			from: rules.NodeSeries{Namespace: "monitoring", Namespaces: model.Namespaces{Labels: []string{"namespace"}, Unlabelled: true}},
			load: `node_memory_MemAvailable_bytes{job="node",instance="worker-1:9100"} 250x10
				node_memory_MemTotal_bytes{job="node",instance="worker-1:9100"} 1000x10`,
			series: "ragmonitor:node_memory_usage:ratio", want: map[string]float64{"worker-1:9100": 0.75},
		},
		"a node that two jobs scrape counts once": {
			from: theirs(), load: `node_network_receive_bytes_total{namespace="monitoring",job="a",instance="worker-1",device="eth0"} 0+60x10
				node_network_receive_bytes_total{namespace="monitoring",job="b",instance="worker-1",device="eth0"} 0+60x10`,
			series: "ragmonitor:node_network_received_bytes:rate", want: map[string]float64{"worker-1": 1},
		},
		"what passes a bridge and a tunnel counts once": {
			from: ours(), load: `node_network_receive_bytes_total{` + ofNode + `,device="eth0"} 0+60x10
				node_network_receive_bytes_total{` + ofNode + `,device="ens5"} 0+60x10
				node_network_receive_bytes_total{` + ofNode + `,device="cni0"} 0+60x10
				node_network_receive_bytes_total{` + ofNode + `,device="flannel.1"} 0+60x10
				node_network_receive_bytes_total{` + ofNode + `,device="lo"} 0+60x10`,
			series: "ragmonitor:node_network_received_bytes:rate", want: map[string]float64{"worker-1": 2},
		},
		"what is written to a volume and its disk counts once": {
			from: ours(), load: `node_disk_written_bytes_total{` + ofNode + `,device="nvme0n1"} 0+60x10
				node_disk_written_bytes_total{` + ofNode + `,device="dm-0"} 0+60x10`,
			series: "ragmonitor:node_disk_written_bytes:rate", want: map[string]float64{"worker-1": 1},
		},
		"a disk that cannot be written to is left out": {
			from: ours(), load: `node_filesystem_avail_bytes{` + ofNode + `,fstype="ext4",mountpoint="/mnt"} 1x10
				node_filesystem_size_bytes{` + ofNode + `,fstype="ext4",mountpoint="/mnt"} 1000x10
				node_filesystem_readonly{` + ofNode + `,fstype="ext4",mountpoint="/mnt"} 1x10`,
			series: "ragmonitor:node_disk_usage:ratio", want: map[string]float64{},
		},
		"of two limits on threads the nearer one counts": {
			from: ours(), load: `node_processes_threads{` + ofNode + `} 500x10
				node_processes_max_threads{` + ofNode + `} 10000x10
				node_processes_max_processes{` + ofNode + `} 1000x10`,
			series: "ragmonitor:node_threads:ratio", want: map[string]float64{"worker-1": 0.5},
		},
		"processes": {
			from: ours(), load: `node_processes_pids{` + ofNode + `} 312x10`,
			series: "ragmonitor:node_processes:max", want: map[string]float64{"worker-1": 312},
		},
		"what else is scraped in the namespace is no node": {
			from: theirs(), load: `up{namespace="monitoring",job="grafana",instance="10.0.0.9:3000"} 0x10
				up{` + theirNode + `} 0x10
				node_exporter_build_info{` + theirNode + `} 1x5`,
			series: "ragmonitor:node_exporter:up", want: map[string]float64{"10.0.0.1:9100": 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := nodeEngine(t, tc.from, tc.load)
			e.runUntil(at)
			got := map[string]float64{}
			for _, sample := range e.vector(tc.series, at) {
				got[sample.Metric.Get("instance")] = rounded(sample.F)
				if sample.Metric.Get("namespace") != "ragmonitor-system" {
					t.Errorf("%s is recorded in another namespace: %s", tc.series, sample.Metric)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.series, diff)
			}
		})
	}
}

// TestADiskThatIsFullIsToldOfOnce: wherever else it is mounted.
func TestADiskThatIsFullIsToldOfOnce(t *testing.T) {
	full := func(device, mountpoint string) string {
		labels := `{` + ofNode + `,device="` + device + `",fstype="ext4",mountpoint="` + mountpoint + `"} `
		return "node_filesystem_avail_bytes" + labels + "1x10\nnode_filesystem_size_bytes" + labels + "1000x10\n"
	}
	e := nodeEngine(t, ours(), full("/dev/sda1", "/")+full("/dev/sda1", "/var/lib/kubelet")+full("/dev/sdb1", "/data"))
	e.runUntil(8 * time.Minute)
	var got []string
	for _, a := range e.active()["RAGNodeDiskHigh"] {
		got = append(got, a.Labels.Get("mountpoint"))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"/", "/data"}, got); diff != "" {
		t.Errorf("told of (-want +got):\n%s", diff)
	}
}

// TestNodesAreNamed: by the machine where it says its name, and else by the scrape.
func TestNodesAreNamed(t *testing.T) {
	const at = 5 * time.Minute
	e := nodeEngine(t, theirs(), `node_uname_info{namespace="monitoring",instance="10.0.0.1:9100",nodename="worker-1"} 1x10
		node_memory_MemTotal_bytes{namespace="monitoring",instance="10.0.0.1:9100"} 1000x10
		node_memory_MemTotal_bytes{namespace="monitoring",instance="worker-2"} 1000x10`)
	e.runUntil(at)
	got := map[string]string{}
	for _, sample := range e.vector("ragmonitor:node:info", at) {
		got[sample.Metric.Get("instance")] = sample.Metric.Get("node")
	}
	if diff := cmp.Diff(map[string]string{"10.0.0.1:9100": "worker-1", "worker-2": "worker-2"}, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// TestEveryMetricOfNodesIsBound: whatever series an application makes up, they are no
// node's.
func TestEveryMetricOfNodesIsBound(t *testing.T) {
	for name, tc := range map[string]struct {
		from rules.NodeSeries
		want string
	}{
		"ours":   {ours(), `job="node-exporter" namespace="ragmonitor-system"`},
		"theirs": {theirs(), `namespace="monitoring"`},
	} {
		t.Run(name, func(t *testing.T) {
			group, err := readOnce(t).rules.NodeGroup("ragmonitor-system", tc.from)
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range group.Rules {
				expr, err := parser.ParseExpr(rule.Expr)
				if err != nil {
					t.Fatal(err)
				}
				for _, matchers := range parser.ExtractSelectors(expr) {
					var bound []string
					metric := ""
					for _, m := range matchers {
						switch m.Name {
						case "__name__":
							metric = m.Value
						case "namespace", "job":
							bound = append(bound, m.String())
						}
					}
					slices.Sort(bound)
					want := tc.want
					if strings.HasPrefix(metric, "ragmonitor:") {
						want = `namespace="ragmonitor-system"`
					}
					if got := strings.Join(bound, " "); got != want {
						t.Errorf("%s%s reads %s{%s}, must be bound by %s", rule.Record, rule.Alert, metric, got, want)
					}
				}
			}
		})
	}
}
