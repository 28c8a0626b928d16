package rules_test

import (
	"testing"
	"time"
)

// TestProtocolsAreAddedUp has servers that are asked by two protocols, and count them
// apart: each has requests and failures of its own.
func TestProtocolsAreAddedUp(t *testing.T) {
	const (
		at     = 10 * time.Minute
		ratio  = "ragmonitor:request_errors:ratio_rate"
		asked  = "ragmonitor:requests:rate"
		failed = "ragmonitor:request_errors:rate"
	)
	target := targetOf("api")
	qdrant := struct{ grpc, grpcFailed, rest, restFailed string }{
		`grpc_responses_total{` + target + `,endpoint="/qdrant.Points/Search",status="0"} `,
		`grpc_responses_total{` + target + `,endpoint="/qdrant.Points/Search",status="13"} `,
		`rest_responses_total{` + target + `,endpoint="/collections/{collection_name}/points/query",method="POST",status="200"} `,
		`rest_responses_total{` + target + `,endpoint="/collections/{collection_name}/points/query",method="POST",status="500"} `,
	}
	weaviate := struct{ grpc, grpcFailed, graphql, graphqlFailed string }{
		`weaviate_grpc_server_request_duration_seconds_count{` + target + `,method="Search",status="OK"} `,
		`weaviate_grpc_server_request_duration_seconds_count{` + target + `,method="Search",status="Internal"} `,
		`requests_total{` + target + `,api="graphql",status="ok"} `,
		`requests_total{` + target + `,api="graphql",status="server_error"} `,
	}
	for name, tc := range map[string]struct {
		component string
		load      string
		want      read
	}{
		"Qdrant, where all that comes by REST fails": {
			component: "api qdrant",
			load:      qdrant.grpc + "0+9x60\n" + qdrant.restFailed + "0+1x60\n",
			want:      read{asked: exactly(1), failed: exactly(0.1), ratio: exactly(0.1)},
		},
		"Qdrant, where some by either fails": {
			component: "api qdrant",
			load: qdrant.grpc + "0+6x60\n" + qdrant.grpcFailed + "0+1x60\n" +
				qdrant.rest + "0+1x60\n" + qdrant.restFailed + "0+2x60\n",
			want: read{asked: exactly(1), failed: exactly(0.3), ratio: exactly(0.3)},
		},
		"Qdrant, where nothing fails": {
			component: "api qdrant",
			load:      qdrant.grpc + "0+9x60\n" + qdrant.rest + "0+1x60\n",
			want:      read{asked: exactly(1), failed: exactly(0), ratio: exactly(0)},
		},
		"Qdrant, whose durations by both are one distribution": {
			component: "api qdrant",
			load: spent("grpc_responses_duration_seconds", target+`,endpoint="/qdrant.Points/Search",status="0"`, 1) +
				spent("rest_responses_duration_seconds", target+`,endpoint="/collections/c/points/query",method="POST",status="200"`, 2),
			want: read{"ragmonitor:request_timings:rate": exactly(4), "ragmonitor:request_seconds:rate": exactly(3)},
		},
		"Weaviate, where all that comes by GraphQL fails": {
			component: "api weaviate",
			load:      weaviate.grpc + "0+9x60\n" + weaviate.graphqlFailed + "0+1x60\n",
			want:      read{asked: exactly(1), failed: exactly(0.1), ratio: exactly(0.1)},
		},
		"Weaviate, where some by either fails": {
			component: "api weaviate",
			load: weaviate.grpc + "0+6x60\n" + weaviate.grpcFailed + "0+1x60\n" +
				weaviate.graphql + "0+1x60\n" + weaviate.graphqlFailed + "0+2x60\n",
			want: read{asked: exactly(1), failed: exactly(0.3), ratio: exactly(0.3)},
		},
		"Weaviate of a release that counts no queries but with their durations": {
			component: "api weaviate",
			load:      spent("queries_durations_ms", target+`,class_name="Handbook",query_type="get_graphql"`, 40),
			want:      read{asked: exactly(2), failed: nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, composed(tc.component), "load 10s\n"+tc.load)
			e.record(at)
			e.failures()
			e.expect(tc.want, at)
		})
	}
}
