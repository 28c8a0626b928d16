package check

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// expect compares what a check returned: text is in the answer, or in the error.
func expect(t *testing.T, answer string, err error, ok bool, text string) {
	t.Helper()
	said := answer
	if err != nil {
		said = err.Error()
	}
	if (err == nil) != ok || !strings.Contains(said, text) {
		t.Errorf("answer %q, error %v; want success %t with %q", answer, err, ok, text)
	}
}

func TestLeading(t *testing.T) {
	for name, tc := range map[string]struct {
		holder string
		age    time.Duration
		ok     bool
		want   string
	}{
		"a lease that was renewed":       {holder: "pod-a_1", age: 15 * time.Second, ok: true, want: "pod-a_1 leads"},
		"a lease that ran out":           {holder: "pod-a_1", age: 16 * time.Second, want: "pod-a_1 renewed the lease 16s ago, and it lasts 15s"},
		"a lease that was handed over":   {holder: "", want: "nobody holds the lease"},
		"a clock that is behind is fine": {holder: "pod-a_1", age: -time.Second, ok: true, want: "leads"},
	} {
		t.Run(name, func(t *testing.T) {
			renewed := metav1.NewMicroTime(now.Add(-tc.age))
			lease := &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{
				HolderIdentity: &tc.holder, RenewTime: &renewed, LeaseDurationSeconds: new(int32(15)),
			}}
			answer, err := leading(lease, now)
			expect(t, answer, err, tc.ok, tc.want)
		})
	}
}

func TestLeadingOfAnEmptyLease(t *testing.T) {
	answer, err := leading(&coordinationv1.Lease{}, now)
	expect(t, answer, err, false, "nobody holds the lease")
}

// authenticated is a transport that adds a token.
type authenticated struct{ next http.RoundTripper }

func (a authenticated) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer token")
	return a.next.RoundTrip(r)
}

func TestMetrics(t *testing.T) {
	for name, tc := range map[string]struct {
		// stranger and reader are the codes that they get, body is what the latter reads.
		stranger, reader int
		body             string
		ok               bool
		want             string
	}{
		"metrics for readers only": {
			stranger: 401, reader: 200, body: "# HELP x\nleader_election_master_status{name=\"x\"} 1\n", ok: true, want: "served to those who may read them",
		},
		"metrics for everybody":         {stranger: 200, reader: 200, want: "answers 200 without credentials, want 401"},
		"metrics for nobody":            {stranger: 401, reader: 403, want: "answers 403 to an account that may read metrics, want 200"},
		"accounts that are not checked": {stranger: 401, reader: 500, want: "may the operator create TokenReviews"},
		"the metrics of something else": {stranger: 401, reader: 200, body: "up 1\n", want: "something else than the operator's metrics"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				code := tc.stranger
				if r.Header.Get("Authorization") == "Bearer token" {
					code = tc.reader
				}
				w.WriteHeader(code)
				_, _ = io.WriteString(w, tc.body)
			}))
			defer server.Close()
			target := Target{MetricsURL: server.URL + "/metrics", Authenticate: func(next http.RoundTripper) (http.RoundTripper, error) {
				return authenticated{next}, nil
			}}
			answer, err := target.metrics(t.Context())
			expect(t, answer, err, tc.ok, tc.want)
		})
	}
}

func TestMetricsThatAreNotServed(t *testing.T) {
	answer, err := Target{}.metrics(t.Context())
	expect(t, answer, err, true, "are not served")
}

func TestSeen(t *testing.T) {
	condition := func(generation int64, reason string) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ConditionReady, ObservedGeneration: generation, Reason: reason}}
	}
	for name, tc := range map[string]struct {
		conditions []metav1.Condition
		deleted    bool
		want       bool
	}{
		"a RAGMonitor that nobody looked at":       {},
		"one whose spec changed since":             {conditions: condition(1, v1alpha1.ReasonReady)},
		"one of an operator that was uninstalled":  {conditions: condition(2, v1alpha1.ReasonUninstalled)},
		"one that is in order":                     {conditions: condition(2, v1alpha1.ReasonReady), want: true},
		"one whose spec was refused was looked at": {conditions: condition(2, v1alpha1.ReasonUnknownVocabulary), want: true},
		"one that is being deleted":                {deleted: true, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			rm := &v1alpha1.RAGMonitor{ObjectMeta: metav1.ObjectMeta{Generation: 2}}
			rm.Status.Conditions = tc.conditions
			if tc.deleted {
				rm.DeletionTimestamp = new(metav1.NewTime(now))
			}
			if got := seen(rm); got != tc.want {
				t.Errorf("seen is %t, want %t", got, tc.want)
			}
		})
	}
}

func TestUntilTellsTheLastFailureThatWasNotCutOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	attempts := 0
	_, err := until(ctx, func(ctx context.Context) (string, error) {
		attempts++
		if attempts == 2 {
			cancel()
			return "", ctx.Err()
		}
		return "", errors.New("nobody leads")
	})
	if err == nil || err.Error() != "nobody leads" {
		t.Errorf("error %v, want that of the first attempt", err)
	}
}

func TestUntilTriesAgain(t *testing.T) {
	attempts := 0
	found, err := until(t.Context(), func(context.Context) (string, error) {
		attempts++
		if attempts == 1 {
			return "", errors.New("not yet")
		}
		return "found", nil
	})
	expect(t, found, err, true, "found")
}
