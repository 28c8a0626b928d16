#!/bin/sh
# Makes internal/pricing/prices.yaml anew from a version of the package
# @pydantic/genai-prices, by default the newest. Needs npm, node and go.
#
#   hack/prices/fetch.sh [version]
set -eu

package=@pydantic/genai-prices
version=${1:-$(npm view "$package" version)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$(dirname "$0")/../.."

published=$(npm view "$package@$version" time --json |
  VERSION=$version node -p 'JSON.parse(require("fs").readFileSync(0))[process.env.VERSION].slice(0, 10)')
archive=$(npm pack --silent --pack-destination "$folder" "$package@$version")
tar -xzf "$folder/$archive" -C "$folder"

# The data are inside the package's code; this is the function that hands them out.
FOLDER=$folder/package node > "$folder/providers.json" <<'SCRIPT'
const { findProvider } = require(process.env.FOLDER);
const ids = ["openai", "anthropic", "google", "mistral", "cohere", "aws", "deepseek", "x-ai", "voyageai", "groq", "together", "fireworks"];
console.log(JSON.stringify(ids.map((providerId) => findProvider({ providerId })).filter(Boolean)));
SCRIPT

go run ./hack/prices -data "$folder/providers.json" -version "$version" -as-of "$published"
