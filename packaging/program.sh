#!/bin/sh
# Builds the program with FFmpeg inside: target/dist/build/release/actalign-tui. GPU=wgpu adds the GPU.
set -eu
. "$(dirname "$0")/common.sh"
. "$here/static.sh"

cd "$root"
cargo build --release --locked --no-default-features --features "$features" --bin actalign-tui
