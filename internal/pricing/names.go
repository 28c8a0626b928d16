package pricing

import "regexp"

// ModelPattern matches every model name that is not empty, and captures the name
// under which it is priced: without the host that it is bought from, the date of
// its release and the number of its revision. It is in RE2 syntax, not anchored,
// and meant for PromQL as it is:
//
//	label_replace(v, "priced_model", ModelReplacement, "model", ModelPattern)
//
// It takes off only what is known never to change the price, so that what it does
// not know stays as it is and has no price, rather than a wrong one. In particular
// it keeps
//
//   - the host's revision without a date before it ("-v1", "-002"), short dates
//     ("-0613", "-2512") and sizes (":7b"): these are other models
//   - fine-tuned models ("ft:gpt-4o:acme::1") and free ones (":free")
//   - the folders of files and of open weights ("meta-llama/", "hosted_vllm/",
//     "ollama/"): who serves them pays for machines, not for tokens
//
// The lazy name with repeated endings after it finds the shortest name; before
// that, the alternatives are tried in the order in which they are written.
const ModelPattern = `(?:` + hostPattern + `)*(` + datedPattern + `|.+?)(?:` + releasePattern + `)*`

// ModelReplacement is what a match of ModelPattern is replaced by.
const ModelReplacement = `$1`

// hostPattern is one piece of where a model is bought.
const hostPattern = `arn:aws[-a-z]*:bedrock:[-a-z0-9]*:[0-9]*:(?:foundation-model|inference-profile)/` +
	`|bedrock[/:](?:(?:converse|invoke)/)?(?:[a-z]{2}(?:-gov)?-[a-z]+-[0-9]/)?` +
	`|azure[/:](?:(?:eu|us|global|global-standard)/)?` +
	`|(?:openai|azure_ai|anthropic|google|google-gla|google-vertex|gemini|vertex_ai|mistral|mistralai|cohere|cohere_chat` +
	`|amazon|deepseek|groq|together_ai|fireworks_ai|xai|x-ai|voyage|voyageai|openrouter|litellm_proxy)[/:]` +
	`|(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?models/` +
	`|(?:(?:us|us-gov|eu|apac|au|ca|in|jp|sa|global)\.)?(?:amazon|anthropic|cohere|meta|mistral|openai)\.`

// datedPattern names the models whose price is not that of the name without date.
const datedPattern = `gpt-4o-2024-05-13`

// releasePattern is one ending that tells releases of a model apart.
const releasePattern = `-latest|-20[0-9]{2}-[0-9]{2}-[0-9]{2}|-20[0-9]{6}(?:-v[0-9]+)?` +
	`|@(?:[0-9]{3,8}|default|latest)` +
	`|:[0-9]{1,2}(?::[0-9]+k)?|:(?:beta|thinking)`

// modelPattern anchors ModelPattern as label_replace does.
var modelPattern = regexp.MustCompile(`^(?s:` + ModelPattern + `)$`)

// Normalise returns the name under which model is priced. What it does not know it
// returns as it is. Names that are normalised do not change again.
func Normalise(model string) string {
	return modelPattern.ReplaceAllString(model, ModelReplacement)
}
