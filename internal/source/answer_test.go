package source_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"

	"github.com/ragmonitor/ragmonitor-operator/internal/source"
)

// TestAnswersThatAreRead are in forms that other servers than Prometheus use.
func TestAnswersThatAreRead(t *testing.T) {
	up := func(value model.SampleValue) model.Vector {
		return model.Vector{{Metric: model.Metric{"__name__": "up", "namespace": "rag"}, Value: value, Timestamp: 1_700_000_000_250}}
	}
	value := func(text string) string { return strings.Replace(one, `"0.5"`, text, 1) }
	for name, tc := range map[string]struct {
		body string
		want model.Vector
	}{
		"no number":           {value(`"NaN"`), up(model.SampleValue(math.NaN()))},
		"infinity":            {value(`"+Inf"`), up(model.SampleValue(math.Inf(1)))},
		"negative infinity":   {value(`"-Inf"`), up(model.SampleValue(math.Inf(-1)))},
		"a small number":      {value(`"5e-324"`), up(5e-324)},
		"a time of seconds":   {strings.Replace(one, ".25", ".250", 1), up(0.5)},
		"infos":               {strings.Replace(one, `"data"`, `"infos":["PromQL info: metric might not be a counter"],"data"`, 1), up(0.5)},
		"no warnings":         {strings.Replace(one, `"data"`, `"warnings":[],"data"`, 1), up(0.5)},
		"null warnings":       {strings.Replace(one, `"data"`, `"warnings":null,"data"`, 1), up(0.5)},
		"statistics":          {strings.Replace(one, `"data":{`, `"isPartial":false,"stats":{"seriesFetched":"1","a":[[1],{}]},"data":{"stats":{"timings":{}},`, 1), up(0.5)},
		"the type at the end": {`{"data":{"result":[{"value":[1700000000.25,"0.5"],"metric":{"namespace":"rag","__name__":"up"}}],"resultType":"vector"},"status":"success"}`, up(0.5)},
		"blanks":              {" \n" + strings.ReplaceAll(one, ",", " ,\n ") + "\n", up(0.5)},
		"null for no series":  {`{"status":"success","data":{"resultType":"vector","result":null}}`, model.Vector{}},
		"no labels": {
			`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[-1,"1"]}]}}`,
			model.Vector{{Metric: model.Metric{}, Value: 1, Timestamp: -1000}},
		},
		"a native histogram, which is left out": {
			strings.Replace(one, `"result":[`, `"result":[{"metric":{"__name__":"h"},"histogram":[1700000000,{"count":"1","sum":"1","buckets":[]}]},`, 1),
			up(0.5),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := query(t, source.PrometheusConfig{URL: serve(t, answer(tc.body))})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got, cmpopts.EquateNaNs()); d != "" {
				t.Errorf("vector (-want +got):\n%s", d)
			}
		})
	}
}

