#!/usr/bin/env bash
# The integration tests: the registries and the program against real servers,
# which scripts/servers installs and starts on loopback, and the evidence against
# the validators of others.
#
#   .ci/integration.sh
#
# Where Java, Maven or Python is missing it says so and leaves those tests out.
# Whatever else goes wrong, a server that cannot be fetched too, is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# has COMMAND... reports whether all are installed, and says which one is not.
has() {
  local tool
  for tool in "$@"; do
    if ! command -v "$tool" >/dev/null; then
      printf 'skipped: %s is not installed\n' "$tool"
      return 1
    fi
  done
}

stories=()
packages=()
printf 'Confluent (Apicurio Registry): '
if has java mvn sha256sum; then
  scripts/servers/confluent.sh install
  packages+=(./registry/confluent)
  stories+=(TestConfluentStory TestServerDiesInMidRun)
  echo "installed"
fi
printf 'AWS Glue (moto): '
if has python3; then
  scripts/servers/glue.sh install
  packages+=(./registry/glue)
  stories+=(TestGlueStory)
  echo "installed"
fi
printf 'OSCAL (compliance-trestle and NIST schema): '
if has python3; then
  scripts/oscal.sh install
  packages+=(./policy)
  echo "installed"
fi
if ((${#packages[@]} == 0)); then
  exit
fi

go test -count=1 -tags integration "${packages[@]}"
go test -count=1 -tags integration -run "^($(IFS='|'; printf '%s' "${stories[*]}"))\$" ./cmd
