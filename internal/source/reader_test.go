package source_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	testclock "k8s.io/utils/clock/testing"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// start is where the clocks of tests begin.
var start = time.Unix(1_700_000_000, 0)

// querierFunc is a source that is a function.
type querierFunc func(ctx context.Context, expr string) (model.Vector, error)

func (f querierFunc) Query(ctx context.Context, expr string) (model.Vector, error) {
	return f(ctx, expr)
}

// vectorAt has a sample for each of the times.
func vectorAt(times ...time.Time) model.Vector {
	out := model.Vector{}
	for _, at := range times {
		out = append(out, &model.Sample{Value: 1, Timestamp: model.Time(at.UnixMilli())})
	}
	return out
}

// newReader returns a Reader whose clock stands still and whose pauses are not
// shortened.
func newReader(querier source.Querier) (*source.Reader, *testclock.FakePassiveClock, *source.Metrics) {
	clock, metrics := testclock.NewFakePassiveClock(start), source.NewMetrics()
	return source.NewReader("thanos", querier, source.Options{
		Interval: 30 * time.Second, Metrics: metrics, Clock: clock, Random: func() float64 { return 0 },
	}), clock, metrics
}

func TestReadReturnsAVectorForEachQuery(t *testing.T) {
	reader, _, _ := newReader(querierFunc(func(_ context.Context, expr string) (model.Vector, error) {
		return model.Vector{{Metric: model.Metric{"q": model.LabelValue(expr)}, Timestamp: model.TimeFromUnix(start.Unix())}}, nil
	}))
	got, err := reader.Read(t.Context(), []string{"b", "a"})
	if err != nil {
		t.Fatal(err)
	}
	want := []model.Vector{
		{{Metric: model.Metric{"q": "b"}, Timestamp: 1_700_000_000_000}},
		{{Metric: model.Metric{"q": "a"}, Timestamp: 1_700_000_000_000}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("vectors (-want +got):\n%s", d)
	}
}

func TestNumberOfQueriesIsLimited(t *testing.T) {
	asked := 0
	reader, _, _ := newReader(querierFunc(func(context.Context, string) (model.Vector, error) {
		asked++
		return nil, nil
	}))
	for n, want := range map[int]string{
		0:  "source thanos: a round has 0 queries, must have 1 to 12",
		13: "source thanos: a round has 13 queries, must have 1 to 12",
	} {
		_, err := reader.Read(t.Context(), make([]string, n))
		mustFail(t, err, want)
	}
	if _, err := reader.Read(t.Context(), make([]string, 12)); err != nil || asked != 12 {
		t.Errorf("asked %d times, error %v", asked, err)
	}
}

// TestSourceThatFailsIsLeftAlone counts rounds, not queries.
func TestSourceThatFailsIsLeftAlone(t *testing.T) {
	broken, asked := true, []string(nil)
	reader, clock, metrics := newReader(querierFunc(func(_ context.Context, expr string) (model.Vector, error) {
		asked = append(asked, expr)
		if broken && expr == "b" {
			return nil, errors.New("it broke")
		}
		return vectorAt(start), nil
	}))
	read := func(want string) error {
		t.Helper()
		got, err := reader.Read(t.Context(), []string{"a", "b", "c"})
		switch {
		case want == "" && (err != nil || len(got) != 3):
			t.Errorf("vectors %v, error %v", got, err)
		case want != "":
			mustFail(t, err, want)
			if got != nil {
				t.Errorf("vectors are %v beside the error", got)
			}
		}
		return err
	}
	for range 2 {
		if err := read("source thanos: it broke"); errors.Is(err, source.ErrOpen) {
			t.Errorf("error is %v", err)
		}
	}
	if d := cmp.Diff([]string{"a", "b", "a", "b"}, asked); d != "" {
		t.Errorf("queries (-want +got):\n%s", d)
	}
	clock.SetTime(start.Add(10 * time.Second))
	err := read("source thanos: not asked: it failed 2 times in a row, the next try is in 20s; the last failure: it broke")
	if !errors.Is(err, source.ErrOpen) || len(asked) != 4 {
		t.Errorf("error is %v, after %d queries", err, len(asked))
	}
	checkMetric(t, metrics, "ragmonitor_source_breaker_open", `{source="thanos"} 1`)
	broken = false
	clock.SetTime(start.Add(30 * time.Second))
	_ = read("")
	checkMetric(t, metrics, "ragmonitor_source_breaker_open", `{source="thanos"} 0`)
}

// TestPauseHasTheReasonOfTheFailure: what is said of a source in an outage does not
// change between its tries.
func TestPauseHasTheReasonOfTheFailure(t *testing.T) {
	for name, tc := range map[string]struct {
		failure error
		want    source.Reason
	}{
		"an end of patience":     {context.DeadlineExceeded, source.ReasonTimeout},
		"a refusal":              {&source.Error{Reason: source.ReasonRefused, Err: errors.New("connection refused")}, source.ReasonRefused},
		"one without any reason": {errors.New("it broke"), source.ReasonOther},
	} {
		t.Run(name, func(t *testing.T) {
			reader, _, _ := newReader(querierFunc(func(context.Context, string) (model.Vector, error) { return nil, tc.failure }))
			for try := range 4 {
				_, err := reader.Read(t.Context(), []string{"up"})
				if got := source.ReasonOf(err); got != tc.want {
					t.Errorf("reading %d: reason is %s, want %s", try, got, tc.want)
				}
				if open := try >= 2; errors.Is(err, source.ErrOpen) != open {
					t.Errorf("reading %d: error is %v", try, err)
				}
			}
		})
	}
}

// checkMetric compares one metric, without its help.
func checkMetric(t *testing.T, metrics *source.Metrics, name string, want ...string) {
	t.Helper()
	var got []string
	text, err := testutil.CollectAndFormat(metrics, expfmt.TypeTextPlain, name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			got = append(got, strings.TrimSpace(strings.TrimPrefix(line, name)))
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

func TestTryOfABrokenSourceIsASingleOne(t *testing.T) {
	fail, arrived, release := true, make(chan struct{}), make(chan struct{})
	reader, clock, _ := newReader(querierFunc(func(context.Context, string) (model.Vector, error) {
		if fail {
			return nil, errors.New("it broke")
		}
		arrived <- struct{}{}
		<-release
		return nil, nil
	}))
	for range 2 {
		_, err := reader.Read(t.Context(), []string{"up"})
		mustFail(t, err, "it broke")
	}
	fail = false
	clock.SetTime(start.Add(time.Minute))
	var first error
	var group sync.WaitGroup
	group.Go(func() { _, first = reader.Read(t.Context(), []string{"up"}) })
	<-arrived
	if _, err := reader.Read(t.Context(), []string{"up"}); !errors.Is(err, source.ErrOpen) {
		t.Errorf("the second try ended with %v", err)
	}
	close(release)
	group.Wait()
	if first != nil {
		t.Errorf("the first try ended with %v", first)
	}
}

// TestEndOfTheOperatorIsNoFailure: a new leader's first readings are not worse for
// how the last one's ended.
func TestEndOfTheOperatorIsNoFailure(t *testing.T) {
	reader, _, metrics := newReader(querierFunc(func(ctx context.Context, _ string) (model.Vector, error) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("ask: %w", err)
		}
		return nil, nil
	}))
	ended, end := context.WithCancel(t.Context())
	end()
	for range 3 {
		if _, err := reader.Read(ended, []string{"up"}); !errors.Is(err, context.Canceled) || errors.Is(err, source.ErrOpen) {
			t.Errorf("error is %v", err)
		}
	}
	if _, err := reader.Read(t.Context(), []string{"up"}); err != nil {
		t.Error(err)
	}
	checkMetric(t, metrics, "ragmonitor_source_queries_total", `{source="thanos"} 1`)
}

func TestRoundIsGivenUp(t *testing.T) {
	reader := source.NewReader("embedded", querierFunc(func(ctx context.Context, _ string) (model.Vector, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}), source.Options{RoundTimeout: 50 * time.Millisecond})
	_, err := reader.Read(t.Context(), []string{"up"})
	wantReason(t, err, source.ReasonTimeout, "source embedded: context deadline exceeded")
}

func TestRoundTimeoutDependsOnTheInterval(t *testing.T) {
	for name, tc := range map[string]struct {
		options source.Options
		want    time.Duration
	}{
		"no options":       {source.Options{}, 30 * time.Second},
		"a short interval": {source.Options{Interval: time.Second}, 30 * time.Second},
		"a long interval":  {source.Options{Interval: time.Minute}, time.Minute},
		"one that is set":  {source.Options{RoundTimeout: 5 * time.Second}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			reader := source.NewReader("thanos", querierFunc(func(ctx context.Context, _ string) (model.Vector, error) {
				deadline, _ := ctx.Deadline()
				if got := deadline.Sub(began).Round(time.Second); got != tc.want {
					t.Errorf("a round ends after %s, must after %s", got, tc.want)
				}
				return nil, nil
			}), tc.options)
			if _, err := reader.Read(t.Context(), []string{"up"}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnswersOfAnotherTimeAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		interval, skew time.Duration
		offsets        []time.Duration
		want           string
	}{
		"no sample":              {},
		"now":                    {offsets: []time.Duration{0, 0}},
		"just in time, behind":   {offsets: []time.Duration{-90 * time.Second}},
		"just in time, ahead":    {offsets: []time.Duration{90 * time.Second}},
		"too far behind":         {offsets: []time.Duration{-90*time.Second - time.Millisecond}, want: "the source's clock, or its answer, is 1m30s behind: at most 1m30s is accepted"},
		"an hour behind":         {offsets: []time.Duration{-time.Hour + 1800*time.Millisecond}, want: "the source's clock, or its answer, is 59m58s behind: at most 1m30s is accepted; set the clocks right"},
		"an hour ahead":          {offsets: []time.Duration{time.Hour}, want: "the source's clock, or its answer, is 1h0m0s ahead: at most 1m30s is accepted; set the clocks right"},
		"one sample of many":     {offsets: []time.Duration{0, 0, -time.Hour, 0}, want: "1h0m0s behind"},
		"a minute, when faster":  {interval: time.Second, offsets: []time.Duration{-time.Minute, time.Minute}},
		"more, when faster":      {interval: time.Second, offsets: []time.Duration{-61 * time.Second}, want: "is 1m1s behind: at most 1m0s"},
		"more than is set":       {skew: 5 * time.Second, offsets: []time.Duration{6 * time.Second}, want: "is 6s ahead: at most 5s"},
		"a time beyond all":      {offsets: []time.Duration{1<<63 - 1}, want: "ahead"},
		"a time before all":      {offsets: []time.Duration{-1 << 63}, want: "behind"},
		"a long time, if set so": {skew: 2 * time.Hour, offsets: []time.Duration{-time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.interval == 0 {
				tc.interval = 30 * time.Second
			}
			vector := model.Vector{}
			for _, offset := range tc.offsets {
				vector = append(vector, vectorAt(start.Add(offset))...)
			}
			reader := source.NewReader("thanos", querierFunc(func(context.Context, string) (model.Vector, error) { return vector, nil }),
				source.Options{Interval: tc.interval, MaxClockSkew: tc.skew, Clock: testclock.NewFakePassiveClock(start)})
			_, err := reader.Read(t.Context(), []string{"up"})
			if tc.want != "" {
				wantReason(t, err, source.ReasonClock, tc.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLongAnswersAreNotBehind: the server evaluates before it answers.
func TestLongAnswersAreNotBehind(t *testing.T) {
	clock := testclock.NewFakePassiveClock(start)
	reader := source.NewReader("thanos", querierFunc(func(context.Context, string) (model.Vector, error) {
		clock.SetTime(clock.Now().Add(time.Hour))
		return vectorAt(start, start.Add(time.Hour)), nil
	}), source.Options{Clock: clock})
	if _, err := reader.Read(t.Context(), []string{"up"}); err != nil {
		t.Error(err)
	}
}

func TestMetrics(t *testing.T) {
	var answers []error
	reader, clock, metrics := newReader(querierFunc(func(context.Context, string) (model.Vector, error) {
		err := answers[0]
		answers = answers[1:]
		return vectorAt(start, start), err
	}))
	if problems, err := testutil.CollectAndLint(metrics); err != nil || len(problems) > 0 {
		t.Errorf("problems %v, error %v", problems, err)
	}
	none := make([]string, 0, 9)
	for _, reason := range []string{"body", "clock", "format", "http", "other", "partial", "refused", "size", "timeout"} {
		none = append(none, fmt.Sprintf(`{reason=%q,source="thanos"} 0`, reason))
	}
	checkMetric(t, metrics, "ragmonitor_source_query_failures_total", none...)
	checkMetric(t, metrics, "ragmonitor_source_last_success_timestamp_seconds", `{source="thanos"} 0`)

	answers = []error{nil, nil, nil, context.DeadlineExceeded, &source.Error{Reason: "made up", Err: errors.New("x")}}
	for range 3 {
		_, _ = reader.Read(t.Context(), []string{"a", "b"})
	}
	clock.SetTime(start.Add(30 * time.Second))
	answers = []error{nil, nil}
	if _, err := reader.Read(t.Context(), []string{"a", "b"}); err != nil {
		t.Error(err)
	}
	checkMetric(t, metrics, "ragmonitor_source_queries_total", `{source="thanos"} 7`)
	checkMetric(t, metrics, "ragmonitor_source_last_success_timestamp_seconds", `{source="thanos"} 1.70000003e+09`)
	checkMetric(t, metrics, "ragmonitor_source_samples", `{source="thanos"} 4`)
	none[4] = `{reason="other",source="thanos"} 1`
	none[8] = `{reason="timeout",source="thanos"} 1`
	checkMetric(t, metrics, "ragmonitor_source_query_failures_total", none...)
	if n := testutil.CollectAndCount(metrics, "ragmonitor_source_query_duration_seconds"); n != 1 {
		t.Errorf("%d histograms", n)
	}
}
