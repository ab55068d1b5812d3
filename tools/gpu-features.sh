#!/bin/sh
# Prints the cargo feature flags for this machine: with GPU support where a GPU is visible, CPU-only elsewhere.
if [ "$(uname -s)" = Darwin ] || ls /dev/nvidia0 /dev/dri/renderD* >/dev/null 2>&1; then
    echo "--no-default-features --features wgpu"
else
    echo "--no-default-features"
fi
