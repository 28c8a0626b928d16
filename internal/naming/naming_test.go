package naming_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/ragmonitor/ragmonitor-operator/internal/naming"
)

func TestNames(t *testing.T) {
	m := func(n int) string { return strings.Repeat("m", n) }
	for name, tc := range map[string]struct{ got, want string }{
		"a ServiceMonitor":         {naming.ServiceMonitor("support-bot", "api"), "support-bot.api"},
		"a PrometheusRule":         {naming.PrometheusRule("support-bot"), "support-bot-rules"},
		"a dashboard":              {naming.Dashboard("support-bot"), "support-bot-dashboard"},
		"an AlertmanagerConfig":    {naming.AlertmanagerConfig("support-bot"), "support-bot-notifications"},
		"a further PrometheusRule": {naming.PrometheusRulePart("support-bot", 2), "support-bot-rules-2"},
		"a rule of 62 characters":  {naming.PrometheusRule(m(56)), m(56) + "-rules"},
		"a board of 62":            {naming.Dashboard(m(52)), m(52) + "-dashboard"},
		"a ServiceMonitor of 62":   {naming.ServiceMonitor(m(30), m(31)), m(30) + "." + m(31)},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, tc.got); d != "" {
				t.Errorf("name (-want +got):\n%s", d)
			}
		})
	}
}

// TestNamesThatAreKept: an object whose name changes is deleted and made anew, so
// these stay as they are in every version.
func TestNamesThatAreKept(t *testing.T) {
	long := strings.Repeat("m", 63)
	for name, tc := range map[string]struct{ got, want string }{
		"a ServiceMonitor with a long name": {naming.ServiceMonitor(long, "api"), strings.Repeat("m", 52) + "-9054afd175"},
		"a PrometheusRule with a long name": {naming.PrometheusRule(long), strings.Repeat("m", 52) + "-a440cf86d5"},
		"the identity of a board":           {naming.DashboardUID("rag", "support-bot"), "ragmonitor-682282cc3e"},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, tc.got); d != "" {
				t.Errorf("name (-want +got):\n%s", d)
			}
		})
	}
}

func TestLongNamesBeginReadably(t *testing.T) {
	for _, length := range []int{58, 59, 62, 63} {
		monitor := strings.Repeat("m", length)
		got := naming.PrometheusRule(monitor)
		beginning, hash, _ := strings.Cut(got, "-")
		if len(got) != 63 || !strings.HasPrefix(monitor, beginning) || len(hash) != 10 {
			t.Errorf("a name of %d characters becomes %q", length, got)
		}
	}
}

func TestCutNamesDoNotEndInASeparator(t *testing.T) {
	for cut := range 20 {
		for _, separators := range []string{strings.Repeat("-", cut), "." + strings.Repeat("n", cut), strings.Repeat("-", cut) + ".n"} {
			monitor := strings.Repeat("m", 52-cut) + separators + strings.Repeat("n", 11)
			name := naming.PrometheusRule(monitor)
			checkName(t, name)
			if strings.Contains(name, "--") || strings.Contains(name, ".-") {
				t.Errorf("%q becomes %q", monitor, name)
			}
		}
	}
}

// checkName refuses a name that cannot be one of every kind, and a label's value.
func checkName(t *testing.T, name string) {
	t.Helper()
	for _, problem := range append(validation.IsDNS1123Subdomain(name), validation.IsValidLabelValue(name)...) {
		t.Errorf("%q: %s", name, problem)
	}
}

type pair struct{ monitor, component string }

