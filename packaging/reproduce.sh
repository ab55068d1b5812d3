#!/bin/sh
# Builds tarball and wheel again from a clone in another folder, and compares them with those in target/dist/out.
set -eu
. "$(dirname "$0")/common.sh"

again=$(mktemp -d)
trap 'rm -rf "$again"' EXIT
git clone --quiet "$root" "$again/clone"
mkdir -p "$again/dist"
# FFmpeg's libraries are built again too, from the sources that are here.
cp -r "$dist/sources" "$again/dist/"
for script in tarball wheel; do
    ACTALIGN_DIST="$again/dist" "$again/clone/packaging/$script.sh"
done
cd "$out"
grep -v '\.deb$' SHA256SUMS | (cd "$again/dist/out" && sha256sum --check)
