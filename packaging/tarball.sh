#!/bin/sh
# Makes the tarball: the program with FFmpeg inside, manual pages, completions, documents, licences.
set -eu
. "$(dirname "$0")/common.sh"
"$here/program.sh"
. "$here/static.sh"

name=$program-$version-$target
work=$dist/tarball
rm -rf "$work"
mkdir -p "$work/$name" "$out"
cd "$root"
cp "$built" LICENSE README.md CHANGELOG.md "$work/$name/"
cp -r docs "$work/$name/"
write_extras "$built" "$work/$name"
"$here/licences.py" "$features" "$dist/ffmpeg/licences" >"$work/$name/THIRD-PARTY-LICENCES.txt"

tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go-w --mtime="@$SOURCE_DATE_EPOCH" --format=ustar \
    -C "$work" -cf - "$name" | gzip -9 -n >"$out/$name.tar.gz"
checksum "$out/$name.tar.gz"
