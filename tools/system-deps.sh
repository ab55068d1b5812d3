#!/bin/sh
# Finds the system libraries that the build needs and installs those that are missing (Debian and Ubuntu).
set -eu

missing=""
need() { missing="$missing $*"; }

command -v cc >/dev/null 2>&1 && command -v c++ >/dev/null 2>&1 || need build-essential
command -v pkg-config >/dev/null 2>&1 || need pkg-config
for lib in avcodec avdevice avfilter avformat avutil swresample swscale; do
    pkg-config --exists "lib$lib" 2>/dev/null || need "lib$lib-dev"
done
# bindgen reads FFmpeg's headers with libclang and clang's own headers.
ls /usr/lib/llvm-*/lib/libclang.so* /usr/lib/*/libclang*.so* >/dev/null 2>&1 || need libclang-dev
command -v clang >/dev/null 2>&1 || need clang

if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "actalign-tui needs FFmpeg's development files (4.4 or later), clang and pkg-config." >&2
        echo "Install them with this system's package manager. Debian calls them:$missing" >&2
        exit 1
    fi
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    echo "Installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -q
    # shellcheck disable=SC2086  # a list of package names
    $sudo apt-get install -q -y --no-install-recommends $missing
fi

if ! command -v cargo >/dev/null 2>&1; then
    echo "Rust is missing: install it from https://rustup.rs and run this again." >&2
    exit 1
fi
