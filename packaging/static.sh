# shellcheck shell=sh disable=SC2034,SC2154
# Read by the scripts that build the program with FFmpeg inside.

need cargo clang cc c++ pkg-config
"$here/ffmpeg.sh"
export CARGO_TARGET_DIR="$dist/build${gpu:+-$gpu}"
without_paths
# Before the system's FFmpeg.
export PKG_CONFIG_PATH="$dist/ffmpeg/lib/pkgconfig"
features=static-ffmpeg${gpu:+,$gpu}
built=$CARGO_TARGET_DIR/release/actalign-tui
