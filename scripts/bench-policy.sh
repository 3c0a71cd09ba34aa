#!/usr/bin/env bash
# Times `nexus policy check` with every pack over a generated catalog, beside
# conftest over the same rules and events, and prints medians with the load of
# the machine. It downloads conftest and takes some ten minutes.
#
#   scripts/bench-policy.sh [EVENTS]    (default 10000)
#
# NEXUS_CONFTEST names a conftest that is there already; none leaves it out.
set -euo pipefail
if (($# > 1)) || [[ ! ${1:-10000} =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: scripts/bench-policy.sh [EVENTS]" >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
conftest=${NEXUS_CONFTEST-$work/conftest}
if [[ $conftest == none ]]; then
  conftest=
elif [[ ! -x $conftest ]]; then
  CGO_ENABLED=0 GOBIN=$work go install github.com/open-policy-agent/conftest@v0.71.1
fi
NEXUS_CONFTEST=$conftest NEXUS_BENCH_EVENTS=${1:-10000} \
  go test -tags bench -run '^TestPolicyProcess$' -count=1 -timeout 60m -v .
