#!/usr/bin/env bash
# Makes bin/previous: the chart and the operator of the version before this one, as git
# has them, for the suite that upgrades from it. Needs the history of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

chart=charts/ragmonitor-operator
changed=$(git log -1 --format=%H -G'^version:' -- "$chart/Chart.yaml")
if ! previous=$(git rev-parse --quiet --verify "$changed^"); then
  echo >&2 "no version of $chart before this one: fetch the history, by: git fetch --unshallow"
  exit 1
fi

made=bin/previous
if [[ -f $made/commit && $(<"$made/commit") == "$previous" ]]; then
  exit 0
fi
echo "building the version before this one, $(git show "$previous:$chart/Chart.yaml" | sed -n 's/^version: //p') ..."
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
git archive "$previous" | tar -x -C "$source"
rm -rf "$made"
mkdir -p "$made"
(cd "$source" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o operator ./cmd/operator)
mv "$source/operator" "$source/$chart" "$made/"
mv "$made/ragmonitor-operator" "$made/chart"
echo "$previous" > "$made/commit"
