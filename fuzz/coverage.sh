#!/bin/sh
# Stands in for rustc (RUSTC_WRAPPER) when the fuzz targets are built: compiles the program, and the parsers that only it
# uses, with the coverage counters that libFuzzer steers by. Stable Rust can do that; the address sanitizer would need
# nightly and another build of everything.
set -eu

rustc="$1"
shift
case " $* " in
    *" --crate-name actalign_tui "* | *" --crate-name tokenizers "* | *" --crate-name toml "* | \
        *" --crate-name ndarray_npy "* | *" --crate-name py_literal "*)
        set -- "$@" \
            -Cpasses=sancov-module \
            -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
            -Cllvm-args=-sanitizer-coverage-pc-table \
            -Cllvm-args=-sanitizer-coverage-trace-compares
        ;;
esac
exec "$rustc" "$@"
