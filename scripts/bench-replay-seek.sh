#!/usr/bin/env bash
# Times `nexus replay LOG --stream ID --at N` on a long generated log: 200 random
# streams, a new process for each, with and without snapshots, while nothing of
# the log is in memory and while all of it is. It also times writing the index
# and the snapshots. It takes some five minutes and, for ten million events, 6 GB
# of the temporary folder (TMPDIR), and runs on Linux.
#
#   scripts/bench-replay-seek.sh [EVENTS]    (default 10000000)
set -euo pipefail
if (($# > 1)) || [[ ! ${1:-10000000} =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: scripts/bench-replay-seek.sh [EVENTS]" >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
NEXUS_BENCH_EVENTS=${1:-10000000} \
  go test -tags bench -run '^TestReplaySeek$' -count=1 -timeout 60m -v .
