#!/bin/sh
# Builds the image of packaging/Containerfile with podman or docker.
set -eu
. "$(dirname "$0")/common.sh"
builder=$(command -v podman || command -v docker) || { echo "$0: neither podman nor docker is installed" >&2; exit 1; }
"$builder" build -f "$here/Containerfile" -t "$program:$version" --build-arg ACTALIGN_COMMIT="$ACTALIGN_COMMIT" \
    --build-arg SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" --build-arg GPU="$gpu" "$root"
