#!/usr/bin/env bash
# Runs the tests of the packages that match the arguments, all without any, and reports
# on them. It fails as well where a suite could not be run at all.
#
# The race detector makes everything several times slower. It is left away where it finds
# nothing that another suite does not: in what has no goroutines of its own, and in what
# compares two programs in real time, which it would keep from being in time.
set -euo pipefail

run() { go test -json -shuffle=on -timeout 20m "$@"; }

without='/internal/rules$|/test/differential$'
race=$(command -v gcc >/dev/null 2>&1 && echo -race || true)

packages=$(go list "${@:-./...}")
mapfile -t detected < <(grep -vE "$without" <<<"$packages")
mapfile -t others < <(grep -E "$without" <<<"$packages")

suites() {
  local status=0
  ((${#detected[@]} == 0)) || run $race "${detected[@]}" || status=1
  ((${#others[@]} == 0)) || run "${others[@]}" || status=1
  # A module of its own, because Alertmanager needs other versions than we do.
  (($# > 0)) || (cd test/alertmanager && go test -json ./...) || status=1
  return "$status"
}

suites "$@" | go run ./hack/testreport
