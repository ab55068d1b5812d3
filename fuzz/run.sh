#!/bin/sh
# Builds the fuzz targets and runs one after the other: fuzz/run.sh [TARGET…], all of them where none is named. Each gets
# FUZZ_SECONDS (30). Fails if one finds something.
set -eu
cd "$(dirname "$0")/.."

RUSTC_WRAPPER="$PWD/fuzz/coverage.sh" cargo build --release --manifest-path fuzz/Cargo.toml --target-dir target

[ $# -gt 0 ] || set -- $(cd fuzz/fuzz_targets && ls | sed 's/\.rs$//')
found=""
for target; do
    artifacts="fuzz/artifacts/$target"
    mkdir -p "fuzz/corpus/$target" "$artifacts"
    status=0
    # No input may take ten seconds, and no target two gigabytes.
    "target/release/$target" -max_total_time="${FUZZ_SECONDS:-30}" -timeout=10 -rss_limit_mb=2048 -detect_leaks=0 \
        -dict=fuzz/words.dict -artifact_prefix="$artifacts/" -print_final_stats=1 \
        "fuzz/corpus/$target" "fuzz/seeds/$target" >"$artifacts/log" 2>&1 || status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$artifacts/log")
    echo "$target: ${runs:-0} runs"
    if [ "$status" -ne 0 ]; then
        found="$found $target"
        tail -n 25 "$artifacts/log"
    fi
done
if [ -n "$found" ]; then
    echo "Found something:$found. Run one input again with target/release/TARGET fuzz/artifacts/TARGET/INPUT." >&2
    exit 1
fi