// TestAnswersThatAreRefused would be taken for other than what they are.
func TestAnswersThatAreRefused(t *testing.T) {
	sample := func(value string) string { return strings.Replace(one, `[1700000000.25,"0.5"]`, value, 1) }
	data := func(data string) string { return `{"status":"success","data":` + data + `}` }
	for name, tc := range map[string]struct {
		body   string
		reason source.Reason
		want   string
	}{
		"null for a value":            {sample(`null`), source.ReasonFormat, "0 parts of a value"},
		"no value":                    {sample(`[]`), source.ReasonFormat, "0 parts of a value"},
		"a time and no number":        {sample(`[1700000000]`), source.ReasonFormat, "1 parts of a value"},
		"a time and null":             {sample(`[1700000000,null]`), source.ReasonFormat, "the value of a sample"},
		"null for a time":             {sample(`[null,"1"]`), source.ReasonFormat, "the time of a sample"},
		"a number that is no text":    {sample(`[1700000000,1]`), source.ReasonFormat, "the value of a sample"},
		"a time that is no number":    {sample(`["now","1"]`), source.ReasonFormat, "the time of a sample"},
		"a time beyond all":           {sample(`[1e400,"1"]`), source.ReasonFormat, "the time of a sample"},
		"a label that is no text":     {strings.Replace(one, `"rag"`, `7`, 1), source.ReasonFormat, "cannot unmarshal number"},
		"a series that is a number":   {data(`{"resultType":"vector","result":[1]}`), source.ReasonFormat, "cannot unmarshal number"},
		"series that are no list":     {data(`{"resultType":"vector","result":{}}`), source.ReasonFormat, "there is no ["},
		"data that is a list":         {data(`[]`), source.ReasonFormat, "there is no {"},
		"no data":                     {data(`null`), source.ReasonFormat, "it has no result"},
		"a type and no result":        {data(`{"resultType":"vector"}`), source.ReasonFormat, "it has no result"},
		"a result without a type":     {data(`{"result":[]}`), source.ReasonFormat, "the answer is a , must be a vector"},
		"a matrix":                    {data(`{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}`), source.ReasonFormat, "the answer is a matrix, must be a vector"},
		"a matrix, told at the end":   {data(`{"result":[],"resultType":"matrix"}`), source.ReasonFormat, "the answer is a matrix, must be a vector"},
		"the series of a matrix":      {data(`{"result":[{"metric":{},"values":[[1,"1"]]}],"resultType":"matrix"}`), source.ReasonFormat, "0 parts of a value"},
		"a scalar":                    {data(`{"resultType":"scalar","result":[1700000000,"1"]}`), source.ReasonFormat, "the answer is a scalar, must be a vector"},
		"a string":                    {data(`{"resultType":"string","result":[1700000000,"1"]}`), source.ReasonFormat, "the answer is a string, must be a vector"},
		"another status":              {strings.Replace(one, `"success"`, `"pending"`, 1), source.ReasonFormat, `its status is "pending"`},
		"null":                        {`null`, source.ReasonFormat, `its status is ""`},
		"a list":                      {`[]`, source.ReasonFormat, "there is no {"},
		"two answers":                 {one + one, source.ReasonFormat, "there is more after its end"},
		"words after it":              {one + " OK", source.ReasonFormat, "invalid character 'O'"},
		"an end that is missing":      {one[:len(one)-1], source.ReasonFormat, "it ends too soon"},
		"a bracket of another kind":   {one[:len(one)-1] + "]", source.ReasonFormat, "invalid character ']'"},
		"a comma too many":            {strings.Replace(one, `}]`, `},]`, 1), source.ReasonFormat, "invalid character"},
		"a result of VictoriaMetrics": {strings.Replace(one, `"data"`, `"isPartial":true,"data"`, 1), source.ReasonPartial, "partial answer: isPartial is true"},
		"a warning at the end":        {one[:len(one)-1] + `,"warnings":["store a is gone"]}`, source.ReasonPartial, "partial answer: store a is gone"},
		"a warning and no series":     {`{"status":"success","warnings":["store a is gone"],"data":{"resultType":"vector","result":[]}}`, source.ReasonPartial, "store a is gone"},
		"a warning and an error":      {`{"status":"error","errorType":"execution","error":"it broke","warnings":["too"],"data":null}`, source.ReasonHTTP, "execution: it broke"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := query(t, source.PrometheusConfig{URL: serve(t, answer(tc.body))})
			wantReason(t, err, tc.reason, tc.want)
			if got != nil {
				t.Errorf("vector is %v beside the error", got)
			}
		})
	}
}

func TestNumberOfSamplesIsLimited(t *testing.T) {
	server := serve(t, answer(head+series(1)+","+series(2)+tail))
	if got, err := query(t, source.PrometheusConfig{URL: server, MaxSamples: 2}); err != nil || len(got) != 2 {
		t.Errorf("vector %v, error %v", got, err)
	}
	_, err := query(t, source.PrometheusConfig{URL: server, MaxSamples: 1})
	wantReason(t, err, source.ReasonSize, "query up: the answer has more than 1 samples")
}

// TestGetIsTriedWherePostIsForbidden: by a proxy that lets only reading pass.
func TestGetIsTriedWherePostIsForbidden(t *testing.T) {
	for status, want := range map[int][]string{
		403: {"POST  up", "GET query=up up"},
		405: {"POST  up", "GET query=up up"},
		501: {"POST  up", "GET query=up up"},
		401: {"POST  up"},
		500: {"POST  up"},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var asked []string
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Method+" "+r.URL.RawQuery+" "+r.Form.Get("query"))
				if r.Header.Get("Authorization") != "Bearer t-1" {
					t.Error("no token")
				}
				if r.Method == http.MethodGet && r.ContentLength != 0 {
					t.Error("GET has a body")
				}
				if r.Method == http.MethodPost {
					w.WriteHeader(status)
					return
				}
				answer(one)(w, r)
			})
			_, err := query(t, source.PrometheusConfig{URL: server, TokenFile: file(t, "token", "t-1")})
			if (err == nil) != (len(want) == 2) {
				t.Errorf("error is %v", err)
			}
			if d := cmp.Diff(want, asked); d != "" {
				t.Errorf("requests (-want +got):\n%s", d)
			}
		})
	}
}

// TestInstantQueryHasNoStaleMarkers says why nobody needs to look for them: the
// engine of Prometheus ends a series at its marker.
func TestInstantQueryHasNoStaleMarkers(t *testing.T) {
	store := promqltest.LoadedStorage(t, "load 1m\n gone 1 1 stale\n here 1 1 1\n none 1 1 NaN\n")
	defer store.Close() //nolint:errcheck // in memory
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 100)
	q, err := engine.NewInstantQuery(t.Context(), store, promql.NewPrometheusQueryOpts(false, 0), `{__name__=~"gone|here|none"}`, time.Unix(150, 0))
	if err != nil {
		t.Fatal(err)
	}
	vector, err := q.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, s := range vector {
		got[s.Metric.Get("__name__")] = s.T
	}
	if d := cmp.Diff(map[string]int64{"here": 150_000, "none": 150_000}, got); d != "" {
		t.Errorf("series and the times of their samples (-want +got):\n%s", d)
	}
}
