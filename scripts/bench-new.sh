#!/usr/bin/env bash
# Times what a newcomer waits for: from `nexus new` to the first event that the new
# app has stored, with `go run .` as the README shows it: with an empty build cache,
# and then for an app of another name, with all compiled that apps share. The modules
# have to be in the module cache. It needs curl, and 1 GB of the temporary folder.
#
#   scripts/bench-new.sh
set -euo pipefail
export LC_ALL=C
if (($# > 0)); then
  echo "usage: scripts/bench-new.sh" >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d)
go build -o "$folder/nexus" .
app=0
finish() {
  ((app == 0)) || kill -- "-$app" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
set -m # the app and the go command that runs it are ended together

# first_event PARENT DOMAIN makes an app and waits for its first event.
first_event() {
  mkdir "$folder/$1"
  cd "$folder/$1"
  "$folder/nexus" new "$2" --aggregate Sensor --command 'RegisterSensor:SensorRegistered{location:string}' \
    --command 'RecordReading:ReadingRecorded{value:number}' >/dev/null
  cd "$2"
  : >log
  go run . -addr 127.0.0.1:0 2>log &
  app=$!
  local url=
  until url=$(sed -n 's/.*"msg":"serving".*"url":"\([^"]*\)".*/\1/p' log) && [[ -n $url ]]; do
    if ! kill -0 "$app" 2>/dev/null; then
      cat log >&2
      exit 1
    fi
    sleep 0.05
  done
  curl -sS --fail-with-body -o answer -H "Authorization: Bearer $(cat data/dev.key)" -H 'Content-Type: application/json' \
    -d '{"location": "roof"}' "$url/sensor/7b0c3f3e-5a55-4f0a-9d3c-0f6f6a4d2b11/register-sensor"
}

# processor sets spent to the seconds of processor time of all that has ended. What is
# asked in a subshell knows nothing of it.
processor() {
  times >"$folder/times"
  spent=$(tail -n 1 "$folder/times" | tr ms '  ' | awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }')
}

# timed NAME PARENT DOMAIN prints a line of the table.
timed() {
  local started=$EPOCHREALTIME before after
  processor
  before=$spent
  first_event "$2" "$3"
  local ended=$EPOCHREALTIME
  kill -- "-$app"
  wait "$app" 2>/dev/null || true
  app=0
  processor
  after=$spent
  awk -v name="$1" -v from="$started" -v to="$ended" -v before="$before" -v after="$after" \
    'BEGIN { printf "%-36s %6.1f s  %6.1f s of processor time\n", name, to - from, after - before }'
}

printf 'load before: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime)"
export GOCACHE=$folder/cache GOFLAGS=-mod=readonly
timed "empty build cache" first cold
timed "warm: after an app of another name" second warm
printf 'load after: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime)"
