#!/usr/bin/env bash
# Fails, with the difference, when a Go file is not formatted by gofmt.
# Fixtures may be as odd as they need to be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

list=$(git ls-files --cached --others --exclude-standard -- '*.go' ':(exclude)**/testdata/**' |
  while IFS= read -r file; do [[ ! -f $file ]] || printf '%s\n' "$file"; done)
if [[ -z $list ]]; then
  echo "no Go file found" >&2
  exit 1
fi
difference=$(tr '\n' '\0' <<<"$list" | xargs -0 gofmt -d || true) # what it prints decides: newer ones exit 1 on a difference
if [[ -n $difference ]]; then
  printf '%s\n' "$difference"
  exit 1
fi
