# Sourced by `up` and `down`: what names this checkout's test hosts.
# Everything is derived from the checkout's path, so two checkouts on one machine share images and nothing else.
# shellcheck shell=sh disable=SC2034 # the variables are used by the scripts that source this file

docker=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
checkout=$(dirname -- "$docker")
run=$docker/.run
inventory=$checkout/inventory/docker.toml
project=provision-$(printf %s "$checkout" | cksum | cut -d' ' -f1)
hosts='db1 db2 db3 edge1 bastion'

# Images are tagged with a checksum of what they are built from: an edit makes new ones, an older checkout keeps its own.
images='plain systemd busybox'
build=$(cat "$docker/Dockerfile" "$docker"/image/* | cksum | cut -d' ' -f1)
base=provision-test:base-bookworm

say() { printf 'docker/%s: %s\n' "${0##*/}" "$*" >&2; }
fail() { say "error: $*"; exit 1; }

require_engine() {
    command -v docker >/dev/null || fail 'there is no docker command; install Docker (Debian: apt-get install docker.io)'
    reason=$(docker version --format '{{.Server.Version}}' 2>&1) || fail "no Docker engine answers: $(printf '%s\n' "$reason" | tail -n 1)"
}

# One run at a time in this checkout; without flock(1) the caller takes care of that.
lock() {
    if command -v flock >/dev/null; then
        exec 9<"$docker"
        flock -n 9 || { say 'waiting for another run in this checkout' && flock 9; }
    fi
}

containers_of_project() { docker ps -aq --filter "label=com.docker.compose.project=$project"; }
