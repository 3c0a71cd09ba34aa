#!/usr/bin/env bash
# Runs the conformance tests on a folder of oracle cases and prints their
# tables. A run in which no test passed is a failure, not a success.
#
#   .ci/conformance.sh FOLDER
set -euo pipefail
if (($# != 1)) || [[ ! -d $1 ]]; then
  echo "usage: .ci/conformance.sh FOLDER (a folder of oracle cases)" >&2
  exit 2
fi
NEXUS_ORACLES=$(cd "$1" && pwd)
export NEXUS_ORACLES
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
packages=$(git grep -lE --untracked 'func Test[A-Za-z0-9_]*Conformance' -- '*_test.go' | xargs -r -n1 dirname | sort -u | sed 's|^|./|' || true)
if [[ -z $packages ]]; then
  echo "no conformance test found" >&2
  exit 1
fi
# shellcheck disable=SC2086 # one package a word
go test -count=1 -v -run 'Conformance' $packages | tee "$log"
if ! grep -q '^--- PASS: ' "$log"; then
  echo "no conformance test ran on $NEXUS_ORACLES" >&2
  exit 1
fi
