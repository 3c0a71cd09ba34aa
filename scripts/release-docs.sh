#!/usr/bin/env bash
# Writes completions/ and man/ with the program itself, for .goreleaser.yaml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rm -rf completions man
mkdir -p completions man
for shell in bash fish zsh; do
  go run . completion "$shell" >"completions/nexus.$shell"
done
go run . man man
