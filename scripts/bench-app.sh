#!/usr/bin/env bash
# Puts load on an app that `nexus new` made: commands in its own process and over
# HTTP, held to the bars below, then a table of what each part of it costs. Every
# append is on the disk before it is answered, so TMPDIR has to be on a real one.
# SECONDS is for the first two; each row of the table takes a third of it.
#
#   scripts/bench-app.sh [SECONDS [EXAMPLE]]    (default 60 examples/orders)
set -euo pipefail
if (($# > 2)) || [[ ! ${1:-60} =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: scripts/bench-app.sh [SECONDS [EXAMPLE]]" >&2
  exit 2
fi
seconds=${1:-60}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "${2:-examples/orders}" && CGO_ENABLED=0 go build -trimpath -o "$folder/app" .)

# What else runs on the machine changes the processor time an event takes much less
# than the rate.
TIMEFORMAT='processor   %U s in the program, %S s in the system'
failed=0
run() {
  printf '\n%s\n\n' "$*"
  time "$folder/app" load -dir "$folder" -writers 16 "$@" || failed=1
}
run -direct -duration "${seconds}s" -min 150000 -p99 50ms
run -duration "${seconds}s"
run -features -duration "$(((seconds + 2) / 3))s"
exit "$failed"
