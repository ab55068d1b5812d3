# shellcheck shell=sh disable=SC2034
# Read by the other scripts: what is pinned, and where things go.

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
dist=${ACTALIGN_DIST:-$root/target/dist}
out=$dist/out

ffmpeg_version=7:5.1.9-0+deb12u1
dav1d_version=1.0.0-2+deb12u1
maturin_version=1.16.0

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
target=$(rustc -vV | sed -n 's/^host: //p')
# What computes besides the CPU: empty, or wgpu.
gpu=${GPU:-}
program=actalign-tui${gpu:+-$gpu}

# What carries a time carries that of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
ACTALIGN_COMMIT=${ACTALIGN_COMMIT:-$(git -C "$root" describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || true)}
export SOURCE_DATE_EPOCH ACTALIGN_COMMIT LC_ALL=C.UTF-8 TZ=UTC
umask 022

# Says which programs are missing.
need() {
    for tool; do
        command -v "$tool" >/dev/null || { echo "$0: $tool is missing; packaging/README.md says what to install" >&2; exit 1; }
    done
}

# Lets cargo build the same bytes in any folder.
without_paths() {
    cargo_home=${CARGO_HOME:-$HOME/.cargo}
    sysroot=$(rustc --print sysroot)
    export RUSTFLAGS="--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$sysroot=/rust \
--remap-path-prefix=$root=/actalign-tui --remap-path-prefix=$CARGO_TARGET_DIR=/build"
    export CFLAGS="-ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$CARGO_TARGET_DIR=/build"
    export CXXFLAGS="$CFLAGS" CARGO_PROFILE_RELEASE_STRIP=symbols CARGO_INCREMENTAL=0
}

# Everything that is beside the program: manual pages, completions, licences. Takes the program and a folder.
write_extras() {
    mkdir -p "$2/man" "$2/completions"
    "$1" man "$2/man"
    "$1" completions bash >"$2/completions/actalign-tui.bash"
    "$1" completions zsh >"$2/completions/_actalign-tui"
    "$1" completions fish >"$2/completions/actalign-tui.fish"
}

# Adds a file to the checksums.
checksum() {
    (cd "$out" && touch SHA256SUMS && sed -i "/  $(basename "$1")\$/d" SHA256SUMS && sha256sum "$(basename "$1")" >>SHA256SUMS &&
        sort -k 2 -o SHA256SUMS SHA256SUMS)
    ls -l "$1"
}
