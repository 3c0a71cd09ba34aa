#!/usr/bin/env bash
# Refuses a release whose core `nexus upgrade` could not merge from later: its archive
# has to lie in scaffold/cores. goreleaser runs it first.
#
#   scripts/release-core.sh v1.2.3
#   scripts/release-core.sh --snapshot   says so and refuses nothing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:?usage: scripts/release-core.sh VERSION}
if [ "$version" = --snapshot ]; then
  echo "a snapshot: whether scaffold/cores has the core is not checked" >&2
  exit 0
fi
if ! NEXUS_CORE_RELEASED="$version" go test -count=1 -run '^TestReleaseHasItsCore$' ./scaffold >&2; then
  echo "the core of $version is not released: run make core-release VERSION=$version, commit scaffold/cores, and tag again" >&2
  exit 1
fi
