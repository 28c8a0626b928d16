package rules_test

import "time"

var errorCases = map[string]alertCases{
	"RAGErrorRatioHigh": {
		monitor: speaking("rag"),
		over: `rag_requests_total{status="success"} 0+949x24
		       rag_requests_total{status="error"} 0+51x24`,
		under: `rag_requests_total{status="success"} 0+950x16
		        rag_requests_total{status="error"} 0+50x16`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGStageErrorRatioHigh": {
		monitor: speaking("kaito-rag"),
		over: `rag_embedding_requests_total{status="success"} 0+949x24
		       rag_embedding_requests_total{status="failure"} 0+51x24`,
		under: `rag_embedding_requests_total{status="success"} 0+950x16
		        rag_embedding_requests_total{status="failure"} 0+50x16`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGPipelineErrorRatioHigh": {
		monitor: speaking("api-pipeline"),
		over: `pipeline_executions_total{success="true"} 0+949x24
		       pipeline_executions_total{success="false"} 0+51x24`,
		under: `pipeline_executions_total{success="true"} 0+950x16
		        pipeline_executions_total{success="false"} 0+50x16`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGPromptErrorRatioHigh": {
		monitor: speaking("promptpilot"),
		over: `prompt_executions_total{prompt_id="a",status="success"} 0+899x24
		       prompt_executions_total{prompt_id="b",status="failed"} 0+101x24`,
		under: `prompt_executions_total{prompt_id="a",status="success"} 0+900x16
		        prompt_executions_total{prompt_id="b",status="failed"} 0+100x16`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
	"RAGToolErrorRatioHigh": {
		monitor: speaking("assistant"),
		over: `tool_executions_total{tool_name="search",status="success"} 0+899x24
		       tool_executions_total{tool_name="search",status="error"} 0+101x24`,
		under: `tool_executions_total{tool_name="search",status="success"} 0+900x16
		        tool_executions_total{tool_name="search",status="error"} 0+100x16`,
		holdsFrom: new(time.Minute),
		noData:    isSilent, idle: isSilent, reset: isFiring,
	},
}
