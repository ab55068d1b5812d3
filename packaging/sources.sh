#!/bin/sh
# Downloads the pinned Debian source packages of FFmpeg and dav1d into target/dist/sources and checks their checksums. Files
# that are already there are only checked: without Debian's archive, put them there yourself.
set -eu
. "$(dirname "$0")/common.sh"

mkdir -p "$dist/sources/apt/lists/partial"
cd "$dist/sources"
if ! sha256sum --check --quiet "$here/sources.sha256" 2>/dev/null; then
    # The archives that this system uses, asked for sources.
    sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >apt/debian.sources 2>/dev/null || true
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >apt/debian.list 2>/dev/null || true
    set -- -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$PWD/apt" -o Dir::State::Lists="$PWD/apt/lists" \
        -o APT::Sandbox::User=root
    apt-get "$@" update
    apt-get "$@" source --download-only ffmpeg="$ffmpeg_version" dav1d="$dav1d_version"
fi
sha256sum --check --quiet "$here/sources.sha256"
