#!/usr/bin/env bash
# Serves AWS Glue's Schema Registry on loopback, for tests without AWS:
#
#   scripts/servers/glue.sh          installs it when needed and starts it
#   scripts/servers/glue.sh install  only installs it
#
# Standard output is two lines, printed when it answers: its URL, and the id of
# its process. It runs until the script is ended (^C, SIGTERM) or the script's
# standard input is closed. Nothing is kept: the schemas live in its memory. Any
# credentials and any region will do.
#
# The server is moto's, a package of PyPI, with the two list requests that moto
# lacks: see glue.py beside this file.
#
# Environment:
#   NEXUS_SERVERS_CACHE  where it is installed (default: the user's cache folder)
set -euo pipefail

moto=5.2.5
# What moto's server needs for Glue alone. Its own extra "server" also brings what
# it needs for all of AWS, three times the size.
packages=("moto==$moto" flask==3.1.3 flask-cors==6.0.5 pyparsing==3.3.3)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${NEXUS_SERVERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nexus/servers}
home=$cache/moto-$moto

fail() {
  printf 'glue.sh: %s\n' "$1" >&2
  exit 1
}

# The environment is built beside its place and moved there when it is whole, so
# that neither an interruption nor a second installation leaves half of one.
install() {
  if [[ -x $home/bin/python3 ]]; then
    return
  fi
  command -v python3 >/dev/null || fail "python3 is not installed: the server is a Python package"
  mkdir -p "$cache"
  building=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$building"' EXIT
  python3 -m venv "$building"
  "$building/bin/python3" -m pip install --quiet --disable-pip-version-check --no-compile "${packages[@]}" >&2
  python3 -c 'import os, sys; os.rename(sys.argv[1], sys.argv[2])' "$building" "$home" 2>/dev/null ||
    [[ -x $home/bin/python3 ]] || fail "cannot install into $home"
  rm -rf "$building"
  trap - EXIT
}

case ${1:-} in
  install) install ;;
  "")
    install
    exec "$home/bin/python3" "$here/glue.py"
    ;;
  *)
    fail "unknown argument $1; it takes none, or install"
    ;;
esac
