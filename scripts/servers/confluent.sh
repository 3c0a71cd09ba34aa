#!/usr/bin/env bash
# Starts a real schema registry that speaks Confluent's interface, on loopback:
#
#   scripts/servers/confluent.sh          installs it when needed and starts it
#   scripts/servers/confluent.sh install  only installs it
#
# Standard output is two lines, printed when it answers: its URL, and the id of
# its process. It runs until the script is ended (^C, SIGTERM) or the script's
# standard input is closed. Nothing is kept: the schemas live in its memory.
#
# The registry is Apicurio Registry, with its in-memory store: one archive from
# Maven Central and a Java runtime (17 or later), no Kafka beside it. Confluent's
# own server and Karapace are not on a public package index. Version 2.6.13 is
# the newest line of which the distribution that runs is published there.
#
# Environment:
#   NEXUS_SERVERS_CACHE  where it is installed (default: the user's cache folder)
#   QUARKUS_*, REGISTRY_*  settings of the server, passed on; with
#                        QUARKUS_HTTP_SSL_CERTIFICATE_FILES it speaks https
set -euo pipefail

artifact=io.apicurio:apicurio-registry-app
version=2.6.13.Final
digest=3cda1b34aa020fb4ac4dd6a66018d757e81e437f97e20a1f92d366b70091c6ba
cache=${NEXUS_SERVERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nexus/servers}
home=$cache/apicurio-registry-$version

fail() {
  printf 'confluent.sh: %s\n' "$1" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || fail "$1 is not installed: $2"
}

# install unpacks beside its place and moves there, so that a half of it is
# never taken for the whole, whoever else installs at the same time.
install() {
  [[ -f $home/$digest ]] && return
  need mvn "it fetches the registry from Maven Central"
  mkdir -p "$cache"
  local fresh
  fresh=$(mktemp -d "$cache/new.XXXXXX")
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$fresh'" EXIT
  mvn --batch-mode --quiet -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:2.8:get \
    -Dartifact="$artifact:$version:tar.gz:all" -Dtransitive=false -Ddest="$fresh/all.tar.gz" >&2
  [[ $(sha256sum "$fresh/all.tar.gz" | cut -d ' ' -f 1) == "$digest" ]] || fail "$artifact:$version is not the archive that was tested"
  mkdir "$fresh/server"
  tar -xzf "$fresh/all.tar.gz" -C "$fresh/server"
  : >"$fresh/server/$digest"
  rm -rf "$home"
  mv "$fresh/server" "$home" 2>/dev/null || [[ -f $home/$digest ]] || fail "cannot install into $home"
  rm -rf "$fresh"
  trap - EXIT
}

need sha256sum "it checks what was fetched"
need java "the registry runs on Java 17 or later"
install
if [[ ${1:-} == install ]]; then
  exit
fi

scratch=$(mktemp -d)
server= reader=
stop() {
  trap - EXIT INT TERM
  local process
  for process in $server $reader; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Port 0 lets the system choose a free one; the log says which. Reading the
# whole list of subjects needs a higher limit than the server's own 1000.
log=$scratch/log
QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=0 QUARKUS_HTTP_SSL_PORT=0 \
  REGISTRY_CCOMPAT_MAX_SUBJECTS="${REGISTRY_CCOMPAT_MAX_SUBJECTS:-100000}" \
  java -XX:TieredStopAtLevel=1 -Xmx512m -Djava.io.tmpdir="$scratch" \
  -jar "$home/apicurio-registry-app-$version-runner.jar" </dev/null >"$log" 2>&1 &
server=$!

# The last address that the log names: https comes after http.
address() {
  sed -n 's|.*Listening on: ||p' "$log" | grep -o 'https\?://[^ ]*:[0-9]*' | tail -n 1
}

for ((tenths = 0; tenths < 600; tenths++)); do
  url=$(address || true)
  [[ -n $url ]] && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; fail "the registry ended while it started"; }
  sleep 0.1
done
[[ -n $url ]] || { tail -n 20 "$log" >&2; fail "the registry did not start within 60 s"; }
printf '%s/apis/ccompat/v7\n' "${url/0.0.0.0/127.0.0.1}"
printf '%d\n' "$server"

# Whoever started this and dies without a signal closes the pipe. Both run in the
# background, since a signal is not heeded while bash waits for one in front.
cat <&0 >/dev/null &
reader=$!
wait -n "$reader" "$server" 2>/dev/null || true
