#!/bin/sh
# Makes the Debian package, which uses the FFmpeg of the release that it is built on. dpkg-shlibdeps finds its dependencies.
set -eu
. "$(dirname "$0")/common.sh"
need cargo clang cc c++ pkg-config dpkg-deb dpkg-shlibdeps dpkg-gencontrol
export CARGO_TARGET_DIR="$dist/build-deb"
without_paths
cd "$root"
cargo build --release --locked --no-default-features ${gpu:+--features "$gpu"} --bin actalign-tui
built=$CARGO_TARGET_DIR/release/actalign-tui

# shellcheck disable=SC1091
release=$(. /etc/os-release && echo "$VERSION_ID")
package_version=$version-1~deb$release
architecture=$(dpkg --print-architecture)
work=$dist/deb
tree=$work/tree
rm -rf "$work"
mkdir -p "$work/debian" "$work/extras" "$out" "$tree/DEBIAN" "$tree/usr/bin" "$tree/usr/share/man/man1" \
    "$tree/usr/share/bash-completion/completions" "$tree/usr/share/zsh/vendor-completions" \
    "$tree/usr/share/fish/vendor_completions.d" "$tree/usr/share/doc/actalign-tui"

cp "$built" "$tree/usr/bin/"
write_extras "$built" "$work/extras"
cp "$work"/extras/man/*.1 "$tree/usr/share/man/man1/"
cp "$work/extras/completions/actalign-tui.bash" "$tree/usr/share/bash-completion/completions/actalign-tui"
cp "$work/extras/completions/_actalign-tui" "$tree/usr/share/zsh/vendor-completions/"
cp "$work/extras/completions/actalign-tui.fish" "$tree/usr/share/fish/vendor_completions.d/"
doc=$tree/usr/share/doc/actalign-tui
cp README.md "$doc/"
cp docs/*.md "$doc/"
cp CHANGELOG.md "$doc/changelog"
"$here/licences.py" "${gpu:-none}" >"$doc/copyright"
gzip -9 -n "$tree"/usr/share/man/man1/*.1 "$doc/changelog"
chmod 755 "$tree/usr/bin/actalign-tui"

cat >"$work/debian/control" <<END
Source: actalign-tui
Maintainer: The actalign-tui authors <actalign-tui@localhost>

Package: actalign-tui
Architecture: $architecture
Section: video
Priority: optional
Depends: \${shlibs:Depends}
Description: recognise actions in video by aligning scripts with frames
 Describe each candidate action as a script of steps in plain words. An
 image-text model compares every frame of a clip with every step, dynamic time
 warping aligns each script with the clip, and the best fit wins. The explorer
 shows the whole computation in a terminal.
END
cat >"$work/debian/changelog" <<END
actalign-tui ($package_version) unstable; urgency=medium

  * See changelog.gz.

 -- The actalign-tui authors <actalign-tui@localhost>  $(date -R -d "@$SOURCE_DATE_EPOCH")
END
cd "$work"
dpkg-shlibdeps -Tsubstvars -etree/usr/bin/actalign-tui
dpkg-gencontrol -ldebian/changelog -cdebian/control -Tsubstvars -fdebian/files -Ptree
file=$out/actalign-tui_${package_version}_$architecture.deb
find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build tree "$file" >/dev/null
checksum "$file"
