#!/bin/sh
# Makes the wheel: the program with FFmpeg inside and the Python module. maturin finds out which glibc it needs.
set -eu
. "$(dirname "$0")/common.sh"
. "$here/static.sh"
need python3

venv=$dist/venv
if [ ! -x "$venv/bin/maturin" ]; then
    python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check "maturin==$maturin_version"

# The project as pyproject.toml describes it, with the licences of what is inside.
work=$dist/wheel
rm -rf "$work"
mkdir -p "$work/wheel" "$out"
cp -r "$root/python/actalign" "$work/actalign"
find "$work" -name __pycache__ -prune -exec rm -r {} +
cp "$root/LICENSE" "$root/README.md" "$work/"
"$here/licences.py" "$features" "$dist/ffmpeg/licences" >"$work/THIRD-PARTY-LICENCES.txt"
sed -e "s|^name = \"actalign-tui\"|name = \"$program\"|" -e 's|^license-files = .*|license-files = ["LICENSE", "THIRD-PARTY-LICENCES.txt"]|' \
    -e "s|^python-source = .*|python-source = \".\"\nmanifest-path = \"$root/Cargo.toml\"|" \
    "$root/pyproject.toml" >"$work/pyproject.toml"

cd "$work"
"$venv/bin/maturin" build --release --locked --no-default-features --features "$features" --auditwheel check --out "$work/wheel"
for wheel in "$work"/wheel/*.whl; do
    mv "$wheel" "$out/"
    checksum "$out/$(basename "$wheel")"
done
