#!/usr/bin/env bash
# Runs `nexus schema check` for action.yml. The inputs come as INPUT_* variables;
# a list holds one argument a line and is never split at spaces.
set -euo pipefail

arguments=(schema check)

# option NAME VALUE adds --NAME=VALUE unless the value is empty.
option() {
  if [[ -n $2 ]]; then
    arguments+=("--$1=$2")
  fi
}

# each LINES COMMAND... runs the command with every non-empty line.
each() {
  local lines=$1 line
  shift
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    if [[ -n $line ]]; then
      "$@" "$line"
    fi
  done <<<"$lines"
}

argument() { arguments+=("$1"); }

option against "${INPUT_AGAINST:-}"
option level "${INPUT_LEVEL:-}"
option profile "${INPUT_PROFILE:-}"
option format "${INPUT_FORMAT:-}"
option fail-on "${INPUT_FAIL_ON:-}"
option trust "${INPUT_TRUST:-}"
each "${INPUT_REPORT:-}" option report
each "${INPUT_ARGS:-}" argument
argument --
each "${INPUT_PATHS:-}" argument

status=0
"${NEXUS_BIN:-nexus}" "${arguments[@]}" || status=$?
if [[ -n ${GITHUB_OUTPUT:-} ]]; then
  printf 'exit-code=%d\n' "$status" >>"$GITHUB_OUTPUT"
fi
exit "$status"
