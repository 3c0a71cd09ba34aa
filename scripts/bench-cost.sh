#!/usr/bin/env bash
# Times `nexus cost estimate` over a generated log, from the log and from its
# index, beside a query of DuckDB over the same lines, and prints medians of five
# runs. It makes sure first that all three agree. It installs DuckDB from PyPI into
# the user's cache and needs about 1.5 GB of disk for a million events.
#
#   scripts/bench-cost.sh [EVENTS]    (default 1000000)
#
# NEXUS_DUCKDB names a Python that has the module duckdb; none leaves it out.
set -euo pipefail
if (($# > 1)) || [[ ! ${1:-1000000} =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: scripts/bench-cost.sh [EVENTS]" >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${XDG_CACHE_HOME:-$HOME/.cache}/nexus/bench-cost
python=${NEXUS_DUCKDB-$venv/bin/python}
if [[ $python == none ]]; then
  python=
elif [[ ! -x $python ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6
fi
NEXUS_DUCKDB=$python NEXUS_BENCH_EVENTS=${1:-1000000} \
  go test -tags bench -run '^TestCostProcess$' -count=1 -timeout 60m -v .