// tricky are pairs that a careless join would take for one another.
func tricky() []pair {
	a, b := strings.Repeat("a", 63), strings.Repeat("b", 63)
	pairs := []pair{
		{"a", "b-c"},
		{"a-b", "c"},
		{"a.b", "c"},
		{"a", "b"},
		{"a.b", "b-c"},
		{"a-rules", "b"},
		{a, "c"},
		{a, "d"},
		{a[:62], "ac"},
		{"a", a},
		{"b", a},
		{"a", a[:62]},
		{"a", a[:61]},
		{"a", a[:60]},
		{a, a},
		{a, b},
		{b, a},
		{a[:51] + "-b", "c"},
		{a[:51], "b-c"},
		{a[:51] + ".b", "c"},
		{a[:50], strings.Repeat("a", 12)},
	}
	// Names that look like shortened ones: the hash is no secret.
	for _, p := range []pair{{"mon", b}, {"a.b", a}, {"a." + a[:61], "c"}} {
		name := naming.ServiceMonitor(p.monitor, p.component)
		dot := strings.LastIndex(name, ".")
		pairs = append(pairs, p, pair{name[:dot], name[dot+1:]})
	}
	return pairs
}

func randomPair(r *rand.Rand) pair {
	name := func(letters string) string {
		// Few letters and lengths about the limit make collisions likely.
		length := []int{1, 2, 3, 30, 31, 32, 33, 59, 60, 61, 62, 63}[r.IntN(12)]
		out := make([]byte, length)
		for i := range out {
			out[i] = letters[r.IntN(len(letters))]
			if i == 0 || i == length-1 || out[i-1] == '.' || out[i-1] == '-' {
				out[i] = "ab"[r.IntN(2)]
			}
		}
		return string(out)
	}
	return pair{name("aab-."), name("aab-")}
}

func TestNoTwoPairsHaveOneName(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pairs := tricky()
	for range 5000 {
		pairs = append(pairs, randomPair(r))
	}
	seen := map[string]pair{}
	for _, p := range pairs {
		name := naming.ServiceMonitor(p.monitor, p.component)
		checkName(t, name)
		if other, taken := seen[name]; taken && other != p {
			t.Errorf("%q is the name of %q and of %q", name, other, p)
		}
		seen[name] = p
	}
}

func TestNoTwoMonitorsShareAChild(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for kind, name := range map[string]func(string) string{"rule": naming.PrometheusRule, "board": naming.Dashboard} {
		seen := map[string]string{}
		for range 5000 {
			monitor := randomPair(r).monitor
			got := name(monitor)
			checkName(t, got)
			if other, taken := seen[got]; taken && other != monitor {
				t.Errorf("%q is the %s of %q and of %q", got, kind, other, monitor)
			}
			seen[got] = monitor
		}
	}
}

func TestDashboardUID(t *testing.T) {
	seen := map[string]pair{}
	long := strings.Repeat("x", 63)
	for _, p := range []pair{{"rag", "a"}, {"rag", "b"}, {"raga", ""}, {"r", "aga"}, {"a", "b-c"}, {"a-b", "c"}, {long, long}, {long, long[1:]}, {"1:a", "b"}, {"1", ":ab"}} {
		uid := naming.DashboardUID(p.monitor, p.component)
		if len(uid) > 40 || len(validation.IsDNS1123Label(uid)) > 0 {
			t.Errorf("%q is no identity for Grafana", uid)
		}
		if other, taken := seen[uid]; taken {
			t.Errorf("%q is the identity of %q and of %q", uid, other, p)
		}
		seen[uid] = p
	}
}

func TestLabelsAreValid(t *testing.T) {
	for _, monitor := range []string{"support-bot", "v1.2", strings.Repeat("m", 63)} {
		labels := naming.Labels(monitor)
		if labels[naming.LabelRAGMonitor] != monitor || labels[naming.LabelManagedBy] != naming.ManagedBy {
			t.Errorf("labels of %s: %v", monitor, labels)
		}
		for key, value := range labels {
			for _, problem := range append(validation.IsQualifiedName(key), validation.IsValidLabelValue(value)...) {
				t.Errorf("%s=%s: %s", key, value, problem)
			}
		}
	}
	labels := naming.Labels("a")
	labels["edited"] = "by a caller"
	if d := cmp.Diff(3, len(naming.Labels("b"))); d != "" {
		t.Errorf("labels are shared (-want +got):\n%s", d)
	}
}

func ExampleServiceMonitor() {
	fmt.Println(naming.ServiceMonitor("support-bot", "vector-store"))
	// Output: support-bot.vector-store
}
