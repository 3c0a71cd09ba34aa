#!/usr/bin/env bash
# Times `nexus replay` on a generated log beside DuckDB, jq and a loop around
# Go's encoding/json, whole processes in turn. That all of them give the same
# state of every stream is made sure first. It takes some four minutes, and
# 400 MB of the temporary folder for a million events.
#
#   scripts/bench-replay.sh [EVENTS]    (default 1000000)
#
# Environment:
#   NEXUS_DUCKDB       version of DuckDB from PyPI (default: 2.0.0); none leaves it out
#   NEXUS_JQ           the jq to run (default: the one in PATH); none leaves it out
#   NEXUS_BENCH_CACHE  where DuckDB is installed (default: the user's cache folder)
set -euo pipefail
if (($# > 1)) || [[ ! ${1:-1000000} =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: scripts/bench-replay.sh [EVENTS]" >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${NEXUS_DUCKDB:-2.0.0}
python=
if [[ $version != none ]]; then
  home=${NEXUS_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nexus/bench}/duckdb-$version
  python=$home/bin/python
  if ! "$python" -c 'import duckdb' 2>/dev/null; then
    if ! { python3 -m venv --clear "$home" && "$python" -m pip install --quiet --disable-pip-version-check "duckdb==$version"; }; then
      echo "bench-replay.sh: DuckDB $version cannot be installed into $home: it needs python3 with venv, and PyPI; NEXUS_DUCKDB=none leaves it out" >&2
      exit 1
    fi
  fi
fi

jq=${NEXUS_JQ:-$(command -v jq || echo none)}
if [[ $jq == none ]]; then
  echo "jq is left out"
  jq=
fi

NEXUS_BENCH_EVENTS=${1:-1000000} NEXUS_BENCH_PYTHON=$python NEXUS_BENCH_JQ=$jq \
  go test -tags bench -run '^TestReplayProcess$' -count=1 -timeout 60m -v .
