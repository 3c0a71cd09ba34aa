#!/usr/bin/env bash
# Runs goreleaser and leaves out the parts whose tool is not installed. All
# arguments go to `goreleaser release`:
#
#   scripts/release.sh              releases the tagged commit
#   scripts/release.sh --snapshot   builds everything, publishes nothing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

skips=()
# needs TOOL PART leaves PART out when TOOL is not there.
needs() {
  if ! command -v "$1" >/dev/null; then
    echo "$1 is not installed: leaving out $2" >&2
    skips+=("--skip=$2")
  fi
}
needs syft sbom
needs cosign sign
needs docker docker

exec goreleaser release --clean ${skips[@]+"${skips[@]}"} "$@"
