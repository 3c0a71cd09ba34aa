#!/usr/bin/env bash
# Times nexus beside a peer, json-schema-diff from npm, on real version steps,
# one process a pair, and prints each one's median and largest time and how
# often it did not answer within ten seconds.
#
#   scripts/bench-peer.sh FOLDER    (a folder of oracle cases, with evolution.jsonl)
set -euo pipefail
if (($# != 1)) || [[ ! -f $1/evolution.jsonl ]]; then
  echo "usage: scripts/bench-peer.sh FOLDER (with evolution.jsonl)" >&2
  exit 2
fi
cases=$(cd "$1" && pwd)/evolution.jsonl
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -trimpath -o "$work/nexus" .
npm install --silent --no-fund --no-audit --prefix "$work" json-schema-diff@1.0.0 >/dev/null
node -e '
  const fs = require("fs"), [cases, work] = process.argv.slice(1);
  fs.readFileSync(cases, "utf8").trim().split("\n").map(JSON.parse).forEach((row, i) => {
    for (const side of ["old", "new"]) fs.writeFileSync(`${work}/${i}.${side}.json`, JSON.stringify(row[side]));
  });' "$cases" "$work"

# run NAME COMMAND...: the command gets the two files of each pair as its last words.
run() {
  local name=$1 silent=0 times=() start pair status
  shift
  for pair in "$work"/*.old.json; do
    start=$(date +%s%N)
    status=0
    timeout 10 "$@" "$pair" "${pair%.old.json}.new.json" >/dev/null 2>&1 || status=$?
    ((status == 124)) && silent=$((silent + 1))
    times+=($((($(date +%s%N) - start) / 1000)))
  done
  mapfile -t times < <(printf '%s\n' "${times[@]}" | sort -n)
  printf '%-18s %4d pairs   median %8d us   largest %9d us   no answer in 10 s: %d\n' \
    "$name" "${#times[@]}" "${times[${#times[@]} / 2]}" "${times[-1]}" "$silent"
}

run nexus "$work/nexus" schema diff --profile containment
run json-schema-diff "$work/node_modules/.bin/json-schema-diff"
